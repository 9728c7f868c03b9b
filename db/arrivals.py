"""What devices delivered, kept durably until it is sealed: a database of its own beside the inventory.

Tokens lie here as their SHA-256. Names of devices lie here in clear, because whoever runs the server knows them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sqlite_utils import Database, Migrations

from shadowledger.db.opening import open_store
from shadowledger.db.statements import run_statements

arrival_steps = Migrations("shadowledger.arrivals")
KEPT_DAYS = 90
"""For so long a run that is delivered again is known by its id; agents keep fewer."""
DAY_US = 86_400_000_000

TABLES = """
create table choice (name text primary key, value text not null) strict, without rowid;

create table enrolment (
    id integer primary key,
    token_sha256 blob not null unique,
    made_us integer not null,
    expires_us integer not null,
    uses_left integer not null,
    note text not null
) strict;

-- What a device told when it enrolled, and what its last run told of it.
create table device (
    number integer primary key,
    id text not null unique,
    name text not null,
    system text not null,
    token_sha256 blob not null unique,
    enrolment_id integer not null references enrolment(id),
    enrolled_us integer not null,
    revoked_us integer not null default 0,
    heard_us integer not null default 0,
    complete_us integer not null default 0,
    partial_us integer not null default 0,
    skew_s integer,
    agent text not null default '',
    pack text not null default '',
    taken_as text not null default '',
    dropped_runs integer not null default 0,
    quarantined_runs integer not null default 0,
    profile text not null default ''
) strict;
create index device_name on device (name);

create table bundle (
    number integer primary key,
    made_at text not null,
    run_count integer not null,
    record_count integer not null,
    state text not null default 'sealed' check (state in ('sealed', 'written', 'imported')),
    has_documents integer not null default 1 check (has_documents in (0, 1))
) strict;

-- A document lies here, packed, until a bundle on the disk has it.
create table run (
    number integer primary key,
    id blob not null unique,
    device integer not null references device(number),
    received_us integer not null,
    skew_s integer,
    is_complete integer not null check (is_complete in (0, 1)),
    record_count integer not null,
    plain_bytes integer not null,
    bundle integer references bundle(number),
    document blob
) strict;
create index run_waiting on run (number) where bundle is null;
create index run_bundle on run (bundle) where bundle is not null;

create table audit (
    id integer primary key,
    at text not null,
    who text not null,
    action text not null,
    detail text not null,
    sha256 text not null
) strict;
create trigger audit_never_update before update on audit begin select raise(abort, 'audit is append-only'); end;
create trigger audit_never_delete before delete on audit begin select raise(abort, 'audit is append-only'); end;
"""


@arrival_steps()
def m001_first_tables(db: Database) -> None:
    """Enrolments, devices, runs, bundles, choices and the audit chain."""
    run_statements(db.execute, TABLES)


def open_arrivals(path: Path, *, create: bool) -> sqlite3.Connection:
    """Open the store of arrivals at `path`. What is committed is on the disk. Raises UnusableError as
    `db.opening.open_inventory` does."""
    connection = open_store(path, arrival_steps, "store of arrivals", create=create)
    connection.execute("pragma synchronous = full")
    return connection


class Arrival(NamedTuple):
    """One run as it came in."""

    run: bytes
    """Its id, 16 bytes."""
    device: int
    """The number of the device whose token it came with."""
    received_us: int
    skew_s: int | None
    """How far the device's clock is ahead of ours; None where it did not say."""
    is_complete: bool
    record_count: int
    plain_bytes: int
    document: bytes
    """Packed (gz)."""
    agent: str
    pack: str
    taken_as: str
    """The profile that it was taken with."""
    dropped_runs: int
    quarantined_runs: int
    """Since the agent was installed."""


def add_arrival(connection: sqlite3.Connection, one: Arrival) -> bool:
    """Keep a run; False where it is there already. To be called inside a transaction."""
    added = connection.execute(
        "insert or ignore into run (id, device, received_us, skew_s, is_complete, record_count, plain_bytes, document) "
        "values (?, ?, ?, ?, ?, ?, ?, ?)",
        (one.run, one.device, one.received_us, one.skew_s, one.is_complete, one.record_count, one.plain_bytes,
         one.document),
    ).rowcount  # fmt: skip
    if not added:
        return False
    moment = "complete_us" if one.is_complete else "partial_us"
    connection.execute(
        f"update device set heard_us = ?, {moment} = ?, skew_s = ?, agent = ?, pack = ?, taken_as = ?, "  # noqa: S608
        "dropped_runs = ?, quarantined_runs = ? where number = ?",
        (one.received_us, one.received_us, one.skew_s, one.agent, one.pack, one.taken_as, one.dropped_runs,
         one.quarantined_runs, one.device),
    )  # fmt: skip
    return True


class Bundle(NamedTuple):
    """Runs that were given a number together."""

    number: int
    made_at: str
    run_count: int
    record_count: int
    state: str
    """sealed, written, imported"""


class Kept(NamedTuple):
    """A run as a bundle has it."""

    run: str
    device: str
    received_us: int
    skew_s: int | None
    document: bytes


def begin_bundle(connection: sqlite3.Connection, made_at: str, most_runs: int, most_bytes: int) -> int:
    """Give the next number to the runs that have waited longest; 0 where none waits. To be called inside a
    transaction."""
    size, count, records, last = 0, 0, 0, 0
    rows = connection.execute(
        "select number, record_count, plain_bytes from run where bundle is null order by number limit ?", (most_runs,)
    )
    for number, record_count, plain_bytes in rows.fetchall():
        if count and size + plain_bytes > most_bytes:
            break
        size, count, records, last = size + plain_bytes, count + 1, records + record_count, number
    if not count:
        return 0
    cursor = connection.execute(
        "insert into bundle (made_at, run_count, record_count) values (?, ?, ?)", (made_at, count, records)
    )
    made = int(cursor.lastrowid or 0)
    connection.execute("update run set bundle = ? where bundle is null and number <= ?", (made, last))
    return made


def bundles(connection: sqlite3.Connection, *states: str) -> list[Bundle]:
    """The bundles in these states, in all where none is named, by number."""
    rows = connection.execute("select number, made_at, run_count, record_count, state from bundle order by number")
    return [one for one in map(Bundle._make, rows) if not states or one.state in states]


def runs_of(connection: sqlite3.Connection, bundle: int) -> Iterator[Kept]:
    """The runs of a bundle that is not written yet, in the order in which they came."""
    rows = connection.execute(
        "select lower(hex(run.id)), device.id, received_us, run.skew_s, document from run "
        "join device on device.number = device where bundle = ? order by run.number",
        (bundle,),
    )
    return map(Kept._make, rows)


def is_written(connection: sqlite3.Connection, bundle: int) -> None:
    """Its file is on the disk: the documents may go. To be called inside a transaction."""
    connection.execute("update bundle set state = 'written' where number = ? and state = 'sealed'", (bundle,))


def drop_documents(connection: sqlite3.Connection, most: int) -> bool:
    """Take away documents that a bundle on the disk has, at most so many at once, and forget old ids; False where none
    is left. To be called inside a transaction."""
    row = connection.execute(
        "select number from bundle where state != 'sealed' and has_documents order by number limit 1"
    ).fetchone()
    if row is None:
        return False
    went = connection.execute(
        "update run set document = null where number in "
        "(select number from run where bundle = ? and document is not null limit ?)",
        (*row, most),
    ).rowcount
    if went < most:
        connection.execute("update bundle set has_documents = 0 where number = ?", row)
    connection.execute(
        "delete from run where document is null and bundle is not null and number in (select number from run where "
        "number < (select number from run where received_us >= (select received_us - ? from run order by number desc "
        "limit 1) order by number limit 1) order by number limit ?)",
        (KEPT_DAYS * DAY_US, most),
    )
    return True


def is_imported(connection: sqlite3.Connection, bundle: int) -> None:
    """The inventory beside has it. To be called inside a transaction."""
    connection.execute("update bundle set state = 'imported' where number = ?", (bundle,))


def waiting(connection: sqlite3.Connection) -> int:
    """How many runs no bundle has yet."""
    (count,) = connection.execute("select count(*) from run where bundle is null").fetchone()
    return int(count)


def choice(connection: sqlite3.Connection, name: str, usual: str) -> str:
    """What was chosen for the server, or what is usual."""
    row = connection.execute("select value from choice where name = ?", (name,)).fetchone()
    return str(row[0]) if row else usual


def choose(connection: sqlite3.Connection, name: str, value: str) -> None:
    """To be called inside a transaction, together with `audit.record`."""
    connection.execute("insert or replace into choice (name, value) values (?, ?)", (name, value))
