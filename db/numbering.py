"""Texts that recur in millions of rows are held once, under numbers: whom records name, and how a service was seen."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from typing import NamedTuple

from shadowledger.db.bitsets import CHUNK_SIZE
from shadowledger.db.manners import MANNER_OF_WAY

NOBODY = 0
_LOOKED_UP_AT_ONCE = 500
_MOST_KEPT = 500_000
_SYSTEM = "s"
"""What the ids of accounts begin with that are no person. Their numbers are negative."""

WayKey = tuple[str, str, str, str, str, str, int, int, str, str]
"""service_id, instance, channel, role, action, agent_class, use_rung, presence_rung, indicator, strength."""


class Way(NamedTuple):
    """How a service was seen."""

    number: int
    strand: int
    """Of its service's instance and manner; see `manners`."""


class Pseudonyms(dict[str, int]):
    """Ids of the identities store to their numbers; nobody's is 0.

    Numbers come in chunks of CHUNK_SIZE, and those of one chunk are ids of one kind (their first letter)."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__({"": NOBODY})
        self._connection = connection

    def meet(self, ids: set[str]) -> None:
        """Learn the numbers of ids, and give them where they are new. To be called inside a transaction."""
        wanted = list(ids.difference(self))
        if len(self) + len(wanted) > _MOST_KEPT:
            self.clear()
            self[""] = NOBODY
            wanted = list(ids.difference(self))
        for start in range(0, len(wanted), _LOOKED_UP_AT_ONCE):
            some = wanted[start : start + _LOOKED_UP_AT_ONCE]
            marks = ", ".join("?" * len(some))
            self.update(self._connection.execute(f"select id, number from pseudonym where id in ({marks})", some))  # noqa: S608
        new: dict[str, list[str]] = defaultdict(list)
        for one in ids.difference(self):
            new[one[0]].append(one)
        for kind in sorted(new):
            self._add(kind, sorted(new[kind]))

    def _add(self, kind: str, ids: list[str]) -> None:
        numbers = self._next_numbers(kind, len(ids))
        rows = list(zip(numbers, ids, strict=True))
        self._connection.executemany("insert into pseudonym (number, id) values (?, ?)", rows)
        self.update(zip(ids, numbers, strict=True))

    def _next_numbers(self, kind: str, count: int) -> list[int]:
        execute = self._connection.execute
        if kind == _SYSTEM:
            (lowest,) = execute("select min(0, coalesce(min(number), 0)) from pseudonym").fetchone()
            return list(range(lowest - 1, lowest - 1 - count, -1))
        numbers: list[int] = []
        row = execute("select max(chunk) from pseudonym_chunk where kind = ?", (kind,)).fetchone()
        if row[0] is not None:
            begin, end = row[0] * CHUNK_SIZE, (row[0] + 1) * CHUNK_SIZE
            asked = "select max(number) from pseudonym where number between ? and ?"
            (last,) = execute(asked, (begin, end - 1)).fetchone()
            numbers += range(begin if last is None else last + 1, end)
        while len(numbers) < count:
            chunk = execute("insert into pseudonym_chunk (kind) values (?)", (kind,)).lastrowid or 0
            numbers += range(chunk * CHUNK_SIZE, (chunk + 1) * CHUNK_SIZE)
        return numbers[:count]


class Ways(dict[WayKey, Way]):
    """Ways of seeing services to their numbers, given where they are new. To be asked inside a transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__()
        self._connection = connection

    def __missing__(self, key: WayKey) -> Way:
        instance = _number_of(self._connection, "service_instance", ("service_id", "instance"), key[:2])
        number = _number_of(self._connection, "way", _WAY_COLUMNS, (instance, *key[2:]))
        way = self[key] = Way(number, self._strand(number))
        return way

    def _strand(self, way: int) -> int:
        columns = f"service_instance, {MANNER_OF_WAY}, use_rung, presence_rung"
        asked = f"select strand, {columns} from way where number = ?"  # noqa: S608 - names of our own
        strand, *of = self._connection.execute(asked, (way,)).fetchone()
        if not strand:
            strand = _number_of(self._connection, "strand", _STRAND_COLUMNS, (*of,))
            self._connection.execute("update way set strand = ? where number = ?", (strand, way))
        return int(strand)


_STRAND_COLUMNS = ("service_instance", "manner", "use_rung", "presence_rung")
_WAY_COLUMNS = (
    "service_instance", "channel", "role", "action", "agent_class", "use_rung", "presence_rung", "indicator",
    "strength",
)  # fmt: skip


def forget_unnamed(connection: sqlite3.Connection) -> int:
    """Forget pseudonyms that no entry names any more; returns how many. To be called inside a transaction."""
    named = "select actor from entry union select device from entry union select client from entry"
    return connection.execute(f"delete from pseudonym where number not in ({named})").rowcount  # noqa: S608


def _number_of(
    connection: sqlite3.Connection, table: str, columns: tuple[str, ...], values: tuple[str | int, ...]
) -> int:
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    asked = f"select number from {table} where ({names}) = ({marks})"  # noqa: S608 - names of our own
    row = connection.execute(asked, values).fetchone()
    if row is None:
        added = f"insert into {table} ({names}) values ({marks})"  # noqa: S608
        return connection.execute(added, values).lastrowid or 0
    return int(row[0])
