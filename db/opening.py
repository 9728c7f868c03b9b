"""Open the inventory and its neighbours: checked before it is trusted, private to its owner, migrated when older."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database, Migrations

from shadowledger.db import rollups
from shadowledger.db.device_day_steps import identity_steps, inventory_steps
from shadowledger.db.errors import UnusableError, ailment
from shadowledger.db.placing import placed_whole
from shadowledger.db.transactions import writing

BUSY_MS = 30_000
CACHE_KIB = 4 * 1024


def open_inventory(path: Path, *, create: bool, as_it_is: bool = False) -> sqlite3.Connection:
    """Open the inventory at `path`, brought up to date unless it is wanted `as_it_is`. Raises UnusableError where it is
    missing (unless `create`), damaged, of another program or of a newer version."""
    return open_store(path, inventory_steps, "inventory", create=create, as_it_is=as_it_is)


def open_identities(path: Path, *, create: bool, as_it_is: bool = False) -> sqlite3.Connection:
    """Open the identities store at `path`, with the same errors."""
    return open_store(path, identity_steps, "identities store", create=create, as_it_is=as_it_is)


def open_store(path: Path, steps: Migrations, what: str, *, create: bool, as_it_is: bool = False) -> sqlite3.Connection:
    """Open a database of these steps, with the same errors; `what` it is goes into their sentences."""
    try:
        if not path.exists():
            if not create:
                raise UnusableError(
                    f"There is no {what} at {path}; `shadowledger init` or a first scan makes one. "
                    "Where there was one, put it back."
                )
            _make(path, steps, what)
        if path.stat().st_size == 0:
            raise UnusableError(f"{path} is empty, not an {what}. Remove it, or restore it from a backup.")
        connection = sqlite3.connect(path, isolation_level=None)
    except (OSError, sqlite3.OperationalError) as error:
        raise UnusableError(f"{path} cannot be opened: {getattr(error, 'strerror', None) or error}.") from error
    try:
        connection.execute(f"pragma busy_timeout = {BUSY_MS}")
        connection.execute("pragma foreign_keys = on")
        connection.execute("pragma recursive_triggers = on")  # or REPLACE would pass by "append-only"
        _check(connection, path, steps, what)
        if not as_it_is:
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = normal")
            connection.execute(f"pragma cache_size = -{CACHE_KIB}")
            _bring_up_to_date(connection, steps)
    except sqlite3.DatabaseError as error:
        connection.close()
        raise UnusableError(f"{path} {ailment(error) or f'cannot be used as an {what}: {error}'}.") from error
    except UnusableError:
        connection.close()
        raise
    return connection


def _make(path: Path, steps: Migrations, what: str) -> None:
    try:
        with placed_whole(path) as draft, closing(sqlite3.connect(draft, isolation_level=None)) as connection:
            _bring_up_to_date(connection, steps)
    except (OSError, sqlite3.OperationalError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UnusableError(f"An {what} cannot be made at {path}: {reason}.") from error


def _bring_up_to_date(connection: sqlite3.Connection, steps: Migrations) -> None:
    """Take the steps that are missing, and make rollups of another layout anew; all of it in one transaction, so that
    of two processes one does it and the other waits."""
    if not _lacks(connection, steps):
        return
    with writing(connection):
        steps.apply(Database(connection))
        if steps is inventory_steps and rollups.layout_of(connection) != rollups.LAYOUT:
            rollups.rebuild(connection)


def _lacks(connection: sqlite3.Connection, steps: Migrations) -> bool:
    old_rollups = steps is inventory_steps and rollups.layout_of(connection) != rollups.LAYOUT
    return old_rollups or bool(steps.pending(Database(connection)))


def _check(connection: sqlite3.Connection, path: Path, steps: Migrations, what: str) -> None:
    tables = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
    applied: set[str] = set()
    if Migrations.migrations_table in tables:
        rows = connection.execute("select name from _sqlite_migrations where migration_set = ?", (steps.name,))
        applied = {name for (name,) in rows}
    if not applied:
        raise UnusableError(f"{path} is a database, but not an {what} of shadowledger; name another file.")
    if unknown := applied - {step.name for step in steps.pending(Database(memory=True))}:
        raise UnusableError(
            f"{path} was written by a newer shadowledger (it knows {min(unknown)}); update this program."
        )
    if steps is inventory_steps and rollups.layout_of(connection) > rollups.LAYOUT:
        raise UnusableError(f"{path} was written by a newer shadowledger; update this program.")
