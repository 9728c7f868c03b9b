"""Bounds of small groups tell nothing of the few, alone and as parts of a whole that is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowledger.scanner.discovery.headcount import People
from shadowledger.scanner.privacy.groups import in_words, is_hidden, shown, shown_parts

SHOWN = [
    (People(0, 0), 5, People(0, 0), "0"),
    (People(1, 1), 5, People(0, 4), "fewer than 5"),
    (People(1, 4), 5, People(0, 4), "fewer than 5"),
    (People(4, 5), 5, People(0, 5), "fewer than 6"),
    (People(5, 5), 5, People(5, 5), "5"),
    (People(5, 9), 5, People(5, 9), "5-9"),
    (People(1, 17), 5, People(0, 17), "fewer than 18"),
    (People(9, 9), 10, People(0, 9), "fewer than 10"),
]
BOUNDS = st.integers(0, 30).flatmap(lambda low: st.integers(low, 30).map(lambda high: People(low, high)))
PARTS = st.dictionaries(st.text("abcdef", min_size=1, max_size=2), st.integers(0, 12), max_size=8)


@pytest.mark.parametrize(("people", "smallest", "due", "words"), SHOWN, ids=str)
def test_a_small_group_is_shown_as_one(people: People, smallest: int, due: People, words: str) -> None:
    assert (shown(people, smallest), in_words(due)) == (due, words)


@given(BOUNDS, st.integers(5, 12))
def test_bounds_are_wider_never_narrower(people: People, smallest: int) -> None:
    found = shown(people, smallest)
    assert found.low <= people.low <= people.high <= found.high
    assert not {found.low, found.high} & set(range(1, smallest - 1))
    assert is_hidden(found) or found == people


@given(PARTS, st.integers(5, 8))
def test_no_hidden_part_follows_from_the_others(counts: dict[str, int], smallest: int) -> None:
    parts = {key: People(count, count) for key, count in counts.items()}
    found = shown_parts(parts, smallest)
    hidden = [key for key in parts if found[key] != parts[key]]
    small = [key for key, count in counts.items() if 0 < count < smallest]
    assert set(small) <= set(hidden)
    for key in parts:
        assert found[key].low <= counts[key] <= found[key].high
    everybody = [key for key, count in counts.items() if count]
    if hidden and len(hidden) < len(everybody):
        assert len(hidden) >= 2
        assert sum(counts[key] for key in hidden) >= smallest
    assert bool(hidden) == bool(small)
