"""Hits of one source folded into contributions: one row per day, who, service and way of use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

from shadowledger.collectors.records import UNKNOWN_BYTES, Artifact, Traffic
from shadowledger.db.contributions import Contribution
from shadowledger.db.names import Name, address_name, device_name, user_name
from shadowledger.scanner.days import DAY_US, day_text
from shadowledger.scanner.ladders import ACCOUNT_KINDS, NOTHING, UPLOAD_BYTES, presence_rung, use_rung
from shadowledger.scanner.match import Hit, agent_class
from shadowledger.signatures.index import Index, Match
from shadowledger.signatures.schema import Indicator

T = TypeVar("T")
SESSION_GAP_US = 30 * 60 * 1_000_000
KEPT_POSITIONS = 16
_MOST_WAYS = 1 << 14
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


class _Sum:
    """What is added up of one who, day and way."""

    __slots__ = ("count", "first", "hours", "last", "last_us", "later", "received", "sent", "sessions")

    def __init__(self, position: int) -> None:
        self.count = self.sessions = self.hours = self.last_us = 0
        self.sent = self.received = UNKNOWN_BYTES
        self.first = self.last = position
        self.later: list[int] | None = None
        """The positions after the first that are kept."""

    def add(self, position: int, time_us: int, sent: int, received: int) -> None:
        self.count += 1
        self.last = position
        if self.count > 1:
            if self.later is None:
                self.later = []
            if len(self.later) < KEPT_POSITIONS - 1:
                self.later.append(position)
        if not self.sessions or abs(time_us - self.last_us) >= SESSION_GAP_US:
            self.sessions += 1
        self.last_us = time_us
        if time_us:
            hour = _HOURS[time_us // _HOUR_US % 24]
            self.hours = self.hours | hour if self.hours else hour
        if sent >= 0:
            self.sent = max(self.sent, 0) + sent
        if received >= 0:
            self.received = max(self.received, 0) + received

    @property
    def positions(self) -> str:
        return " ".join(map(str, (self.first, *(self.later or ()))))


class _Numbered(dict[T, int]):
    """Each value once, and its number by order: keys of numbers are compared in no time, tuples of texts are not."""

    def __init__(self) -> None:
        super().__init__()
        self.values_by_number: list[T] = []

    def __missing__(self, value: T) -> int:
        number = self[value] = len(self.values_by_number)
        self.values_by_number.append(value)
        return number


class Fold:
    """The contributions of one source, growing hit by hit; as large as the number of keys, not of hits."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._ways: _Numbered[Way] = _Numbered()
        self._whos: _Numbered[Who] = _Numbered()
        self._sums: dict[tuple[int, int], dict[int, _Sum]] = {}
        """Under days since 1970 (-1 where the source has no time) and ways, by who it was."""
        self._written: dict[tuple[str, str, str], int] = {}
        """User, device and client as a source writes them, over and over, to whom they are."""
        self._told: dict[tuple[object, ...], tuple[int, Indicator]] = {}
        """What a way follows from, to the way; see `_way_of_traffic`."""
        self.zones: Counter[str] = Counter()

    def add(self, hit: Hit) -> None:
        """Take in one hit."""
        record = hit.record
        if isinstance(record, Artifact):
            way = self._ways[_way_of_artifact(record, hit.match)]
            client, sent, received = "", UNKNOWN_BYTES, UNKNOWN_BYTES
        else:
            way, client = self._way_of_traffic(record, hit.match), record.client
            sent, received = record.sent_bytes, record.received_bytes
        day = record.time_us // DAY_US if record.time_us else -1
        sums = self._sums.get((day, way))
        if sums is None:
            sums = self._sums[day, way] = {}
        who = self._written.get((record.user, record.device, client))
        if who is None:
            who = self._who(record.user, record.device, client)
        total = sums.get(who)
        if total is None:
            total = sums[who] = _Sum(record.position)
        total.add(record.position, record.time_us, sent, received)
        self.zones[record.tz_source or "none"] += 1

    def _who(self, user: str, device: str, client: str) -> int:
        number = self._whos[Who(user_name(user), device_name(device), address_name(client))]
        self._written[user, device, client] = number
        return number

    def _way_of_traffic(self, record: Traffic, match: Match) -> int:
        """Remembered by all that it depends on. The key holds the indicator's id, and the value the indicator, so that
        no other gets the same id."""
        told = record.via, record.action, record.user_agent, bool(record.path), record.sent_bytes >= UPLOAD_BYTES
        key = id(match.indicator), match.instance, told
        known = self._told.get(key)
        if known is None:
            if len(self._told) >= _MOST_WAYS:
                self._told.clear()
            known = self._told[key] = self._ways[self._new_way(record, match)], match.indicator
        return known[0]

    def _new_way(self, record: Traffic, match: Match) -> Way:
        indicator = match.indicator
        agent = agent_class(self._index, record.user_agent)
        return Way(
            match.service.id,
            match.instance,
            record.via,
            indicator.role,
            record.action,
            agent,
            use_rung(record, indicator, agent),
            NOTHING,
            f"{indicator.kind}:{indicator.value}",
            indicator.strength.word,
        )

    @property
    def service_ids(self) -> set[str]:
        return {way.service_id for way in self._ways}

    def names(self) -> Iterator[Name]:
        """Everybody and everything that the contributions name; some more than once."""
        for who in self._whos:
            yield from who

    @property
    def days(self) -> tuple[str, str]:
        """The first and last day with a hit; empty where there is none."""
        days = {day for day, _ in self._sums if day >= 0}
        return (day_text(min(days)), day_text(max(days))) if days else ("", "")

    def contributions(self, id_of: Callable[[Name], str]) -> Iterator[Contribution]:
        """The rows to store, with names replaced by their ids."""
        ids = [(id_of(who.actor), id_of(who.device), id_of(who.client)) for who in self._whos]
        for (day, number), sums in self._sums.items():
            day_on, way = day_text(day), self._ways.values_by_number[number]
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
                    total.sent if total.sent >= 0 else None,
                    total.received if total.received >= 0 else None,
                    total.hours,
                    total.first,
                    total.last,
                    total.positions,
                )


def _way_of_artifact(record: Artifact, match: Match) -> Way:
    indicator = match.indicator
    return Way(
        match.service.id,
        match.instance,
        "accounts" if record.kind in ACCOUNT_KINDS else "endpoint",
        indicator.role,
        "",
        "unknown",
        NOTHING,
        presence_rung(record.kind),
        f"{indicator.kind}:{indicator.value}",
        indicator.strength.word,
    )
