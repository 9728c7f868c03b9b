"""Sources: how an input is known again under another name, how far it was read, and how its share is taken back."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from shadowledger.db import rollups
from shadowledger.db.unnamed import withdraw_unnamed

FIRST_POSITIONS = 10


@dataclass(frozen=True, slots=True)
class Mark:
    """Where reading a source stopped, and what proves that another file is the same."""

    head_bytes: int
    """How many bytes at the beginning, header lines left out, `head_sha256` covers. 0: there is only a header, and it
    covers that."""
    head_sha256: str
    read_bytes: int
    """Unpacked bytes that are accounted for; reading goes on from here."""
    tail_bytes: int
    tail_sha256: str
    """Of the bytes just before `read_bytes`."""
    next_position: int
    open_line: bool
    """The last line had no end: if the source has grown, that line was read too early."""


@dataclass(frozen=True, slots=True)
class Source:
    """One input that was read."""

    id: int
    name: str
    """Of the file's name the words that say what it is; `-` for standard input."""
    label: str
    """Given by the user to keep byte-identical exports of two devices apart."""
    collector: str
    settings: str
    """JSON: zone, year, device (by its id) and log_format, as the user told them."""
    mark: Mark
    place: bytes = b""
    """Where it lay at the last scan, as an absolute path, sealed; empty for standard input."""


@dataclass(frozen=True, slots=True)
class Counts:
    """One reading's accounting: records = hits + no hits + ignored + issues + not examined."""

    record_count: int
    hit_count: int
    no_hit_count: int
    ignored_count: int
    issue_count: int
    not_examined_count: int
    from_byte: int
    to_byte: int
    first_on: str
    last_on: str
    zones: Mapping[str, int]
    """How many stored records had their zone explicit, configured or assumed."""
    damage: str
    blind_spots: Mapping[str, int] = field(default_factory=dict)
    """What the source shows without showing what is asked for, in words, and how often."""


_OF_A_SOURCE = (
    "clue", "census", "issue", "reading", "blind_spot", "block", "mark", "sketch", "together", "sealed_line",
    "bystander",
)  # fmt: skip
_MARK = "head_bytes, head_sha256, read_bytes, tail_bytes, tail_sha256, next_position, open_line"
_KEPT = f"name, label, collector, settings, {_MARK}, place"
_VALUES = ", ".join("?" * 12)


def _source(row: tuple[Any, ...]) -> Source:
    number, name, label, collector, settings, *mark, place = row
    return Source(number, name, label, collector, settings, Mark(*mark), place or b"")


def head_sizes(connection: sqlite3.Connection, collector: str) -> list[int]:
    """The lengths of beginnings by which known sources of a collector are recognised, longest first."""
    rows = connection.execute(
        "select distinct head_bytes from source where collector = ? and state = 'known' order by 1 desc", (collector,)
    )
    return [size for (size,) in rows]


def find_source(connection: sqlite3.Connection, collector: str, label: str, heads: Iterable[str]) -> list[Source]:
    """Known sources whose beginning has one of these hashes."""
    found = []
    for head in heads:
        rows = connection.execute(
            f"select id, {_KEPT} from source where head_sha256 = ? and collector = ? and label = ? "  # noqa: S608
            "and state = 'known' order by read_bytes desc",
            (head, collector, label),
        )
        found += [_source(row) for row in rows]
    return found


def get_source(connection: sqlite3.Connection, source_id: int) -> Source | None:
    """A known source by its number."""
    row = connection.execute(
        f"select id, {_KEPT} from source where id = ? and state = 'known'",  # noqa: S608
        (source_id,),
    ).fetchone()
    return _source(row) if row else None


def known_ids(connection: sqlite3.Connection) -> list[int]:
    """The numbers of all known sources, in order."""
    return [i for (i,) in connection.execute("select id from source where state = 'known' order by id")]


def save_source(connection: sqlite3.Connection, source: Source) -> int:
    """Add a source (id 0) or bring a known one up to date; returns its number. To be called inside a transaction."""
    mark = source.mark
    name = source.name.encode(errors="backslashreplace").decode()  # of a file whose name is in no encoding
    values = (
        name, source.label, source.collector, source.settings, mark.head_bytes, mark.head_sha256,
        mark.read_bytes, mark.tail_bytes, mark.tail_sha256, mark.next_position, int(mark.open_line),
        source.place or None,
    )  # fmt: skip
    if source.id:
        connection.execute(
            f"update source set ({_KEPT}) = ({_VALUES}) where id = ?",  # noqa: S608
            (*values, source.id),
        )
        return source.id
    cursor = connection.execute(
        f"insert into source ({_KEPT}) values ({_VALUES})",  # noqa: S608
        values,
    )
    return int(cursor.lastrowid or 0)


def add_reading(
    connection: sqlite3.Connection,
    run_id: int,
    source_id: int,
    counts: Counts,
    reasons: Mapping[tuple[str, str], tuple[int, list[int]]],
) -> None:
    """Record one reading's accounting, and its issues and ignored records by (kind, reason): how many, and the first
    positions. To be called inside a transaction."""
    connection.execute(
        "insert into reading values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            run_id, source_id, counts.record_count, counts.hit_count, counts.no_hit_count, counts.ignored_count,
            counts.issue_count, counts.not_examined_count, counts.from_byte, counts.to_byte, counts.first_on,
            counts.last_on, msgspec.json.encode(dict(sorted(counts.zones.items()))).decode(), counts.damage,
        ),
    )  # fmt: skip
    connection.executemany(
        "insert into issue values (?, ?, ?, ?, ?, ?, ?)",
        (
            (run_id, source_id, kind, reason, count, " ".join(map(str, positions)), counts.from_byte)
            for (kind, reason), (count, positions) in sorted(reasons.items())
        ),
    )
    connection.executemany(
        "insert into blind_spot values (?, ?, ?, ?, ?)",
        ((run_id, source_id, what, count, counts.from_byte) for what, count in sorted(counts.blind_spots.items())),
    )


def withdraw(connection: sqlite3.Connection, source_id: int) -> Counter[str]:
    """Take back all that a source added, with its accounting; returns how many rows of which table went. To be called
    inside a transaction."""
    gone: Counter[str] = Counter(contribution=rollups.withdraw(connection, source_id))
    withdraw_unnamed(connection, source_id)
    for table in _OF_A_SOURCE:
        gone[table] = connection.execute(f"delete from {table} where source_id = ?", (source_id,)).rowcount  # noqa: S608
    return gone


def forget_source(connection: sqlite3.Connection, source_id: int) -> Counter[str]:
    """Withdraw a source and know it no more: scanned again, it is new. To be called inside a transaction."""
    gone = withdraw(connection, source_id)
    connection.execute("update source set state = 'forgotten' where id = ?", (source_id,))
    return gone


def stale_ids(connection: sqlite3.Connection, catalogue_digest: str, overlay_digest: str) -> frozenset[int]:
    """The known sources that were read, in whole or in part, under other signatures or another official list."""
    rows = connection.execute(
        "select distinct source.id from source "
        "join reading on source_id = source.id join run on run.id = run_id "
        "where state = 'known' and (catalogue_digest != ? or overlay_digest != ?)",
        (catalogue_digest, overlay_digest),
    )
    return frozenset(number for (number,) in rows)


def totals(connection: sqlite3.Connection) -> list[dict[str, object]]:
    """Every known source with its accounting, as the view `source_total` has it, and its blind spots."""
    hidden = blind_spots(connection)
    cursor = connection.execute("select * from source_total where state = 'known' order by id")
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor]
    return [{**row, "blind_spots": hidden.get(row["id"], {})} for row in rows]


def blind_spots(connection: sqlite3.Connection) -> dict[int, dict[str, int]]:
    """By source, what it shows without showing what is asked for, in words, and how often."""
    found: dict[int, dict[str, int]] = {}
    for source_id, what, count in connection.execute(
        "select source_id, what, sum(record_count) from blind_spot group by 1, 2 order by 1, 2"
    ):
        found.setdefault(source_id, {})[what] = count
    return found
