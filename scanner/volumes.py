"""Quiet days and gaps: each source is measured by its own days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from statistics import median
from typing import NamedTuple

from shadowledger.db.volumes import HITS, MEASURES, Volume

FEWEST_DAYS = 4
"""Other days of the same weekday, below which nobody knows what is usual."""
_NORMAL_MAD = 1.4826
_FAR = 3.5
"""By so many deviations below the median a day is quiet, measured by the median of deviations, which a few odd days do
not move: Iglewicz and Hoaglin, How to Detect and Handle Outliers, ASQC, 1993."""
_AT_MOST = 0.5
"""Of the median: a day that has more is not quiet, however alike the others are."""


class Quiet(NamedTuple):
    """A day on which a source told less than on its others."""

    day: int
    amount: int
    usual: int
    """The median of the same weekdays."""


class Gap(NamedTuple):
    """Days without anything of a source, between its first and its last; both ends included."""

    first: int
    last: int
    is_usual: bool
    """Whether there never is anything on these weekdays."""


class History(NamedTuple):
    """What one source told, by day."""

    source_name: str
    collector: str
    measure: str
    """What is counted: of `db.volumes.MEASURES` the first that all its days have."""
    by_day: Mapping[int, int]

    def quiet(self) -> list[Quiet]:
        """Days with data, and less of it than is usual for their weekday."""
        by_weekday: dict[int, dict[int, int]] = defaultdict(dict)
        for day, count in self.by_day.items():
            by_weekday[day % 7][day] = count
        found = []
        for some in by_weekday.values():
            for day, count in some.items():
                others = [other for other_day, other in some.items() if other_day != day]
                if len(others) >= FEWEST_DAYS and _is_quiet(count, others):
                    found.append(Quiet(day, count, round(median(others))))
        return sorted(found)

    def gaps(self) -> list[Gap]:
        """In order; days that are always empty apart from those that are not."""
        weekdays = {day % 7 for day in self.by_day}
        found: list[Gap] = []
        for day in range(min(self.by_day), max(self.by_day)):
            if day in self.by_day:
                continue
            is_usual = day % 7 not in weekdays
            if found and found[-1].last == day - 1 and found[-1].is_usual == is_usual:
                found[-1] = found[-1]._replace(last=day)
            else:
                found.append(Gap(day, day, is_usual))
        return found


def _is_quiet(count: int, others: Collection[int]) -> bool:
    usual = median(others)
    spread = _NORMAL_MAD * median(abs(other - usual) for other in others)
    return count < usual - _FAR * spread and count <= _AT_MOST * usual


def histories(volumes: Iterable[Volume]) -> list[History]:
    """One for each source, by name and collector. Days are those of hits, and of whatever else tells of days."""
    found: dict[tuple[str, str], dict[str, dict[int, int]]] = defaultdict(dict)
    for one in volumes:
        found[one.source_name, one.collector].setdefault(one.measure, {})[one.day] = one.amount
    told = []
    for (name, collector), measures in found.items():
        days = set().union(*measures.values())
        best = next((measure for measure in MEASURES if measures.get(measure, {}).keys() == days), HITS)
        counts = measures.get(best, {})
        told.append(History(name, collector, best, {day: counts.get(day, 0) for day in sorted(days)}))
    return told
