"""Contributions: what one source added to one observation, in one run.

They are only ever added, or withdrawn with their source."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple


class Contribution(NamedTuple):
    """One row of the table of the same name; a tuple, because they are written by the hundred thousand."""

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


_COLUMNS = ", ".join(Contribution._fields)
_MARKS = ", ".join("?" * (len(Contribution._fields) + 2))


def add_contributions(
    connection: sqlite3.Connection, run_id: int, source_id: int, rows: Iterable[Contribution]
) -> None:
    """Write what a source added. To be called inside a transaction."""
    connection.executemany(
        f"insert into contribution (run_id, source_id, {_COLUMNS}) values ({_MARKS})",  # noqa: S608 - names of our own
        ((run_id, source_id, *row) for row in rows),
    )


def any_name_id(connection: sqlite3.Connection) -> str:
    """An id of the identities store that a contribution holds; empty where none does."""
    row = connection.execute(
        "select coalesce(nullif(actor_id, ''), nullif(device_id, ''), client_id) from contribution "
        "where actor_id || device_id || client_id != '' limit 1"
    ).fetchone()
    return str(row[0]) if row else ""


def contributions_to(
    connection: sqlite3.Connection, service_id: str, instance: str
) -> list[tuple[int, int, Contribution]]:
    """Everything that made up the observations of one service's instance: run, source, contribution."""
    rows = connection.execute(
        f"select run_id, source_id, {_COLUMNS} from contribution where service_id = ? and instance = ? "  # noqa: S608
        "order by day_on, source_id, first_position, id",
        (service_id, instance),
    )
    return [(run_id, source_id, Contribution(*rest)) for run_id, source_id, *rest in rows]
