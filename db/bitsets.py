"""Sets of small numbers as bits of one integer: united, compared and counted by the thousand in no time.

Larger numbers are cut into chunks, each a set of its own."""

from __future__ import annotations

import struct
import sys
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, compress
from typing import TypeVar

T = TypeVar("T")
CHUNK_BITS = 15
CHUNK_SIZE = 1 << CHUNK_BITS
BITMAP_BYTES = CHUNK_SIZE // 8
_LISTED_BYTES = 2
_FEWEST_IN_BITMAP = 512
_FEW = 256
_WORDS = f"<{BITMAP_BYTES // 8}Q"
_BITS_AS_BYTES = bytes.maketrans(b"01", b"\0\1")


def bits_of(offsets: Iterable[int]) -> int:
    """The set with these members, each below CHUNK_SIZE."""
    bitmap = bytearray(BITMAP_BYTES)
    for offset in offsets:
        bitmap[offset >> 3] |= 1 << (offset & 7)
    return int.from_bytes(bitmap, "little")


def members(bits: int) -> Iterator[int]:
    """What a set holds, in order."""
    words = struct.unpack(_WORDS, bits.to_bytes(BITMAP_BYTES, "little")) if bits else ()
    for at in compress(range(len(words)), words):
        left = words[at]
        while left:
            low = left & -left
            yield (at << 6) + low.bit_length() - 1
            left ^= low


def pick(values: Sequence[T], bits: int) -> Iterator[T]:
    """Of values by number those whose numbers a set holds."""
    if bits.bit_count() < _FEW:
        return (values[number] for number in members(bits))
    return compress(values, f"{bits:b}"[::-1].encode().translate(_BITS_AS_BYTES))


def pack(bits: int) -> bytes:
    """A set as it is stored: its members as 16-bit numbers, or, where that is as long, a bitmap; little-endian."""
    return _bitmap(bits) if bits.bit_count() >= _FEWEST_IN_BITMAP else _listed(members(bits))


def unpack(stored: bytes) -> int:
    """The set that was stored."""
    return int.from_bytes(stored, "little") if len(stored) == BITMAP_BYTES else bits_of(_members_listed(stored))


def listed(stored: bytes) -> array[int] | None:
    """The members of a set that is stored as a list; None of a bitmap."""
    return None if len(stored) == BITMAP_BYTES else _members_listed(stored)


def united(stored: bytes, more: Collection[int]) -> bytes:
    """A stored set with more members. Where it holds them all, the same bytes."""
    if not stored and len(more) < _FEWEST_IN_BITMAP:
        return _listed(set(more))
    if len(stored) != BITMAP_BYTES:
        before = set(_members_listed(stored))
        after = before.union(more)
        if len(after) < _FEWEST_IN_BITMAP:
            return _listed(after)
    return _bitmap(unpack(stored) | bits_of(more))


def count_united(some: Sequence[bytes]) -> int:
    """How many members stored sets have together."""
    lists = [one for one in map(listed, some) if one is not None]
    if len(lists) == len(some):
        return len(set(chain.from_iterable(lists)))
    bits = 0
    for one in some:
        bits |= unpack(one)
    return bits.bit_count()


def remove_stored(some: set[int], stored: bytes) -> None:
    """Take a stored set's members out of a small set."""
    if len(stored) != BITMAP_BYTES:
        some.difference_update(_members_listed(stored))
    else:
        some.difference_update([number for number in some if stored[number >> 3] >> (number & 7) & 1])


def _bitmap(bits: int) -> bytes:
    return bits.to_bytes(BITMAP_BYTES, "little")


def _listed(offsets: Iterable[int]) -> bytes:
    listed = array("H", sorted(offsets))
    if sys.byteorder != "little":
        listed.byteswap()
    return listed.tobytes()


def _members_listed(stored: bytes) -> array[int]:
    listed = array("H", stored)
    if sys.byteorder != "little":
        listed.byteswap()
    return listed


def count_stored(stored: bytes) -> int:
    """How many members a stored set has."""
    return unpack(stored).bit_count() if len(stored) == BITMAP_BYTES else len(stored) // _LISTED_BYTES


def chunked(numbers: Collection[int]) -> dict[int, list[int]]:
    """Numbers above 0 by chunk, as members of its set."""
    lowest, highest = min(numbers, default=0), max(numbers, default=0)
    if lowest > 0 and lowest >> CHUNK_BITS == highest >> CHUNK_BITS:
        return {lowest >> CHUNK_BITS: [number & CHUNK_SIZE - 1 for number in numbers]}
    found: dict[int, list[int]] = defaultdict(list)
    for number in numbers:
        if number > 0:
            found[number >> CHUNK_BITS].append(number & CHUNK_SIZE - 1)
    return found
