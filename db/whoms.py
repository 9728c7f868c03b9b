"""Whom records name, as sets by day and of all days, for each strand: a service's instance, seen in one manner.

Whom an entry names is the first of account, machine and address that is no system's (the column `whom`)."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from shadowledger.db.bitsets import CHUNK_BITS, CHUNK_SIZE, chunked, count_stored, pack, united, unpack

_MOST_WAITING = 20_000


class WhomSets:
    """The tables `whom_day` and `whom_ever`, brought up to date set by set."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._seen: dict[tuple[int, int], set[int]] = {}

    def of(self, day: int, strand: int) -> set[int]:
        """Where those are to be added whom a day's entries of one strand name; 0 and less is nobody. It counts until
        the next writing."""
        return self._seen.setdefault((day, strand), set())

    def write_if_many(self) -> None:
        """Store what waits where it has become much."""
        if sum(map(len, self._seen.values())) > _MOST_WAITING:
            self.write()

    def write(self) -> None:
        """Store what waits."""
        execute, ever = self._connection.execute, dict[int, set[int]]()
        rows: list[tuple[int | bytes, ...]] = []
        for (day, strand), numbers in sorted(self._seen.items()):
            stored = dict(execute("select chunk, whoms from whom_day where day = ? and strand = ?", (day, strand)))
            rows += ((day, strand, *row) for row in _grown(stored, numbers))
            if day >= 0:
                ever.setdefault(strand, set()).update(numbers)
        self._connection.executemany("insert or replace into whom_day values (?, ?, ?, ?, ?)", rows)
        rows.clear()
        for strand, numbers in ever.items():
            stored = dict(execute("select chunk, whoms from whom_ever where strand = ?", (strand,)))
            rows += ((strand, *row) for row in _grown(stored, numbers))
        self._connection.executemany("insert or replace into whom_ever values (?, ?, ?, ?)", rows)
        self._seen.clear()


def _grown(stored: Mapping[int, bytes], numbers: Collection[int]) -> Iterator[tuple[int, int, bytes]]:
    """Of the sets by chunk that change when numbers come to them: chunk, count, set."""
    for chunk, offsets in chunked(numbers).items():
        before = stored.get(chunk, b"")
        after = united(before, offsets)
        if after != before:
            yield chunk, count_stored(after), after


def replace_set(connection: sqlite3.Connection, table: str, key: Mapping[str, int], bits: int) -> None:
    """Store a set in place of the one before; an empty one has no row."""
    if bits:
        _store(connection, table, key, pack(bits))
    else:
        connection.execute(f"delete from {table} where {_where(key)}", key)  # noqa: S608 - names of our own


def _store(connection: sqlite3.Connection, table: str, key: Mapping[str, int], stored: bytes) -> None:
    columns, marks = ", ".join(key), ", ".join(f":{name}" for name in key)
    connection.execute(
        f"insert or replace into {table} ({columns}, whom_count, whoms) values ({marks}, :count, :whoms)",  # noqa: S608
        {**key, "count": count_stored(stored), "whoms": stored},
    )


def _where(key: Mapping[str, int]) -> str:
    return " and ".join(f"{name} = :{name}" for name in key)


def chunk_kinds(connection: sqlite3.Connection) -> dict[int, str]:
    """What the ids of each chunk's pseudonyms begin with."""
    return dict(connection.execute("select chunk, kind from pseudonym_chunk"))


def ids_in(connection: sqlite3.Connection, chunk: int) -> Iterator[tuple[int, str]]:
    """A chunk's members, and the ids that they stand for."""
    start = chunk << CHUNK_BITS
    yield from connection.execute(
        "select number - ?1, id from pseudonym where number >= ?1 and number < ?2", (start, start + CHUNK_SIZE)
    )


def whoms_ever(connection: sqlite3.Connection) -> Iterator[tuple[int, int, int]]:
    """Whom all entries with a date name: strand, chunk, set."""
    for strand, chunk, stored in connection.execute("select strand, chunk, whoms from whom_ever"):
        yield strand, chunk, unpack(stored)


def whoms_by_day(connection: sqlite3.Connection, first_day: int, last_day: int) -> Iterator[tuple[int, int, int, int]]:
    """Whom the entries of each day name: day, strand, chunk, set; day by day."""
    for day, strand, chunk, stored in stored_by_day(connection, first_day, last_day):
        yield day, strand, chunk, unpack(stored)


def stored_by_day(
    connection: sqlite3.Connection, first_day: int, last_day: int
) -> Iterator[tuple[int, int, int, bytes]]:
    """The same with sets as they are stored."""
    yield from connection.execute(
        "select day, strand, chunk, whoms from whom_day where day between ? and ? order by day",
        (first_day, last_day),
    )


def days_by_strand(connection: sqlite3.Connection) -> Iterator[tuple[int, set[int], int]]:
    """On which days with a date the entries of each strand name anybody, and on how many days each, added up."""
    for strand, days, count in connection.execute(
        "select strand, group_concat(distinct day), sum(whom_count) from whom_day where day >= 0 group by strand"
    ):
        yield strand, set(map(int, days.split(","))), count


def hours_by_whom(connection: sqlite3.Connection, day: int, strand: int) -> Iterator[tuple[int, int | None, int]]:
    """Between which hours of a day the observations of one strand lie: whom they name, the mask of their
    first hour (None where no source told hours), the mask that ends with their last."""
    yield from connection.execute(
        "select whom, min(nullif(hours & -hours, 0)), max(hours) "
        "from way cross join posting on posting.way = number and day = ? "
        "cross join entry on entry.id between first_entry and last_entry where strand = ? "
        "group by actor, device, client, channel, role, action, agent_class",
        (day, strand),
    )


def days_with_a_date(connection: sqlite3.Connection) -> tuple[int, int] | None:
    """The first and the last day that anything was observed on; None where nothing has a date."""
    first, last = connection.execute("select min(first_day), max(last_day) from instance_total").fetchone()
    return None if first is None else (first, last)


class Strand(NamedTuple):
    """A service's instance, as it was seen in one manner and at one height of both ladders."""

    service_id: str
    instance: str
    manner: str
    """One of `manners.MANNERS`."""
    use_rung: int
    presence_rung: int


def strands(connection: sqlite3.Connection) -> dict[int, Strand]:
    """What is behind each number of a strand."""
    rows = connection.execute(
        "select strand.number, service_id, instance, manner, use_rung, presence_rung from strand "
        "join service_instance on service_instance.number = service_instance"
    )
    return {number: Strand(*told) for number, *told in rows}
