"""Hits of one source folded into contributions: one row per day, who, service and way of use."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from shadowledger.collectors.records import Artifact
from shadowledger.db.contributions import Contribution
from shadowledger.db.names import NOBODY, Name, address_name, device_name, user_name
from shadowledger.scanner.ladders import NOTHING, presence_rung, use_rung
from shadowledger.scanner.match import Hit, agent_class
from shadowledger.signatures.index import Index

SESSION_GAP_US = 30 * 60 * 1_000_000
KEPT_POSITIONS = 16
_DAY_US = 86_400_000_000
_HOUR_US = 3_600_000_000
_EPOCH = dt.date(1970, 1, 1)


class Key(NamedTuple):
    """What makes two hits of a source one observation."""

    day: int
    """Days since 1970; -1 where the source has no time."""
    actor: Name
    device: Name
    client: Name
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


class _Sum:
    """What is added up under one key."""

    __slots__ = ("count", "first", "hours", "last", "last_us", "positions", "received", "sent", "sessions")

    def __init__(self, position: int) -> None:
        self.count = self.sessions = self.hours = self.last_us = 0
        self.sent = self.received = -1
        self.first = position
        self.last = position
        self.positions: list[int] = []

    def add(self, position: int, time_us: int) -> None:
        self.count += 1
        self.last = position
        if len(self.positions) < KEPT_POSITIONS:
            self.positions.append(position)
        if not self.sessions or abs(time_us - self.last_us) >= SESSION_GAP_US:
            self.sessions += 1
        self.last_us = time_us
        if time_us:
            self.hours |= 1 << time_us // _HOUR_US % 24

    def add_bytes(self, sent: int, received: int) -> None:
        if sent >= 0:
            self.sent = max(self.sent, 0) + sent
        if received >= 0:
            self.received = max(self.received, 0) + received


class Fold:
    """The contributions of one source, growing hit by hit; as large as the number of keys, not of hits."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._sums: dict[Key, _Sum] = {}
        self._names: dict[tuple[Callable[[str], Name], str], Name] = {}
        self.zones: Counter[str] = Counter()

    def add(self, hit: Hit) -> None:
        """Take in one hit."""
        record = hit.record
        key = self._artifact_key(hit) if isinstance(record, Artifact) else self._traffic_key(hit)
        total = self._sums.get(key)
        if total is None:
            total = self._sums[key] = _Sum(record.position)
        total.add(record.position, record.time_us)
        if not isinstance(record, Artifact):
            total.add_bytes(record.sent_bytes, record.received_bytes)
        self.zones[record.tz_source or "none"] += 1

    def _traffic_key(self, hit: Hit) -> Key:
        record, (service, indicator, instance) = hit
        assert not isinstance(record, Artifact)  # noqa: S101 - for the type checker
        agent = agent_class(self._index, record.user_agent)
        return Key(
            record.time_us // _DAY_US if record.time_us else -1,
            self._name(user_name, record.user),
            self._name(device_name, record.device),
            self._name(address_name, record.client),
            service.id,
            instance,
            record.via,
            indicator.role,
            record.action,
            agent,
            use_rung(record, indicator, agent),
            NOTHING,
            f"{indicator.kind}:{indicator.value}",
            indicator.strength.word,
        )

    def _artifact_key(self, hit: Hit) -> Key:
        record, (service, indicator, instance) = hit
        return Key(
            record.time_us // _DAY_US if record.time_us else -1,
            self._name(user_name, record.user),
            self._name(device_name, record.device),
            NOBODY,
            service.id,
            instance,
            "endpoint",
            indicator.role,
            "",
            "unknown",
            NOTHING,
            presence_rung(indicator.kind),
            f"{indicator.kind}:{indicator.value}",
            indicator.strength.word,
        )

    def _name(self, form: Callable[[str], Name], text: str) -> Name:
        """The canonical form, remembered: a source says the same names over and over."""
        if not text:
            return NOBODY
        try:
            return self._names[form, text]
        except KeyError:
            name = self._names[form, text] = form(text)
            return name

    @property
    def service_ids(self) -> set[str]:
        return {key.service_id for key in self._sums}

    @property
    def names(self) -> set[Name]:
        """Everybody and everything that the contributions name."""
        return {name for key in self._sums for name in (key.actor, key.device, key.client)}

    @property
    def days(self) -> tuple[str, str]:
        """The first and last day with a hit; empty where there is none."""
        days = {key.day for key in self._sums if key.day >= 0}
        return (_day(min(days)), _day(max(days))) if days else ("", "")

    def contributions(self, ids: dict[Name, str]) -> Iterator[Contribution]:
        """The rows to store, with names replaced by their ids."""
        for key, total in self._sums.items():
            yield Contribution(
                _day(key.day),
                ids[key.actor],
                ids[key.device],
                ids[key.client],
                *key[4:],
                total.count,
                total.sessions,
                total.sent if total.sent >= 0 else None,
                total.received if total.received >= 0 else None,
                total.hours,
                total.first,
                total.last,
                " ".join(map(str, total.positions)),
            )


def _day(number: int) -> str:
    if number < 0:
        return ""
    try:
        return (_EPOCH + dt.timedelta(days=number)).isoformat()
    except OverflowError:
        return ""
