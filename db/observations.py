"""What contributions say together of each service and instance: the auditor's questions, asked of the views."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seen:
    """All that was observed of one instance of one service."""

    service_id: str
    service: str
    vendor: str
    family: str
    category: str
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
        select service.id, service.name, service.vendor, service.family, service.category, instance,
               coalesce(min(nullif(day_on, '')), ''), max(day_on), count(distinct nullif(day_on, '')),
               sum(record_count), max(use_rung), max(presence_rung),
               sum(case when action = 'blocked' then record_count else 0 end),
               sum(case when action != '' then record_count else 0 end), sum(sent_bytes), sum(received_bytes),
               count(distinct source_id)
        from contribution join service on service.id = service_id
        group by service_id, instance order by service_id, instance
        """
    )
    channels: dict[tuple[str, str], dict[str, int]] = {}
    for service_id, instance, channel, count in connection.execute(
        "select service_id, instance, channel, sum(record_count) from contribution group by 1, 2, 3 order by 1, 2, 3"
    ):
        channels.setdefault((service_id, instance), {})[channel] = count
    return [Seen(*(*row, channels[row[0], row[5]])) for row in rows]


def traces(connection: sqlite3.Connection) -> Iterator[tuple[str, str, str, str, str, str, int]]:
    """Whom observations name, once each: service, instance, actor, device, client, day, mask of hours."""
    yield from connection.execute(
        "select distinct service_id, instance, actor_id, device_id, client_id, day_on, hours from observation "
        "order by service_id, instance"
    )


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
        "select channel, indicator, strength, sum(record_count), group_concat(distinct source_id) from contribution "
        "where service_id = ? and instance = ? group by channel, indicator, strength order by 4 desc, 1, 2",
        (service_id, instance),
    )
    return [Indication(*(*told, tuple(sorted(map(int, str(sources).split(",")))))) for *told, sources in rows]


def services_by_source(connection: sqlite3.Connection) -> frozenset[tuple[str, int]]:
    """Which services were counted in which sources."""
    return frozenset(connection.execute("select distinct service_id, source_id from contribution"))
