"""Whom sources name, with AI or without: the difference between nobody using a thing and nobody looking.

Of a source that is counted in a sample it is a part of them; who uses AI is in its entries, and may be here too."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from shadowledger.db.bitsets import CHUNK_BITS, bits_of, chunked, members, pack, unpack
from shadowledger.db.whoms import days_with_a_date, ids_in

_FOUND = "select first_day, last_day, whoms from bystander where (source_id, run_id, channel, chunk) = (?, ?, ?, ?)"
_CHANGED = "update bystander set whoms = ? where (source_id, run_id, channel, chunk) = (?, ?, ?, ?)"


def add_bystanders(
    connection: sqlite3.Connection,
    run_id: int,
    source_id: int,
    numbers: Mapping[str, Collection[int]],
    days: tuple[int, int],
) -> None:
    """Add numbers of pseudonyms by channel, seen between two days. To be called inside a transaction."""
    for channel, some in sorted(numbers.items()):
        for chunk, offsets in sorted(chunked(some).items()):
            key, bits, (first, last) = (source_id, run_id, channel, chunk), bits_of(offsets), days
            row = connection.execute(_FOUND, key).fetchone()
            if row is not None:
                first, last, bits = min(first, row[0]), max(last, row[1]), bits | unpack(row[2])
            connection.execute(
                "insert or replace into bystander values (?, ?, ?, ?, ?, ?, ?)", (*key, first, last, pack(bits))
            )


def ids_by_channel(connection: sqlite3.Connection, first_day: int, last_day: int) -> dict[str, set[str]]:
    """The ids of those who were named within some days, or without one."""
    sets: dict[tuple[int, str], int] = defaultdict(int)
    for channel, chunk, stored in connection.execute(
        "select channel, chunk, whoms from bystander where last_day < 0 or first_day <= ? and last_day >= ?",
        (last_day, first_day),
    ):
        sets[chunk, channel] |= unpack(stored)
    found: dict[str, set[str]] = defaultdict(set)
    for (chunk, channel), bits in sets.items():
        ids = dict(ids_in(connection, chunk))
        found[channel].update(ids[number] for number in members(bits) if number in ids)
    return found


def days_named(connection: sqlite3.Connection) -> tuple[int, int] | None:
    """The first and last day on which anybody was named, with AI or without; None where nothing has a date."""
    first, last = connection.execute(
        "select min(first_day), max(last_day) from bystander where first_day >= 0"
    ).fetchone()
    days = [*(days_with_a_date(connection) or ()), *(() if first is None else (first, last))]
    return (min(days), max(days)) if days else None


def numbers_named(connection: sqlite3.Connection) -> Iterator[int]:
    """The numbers of all of them; some more than once."""
    for chunk, stored in connection.execute("select distinct chunk, whoms from bystander"):
        yield from (chunk << CHUNK_BITS | offset for offset in members(unpack(stored)))


def forget_bystanders(connection: sqlite3.Connection, numbers: Collection[int]) -> None:
    """Take some out of all sets. To be called inside a transaction."""
    for chunk, offsets in chunked(numbers).items():
        gone = bits_of(offsets)
        rows = connection.execute(
            "select source_id, run_id, channel, whoms from bystander where chunk = ?", (chunk,)
        ).fetchall()
        for *key, stored in rows:
            if (bits := unpack(stored)) & gone:
                connection.execute(_CHANGED, (pack(bits & ~gone), *key, chunk))


def drop_old_bystanders(connection: sqlite3.Connection, last_day: int, last_on: str) -> None:
    """Drop all sets that may hold anybody of a day up to `last_day`, and those without a day of runs that began before
    a date. To be called inside a transaction."""
    connection.execute(
        "delete from bystander where first_day between 0 and ? "
        "or first_day < 0 and run_id in (select id from run where started_at < ?)",
        (last_day, last_on),
    )
