"""A second person's leave: a token that is good once, for a time, and is kept only as a hash."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import sqlite3
from typing import NamedTuple

from shadowledger.db import audit
from shadowledger.db.runs import now_iso

TOKEN_BYTES = 16


class Approval(NamedTuple):
    """A token as the inventory knows it."""

    id: int
    approver: str
    """The second person, as they named themselves."""
    made_at: str
    made_by: str
    """The account that made it, which cannot use it."""
    expires_at: str
    ended_at: str
    """Empty while it is neither used nor revoked."""
    ended_how: str

    def state(self, now: str) -> str:
        """open, used, revoked or expired."""
        return self.ended_how or ("expired" if self.expires_at <= now else "open")


class RefusedError(Exception):
    """A token that gives no leave; the text says why."""


_COLUMNS = ", ".join(Approval._fields)


def make(connection: sqlite3.Connection, approver: str, days: int) -> tuple[int, str]:
    """Make a token, good for so many days; returns its number and the token, which is shown this once. To be called
    inside a transaction."""
    token = secrets.token_hex(TOKEN_BYTES)
    expires = dt.datetime.fromisoformat(now_iso()) + dt.timedelta(days=days)
    row = (_hash(token), approver, now_iso(), audit.who(), expires.isoformat().replace("+00:00", "Z"))
    number = connection.execute(
        "insert into approval (token_sha256, approver, made_at, made_by, expires_at) values (?, ?, ?, ?, ?)", row
    ).lastrowid
    audit.record(connection, "approve", {"approval": number, "approver": approver, "expires_at": row[-1]})
    return number or 0, token


def use(connection: sqlite3.Connection, token: str) -> Approval:
    """Use a token up; the caller tells the audit chain what for. To be called inside a transaction. Raises RefusedError
    where it is unknown, used, revoked, expired, or was made by the account that wants to use it."""
    row = connection.execute(f"select {_COLUMNS} from approval where token_sha256 = ?", (_hash(token),)).fetchone()  # noqa: S608
    if row is None:
        raise RefusedError("This token is not known here.")
    found = Approval(*row)
    if (state := found.state(now_iso())) != "open":
        raise RefusedError(f"This token is {state}; ask for another one.")
    if found.made_by == audit.who():
        raise RefusedError(f"This token was made by {found.made_by} too, and a second person is needed.")
    _end(connection, found.id, "used")
    return found


def revoke(connection: sqlite3.Connection, number: int) -> None:
    """Take a token back. To be called inside a transaction. Raises RefusedError where there is none to take back."""
    row = connection.execute(f"select {_COLUMNS} from approval where id = ?", (number,)).fetchone()  # noqa: S608
    if row is None or Approval(*row).ended_at:
        raise RefusedError(f"There is no token {number} that could be taken back.")
    _end(connection, number, "revoked")
    audit.record(connection, "revoke approval", {"approval": number})


def all_approvals(connection: sqlite3.Connection) -> list[Approval]:
    """Every token that was made, the oldest first."""
    return [Approval(*row) for row in connection.execute(f"select {_COLUMNS} from approval order by id")]  # noqa: S608


def _end(connection: sqlite3.Connection, number: int, how: str) -> None:
    connection.execute("update approval set ended_at = ?, ended_how = ? where id = ?", (now_iso(), how, number))


def _hash(token: str) -> str:
    return hashlib.sha256(token.strip().lower().encode()).hexdigest()
