"""What may be asked of an inventory by whoever is shown its contents: views in which nobody is, and nothing else."""

from __future__ import annotations

import sqlite3

VIEWS = ("people_by_day", "reveals_by_month", "service_by_day", "smallest_group", "source_total", "unnamed_by_day")
"""No view of these has an id, and none a number of people below the smallest group."""
_ALLOWED = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)


def restrict(connection: sqlite3.Connection) -> None:
    """From here on the connection answers questions about VIEWS and refuses all others, as sqlite3.DatabaseError."""
    connection.execute("pragma query_only = on")
    connection.set_authorizer(_allowed)


def _allowed(action: int, first: str | None, second: str | None, _database: str | None, through: str | None) -> int:
    """See https://www.sqlite.org/c3ref/set_authorizer.html: `through` is the view by which a table is read."""
    if action in _ALLOWED and (second or "").lower() not in ("load_extension", "readfile", "writefile"):
        return sqlite3.SQLITE_OK
    is_shown = first in VIEWS or through in VIEWS
    return sqlite3.SQLITE_OK if action == sqlite3.SQLITE_READ and is_shown else sqlite3.SQLITE_DENY
