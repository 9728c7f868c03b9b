"""The audit chain: what was done to the inventory or shown of a person. Each row's hash covers the row before it."""

from __future__ import annotations

import getpass
import hashlib
import sqlite3
from typing import Any, NamedTuple

import msgspec

from shadowledger.db.runs import now_iso


class Row(NamedTuple):
    """What was done, when and by whom."""

    id: int
    at: str
    who: str
    """The account that ran the program."""
    action: str
    detail: dict[str, Any]


def who() -> str:
    """The account that runs this program."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def record(connection: sqlite3.Connection, action: str, detail: dict[str, object]) -> None:
    """Append a row. To be called inside the transaction of what it tells of."""
    row = connection.execute("select sha256 from audit order by id desc limit 1").fetchone()
    told = msgspec.json.encode(detail, order="sorted").decode()
    at, account = now_iso(), who()
    digest = _digest(row[0] if row else "", at, account, action, told)
    connection.execute(
        "insert into audit (at, who, action, detail, sha256) values (?, ?, ?, ?, ?)",
        (at, account, action, told, digest),
    )


def first_broken_row(connection: sqlite3.Connection) -> int | None:
    """The first row whose hash does not follow from its text and the row before; None where the chain holds."""
    before = ""
    for number, at, account, action, told, digest in connection.execute(
        "select id, at, who, action, detail, sha256 from audit order by id"
    ):
        if _digest(before, at, account, action, told) != digest:
            return int(number)
        before = digest
    return None


def all_rows(connection: sqlite3.Connection) -> list[Row]:
    """The whole chain, the oldest row first."""
    rows = connection.execute("select id, at, who, action, detail from audit order by id")
    return [Row(number, at, account, action, msgspec.json.decode(told)) for number, at, account, action, told in rows]


def last_hash(connection: sqlite3.Connection) -> tuple[int, str]:
    """How many rows there are, and the hash of the last one, which covers all of them; empty where there is none."""
    row = connection.execute("select sha256 from audit order by id desc limit 1").fetchone()
    (count,) = connection.execute("select count(*) from audit").fetchone()
    return count, row[0] if row else ""


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
