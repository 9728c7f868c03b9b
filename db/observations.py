"""What contributions say together of each service and instance: the auditor's questions, asked of the views."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from shadowledger.db.bitsets import count_united
from shadowledger.db.days import day_number, day_on
from shadowledger.db.manners import USED
from shadowledger.db.whoms import Strand, chunk_kinds, stored_by_day, strands


@dataclass(frozen=True, slots=True)
class Seen:
    """All that was observed of one instance of one service."""

    service_id: str
    service: str
    vendor: str
    family: str
    category: str
    ai_kind: str
    origin: str
    instance: str
    first_seen_on: str
    last_seen_on: str
    """UTC dates; empty where no source told a time."""
    day_count: int
    record_count: int
    use_rung: int
    presence_rung: int
    blocked_count: int
    """Records that a proxy or resolver refused."""
    judged_count: int
    """Records whose source says whether they were refused."""
    sent_bytes: int | None
    received_bytes: int | None
    source_count: int
    channel_counts: Mapping[str, int]
    """Records by channel. Channels see the same thing each in its way, so these are never added up."""


def seen_services(connection: sqlite3.Connection) -> list[Seen]:
    """Every instance of every service with an observation, by service and instance."""
    rows = connection.execute(
        """
        select service.id, service.name, service.vendor, service.family, service.category,
               service.ai_kind, origin, instance,
               first_day, last_day, day_count, sum(record_count), max(use_rung), max(presence_rung),
               sum(iif(action = 'blocked', record_count, 0)), sum(iif(action != '', record_count, 0)),
               sum(sent_bytes), sum(received_bytes), source_count
        from instance_total
        join service_instance on service_instance.number = instance_total.service_instance
        join service on service.id = service_id
        join way on way.service_instance = service_instance.number
        join way_total on way = way.number
        group by service_id, instance order by service_id, instance
        """
    )
    channels: dict[tuple[str, str], dict[str, int]] = {}
    for service_id, instance, channel, count in connection.execute(
        "select service_id, instance, channel, sum(record_count) from way_total join way on way.number = way "
        "join service_instance on service_instance.number = service_instance group by 1, 2, 3 order by 1, 2, 3"
    ):
        channels.setdefault((service_id, instance), {})[channel] = count
    return [Seen(*(*row[:8], day_on(row[8]), day_on(row[9]), *row[10:], channels[row[0], row[7]])) for row in rows]


@dataclass(frozen=True, slots=True)
class Active:
    """Whom the entries of one day name as users of one service: accounts; machines where no account is named; addresses
    where neither is. Counts of different days are never added up, nor those of services."""

    day_on: str
    service_id: str
    account_count: int
    device_count: int
    client_count: int


def active_by_day(connection: sqlite3.Connection, first_on: str, last_on: str) -> list[Active]:
    """Who was active on each day from `first_on` to `last_on`, by day and service."""
    kinds = chunk_kinds(connection)
    used = {number: one.service_id for number, one in strands(connection).items() if one.manner in USED}
    counts: dict[tuple[int, str], list[int]] = {}
    for day, rows in groupby(stored_by_day(connection, day_number(first_on), day_number(last_on)), itemgetter(0)):
        sets: dict[tuple[str, int], list[bytes]] = defaultdict(list)
        for _, strand, chunk, stored in rows:
            if strand in used:
                sets[used[strand], chunk].append(stored)
        for (service_id, chunk), some in sorted(sets.items()):
            counts.setdefault((day, service_id), [0, 0, 0])[_COLUMN.get(kinds[chunk], 0)] += count_united(some)
    return [Active(day_on(day), service_id, *numbers) for (day, service_id), numbers in counts.items()]


_COLUMN = {"d": 1, "a": 2}


@dataclass(frozen=True, slots=True)
class Indication:
    """One indicator's share in what was observed of an instance, through one channel."""

    channel: str
    indicator: str
    strength: str
    record_count: int
    source_ids: tuple[int, ...]


def indications(connection: sqlite3.Connection, service_id: str, instance: str) -> list[Indication]:
    """By which indicators an instance was seen, the most frequent first."""
    rows = connection.execute(
        "select channel, indicator, strength, sum(record_count), group_concat(distinct source_id) "
        "from service_instance join way on service_instance = service_instance.number "
        "join posting on way = way.number where service_id = ? and instance = ? "
        "group by channel, indicator, strength order by 4 desc, 1, 2",
        (service_id, instance),
    )
    return [Indication(*(*told, tuple(sorted(map(int, str(sources).split(",")))))) for *told, sources in rows]


def records_by_strand(connection: sqlite3.Connection) -> dict[Strand, dict[str, int]]:
    """Records of each strand by channel."""
    found: dict[Strand, dict[str, int]] = {}
    known = strands(connection)
    for strand, channel, count in connection.execute(
        "select strand, channel, sum(record_count) from way_total join way on way.number = way group by 1, 2"
    ):
        found.setdefault(known[strand], {})[channel] = count
    return found


def kinds_on_machines(connection: sqlite3.Connection) -> dict[tuple[str, str], frozenset[str]]:
    """By which kinds of artifacts each service's instance was found on machines and accounts."""
    rows = connection.execute(
        "select service_id, instance, group_concat(distinct substr(indicator, 1, instr(indicator, ':') - 1)) "
        "from way join way_total on way = way.number join service_instance "
        "on service_instance.number = service_instance where presence_rung > 0 group by 1, 2"
    )
    return {(service_id, instance): frozenset(kinds.split(",")) for service_id, instance, kinds in rows}


def services_by_source(connection: sqlite3.Connection) -> frozenset[tuple[str, int]]:
    """Which services were counted in which sources."""
    return frozenset(
        connection.execute(
            "select distinct service_id, source_id from (select distinct way, source_id from posting) "
            "join way on way.number = way join service_instance on service_instance.number = service_instance"
        )
    )
