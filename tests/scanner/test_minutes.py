"""What is used together in a minute: the same however an input is cut, and never more than its bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowledger.db.names import Name
from shadowledger.scanner import minutes
from shadowledger.scanner.minutes import Minutes, Together

SEEN = st.tuples(
    st.sampled_from((Name("device", "lt-1"), Name("address", "10.0.0.1"))),
    st.integers(0, 8 * 60_000_000),
    st.tuples(st.sampled_from(("openai.api", "anthropic.api", "ollama.local", "pinecone.db")), st.just("")),
)


def of(seen: list[tuple[Name, int, tuple[str, str]]]) -> Minutes:
    made = Minutes()
    for one in seen:
        made.add(*one)
    return made


def told(made: Minutes) -> list[Together]:
    return list(made.together(lambda whom: whom.text))


def test_pairs_of_a_minute_are_counted_by_minutes() -> None:
    lt, one, other = Name("device", "lt-1"), ("anthropic.api", ""), ("pinecone.db", "")
    seen = [(lt, at_s * 1_000_000, product) for at_s in (0, 1, 61, 62, 200) for product in (one, one, other)]
    seen += [(lt, 300_000_000, one), (Name("", ""), 0, other), (Name("", ""), 0, one)]
    assert told(of(seen)) == [Together("lt-1", one, other, 3, 4, 3)]


@given(seen=st.lists(SEEN, max_size=60), cut=st.integers(0, 60))
def test_a_cut_and_the_bounds_change_nothing_but_by_what_they_say(
    seen: list[tuple[Name, int, tuple[str, str]]], cut: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(minutes, "MOST_PRODUCTS", 2)
        patch.setattr(minutes, "MOST_MINUTES", 5)
        whole, parts = of(seen), of(seen[:cut])
        parts.go_on(of(seen[cut:]))
        assert told(parts) == told(whole) == told(of(seen[::-1]))
        assert len({(one.whom_id, one.one) for one in told(whole)}) <= 5


def test_a_flood_of_products_in_a_minute_is_no_flood_of_pairs() -> None:
    flood = of([(Name("device", "lt-1"), 0, (f"service{number}", "")) for number in range(5000)])
    assert len(told(flood)) == minutes.MOST_PRODUCTS * (minutes.MOST_PRODUCTS - 1) // 2
