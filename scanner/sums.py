"""What the hits of an input come to: counts by day, way of use and whom they name. Sums of its parts are put together
again without a difference."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from shadowledger.db.contributions import Contribution
from shadowledger.db.names import Name
from shadowledger.scanner.days import day_text

T = TypeVar("T")
SESSION_GAP_US = 30 * 60 * 1_000_000
KEPT_POSITIONS = 16
MOST = (1 << 63) - 1
"""Bytes that a database can hold: no log that tells the truth has more."""
_HOUR_US = 3_600_000_000
_HOURS = tuple(1 << hour for hour in range(24))
"""Shared, because most keys have one hour."""


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


class Sum:
    """What is added up of one who, day and way."""

    __slots__ = ("count", "first", "first_us", "hours", "last", "last_us", "later", "received", "sent", "sessions")

    def __init__(self, position: int, time_us: int, sent: int, received: int) -> None:
        """Of the first hit."""
        self.count = self.sessions = 1
        self.hours = _HOURS[time_us // _HOUR_US % 24] if time_us else 0
        self.sent = sent
        self.received = received
        self.first = self.last = position
        self.first_us = self.last_us = time_us
        self.later: list[int] | None = None
        """The positions after the first that are kept."""

    def add(self, position: int, time_us: int, sent: int, received: int) -> None:
        """Take in a further hit."""
        self.count += 1
        self.last = position
        if self.later is None:
            self.later = []
        if len(self.later) < KEPT_POSITIONS - 1:
            self.later.append(position)
        if abs(time_us - self.last_us) >= SESSION_GAP_US:
            self.sessions += 1
        self.last_us = time_us
        if time_us:
            self.hours |= _HOURS[time_us // _HOUR_US % 24]
        if sent >= 0:
            self.sent = max(self.sent, 0) + sent
        if received >= 0:
            self.received = max(self.received, 0) + received

    def go_on(self, other: Sum) -> None:
        """Take in what the hits come to that follow these."""
        self.later = [*(self.later or ()), *other.positions][: KEPT_POSITIONS - 1]
        self.count += other.count
        self.last = other.last
        self.sessions += other.sessions - (abs(other.first_us - self.last_us) < SESSION_GAP_US)
        self.last_us = other.last_us
        self.hours |= other.hours
        if other.sent >= 0:
            self.sent = max(self.sent, 0) + other.sent
        if other.received >= 0:
            self.received = max(self.received, 0) + other.received

    def numbers(self) -> tuple[int, ...]:
        """All of it, for `of`."""
        later = self.later or ()
        return (
            self.first,
            self.first_us,
            min(self.sent, MOST),
            min(self.received, MOST),
            self.last,
            self.last_us,
            self.count,
            self.sessions,
            self.hours,
            len(later),
            *later,
        )

    @classmethod
    def of(cls, numbers: Iterator[int]) -> Sum:
        """The sum that gave these numbers, which are taken from the front."""
        one = cls(*islice(numbers, 4))
        one.last, one.last_us, one.count, one.sessions, one.hours, kept = islice(numbers, 6)
        one.later = list(islice(numbers, kept)) or None
        return one

    def shift(self, positions: int) -> None:
        """Count positions from so much earlier."""
        self.first += positions
        self.last += positions
        if self.later:
            self.later = [position + positions for position in self.later]

    @property
    def positions(self) -> tuple[int, ...]:
        return (self.first, *(self.later or ()))


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
    """As large as the number of keys, not of hits."""

    def __init__(self) -> None:
        self.ways: _Numbered[Way] = _Numbered()
        self.whos: _Numbered[Who] = _Numbered()
        self.by_day_and_way: dict[tuple[int, int], dict[int, Sum]] = {}
        """Under days since 1970 (-1 where the source has no time) and ways, by who it was."""
        self.zones: dict[str, int] = {}
        """Hits by where the zone of their time comes from; `none` where they have no time."""

    def __getstate__(self) -> tuple[Any, ...]:
        """For another process: numbers in a row are handed over in a tenth of the time that objects take."""
        numbers = array("q")
        for (day, way), sums in self.by_day_and_way.items():
            numbers.extend((day, way, len(sums)))
            for who, one in sums.items():
                numbers.append(who)
                numbers.extend(one.numbers())
        whos = [(*who.actor, *who.device, *who.client) for who in self.whos.values_by_number]
        return [tuple(way) for way in self.ways.values_by_number], whos, numbers, self.zones

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.__init__()  # type: ignore[misc]  # unpickling calls no other
        ways, whos, numbers, self.zones = state
        for way in ways:
            self.ways[Way(*way)]
        for who in whos:
            self.whos[Who(Name(*who[:2]), Name(*who[2:4]), Name(*who[4:]))]
        given = iter(numbers)
        for day, way, count in zip(given, given, given, strict=False):
            sums = self.by_day_and_way[day, way] = {}
            for _ in range(count):
                who = next(given)
                sums[who] = Sum.of(given)

    def go_on(self, other: Sums, positions: int) -> None:
        """Take in what the hits come to that follow these, whose positions begin with 1 after so many."""
        ways = [self.ways[way] for way in other.ways.values_by_number]
        whos = [self.whos[who] for who in other.whos.values_by_number]
        for (day, way), sums in other.by_day_and_way.items():
            known = self.by_day_and_way.setdefault((day, ways[way]), {})
            for who, one in sums.items():
                one.shift(positions)
                before = known.setdefault(whos[who], one)
                if before is not one:
                    before.go_on(one)
        for zone, count in other.zones.items():
            self.zones[zone] = self.zones.get(zone, 0) + count

    @property
    def service_ids(self) -> set[str]:
        return {way.service_id for way in self.ways}

    def names(self) -> Iterator[Name]:
        """Everybody and everything that the sums name; some more than once."""
        for who in self.whos:
            yield from who

    @property
    def days(self) -> tuple[str, str]:
        """The first and last day with a hit; empty where there is none."""
        days = {day for day, _ in self.by_day_and_way if day >= 0}
        return (day_text(min(days)), day_text(max(days))) if days else ("", "")

    def contributions(self, id_of: Callable[[Name], str]) -> Iterator[Contribution]:
        """The rows to store, with names replaced by their ids."""
        ids = [(id_of(who.actor), id_of(who.device), id_of(who.client)) for who in self.whos]
        for (day, number), sums in self.by_day_and_way.items():
            day_on, way = day_text(day), self.ways.values_by_number[number]
            for who, total in sums.items():
                actor, device, client = ids[who]
                yield Contribution(
                    day_on,
                    actor,
                    device,
                    client,
                    *way,
                    total.count,
                    total.sessions,
                    min(total.sent, MOST) if total.sent >= 0 else None,
                    min(total.received, MOST) if total.received >= 0 else None,
                    total.hours,
                    total.first,
                    total.last,
                    " ".join(map(str, total.positions)),
                )
