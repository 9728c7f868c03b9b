"""What readers of lines share: how a format is recognised by them, and what they need not ask a second time."""

from __future__ import annotations

import csv
from collections.abc import Callable, Hashable, Iterator
from typing import TypeVar

from shadowledger.collectors.collector import Head
from shadowledger.collectors.sources import LONGEST_LINE_BYTES

REMEMBERED = 1 << 16
NOTHING_KNOWN: frozenset[object] = frozenset()
"""What is passed over in the blocks of a census."""
LONGEST_KEY = 300
"""Characters; no host name has more, and what has is not worth remembering."""
Key = TypeVar("Key", bound=Hashable)


def fitting(head: Head, is_ours: Callable[[str], object]) -> str:
    """`11 of 12 lines`, where at least three of four fit, comments (`#`) apart; otherwise empty."""
    lines = [line for line in head.lines if not line.startswith("#")]
    fits = sum(bool(is_ours(line)) for line in lines)
    return f"{fits} of {len(lines)} lines" if fits and fits * 4 >= len(lines) * 3 else ""


class Unwanted(dict[Key, str]):
    """Targets, as the source writes them, that nobody wanted, and what a census counts of them: their host, or nothing.
    Bounded: at REMEMBERED it forgets them all."""

    def remember(self, key: Key, host: str = "") -> None:
        size = len(key) if isinstance(key, str) else len(str(key))
        if size > LONGEST_KEY:
            return
        if len(self) >= REMEMBERED:
            self.clear()
        self[key] = host


def next_row(reader: Iterator[list[str]]) -> list[str]:
    """The next row of a csv.reader whose cells may be as long as a line; the module's own limit, which is the whole
    process's, is left as it was. Raises StopIteration and csv.Error as the reader does."""
    before = csv.field_size_limit(LONGEST_LINE_BYTES)
    try:
        return next(reader)
    finally:
        csv.field_size_limit(before)
