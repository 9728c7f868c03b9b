"""Runs: what was started when, with which knowledge, and how it ended."""

from __future__ import annotations

import datetime as dt
import sqlite3
from dataclasses import dataclass


def now_iso() -> str:
    """The present moment as the inventory writes it: UTC, to the second."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What a run knew: the program, and digests of the catalogue and of this organization's own signatures."""

    program_version: str
    catalogue_digest: str
    overlay_digest: str


def start_run(connection: sqlite3.Connection, command: str, knowledge: Knowledge) -> int:
    """Begin a run and return its number."""
    cursor = connection.execute(
        "insert into run (command, started_at, program_version, catalogue_digest, overlay_digest) "
        "values (?, ?, ?, ?, ?)",
        (command, now_iso(), knowledge.program_version, knowledge.catalogue_digest, knowledge.overlay_digest),
    )
    return int(cursor.lastrowid or 0)


def end_run(connection: sqlite3.Connection, run_id: int, status: str) -> None:
    """Close a run as complete, partial or failed."""
    connection.execute("update run set ended_at = ?, status = ? where id = ?", (now_iso(), status, run_id))
