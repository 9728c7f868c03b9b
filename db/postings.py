"""Writing postings: what one run takes from one source, by day and way, with its entries and what follows from them."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import Any, NamedTuple

from shadowledger.db import rollups
from shadowledger.db.numbering import Pseudonyms, WayKey, Ways
from shadowledger.db.whoms import WhomSets

MOST = (1 << 63) - 1
"""What a database can hold."""
_ENTRY_COLUMNS = (
    "actor, device, client, record_count, session_count, sent_bytes, received_bytes, hours, first_position, "
    "last_position, positions"
)
_WIDTH = 11
_TOGETHER = 40
"""Entries in one statement: binding their values is then all that it takes."""
_WAITING = 4000
_MARKS = f"({', '.join('?' * _WIDTH)})"
_ONE = f"insert into entry ({_ENTRY_COLUMNS}) values {_MARKS}"  # noqa: S608 - names of our own
_MANY = f"insert into entry ({_ENTRY_COLUMNS}) values {', '.join([_MARKS] * _TOGETHER)}"  # noqa: S608
_POSTING = (
    "insert into posting (first_entry, last_entry, run_id, source_id, day, way, record_count, session_count, "
    "sent_bytes, received_bytes) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


class Named(NamedTuple):
    """Whom records name, as numbers of pseudonyms (0 for nobody); one item for each combination that occurs."""

    actors: array[int]
    devices: array[int]
    clients: array[int]
    whoms: array[int]
    """The first of these that is no system's."""


class Columns(NamedTuple):
    """What a posting's entries come to, beside whom they name: one item an entry. See `Contribution`."""

    record_counts: Sequence[int]
    session_counts: Sequence[int]
    sent_bytes: Sequence[int | None]
    received_bytes: Sequence[int | None]
    hours: Sequence[int]
    first_positions: Sequence[int]
    last_positions: Sequence[int]
    positions: Sequence[str | None]
    """None where they are the first and the last alone."""


class Postings:
    """Written inside one transaction, and brought to its end by `close`."""

    def __init__(self, connection: sqlite3.Connection, run_id: int, source_id: int) -> None:
        self._connection = connection
        self._of = run_id, source_id
        self._pseudonyms = Pseudonyms(connection)
        self._ways = Ways(connection)
        self._whoms = WhomSets(connection)
        (last,) = connection.execute("select coalesce(max(id), 0) from entry").fetchone()
        self._first = self._next = last + 1
        self._values: list[Any] = []
        """Of entries that wait."""
        self._postings: list[tuple[Any, ...]] = []

    def named(self, ids: Iterable[tuple[str, str, str]]) -> Named:
        """Actors, devices and clients by their ids (empty for nobody) as numbers, given where they are new."""
        numbers, given, found = self._pseudonyms, iter(ids), Named(*(array("q") for _ in Named._fields))
        while some := list(islice(given, _WAITING)):
            numbers.meet(set(chain.from_iterable(some)))
            actors, devices, clients = ([numbers[one] for one in column] for column in zip(*some, strict=True))
            found.actors.extend(actors)
            found.devices.extend(devices)
            found.clients.extend(clients)
            found.whoms.extend(
                actor if actor > 0 else device if device > 0 else client
                for actor, device, client in zip(actors, devices, clients, strict=True)
            )
        return found

    def add(self, day: int, key: WayKey, named: Named, whos: Sequence[int], columns: Columns) -> None:
        """Write a posting; `day` is since 1970, or NO_DAY, and `whos` tells whom of the `named` each entry names.
        Quickest where postings of one day and strand follow each other."""
        way = self._ways[key]
        actors, devices, clients, whoms = (map(column.__getitem__, whos) for column in named)
        self._whoms.of(day, way.strand).update(whoms)
        self._values.extend(chain.from_iterable(zip(actors, devices, clients, *columns, strict=True)))
        first, self._next = self._next, self._next + len(whos)
        counts, sessions, sent, received, *_ = columns
        sums = sum(counts), sum(sessions), _sum(sent), _sum(received)
        self._postings.append((first, self._next - 1, *self._of, day, way.number, *sums))
        if len(self._values) >= _WAITING * _WIDTH:
            self._write()

    def _write(self) -> None:
        values, step = self._values, _WIDTH * _TOGETHER
        whole = len(values) // step * step
        self._connection.executemany(_MANY, (values[at : at + step] for at in range(0, whole, step)))
        self._connection.executemany(_ONE, (values[at : at + _WIDTH] for at in range(whole, len(values), _WIDTH)))
        self._connection.executemany(_POSTING, self._postings)
        values.clear()
        self._postings.clear()
        self._whoms.write_if_many()

    def close(self) -> None:
        """Write what waits, and bring the rollups up to date."""
        self._write()
        self._whoms.write()
        rollups.add(self._connection, self._of[1], self._first)


def _sum(sizes: Sequence[int | None]) -> int | None:
    known = [size for size in sizes if size is not None]
    return min(sum(known), MOST) if known else None
