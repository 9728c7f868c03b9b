"""Raw lines that are kept sealed, a few of each service's instance in each source, because logs rotate away before
audits come."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from shadowledger.db.runs import now_iso
from shadowledger.db.sealing import Seal

NO_BLOCK = -1


class Kept(msgspec.Struct, frozen=True):
    """What is sealed of one record."""

    masked: str
    """Field by field, without people, machines, addresses and what stands behind a host."""
    clear: str
    """The line as it stands in the file; of other formats all fields."""
    whom: list[str]
    """Ids of the account, machine and address that it names."""


class ToSeal(NamedTuple):
    """A record, where it stands, and what is kept of it."""

    service_id: str
    instance: str
    position: int
    block: int
    """Of the source, in which its line ends; NO_BLOCK where records are no lines."""
    kept: Kept


class Sealed(NamedTuple):
    """A record that was sealed, opened."""

    position: int
    sealed_on: str
    block: int
    block_sha256: bytes
    """Of that block, as it was when the line was sealed; empty where there is none."""
    kept: Kept


def sealed_counts(connection: sqlite3.Connection, source_id: int) -> dict[tuple[str, str], int]:
    """How many lines of a source are sealed, by service and instance."""
    rows = connection.execute(
        "select service_id, instance, count(*) from sealed_line join service_instance on number = service_instance "
        "where source_id = ? group by 1, 2",
        (source_id,),
    )
    return {(service_id, instance): count for service_id, instance, count in rows}


def seal_lines(
    connection: sqlite3.Connection,
    seal: Seal,
    source_id: int,
    rows: Iterable[ToSeal],
    blocks: Mapping[int, bytes],
) -> None:
    """Seal records of a source, with the digests of the blocks that they stand in. To be called inside the transaction
    that stores it."""
    on = now_iso()[:10]
    for row in rows:
        asked = "select number from service_instance where service_id = ? and instance = ?"
        (instance,) = connection.execute(asked, (row.service_id, row.instance)).fetchone()
        sealed = seal.close(msgspec.json.encode(row.kept), _about(source_id, instance, row.position))
        connection.execute(
            "insert or replace into sealed_line values (?, ?, ?, ?, ?, ?, ?)",
            (source_id, instance, row.position, on, row.block, blocks.get(row.block, b""), sealed),
        )


def sealed_lines(
    connection: sqlite3.Connection, seal: Seal, source_id: int, service_id: str, instance: str
) -> Iterator[Sealed]:
    """What is sealed of one service's instance in a source, opened. Raises UnusableError where the key does not fit."""
    rows = connection.execute(
        "select service_instance, position, sealed_on, block, block_sha256, sealed from sealed_line "
        "join service_instance on number = service_instance "
        "where source_id = ? and service_id = ? and instance = ? order by position",
        (source_id, service_id, instance),
    )
    for number, position, on, block, digest, sealed in rows:
        text = seal.open(sealed, _about(source_id, number, position))
        yield Sealed(position, on, block, digest, msgspec.json.decode(text, type=Kept))


def drop_older(connection: sqlite3.Connection, before_on: str) -> int:
    """Drop what was sealed before a UTC date; returns how many. To be called inside a transaction."""
    return connection.execute("delete from sealed_line where sealed_on < ?", (before_on,)).rowcount


def drop_naming(connection: sqlite3.Connection, seal: Seal, ids: Collection[str]) -> int:
    """Drop the lines that name one of these ids; returns how many. To be called inside a transaction."""
    rows = connection.execute("select source_id, service_instance, position, sealed from sealed_line").fetchall()
    gone = [
        row[:3]
        for row in rows
        if not set(msgspec.json.decode(seal.open(row[3], _about(*row[:3])), type=Kept).whom).isdisjoint(ids)
    ]
    connection.executemany(
        "delete from sealed_line where source_id = ? and service_instance = ? and position = ?", gone
    )
    return len(gone)


def drop_all(connection: sqlite3.Connection) -> int:
    """Drop every sealed line; returns how many. To be called inside a transaction."""
    return connection.execute("delete from sealed_line").rowcount


def _about(source_id: int, service_instance: int, position: int) -> str:
    return f"{source_id} {service_instance} {position}"
