"""Hits folded into sums, one by one."""

from __future__ import annotations

from shadowledger.collectors.records import UNKNOWN_BYTES, Artifact, Traffic
from shadowledger.db.names import address_name, device_name, user_name
from shadowledger.scanner.days import DAY_US
from shadowledger.scanner.ladders import ACCOUNT_KINDS, NOTHING, UPLOAD_BYTES, presence_rung, use_rung
from shadowledger.scanner.match import Hit, agent_class
from shadowledger.scanner.sums import Sum, Sums, Way, Who
from shadowledger.signatures.index import Index, Match
from shadowledger.signatures.schema import Indicator

_MOST_WAYS = 1 << 14


class Fold:
    """Fills the sums of one reading."""

    def __init__(self, index: Index) -> None:
        self.sums = Sums()
        self._zones = self.sums.zones
        self._by_day_and_way = self.sums.by_day_and_way
        self._index = index
        self._written: dict[tuple[str, str, str], int] = {}
        """User, device and client as a source writes them, over and over, to whom they are."""
        self._told: dict[tuple[object, ...], tuple[int, Indicator]] = {}
        """What a way follows from, to the way; see `_way_of_traffic`."""

    def add(self, hit: Hit) -> None:
        """Take in one hit."""
        record = hit.record
        if isinstance(record, Artifact):
            way = self.sums.ways[_way_of_artifact(record, hit.match)]
            client, sent, received = "", UNKNOWN_BYTES, UNKNOWN_BYTES
        else:
            way, client = self._way_of_traffic(record, hit.match), record.client
            sent, received = record.sent_bytes, record.received_bytes
        day = record.time_us // DAY_US if record.time_us else -1
        sums = self._by_day_and_way.get((day, way))
        if sums is None:
            sums = self._by_day_and_way[day, way] = {}
        who = self._written.get((record.user, record.device, client))
        if who is None:
            who = self._who(record.user, record.device, client)
        total = sums.get(who)
        if total is None:
            sums[who] = Sum(record.position, record.time_us, sent, received)
        else:
            total.add(record.position, record.time_us, sent, received)
        zone = record.tz_source or "none"
        self._zones[zone] = self._zones.get(zone, 0) + 1

    def _who(self, user: str, device: str, client: str) -> int:
        number = self.sums.whos[Who(user_name(user), device_name(device), address_name(client))]
        self._written[user, device, client] = number
        return number

    def _way_of_traffic(self, record: Traffic, match: Match) -> int:
        """Remembered by all that it depends on. The key holds the indicator's id, and the value the indicator, so that
        no other gets the same id."""
        key = (
            id(match.indicator),
            match.instance,
            record.via,
            record.action,
            record.user_agent,
            not record.path,
            record.sent_bytes >= UPLOAD_BYTES,
        )
        known = self._told.get(key)
        if known is None:
            if len(self._told) >= _MOST_WAYS:
                self._told.clear()
            known = self._told[key] = self.sums.ways[self._new_way(record, match)], match.indicator
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
