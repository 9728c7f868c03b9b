"""How many people stood behind entries that name nobody: bounds by day, never ids.

Of a day's bounds those of source 0 count, which are of all sources together, and else those of each source: somebody
may be behind several, so that the highest of the lower ones holds, and the sum of the upper ones. They are given up
where one of their sources is withdrawn."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from shadowledger.db.days import day_on

ALL_SOURCES = 0


class Bounds(NamedTuple):
    """Between how many people there were, and when."""

    low: int
    high: int
    first_on: str = ""
    last_on: str = ""
    """UTC dates of the days on which somebody certainly used it; empty where there is none."""
    day_count: int = 0


class UnnamedDay(NamedTuple):
    """Who stood behind a day's entries of one service's instance."""

    service_instance: int
    day: int
    """Since 1970; -1 where the source has no time."""
    source_id: int
    """Or ALL_SOURCES."""
    low: int
    high: int


_ADD = """
insert into unnamed (service_instance, day, source_id, low, high) values (?, ?, ?, ?, ?)
on conflict do update set low = max(low, excluded.low), high = high + excluded.high
"""
"""Who is met again may be somebody else, or not."""


def add_unnamed(connection: sqlite3.Connection, rows: Iterable[UnnamedDay]) -> None:
    """Add what a source told. To be called inside a transaction."""
    for row in rows:
        connection.execute(_ADD, row)
        connection.execute(
            "update unnamed set low = max(low, ?), high = high + ? "
            "where service_instance = ? and day = ? and source_id = ?",
            (row.low, row.high, row.service_instance, row.day, ALL_SOURCES),
        )


def add_together(connection: sqlite3.Connection, together: UnnamedDay, by_source: Iterable[UnnamedDay]) -> None:
    """Add what several sources told of one day, counted together and each alone. To be called inside a transaction."""
    connection.execute(
        "insert or ignore into unnamed (service_instance, day, source_id, low, high) "
        "select service_instance, day, ?, max(low), sum(high) from unnamed where service_instance = ? and day = ? "
        "group by 1, 2",
        (ALL_SOURCES, together.service_instance, together.day),
    )
    connection.executemany(_ADD, (together, *by_source))


def withdraw_unnamed(connection: sqlite3.Connection, source_id: int) -> int:
    """Take back what is known of a source, and of all together where it is one of them; returns how many rows went. To
    be called inside a transaction."""
    connection.execute(
        "delete from unnamed where source_id = ? and (service_instance, day) in "
        "(select service_instance, day from unnamed where source_id = ?)",
        (ALL_SOURCES, source_id),
    )
    return connection.execute("delete from unnamed where source_id = ?", (source_id,)).rowcount


def unnamed_by_instance(connection: sqlite3.Connection) -> dict[tuple[str, str], Bounds]:
    """Bounds of all days together by service and instance: there were as many as on any one day, and at most as many as
    on all of them, as if nobody came twice."""
    rows = connection.execute(
        "select service_id, instance, max(low), sum(high), min(iif(low > 0, nullif(day, -1), null)), "
        "max(iif(low > 0, nullif(day, -1), null)), count(iif(low > 0, nullif(day, -1), null)) from ("
        " select service_instance, day, coalesce(max(iif(source_id = 0, low, null)), max(low)) as low,"
        "  coalesce(max(iif(source_id = 0, high, null)), sum(high)) as high"
        " from unnamed group by service_instance, day"
        ") join service_instance on number = service_instance group by 1, 2"
    )
    return {
        (service_id, instance): Bounds(low, high, day_on(first), day_on(last), days)
        for service_id, instance, low, high, first, last, days in rows
    }
