"""How many records sources should have on a day, as their vendors' consoles count them."""

from __future__ import annotations

import sqlite3

from shadowledger.db.audit import who
from shadowledger.db.runs import now_iso


def expect(connection: sqlite3.Connection, source_name: str, day: int, record_count: int) -> None:
    """State a count, in place of the one before. To be called inside a transaction."""
    connection.execute(
        "insert into expectation (source_name, day, record_count, stated_at, stated_by) values (?, ?, ?, ?, ?)",
        (source_name, day, record_count, now_iso(), who()),
    )


def expected(connection: sqlite3.Connection) -> dict[tuple[str, int], int]:
    """The counts that stand, by source and day."""
    rows = connection.execute("select source_name, day, record_count from expectation order by id")
    return {(name, day): count for name, day, count in rows}
