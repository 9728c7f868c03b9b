"""Who may deliver: enrolment tokens, which let devices in, and the devices that have a token of their own.

Of a token only its SHA-256 is stored. A look-up by it tells nothing of tokens to whoever measures how long it takes."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
from typing import NamedTuple

from shadowledger.db import audit
from shadowledger.db.arrivals import DAY_US, choice, choose

PROFILES = ("minimal", "standard", "full")
TOKEN_BYTES = 32
STALE_DAYS = 3
"""Without a complete run for so long, nobody knows what a device is like."""
PERIOD_S = 3600
WALK_EVERY_S = 86_400


class NotEnrolledError(Exception):
    """A device is not let in: `status` is HTTP's, and the text says why."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Device(NamedTuple):
    """A device that was let in."""

    number: int
    id: str
    """SHA-256 of the machine's own id: decisions/0014."""
    name: str
    system: str
    enrolled_us: int
    revoked_us: int
    heard_us: int
    complete_us: int
    partial_us: int
    skew_s: int | None
    agent: str
    pack: str
    taken_as: str
    dropped_runs: int
    quarantined_runs: int
    profile: str
    """Chosen for this one alone; empty where what is central holds."""


_DEVICE = ", ".join(Device._fields)


class Central(NamedTuple):
    """What is set for all devices."""

    profile: str
    period_s: int
    walk_every_s: int
    version: int
    """Counts the changes."""
    stale_days: int


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def central(connection: sqlite3.Connection) -> Central:
    """What is set now, or usual."""
    return Central(
        choice(connection, "profile", "standard"),
        int(choice(connection, "period_s", str(PERIOD_S))),
        int(choice(connection, "walk_every_s", str(WALK_EVERY_S))),
        int(choice(connection, "version", "1")),
        int(choice(connection, "stale_days", str(STALE_DAYS))),
    )


def set_central(connection: sqlite3.Connection, changed: dict[str, str | int]) -> None:
    """Change some of the fields of Central, audited. To be called inside a transaction."""
    version = central(connection).version + 1
    for name, value in {**changed, "version": version}.items():
        choose(connection, name, str(value))
    audit.record(connection, "profile of devices", {**changed, "version": version})


def make_enrolment(connection: sqlite3.Connection, now_us: int, hours: int, uses: int, note: str) -> str:
    """A new token that lets so many devices in, audited. To be called inside a transaction."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    connection.execute(
        "insert into enrolment (token_sha256, made_us, expires_us, uses_left, note) values (?, ?, ?, ?, ?)",
        (digest(token), now_us, now_us + hours * 3_600_000_000, uses, note),
    )
    audit.record(connection, "enrolment token", {"hours": hours, "uses": uses, "note": note})
    return token


def enrol(connection: sqlite3.Connection, now_us: int, token: str, told: tuple[str, str, str, str]) -> tuple[str, str]:
    """Let a device in that told its id, name, system and the agent's version; returns its own token, which nobody can
    ask for again, and its profile. To be called inside a transaction. Raises NotEnrolledError."""
    wanted = digest(token)
    row = connection.execute(
        "select id, token_sha256, expires_us, uses_left from enrolment where token_sha256 = ?", (wanted,)
    ).fetchone()
    if row is None or not hmac.compare_digest(row[1], wanted):
        raise NotEnrolledError(401, "This enrolment token is not known.")
    enrolment, _, expires_us, uses_left = row
    if now_us >= expires_us:
        raise NotEnrolledError(401, "This enrolment token has expired.")
    device, name, system, agent = told
    known = connection.execute(
        "select enrolment_id, heard_us, revoked_us from device where id = ?", (device,)
    ).fetchone()  # fmt: skip
    asks_again = known is not None and known[0] == enrolment and not known[1] and not known[2]
    if uses_left < 1 and not asks_again:
        raise NotEnrolledError(401, "This enrolment token is used up.")
    if known and not known[2] and known[1] > now_us - central(connection).stale_days * DAY_US:
        raise NotEnrolledError(409, "This device is enrolled and was heard of lately; revoke it first.")
    own = secrets.token_urlsafe(TOKEN_BYTES)
    connection.execute("update enrolment set uses_left = uses_left - ? where id = ?", (not asks_again, enrolment))
    connection.execute(
        "insert into device (id, name, system, agent, token_sha256, enrolment_id, enrolled_us) "
        "values (?, ?, ?, ?, ?, ?, ?) on conflict (id) do update set (name, system, agent, token_sha256, enrolment_id, "
        "enrolled_us, revoked_us, heard_us) = (excluded.name, excluded.system, excluded.agent, excluded.token_sha256, "
        "excluded.enrolment_id, excluded.enrolled_us, 0, 0)",
        (device, name, system, agent, digest(own), enrolment, now_us),
    )
    audit.record(connection, "enrol", {"device": device, "enrolment": enrolment})
    profile = connection.execute("select profile from device where id = ?", (device,)).fetchone()[0]
    return own, profile or central(connection).profile


def device_of(connection: sqlite3.Connection, token: str) -> Device | None:
    """The device whose token this is, revoked or not."""
    wanted = digest(token)
    row = connection.execute(
        f"select {_DEVICE}, token_sha256 from device where token_sha256 = ?",  # noqa: S608 - names of our own
        (wanted,),
    ).fetchone()
    if row is None or not hmac.compare_digest(row[-1], wanted):
        return None
    return Device._make(row[:-1])


def devices(connection: sqlite3.Connection, named: str = "") -> list[Device]:
    """All devices by name, or those whose name or id this is, or whose id begins with it."""
    rows = connection.execute(f"select {_DEVICE} from device order by name, id")  # noqa: S608 - names of our own
    found = [Device._make(row) for row in rows]
    start = named.lower() if len(named) >= 8 else "-"
    return [one for one in found if not named or one.name.lower() == named.lower() or one.id.startswith(start)]


def revoke(connection: sqlite3.Connection, device: Device, now_us: int, reason: str) -> None:
    """Take nothing more from a device until it is enrolled again, audited. To be called inside a transaction."""
    connection.execute("update device set revoked_us = ? where number = ?", (now_us, device.number))
    audit.record(connection, "revoke device", {"device": device.id, "reason": reason})


def set_profile(connection: sqlite3.Connection, device: Device, profile: str) -> None:
    """Choose a profile for one device, or with an empty word the central one, audited. To be called inside a
    transaction."""
    connection.execute("update device set profile = ? where number = ?", (profile, device.number))
    audit.record(connection, "profile of device", {"device": device.id, "profile": profile})
