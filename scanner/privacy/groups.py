"""Small groups are not shown: bounds are moved outward, so that they stay true and tell nothing of the few.

What this protects, and what not, stands in docs/decisions/0010."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from shadowledger.scanner.discovery.headcount import People

T = TypeVar("T")


def shown(people: People, smallest: int) -> People:
    """Bounds without a number from 1 up to the smallest group: below it `0` and `smallest - 1`."""
    low = 0 if people.low < smallest else people.low
    return People(low, smallest - 1 if 0 < people.high < smallest else people.high)


def is_hidden(people: People) -> bool:
    """Whether shown bounds stand for a group that is too small, or may be: whoever is counted is at least one."""
    return people.low == 0 < people.high


def in_words(people: People) -> str:
    """`12`, `5-9` where nobody can say, `fewer than 5` where nobody is to know."""
    if is_hidden(people):
        return f"fewer than {people.high + 1}"
    return str(people.low) if people.low == people.high else f"{people.low}-{people.high}"


def shown_parts(parts: Mapping[T, People], smallest: int) -> dict[T, People]:
    """The parts of a whole that is shown too, such as the units of an initiative. What is hidden cannot be found by
    taking the others from the whole: at least two parts are hidden, and there are at least `smallest` people in them
    together; the smallest ones go along where needed, as `0` up to their next multiple of `smallest`."""
    hidden = {key for key, people in parts.items() if 0 < people.low < smallest or 0 < people.high < smallest}
    rest = sorted((key for key in parts if key not in hidden and parts[key].high), key=lambda key: parts[key].high)
    while hidden and rest and (len(hidden) < 2 or sum(parts[key].low for key in hidden) < smallest):
        hidden.add(rest.pop(0))
    return {key: _covered(people, smallest) if key in hidden else people for key, people in parts.items()}


def _covered(people: People, smallest: int) -> People:
    return People(0, (people.high // smallest + 1) * smallest - 1)
