"""On which days those change who lead elsewhere, or are of another unit, at different times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from shadowledger.db.bitsets import bits_of
from shadowledger.scanner.days import DAY_US
from shadowledger.scanner.discovery.crowd import Group


class Calendar:
    """Sets of those who change, by day; asked of day after day."""

    def __init__(self, groups: Mapping[int, Group]) -> None:
        torn: dict[tuple[int, int], list[int]] = defaultdict(list)
        changed: dict[tuple[int, int], list[int]] = defaultdict(list)
        for chunk, group in groups.items():
            for number, moments_us in group.changes.items():
                for moment_us in moments_us:
                    day, within_us = divmod(moment_us, DAY_US)
                    changed[day, chunk].append(number)
                    if within_us:
                        torn[day, chunk].append(number)
        self.torn = {key: bits_of(some) for key, some in torn.items()}
        """Who change in the middle of a day, by day and chunk."""
        self._ahead = sorted(((*key, bits_of(some)) for key, some in changed.items()), reverse=True)

    def changed_since_last(self, day: int) -> dict[int, int]:
        """Who are others on this day than on the one that was asked of before, by chunk."""
        changed: dict[int, int] = defaultdict(int)
        while self._ahead and self._ahead[-1][0] <= day:
            _, chunk, bits = self._ahead.pop()
            changed[chunk] |= bits
        return changed
