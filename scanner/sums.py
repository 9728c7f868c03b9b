"""What the hits of an input come to: counts by day, way of use and whom they name. Sums of its parts are put together
again without a difference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from typing import Any, NamedTuple, TypeVar
from zlib import crc32

from shadowledger.db.contributions import Contribution
from shadowledger.db.names import NOBODY, Name
from shadowledger.scanner.days import day_text
from shadowledger.scanner.spill import Spill
from shadowledger.scanner.stretches import PIECES, Figures, Group, Stretch, pack, unpack

T = TypeVar("T")
NO_DAY = -1
SYSTEM = "system"


class Way(NamedTuple):
    """How a service was seen: what the hits of many people have in common. These are fields of a Contribution, in its
    order."""

    service_id: str
    instance: str
    channel: str
    role: str
    action: str
    agent_class: str
    use_rung: int
    presence_rung: int
    indicator: str
    strength: str


class Who(NamedTuple):
    """Whom a record names."""

    actor: Name
    device: Name
    client: Name

    @property
    def first(self) -> Name:
        """Of account, machine and address the first that is no system's."""
        if self.actor.kind and self.actor.kind != SYSTEM:
            return self.actor
        return self.device if self.device.kind else self.client


class _Numbered(dict[T, int]):
    """Each value once, and its number by order: keys of numbers are compared in no time, tuples of texts are not."""

    def __init__(self) -> None:
        super().__init__()
        self.values_by_number: list[T] = []

    def __missing__(self, value: T) -> int:
        number = self[value] = len(self.values_by_number)
        self.values_by_number.append(value)
        return number


class Sums:
    """As large as the number of people and ways; what else it takes is put away on disk where it becomes much."""

    def __init__(self, spill: Spill | None = None) -> None:
        self.ways: _Numbered[Way] = _Numbered()
        self.whos: _Numbered[Who] = _Numbered()
        self.zones: dict[str, int] = {}
        """Hits by where the zone of their time comes from; `none` where they have no time."""
        self._groups: list[tuple[int, dict[int, Group]]] = []
        """By way: where the search for its piece begins, and by day since 1970 (NO_DAY where the source has no time)
        what is counted."""
        self._stretches: list[Stretch] = []
        """What was counted before that, and put away."""
        self._days: set[int] = set()
        self._spill = spill

    def groups(self, way: Way) -> dict[int, Group]:
        """By day, what is counted of a way."""
        number = self.ways[way]
        while len(self._groups) <= number:
            of = self.ways.values_by_number[len(self._groups)]
            self._groups.append((crc32(f"{of.service_id}\n{of.instance}".encode(errors="surrogatepass")), {}))
        return self._groups[number][1]

    def whom(self, number: int) -> Name:
        """Of those whom a record names the first that is no system's."""
        return self.whos.values_by_number[number].first

    def put_away(self) -> None:
        """Pack what was counted, so that it takes little room."""
        if any(by_day for _, by_day in self._groups):
            self._stretches.append(pack(self._all_groups(), self._spill))
            for _, by_day in self._groups:
                self._days.update(by_day)
                by_day.clear()

    def _all_groups(self) -> Iterator[tuple[int, int, int, Group]]:
        """In the piece of a day and a service's instance lies all of it."""
        for number, (start, by_day) in enumerate(self._groups):
            for day, group in by_day.items():
                yield crc32(b"%d" % day, start) % PIECES, number, day, group

    def __getstate__(self) -> tuple[Any, ...]:
        """For another process: plain tuples are handed over in a tenth of the time that others take."""
        self.put_away()
        whos = [(*who.actor, *who.device, *who.client) for who in self.whos.values_by_number]
        ways = [tuple(way) for way in self.ways.values_by_number]
        return ways, whos, self.zones, self._days, self._stretches, self._spill

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.__init__()  # type: ignore[misc]  # unpickling calls no other
        ways, whos, self.zones, self._days, self._stretches, self._spill = state
        for way in ways:
            self.ways[Way(*way)]
        for who in whos:
            self.whos[Who(*(Name(*who[at : at + 2]) if who[at] else NOBODY for at in (0, 2, 4)))]

    def go_on(self, other: Sums, positions: int) -> None:
        """Take in what the hits come to that follow these, whose positions begin with 1 after so many."""
        self.put_away()
        other.put_away()
        ways = [self.ways[way] for way in other.ways.values_by_number]
        whos = [self.whos[who] for who in other.whos.values_by_number]
        self._stretches += (stretch.renumbered(ways, whos, positions) for stretch in other._stretches)
        self._days |= other._days
        for zone, count in other.zones.items():
            self.zones[zone] = self.zones.get(zone, 0) + count

    @property
    def service_ids(self) -> set[str]:
        return {way.service_id for way in self.ways}

    def drop_instances(self, gone: Set[str]) -> None:
        """Know services' instances no longer apart; to be told when nothing more comes."""
        self.put_away()
        ways = self.ways.values_by_number
        ways[:] = [way._replace(instance="") if way.instance in gone else way for way in ways]

    def names(self) -> Iterator[Name]:
        """Everybody and everything that the sums name; some more than once."""
        for who in self.whos:
            yield from who

    @property
    def days(self) -> tuple[str, str]:
        """The first and last day with a hit; empty where there is none."""
        days = self._days.union(*(by_day for _, by_day in self._groups)) - {NO_DAY}
        return (day_text(min(days)), day_text(max(days))) if days else ("", "")

    def figures(self) -> Iterator[tuple[int, Way, Figures]]:
        """All of it by day and way, a piece at a time; what a day tells of a service's instance is in one."""
        self.put_away()
        for way, day, figures in unpack(self._stretches):
            yield day, self.ways.values_by_number[way], figures

    def contributions(self, id_of: Callable[[Name], str]) -> Iterator[Contribution]:
        """The same as rows, with names replaced by their ids."""
        ids = [(id_of(who.actor), id_of(who.device), id_of(who.client)) for who in self.whos]
        for day, way, figures in self.figures():
            day_on = day_text(day)
            for who, *numbers, first, last, positions in zip(*figures, strict=True):
                told = positions or (str(first) if first == last else f"{first} {last}")
                yield Contribution._make((day_on, *ids[who], *way, *numbers, first, last, told))
