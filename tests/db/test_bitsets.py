"""Sets as bits hold what was put into them, in memory and as they are stored."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shadowledger.db.bitsets import (
    BITMAP_BYTES,
    CHUNK_SIZE,
    bits_of,
    chunked,
    count_stored,
    members,
    pack,
    pick,
    remove_stored,
    united,
    unpack,
)

OFFSETS = st.integers(0, CHUNK_SIZE - 1)
FEW = st.sets(OFFSETS, max_size=40)
MANY = st.builds(lambda step, start: set(range(start, CHUNK_SIZE, step)), st.integers(1, 200), st.integers(0, 99))
SETS = st.one_of(FEW, MANY)
VALUES = range(CHUNK_SIZE)


@given(SETS)
def test_a_set_holds_its_members_in_order(offsets: set[int]) -> None:
    bits = bits_of(offsets)
    assert list(members(bits)) == sorted(offsets)
    assert list(pick(VALUES, bits)) == sorted(offsets)
    assert bits.bit_count() == len(offsets)


@given(SETS, SETS)
def test_a_stored_set_comes_back_grows_and_is_taken_away(offsets: set[int], more: set[int]) -> None:
    stored = pack(bits_of(offsets))
    assert unpack(stored) == bits_of(offsets)
    assert len(stored) <= BITMAP_BYTES
    assert count_stored(stored) == len(offsets)
    both = united(stored, more)
    assert both == pack(bits_of(offsets | more))
    left = set(more)
    remove_stored(left, stored)
    assert left == more - offsets


@given(st.sets(st.integers(-5, 3 * CHUNK_SIZE), max_size=40))
def test_numbers_are_cut_into_chunks_and_none_below_one_counts(numbers: set[int]) -> None:
    together = {chunk * CHUNK_SIZE + offset for chunk, offsets in chunked(numbers).items() for offset in offsets}
    assert together == {number for number in numbers if number > 0}
