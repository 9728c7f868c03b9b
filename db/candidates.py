"""Hosts that look like AI and that no signature names: what spoke for each, by source and run."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple


class ClueCount(NamedTuple):
    """How often one thing spoke for a host, in one source."""

    host: str
    """A name; of an address the id that the identities store has for it."""
    reason: str
    points: int
    record_count: int
    first_on: str
    last_on: str
    """UTC dates; empty where the source has no time."""
    first_position: int


class Candidate(NamedTuple):
    """A host and everything that spoke for it."""

    host: str
    clues: dict[str, int]
    """Points by reason."""
    record_count: int
    """Of the reason with the most; one record may give several."""
    first_on: str
    last_on: str
    source_ids: tuple[int, ...]


def add_clues(connection: sqlite3.Connection, run_id: int, source_id: int, rows: Iterable[ClueCount]) -> None:
    """Write what spoke for hosts in a source. To be called inside a transaction."""
    connection.executemany(
        "insert into clue (run_id, source_id, host, reason, points, record_count, first_on, last_on, first_position) "
        "values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ((run_id, source_id, *row) for row in rows),
    )


def candidates(connection: sqlite3.Connection) -> list[Candidate]:
    """Every host for which something spoke, by name."""
    found: dict[str, Candidate] = {}
    for host, reason, points, count, first, last in connection.execute(
        "select host, reason, max(points), sum(record_count), min(nullif(first_on, '')), max(last_on) "
        "from clue group by host, reason order by host, reason"
    ):
        one = found.get(host) or Candidate(host, {}, 0, "", "", ())
        one.clues[reason] = points
        found[host] = one._replace(
            record_count=max(one.record_count, count),
            first_on=min(filter(None, (one.first_on, first or "")), default=""),
            last_on=max(one.last_on, last or ""),
        )
    sources = connection.execute("select distinct host, source_id from clue order by host, source_id")
    for host, source_id in sources:
        found[host] = found[host]._replace(source_ids=(*found[host].source_ids, source_id))
    return list(found.values())
