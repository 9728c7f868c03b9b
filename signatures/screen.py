"""The prefilter at work: of a block of lines, those that can be a hit. Without Hyperscan every line is read."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.metadata import version
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

import msgspec

from shadowledger.signatures.compiled import kept
from shadowledger.signatures.prefilter import Pattern, patterns, wire_patterns

if TYPE_CHECKING:
    from shadowledger.signatures.index import Index

hyperscan: Any
try:
    hyperscan = import_module("hyperscan")
except ImportError:  # no wheel for this platform
    hyperscan = None

_HEADER = Pattern(rb"\n#[^\n]")
_GAP = Pattern(rb"\n[ \t\r\n#]")
"""Before what may be a blank line or a comment."""
_BYTES = msgspec.msgpack.Decoder(bytes)


class Screen:
    """All patterns, compiled."""

    def __init__(self, wanted: Sequence[Pattern]) -> None:
        wanted = (_GAP, *wanted)
        self._beside = [pattern.beside for pattern in wanted]
        self._database = _database([pattern.expression for pattern in wanted])
        self._scratch = hyperscan.Scratch(self._database)

    def ends(self, data: bytes) -> Iterator[int]:
        """Where the matches end, in order, and then a number beyond all."""
        found: list[int] = []

        def take(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            if number:
                found.append(end)

        self._database.scan(data, match_event_handler=take, scratch=self._scratch)
        found.sort()
        return chain(found, repeat(sys.maxsize))

    def candidates(self, block: bytes, size: int = 0) -> tuple[list[tuple[int, int]], bool]:
        """Where the lines begin and end that can be a hit, in order, and whether there may be blank lines or comments.
        The block, or as many of its bytes as are told, begins and ends with a newline, so that no name stands at its
        edge."""
        ends: list[tuple[int, int]] = []
        has_gaps = False

        def take(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            nonlocal has_gaps
            if number:
                ends.append((end, number))
            else:
                has_gaps = True

        self._database.scan(
            memoryview(block)[:size] if size else block, match_event_handler=take, scratch=self._scratch
        )
        ends.sort()
        found: list[tuple[int, int]] = []
        upto = -1
        for end, number in ends:
            at = end - 2  # inside the match, whose last byte may be the line's end
            if at < upto:
                continue
            start, stop = block.rfind(b"\n", 0, at + 1) + 1, block.find(b"\n", at)
            beside = self._beside[number]
            if beside and beside not in block[start:stop].lower():
                continue
            found.append((start, stop))
            upto = stop
        return found, has_gaps


def _database(expressions: list[bytes]) -> Any:  # noqa: ANN401 - Hyperscan's own
    """Compiled once for these expressions, and kept."""
    told = b"\n".join((version("hyperscan").encode(), *expressions))
    digest = hashlib.sha256(told).hexdigest()[:32]
    return hyperscan.loadb(kept("prefilter", digest, lambda: _compile(expressions), _BYTES), hyperscan.HS_MODE_BLOCK)


def _compile(expressions: list[bytes]) -> bytes:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=expressions,
        ids=list(range(len(expressions))),
        elements=len(expressions),
        flags=[hyperscan.HS_FLAG_CASELESS] * len(expressions),
    )
    return bytes(hyperscan.dumpb(database))


def screen_for(index: Index, *, programs: bool, headers: bool) -> Screen | None:
    """The screen of an index, for formats that tell programs and for those whose `#` lines say what the others mean;
    None where Hyperscan is not installed."""
    if hyperscan is None:
        return None
    found = patterns(index, programs=programs)
    return Screen([*found, _HEADER] if headers else found)


def wire_screen_for(index: Index) -> Screen | None:
    """The screen for names as DNS messages hold them; None where Hyperscan is not installed."""
    return Screen(wire_patterns(index)) if hyperscan is not None else None
