"""Marks of the hits of sources, a sample of each, by which sources that hold the same records are noticed."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

MOST_MARKS = 256
"""Of a source."""
_ASKED_AT_ONCE = 500


class Repeated(NamedTuple):
    """How many of the marks of one input another source has too."""

    source_id: int
    repeated: int
    compared: int
    """Marks of the input that the other would have, had it the same records."""


def add_marks(connection: sqlite3.Connection, source_id: int, marks: Sequence[int], below: int) -> None:
    """Keep the marks of a source's hits, the lowest MOST_MARKS of all its readings; `below` is up to where those of
    this one are all there. To be called inside a transaction."""
    rows = connection.execute("select mark from mark where source_id = ?", (source_id,))
    known = connection.execute("select below from sketch where source_id = ?", (source_id,)).fetchone()
    below = min(below, known[0]) if known else below
    kept = sorted(mark for mark in {*marks, *(mark for (mark,) in rows)} if mark < below)
    if len(kept) > MOST_MARKS:
        below = kept[MOST_MARKS]
        del kept[MOST_MARKS:]
    connection.execute("insert or replace into sketch (source_id, below) values (?, ?)", (source_id, below))
    connection.execute("delete from mark where source_id = ?", (source_id,))
    connection.executemany("insert into mark (source_id, mark) values (?, ?)", ((source_id, mark) for mark in kept))


def repeated_marks(connection: sqlite3.Connection, source_id: int, label: str, marks: Sequence[int]) -> list[Repeated]:
    """Other known sources of the same name given by the user that hold some of these marks, those with most first."""
    counts: dict[int, int] = {}
    for at in range(0, len(marks), _ASKED_AT_ONCE):
        some = marks[at : at + _ASKED_AT_ONCE]
        rows = connection.execute(
            f"select source_id, count(*) from mark where mark in ({', '.join('?' * len(some))}) group by source_id",  # noqa: S608
            some,
        )
        for number, count in rows:
            counts[number] = counts.get(number, 0) + count
    found = []
    for number, count in counts.items():
        row = connection.execute(
            "select below from sketch join source on source.id = source_id "
            "where source_id = ? and state = 'known' and label = ?",
            (number, label),
        ).fetchone()
        if row is not None and number != source_id:
            found.append(Repeated(number, count, sum(mark < row[0] for mark in marks)))
    return sorted(found, key=lambda one: (-one.repeated, one.source_id))
