"""How many there were: exact where few, within bounds that hold where many, and the same in any order and parts."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowledger.collectors.distinct import MOST_EXACT, Distinct, Marks


def of(texts: list[str]) -> Distinct:
    found, marks = Distinct(), Marks()
    for text in texts:
        found.add(marks[text])
    return found


@pytest.mark.parametrize("count", [0, 1, 2, MOST_EXACT])
def test_few_are_counted(count: int) -> None:
    texts = [f"10.0.0.{number}" for number in range(count)]
    assert of(texts * 3).bounds() == (count, count)


def test_somebody_without_a_name_leaves_no_upper_bound() -> None:
    found = Distinct()
    found.add(None)
    assert found.bounds() == (1, None)
    found.add(1)
    assert found.bounds() == (1, None)
    found.go_on(of([str(number) for number in range(1000)]))
    low, high = found.bounds()
    assert 850 < low < 1000
    assert high is None


@pytest.mark.parametrize("count", [MOST_EXACT + 1, 60, 400, 1300, 2600, 50_000])
def test_of_many_the_bounds_hold_as_often_as_they_say(count: int) -> None:
    random, held, middles = Random(count), 0, []  # noqa: S311 - the same each time
    for _ in range(trials := 60):
        found = Distinct()
        for _ in range(count):
            found.add(random.getrandbits(64))
        low, high = found.bounds()
        assert high is not None
        assert high - low < 0.23 * count + 3
        held += low <= count <= high
        middles.append((low + high) / 2)
    assert held >= 0.85 * trials
    assert sum(middles) / trials == pytest.approx(count, rel=0.03, abs=2)


@given(st.lists(st.integers(0, 300)), st.lists(st.integers(0, 300)), st.booleans())
def test_parts_are_the_whole(one: list[int], other: list[int], nameless: bool) -> None:
    whole, first, second = (of([str(number) for number in numbers]) for numbers in (other[::-1] + one, one, other))
    if nameless:
        whole.add(None)
        second.add(None)
    first.go_on(second)
    assert (first.times, first.bounds()) == (whole.times, whole.bounds())
    if len({*one, *other}) <= MOST_EXACT and not nameless:
        assert first.bounds()[0] == len({*one, *other})
