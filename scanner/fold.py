"""Hits folded into sums, one by one."""

from __future__ import annotations

from array import array

from shadowledger.collectors.records import UNKNOWN_BYTES, Artifact, Traffic
from shadowledger.db.names import address_name, device_name, user_name
from shadowledger.db.together import Product
from shadowledger.scanner.days import DAY_US
from shadowledger.scanner.ladders import (
    ACCOUNT_KINDS,
    NOTHING,
    UPLOAD_BYTES,
    idle_role,
    presence_rung,
    role_of,
    use_rung,
)
from shadowledger.scanner.match import agent_class
from shadowledger.scanner.minutes import Minutes, product_of_program
from shadowledger.scanner.spill import Spill
from shadowledger.scanner.stretches import Group
from shadowledger.scanner.sums import NO_DAY, Sums, Way, Who
from shadowledger.signatures.index import Index, Match
from shadowledger.signatures.schema import Indicator

MOST_HITS = 1 << 16
"""So many are held at once, in three megabytes."""
_MOST_WAYS = 1 << 14
_MOST_APART = 1 << 15
"""Ways from which on instances are not told apart: somebody floods the log with names."""
_END_US = 2_932_897 * DAY_US
"""From here on no calendar has a day: the end of the year 9999."""


class Fold:
    """Fills the sums of one reading."""

    def __init__(self, index: Index, spill: Spill | None = None) -> None:
        self.sums = Sums(spill)
        self.minutes = Minutes()
        self._zones = self.sums.zones
        self._index = index
        self._room = MOST_HITS
        self._written: dict[tuple[str, str, str], int] = {}
        """User, device and client as a source writes them, over and over, to whom they are."""
        self._told: dict[tuple[object, ...], tuple[dict[int, Group], Indicator, Product | None]] = {}
        """What a way follows from, to its groups, and to its product where a program uses it; see `add`."""

    def add(self, record: Traffic, match: Match) -> None:
        """Take in one hit. Ways are remembered by all that they depend on. The key holds the indicator's id, and the
        value the indicator, so that no other gets the same id."""
        (
            position, via, _, time_us, zone, client, user, device, _, _, path, method, _, sent, received, agent, _,
            action, _, _, _, _,
        ) = record  # fmt: skip
        idle = method == "CONNECT" and idle_role(record)
        key = id(match.indicator), match.instance, via, action, agent, not path, idle, sent >= UPLOAD_BYTES
        known = self._told.get(key)
        if known is None:
            if len(self._told) >= _MOST_WAYS:
                self._told.clear()
            way = self._new_way(record, match)
            known = self._told[key] = self.sums.groups(way), match.indicator, product_of_program(way)
        who = self._written.get((user, device, client))
        if who is None:
            who = self._who(user, device, client)
        self._count(known[0], who, position, time_us, sent, received)
        if known[2] is not None and time_us:
            self.minutes.add(self.sums.whom(who), time_us, known[2])
        zone = zone or "none"
        self._zones[zone] = self._zones.get(zone, 0) + 1

    def add_artifact(self, record: Artifact, match: Match) -> None:
        """Take in one hit."""
        groups = self.sums.groups(_way_of_artifact(record, match))
        who = self._who(record.user, record.device, "")
        self._count(groups, who, record.position, record.time_us, UNKNOWN_BYTES, UNKNOWN_BYTES)
        zone = record.tz_source or "none"
        self._zones[zone] = self._zones.get(zone, 0) + 1

    def _count(self, groups: dict[int, Group], who: int, position: int, time_us: int, sent: int, received: int) -> None:
        day = time_us // DAY_US if 0 < time_us < _END_US else NO_DAY
        group = groups.get(day)
        if group is None:
            group = groups[day] = array("q")
        group.extend((who, position, time_us, sent, received))
        self._room -= 1
        if not self._room:
            self.sums.put_away()
            self._room = MOST_HITS

    def _who(self, user: str, device: str, client: str) -> int:
        number = self.sums.whos[Who(user_name(user), device_name(device), address_name(client))]
        self._written[user, device, client] = number
        return number

    def _new_way(self, record: Traffic, match: Match) -> Way:
        indicator = match.indicator
        agent = agent_class(self._index, record.user_agent)
        role = role_of(record, indicator)
        return Way(
            match.service.id,
            match.instance if len(self.sums.ways) < _MOST_APART else "",
            record.via,
            role,
            record.action,
            agent,
            use_rung(record, role, agent),
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
