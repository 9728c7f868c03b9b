"""Texts that recur in millions of rows are held once, under numbers: whom records name, and how a service was seen."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from typing import NamedTuple

from shadowledger.db.bitsets import CHUNK_SIZE
from shadowledger.db.bystanders import numbers_named
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
        self._instances = _Numbers(connection, "service_instance", "service_id", "instance")
        self._strands = _Numbers(connection, "strand", "service_instance", "manner", "use_rung", "presence_rung")
        self._manners: dict[tuple[str | int, ...], str] = {}

    def __missing__(self, key: WayKey) -> Way:
        way = (self._instances[key[:2]], *key[2:])
        row = self._connection.execute(_WAY, way).fetchone()
        if row is None:
            strand = self._strands[way[0], self._manner(way), *way[5:7]]
            row = self._connection.execute(_NEW_WAY, (*way, strand)).lastrowid or 0, strand
        self[key] = told = Way(*row)
        return told

    def _manner(self, way: tuple[str | int, ...]) -> str:
        manner = self._manners.get(way[2:7])
        if manner is None:
            (manner,) = self._connection.execute(_MANNER, way[2:7]).fetchone()
            self._manners[way[2:7]] = manner
        return manner


class _Numbers(dict[tuple[str | int, ...], int]):
    """Rows of a table by some columns, added where they are new."""

    def __init__(self, connection: sqlite3.Connection, table: str, *columns: str) -> None:
        super().__init__()
        self._connection = connection
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        self._asked = f"select number from {table} where ({names}) = ({marks})"  # noqa: S608 - names of our own
        self._added = f"insert into {table} ({names}) values ({marks})"  # noqa: S608

    def __missing__(self, values: tuple[str | int, ...]) -> int:
        row = self._connection.execute(self._asked, values).fetchone()
        number = int(row[0]) if row else self._connection.execute(self._added, values).lastrowid or 0
        self[values] = number
        return number


_WAY_COLUMNS = "service_instance, channel, role, action, agent_class, use_rung, presence_rung, indicator, strength"
_WAY = f"select number, strand from way where ({_WAY_COLUMNS}) = (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
_NEW_WAY = f"insert into way ({_WAY_COLUMNS}, strand) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
_MANNER = (
    f"select {MANNER_OF_WAY} from "  # noqa: S608
    "(select ? as role, ? as action, ? as agent_class, ? as use_rung, ? as presence_rung)"
)


def number_of(connection: sqlite3.Connection, pseudonym_id: str) -> int:
    """The number of an id; 0 where no entry ever named it."""
    row = connection.execute("select number from pseudonym where id = ?", (pseudonym_id,)).fetchone()
    return int(row[0]) if row else 0


def forget_unnamed(connection: sqlite3.Connection) -> int:
    """Forget pseudonyms that no entry and no source names any more; returns how many. To be called inside a
    transaction."""
    connection.execute("create temp table if not exists named (number integer primary key)")
    connection.execute("delete from temp.named")
    connection.executemany("insert or ignore into temp.named values (?)", ((one,) for one in numbers_named(connection)))
    named = (
        "select actor from entry union select device from entry union select client from entry "
        "union select number from temp.named"
    )
    return connection.execute(f"delete from pseudonym where number not in ({named})").rowcount  # noqa: S608
