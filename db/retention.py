"""Entries that have grown old become one for each posting, which names nobody: counts stay, people go."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from shadowledger.db import rollups
from shadowledger.db.bystanders import drop_old_bystanders
from shadowledger.db.days import NO_DAY
from shadowledger.db.manners import BACKGROUND, REFUSED
from shadowledger.db.numbering import forget_unnamed

_KEPT_POSITIONS = 16


class Age(NamedTuple):
    """Up to when something is old."""

    last_day: int
    """Since 1970."""
    last_on: str
    """The UTC date after it."""


class Named(NamedTuple):
    """Somebody whom old entries name."""

    day: int
    service_instance: int
    source_id: int
    is_use: bool
    """Whether they show use or presence; what was refused, and a program's own traffic, do not."""
    id: str


def mark_old(connection: sqlite3.Connection, age: Age) -> None:
    """Say which postings are old: those up to a day, and those without one whose run began before a date. It holds for
    the functions below, on this connection."""
    connection.execute("drop table if exists temp.old")
    connection.execute(
        "create temp table old as select first_entry, last_entry, posting.way, day, strand, source_id, "
        "strand.service_instance, manner not in (:refused, :background) as is_use from posting "
        "join way on way.number = posting.way join strand on strand.number = strand "
        "where day between 0 and :last_day "
        "or day = -1 and run_id in (select id from run where started_at < :last_on)",
        {**age._asdict(), "refused": REFUSED, "background": BACKGROUND},
    )


def named_by_old(connection: sqlite3.Connection) -> Iterator[Named]:
    """Whom old entries name, by day and service's instance."""
    rows = connection.execute(
        "select distinct day, service_instance, source_id, is_use, pseudonym.id from temp.old "
        "cross join entry on entry.id between first_entry and last_entry "
        "join pseudonym on pseudonym.number = whom where whom > 0 order by day, service_instance"
    )
    for day, instance, source_id, is_use, one in rows:
        yield Named(day, instance, source_id, bool(is_use), one)


def fold_old(connection: sqlite3.Connection) -> int:
    """Make one entry of each old posting; returns how many entries named somebody. To be called inside a
    transaction."""
    postings = connection.execute(
        "select first_entry, last_entry, day, strand from temp.old where exists (select 1 from entry "
        "where entry.id between first_entry and last_entry and not (actor = 0 and device = 0 and client = 0))"
    ).fetchall()
    count = sum(_fold(connection, first, last) for first, last, *_ in postings)
    rollups.drop_whoms(connection, {(day, strand) for *_, day, strand in postings if day != NO_DAY})
    rollups.recount_whoms(connection, {(day, strand) for *_, day, strand in postings if day == NO_DAY})
    forget_unnamed(connection)
    return count


def _fold(connection: sqlite3.Connection, first: int, last: int) -> int:
    """One entry in place of many; their sums are the posting's."""
    told = connection.execute(
        "select first_position, last_position, positions, actor != 0 or device != 0 or client != 0 from entry "
        "where id between ? and ?",
        (first, last),
    )
    positions: set[int] = set()
    latest = count = 0
    for begin, end, text, is_named in told:
        count += is_named
        positions.update(map(int, text.split()) if text else (begin, end))
        latest = max(latest, end)
    kept = sorted(positions)[:_KEPT_POSITIONS]
    connection.execute(
        "update entry set actor = 0, device = 0, client = 0, hours = 0, first_position = ?, last_position = ?, "
        "positions = ?, (record_count, session_count, sent_bytes, received_bytes) = (select posting.record_count, "
        "posting.session_count, posting.sent_bytes, posting.received_bytes from posting where first_entry = entry.id) "
        "where id = ?",
        (kept[0], latest, " ".join(map(str, kept)), first),
    )
    connection.execute("delete from entry where id > ? and id <= ?", (first, last))
    connection.execute("update posting set last_entry = first_entry where first_entry = ?", (first,))
    return count


def drop_old_addresses(connection: sqlite3.Connection, age: Age) -> None:
    """Forget old clues at addresses, which are ids, and what one actor used together in old runs, or who was there. To
    be called inside a transaction."""
    connection.execute(
        "delete from clue where host glob 'a-*' and (last_on != '' and last_on < :last_on "
        "or last_on = '' and run_id in (select id from run where started_at < :last_on))",
        age._asdict(),
    )
    connection.execute(
        "delete from together where run_id in (select id from run where started_at < :last_on)", age._asdict()
    )
    drop_old_bystanders(connection, *age)


def ids_in_use(connection: sqlite3.Connection) -> set[str]:
    """Every id of the identities store that an inventory still holds."""
    found = {one for (one,) in connection.execute("select id from pseudonym")}
    found.update(one for (one,) in connection.execute("select host from clue where host glob '?-*'"))
    found.update(one for (one,) in connection.execute("select whom_id from together"))
    for (settings,) in connection.execute("select settings from source"):
        found.add(msgspec.json.decode(settings).get("device", ""))
    return found


def is_scanned(connection: sqlite3.Connection, since: str) -> bool:
    """Whether a run is under way that began after a moment: it may have met names that it did not store yet."""
    asked = "select 1 from run where status = 'running' and started_at >= ? limit 1"
    return connection.execute(asked, (since,)).fetchone() is not None
