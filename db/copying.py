"""Copies of a database as it stands at one moment, made while others write to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import ExitStack, closing
from pathlib import Path

from shadowledger.db.placing import placed_whole

ALL_PAGES = -1


def copy_all(wanted: Iterable[tuple[sqlite3.Connection, Path]]) -> None:
    """Copy databases one after the other, each in one piece (https://www.sqlite.org/backup.html): readable by their
    owner alone, and at their places together when all of them are whole, or not at all.

    Raises FileExistsError where there is a file already, other OSErrors where a folder cannot be written, and
    sqlite3.OperationalError where a disk is full."""
    with ExitStack() as placing:
        for connection, path in wanted:
            draft = placing.enter_context(placed_whole(path, or_another=False))
            with closing(sqlite3.connect(draft)) as copy:
                connection.backup(copy, pages=ALL_PAGES)
