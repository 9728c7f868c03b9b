"""Contributions: what one source added to one observation, in one run.

They are only ever added, or withdrawn with their source. In the tables each is an `entry` of a `posting`: what many of
them have in common (run, source, day, way) is written once, and texts that recur stand there as numbers."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from itertools import groupby, islice
from typing import NamedTuple

from shadowledger.db.days import day_number
from shadowledger.db.postings import Columns, Postings


class Contribution(NamedTuple):
    """One row of the view of the same name; a tuple, because they are written by the hundred thousand."""

    day_on: str
    """UTC date, `2026-11-23`; empty where the source has no time."""
    actor_id: str
    device_id: str
    client_id: str
    """Ids of the identities store; empty where the source names nobody."""
    service_id: str
    instance: str
    channel: str
    """proxy, http, dns, tls, quic ... or endpoint."""
    role: str
    action: str
    """allowed, blocked, or empty where the source does not say."""
    agent_class: str
    """browser, sdk, app or unknown."""
    use_rung: int
    presence_rung: int
    indicator: str
    """kind:value."""
    strength: str
    record_count: int
    session_count: int
    """Sessions begin after 30 minutes without a record of the same key."""
    sent_bytes: int | None
    received_bytes: int | None
    """Sums over the records that told; None where none did."""
    hours: int
    """A mask: bit 0 is the hour from 00:00 UTC."""
    first_position: int
    last_position: int
    positions: str
    """The first positions in the source, separated by blanks; bounded, `record_count` tells of the rest."""


_NUMBERED_AT_ONCE = 5000


def add_contributions(
    connection: sqlite3.Connection, run_id: int, source_id: int, rows: Iterable[Contribution]
) -> None:
    """Write what a source added, and bring the rollups up to date; quickest where rows of one day and way follow each
    other. To be called inside a transaction."""
    postings, waiting = Postings(connection, run_id, source_id), iter(rows)
    while batch := list(islice(waiting, _NUMBERED_AT_ONCE)):
        named, at = postings.named((row.actor_id, row.device_id, row.client_id) for row in batch), 0
        for (day_on, way), group in groupby(batch, key=lambda row: (row[0], row[4:14])):
            some = [(*row[14:21], _kept_positions(row)) for row in group]
            columns = Columns._make(zip(*some, strict=True))
            postings.add(day_number(day_on), way, named, range(at, at + len(some)), columns)
            at += len(some)
    postings.close()


def _kept_positions(row: Contribution) -> str | None:
    """None where they are the first and the last alone, as the view has it then."""
    if row.record_count > 2:
        return row.positions
    first, last = row.first_position, row.last_position
    return None if row.positions == (str(first) if first == last else f"{first} {last}") else row.positions


def any_name_id(connection: sqlite3.Connection) -> str:
    """An id of the identities store that a contribution holds; empty where none does."""
    row = connection.execute(
        "select pseudonym.id from entry join pseudonym "
        "on number = coalesce(nullif(actor, 0), nullif(device, 0), client) where pseudonym.id not glob 'n-*' limit 1"
    ).fetchone()
    return str(row[0]) if row else ""


def sources_of(connection: sqlite3.Connection, service_id: str, instance: str) -> list[int]:
    """The sources in which something of one service's instance was counted."""
    rows = connection.execute(
        "select distinct source_id from service_instance join way on service_instance = service_instance.number "
        "join posting on way = way.number where service_id = ? and instance = ? order by 1",
        (service_id, instance),
    )
    return [number for (number,) in rows]


def first_contributions(
    connection: sqlite3.Connection,
    service_id: str,
    instance: str,
    source_id: int,
    most: int,
    is_wanted: Callable[[Contribution], bool] = lambda _: True,
) -> list[Contribution]:
    """Of what one source added to one service's instance and is wanted, all that can hold one of the first `most`
    positions."""
    rows = connection.execute(
        f"select {', '.join(Contribution._fields)} from contribution "  # noqa: S608 - names of our own
        "where source_id = ? and service_id = ? and instance = ? order by first_position, day_on, id",
        (source_id, service_id, instance),
    )
    found: list[Contribution] = []
    starts: set[int] = set()
    for row in filter(is_wanted, map(Contribution._make, rows)):
        starts.add(row.first_position)
        if len(starts) > most:
            break
        found.append(row)
    return found
