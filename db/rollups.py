"""Rollups: what follows from postings and entries, and is written in the same transaction with them.

They are never the only place of anything: `rebuild` makes them anew."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from shadowledger.db.bitsets import bits_of, chunked, members, remove_stored, unpack
from shadowledger.db.statements import run_statements
from shadowledger.db.whoms import replace_set

LAYOUT = 2
"""Of the tables in rollups.sql. A file says in its `user_version` which one its tables have."""
TABLES = ("way_total", "instance_total", "whom_day", "whom_ever")

SUMS = "record_count, session_count, sent_bytes, received_bytes"
SUMMED = ", ".join(f"sum({column})" for column in SUMS.split(", "))
ENTRIES_OF_POSTING = "entry.id between first_entry and last_entry"
_ADDED = """
    record_count = record_count + excluded.record_count,
    session_count = session_count + excluded.session_count,
    sent_bytes = iif(sent_bytes is null, excluded.sent_bytes, sent_bytes + coalesce(excluded.sent_bytes, 0)),
    received_bytes = iif(
        received_bytes is null, excluded.received_bytes, received_bytes + coalesce(excluded.received_bytes, 0)
    )
"""


def layout_of(connection: sqlite3.Connection) -> int:
    """The layout that a file's rollups have; 0 where it has none yet."""
    return int(connection.execute("pragma user_version").fetchone()[0])


def add(connection: sqlite3.Connection, source_id: int, first_entry: int) -> None:
    """Take in what a source's postings add that begin with `first_entry` or later, all but whom they name. To be called
    inside their transaction."""
    connection.execute(
        f"insert into way_total (way, {SUMS}) select way, {SUMMED} from posting "  # noqa: S608
        f"where first_entry >= ? group by way on conflict (way) do update set {_ADDED}",
        (first_entry,),
    )
    connection.execute(
        """
        with added as materialized (
            select distinct service_instance, day from posting join way on number = way where first_entry >= :first
        ),
        met as materialized (
            select distinct service_instance from posting join way on number = way
            where source_id = :source and first_entry < :first
        ),
        fresh as (
            select service_instance, day, day >= 0 and not exists (
                select 1 from way join posting on way = number and posting.day = added.day and first_entry < :first
                where way.service_instance = added.service_instance
            ) as is_new
            from added
        )
        insert into instance_total (service_instance, first_day, last_day, day_count, source_count)
        select service_instance, min(nullif(day, -1)), max(nullif(day, -1)), sum(is_new),
               service_instance not in (select service_instance from met)
        from fresh group by service_instance
        on conflict (service_instance) do update set
            first_day = coalesce(min(first_day, excluded.first_day), first_day, excluded.first_day),
            last_day = coalesce(max(last_day, excluded.last_day), last_day, excluded.last_day),
            day_count = day_count + excluded.day_count,
            source_count = source_count + excluded.source_count
        """,
        {"first": first_entry, "source": source_id},
    )


def withdraw(connection: sqlite3.Connection, source_id: int) -> int:
    """Take back a source's postings and entries, and bring the rollups up to date; returns how many entries went. To be
    called inside a transaction."""
    touched = connection.execute(
        "select distinct day, strand, service_instance from posting join way on number = way where source_id = ?",
        (source_id,),
    ).fetchall()
    ways = [way for (way,) in connection.execute("select distinct way from posting where source_id = ?", (source_id,))]
    gone = 0
    for first, last in _stretches(connection, source_id):
        gone += connection.execute("delete from entry where id between ? and ?", (first, last)).rowcount
    connection.execute("delete from posting where source_id = ?", (source_id,))
    for way in ways:
        connection.execute("delete from way_total where way = ?", (way,))
        _fill_way_totals(connection, "where way = ?", way)
    for instance in sorted({instance for *_, instance in touched}):
        connection.execute("delete from instance_total where service_instance = ?", (instance,))
        _fill_instance_totals(connection, "where service_instance = ?", instance)
    recount_whoms(connection, {(day, strand) for day, strand, _ in touched})
    return gone


def _stretches(connection: sqlite3.Connection, source_id: int) -> list[tuple[int, int]]:
    """A source's entries, neighbouring postings taken together: first and last."""
    found: list[tuple[int, int]] = []
    for first, last in connection.execute(
        "select first_entry, last_entry from posting where source_id = ? order by first_entry", (source_id,)
    ):
        if found and found[-1][1] + 1 == first:
            found[-1] = found[-1][0], last
        else:
            found.append((first, last))
    return found


def recount_whoms(connection: sqlite3.Connection, touched: Iterable[tuple[int, int]]) -> None:
    """Bring the sets of days and strands up to date from which entries, or whom they name, went. To be called inside a
    transaction."""
    lost: dict[tuple[int, int], int] = defaultdict(int)
    for day, strand in touched:
        left = _whoms_of(connection, day, strand)
        for chunk, stored in connection.execute(
            "select chunk, whoms from whom_day where day = ? and strand = ?", (day, strand)
        ).fetchall():
            before, after = unpack(stored), left.get(chunk, 0)
            if before != after:
                replace_set(connection, "whom_day", {"day": day, "strand": strand, "chunk": chunk}, after)
            if day >= 0:
                lost[strand, chunk] |= before & ~after
    for (strand, chunk), gone in _gone_for_good(connection, lost).items():
        key = {"strand": strand, "chunk": chunk}
        (stored,) = connection.execute(
            "select whoms from whom_ever where strand = :strand and chunk = :chunk", key
        ).fetchone()
        replace_set(connection, "whom_ever", key, unpack(stored) & ~gone)


def drop_whoms(connection: sqlite3.Connection, touched: Iterable[tuple[int, int]]) -> None:
    """Drop the sets of days and strands whose entries name nobody any more. To be called inside a transaction."""
    connection.executemany("delete from whom_day where day = ? and strand = ?", touched)
    connection.execute("delete from whom_ever")
    _fill_whoms_ever(connection)


def _gone_for_good(connection: sqlite3.Connection, lost: dict[tuple[int, int], int]) -> dict[tuple[int, int], int]:
    """Of those whom some day's entries name no more, the ones whom no other day's name either."""
    left = {key: set(members(bits)) for key, bits in lost.items() if bits}
    for strand, chunk, stored in connection.execute(
        "select strand, chunk, whoms from whom_day where day >= 0 order by day desc"
    ):
        if some := left.get((strand, chunk)):
            remove_stored(some, stored)
            if not some:
                del left[strand, chunk]
                if not left:
                    break
    return {key: bits_of(some) for key, some in left.items()}


def _whoms_of(connection: sqlite3.Connection, day: int, strand: int) -> dict[int, int]:
    rows = connection.execute(
        "select distinct whom from way cross join posting on posting.way = number and day = ? "  # noqa: S608
        f"cross join entry on {ENTRIES_OF_POSTING} where strand = ? and whom > 0",
        (day, strand),
    )
    return {chunk: bits_of(offsets) for chunk, offsets in chunked({whom for (whom,) in rows}).items()}


def _fill_way_totals(connection: sqlite3.Connection, where: str = "", *values: int) -> None:
    connection.execute(
        f"insert into way_total (way, {SUMS}) select way, {SUMMED} from posting {where} group by way",  # noqa: S608
        values,
    )


def _fill_instance_totals(connection: sqlite3.Connection, where: str = "", *values: int) -> None:
    connection.execute(
        f"""
        insert into instance_total (service_instance, first_day, last_day, day_count, source_count)
        select service_instance, min(nullif(day, -1)), max(nullif(day, -1)), count(distinct nullif(day, -1)),
               count(distinct source_id)
        from way cross join posting on posting.way = number {where} group by service_instance
        """,  # noqa: S608 - a condition of our own
        values,
    )


def rebuild(connection: sqlite3.Connection) -> None:
    """Make the rollups anew. To be called inside a transaction."""
    for table in TABLES:
        connection.execute(f"drop table if exists {table}")
    run_statements(connection.execute, layout())
    fill(connection)
    connection.execute(f"pragma user_version = {LAYOUT}")


def fill(connection: sqlite3.Connection) -> None:
    """Fill empty rollups from postings and entries."""
    _fill_way_totals(connection)
    _fill_instance_totals(connection)
    _fill_whoms_of_days(connection)
    _fill_whoms_ever(connection)


def _fill_whoms_of_days(connection: sqlite3.Connection) -> None:
    postings = connection.execute(
        "select day, strand, first_entry, last_entry from posting join way on number = way order by 1, 2, 3"
    )
    for (day, strand), some in groupby(postings, key=itemgetter(0, 1)):
        seen: set[int] = set()
        for *_, first, last in some:
            rows = connection.execute("select whom from entry where id between ? and ?", (first, last))
            seen.update(map(itemgetter(0), rows))
        for chunk, offsets in chunked(seen).items():
            key = {"day": day, "strand": strand, "chunk": chunk}
            replace_set(connection, "whom_day", key, bits_of(offsets))


def _fill_whoms_ever(connection: sqlite3.Connection) -> None:
    stored_sets = connection.execute("select strand, chunk, whoms from whom_day where day >= 0 order by strand, chunk")
    for (strand, chunk), some in groupby(stored_sets, key=itemgetter(0, 1)):
        bits = 0
        for *_, stored in some:
            bits |= unpack(stored)
        replace_set(connection, "whom_ever", {"strand": strand, "chunk": chunk}, bits)


def layout() -> str:
    """The statements that make the tables."""
    return Path(__file__).with_name("rollups.sql").read_text(encoding="utf-8")
