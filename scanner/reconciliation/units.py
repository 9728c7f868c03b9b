"""Business units as people write them in lists, and as a directory has them."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import fuzz

from shadowledger.scanner.naming import words

_SAME_UNIT = 90


def same_units(listed: Iterable[str], seen: Iterable[str]) -> set[str]:
    """The units, as a directory has them, that a list means: written alike, case and typing errors aside."""
    return {
        unit
        for unit in seen
        for told in listed
        if fuzz.ratio(" ".join(words(unit)), " ".join(words(told))) >= _SAME_UNIT
    }
