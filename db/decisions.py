"""Decisions: what people stated about what was found. Append-only; the newest one on a subject counts."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from shadowledger.db.audit import who
from shadowledger.db.runs import now_iso

VERBS = (
    "confirm", "dismiss", "propose", "link", "unlink", "merge", "unmerge", "split", "unsplit", "mute", "unmute", "tag",
    "name", "rule_out",
)  # fmt: skip
"""A discovered initiative (subject) is confirmed, dismissed or proposed again; linked to a declared one (object) or
unlinked; merged with another one (object); split (object: by what, `=`, and which part keeps the id). It, or a declared
one, is muted up to a day, and is tagged (object). A host that looked like AI (subject) is named as a service (object),
or ruled out."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One statement of a person."""

    decided_at: str
    decided_by: str
    verb: str
    subject: str
    object: str
    reason: str
    until_on: str


def decide(
    connection: sqlite3.Connection, verb: str, subject: str, about: str = "", reason: str = "", until_on: str = ""
) -> None:
    """Write down a statement; `until_on` is the last day on which it holds, empty where it has none."""
    connection.execute(
        "insert into decision (decided_at, decided_by, verb, subject, object, reason, until_on) "
        "values (?, ?, ?, ?, ?, ?, ?)",
        (now_iso(), who(), verb, subject, about, reason, until_on),
    )


def all_decisions(connection: sqlite3.Connection) -> list[Decision]:
    """Every statement, oldest first."""
    rows = connection.execute(
        "select decided_at, decided_by, verb, subject, object, reason, until_on from decision order by id"
    )
    return [Decision(*row) for row in rows]
