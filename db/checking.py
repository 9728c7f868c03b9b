"""What can be wrong inside a database that opens."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator

from shadowledger.db import audit, rollups
from shadowledger.db.rollups import ENTRIES_OF_POSTING, SUMMED, SUMS
from shadowledger.db.statements import run_statements

Finding = tuple[str, str]
"""What was checked, and what is wrong with it; empty where it is in order."""
_NULL_VALUE = re.compile(r"NULL value in (\w+)\.(\w+)")
_NAMED = "select actor as number from entry union select device from entry union select client from entry"
_QUESTIONS = {
    "a posting's sums are not those of its entries": f"""
        select 1 from posting
        where ({SUMS}) is not (select {SUMMED} from entry where {ENTRIES_OF_POSTING}) limit 1
    """,  # noqa: S608 - names of our own, here and below
    "two postings share an entry": """
        select 1 from (
            select first_entry, lag(last_entry, 1, 0) over (order by first_entry) as last_before from posting
        )
        where first_entry <= last_before limit 1
    """,
    "an entry belongs to no posting": f"""
        select 1 where (select count(*) from entry)
            > (select count(*) from posting join entry on {ENTRIES_OF_POSTING})
    """,  # noqa: S608
    "an entry names a pseudonym that is not there": f"""
        select number from ({_NAMED}) where number != 0 except select number from pseudonym limit 1
    """,  # noqa: S608
}


def check_inventory(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Pages and indexes, references, rollups, the audit chain."""
    yield from check_store(connection)
    yield "entries", "; ".join(wrong_entries(connection))
    yield "rollups", "; ".join(wrong_rollups(connection))
    broken = audit.first_broken_row(connection)
    yield "audit chain", "" if broken is None else f"row {broken} is not what was written, or follows another row"


def check_store(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Pages and indexes, references."""
    told = (str(row[0]) for row in connection.execute("pragma integrity_check"))
    yield "integrity", next((one for one in told if one != "ok" and not _is_mistaken(connection, one)), "")
    row = connection.execute("pragma foreign_key_check").fetchone()
    yield "references", "" if row is None else f"a row of {row[0]} names a row of {row[2]} that is not there"


def _is_mistaken(connection: sqlite3.Connection, told: str) -> bool:
    """Whether SQLite misses a value that is there: up to 3.41 it takes columns of tables without row ids in the wrong
    order (https://sqlite.org/releaselog/3_41_0.html)."""
    missing = _NULL_VALUE.fullmatch(told)
    if missing is None:
        return False
    table, column = missing.groups()
    asked = f'select 1 from "{table}" where "{column}" is null limit 1'  # noqa: S608 - names of the schema
    return connection.execute(asked).fetchone() is None


def wrong_entries(connection: sqlite3.Connection) -> list[str]:
    """In what postings and entries do not fit each other; empty where nothing is wrong."""
    return [what for what, question in _QUESTIONS.items() if connection.execute(question).fetchone() is not None]


def wrong_rollups(connection: sqlite3.Connection) -> list[str]:
    """Which rollups are not what follows from postings and entries; empty where all are. Changes nothing."""
    wrong = []
    connection.execute("begin")  # or a scan could write in between
    try:
        run_statements(connection.execute, rollups.layout().replace("create table", "create temp table"))
        rollups.fill(connection)  # temporary tables stand before those of the file
        for table in rollups.TABLES:
            kept, due = f"select * from main.{table}", f"select * from temp.{table}"  # noqa: S608
            differing = f"select 1 from ({kept} except {due}) union all select 1 from ({due} except {kept}) limit 1"  # noqa: S608
            if connection.execute(differing).fetchone() is not None:
                wrong.append(f"{table} is not what follows from the entries")
    finally:
        connection.execute("rollback")
    return wrong
