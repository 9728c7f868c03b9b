"""Discovered initiatives as they were found before: ids that outlive a change of nature or unit, and what changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from shadowledger.db.runs import now_iso


@dataclass(frozen=True, slots=True)
class Remembered:
    """One initiative, as it was found last."""

    id: str
    products: tuple[tuple[str, str], ...]
    """Services and instances, the leading one first."""
    side: str
    units: tuple[str, ...]
    nature: str
    whoms: frozenset[str]
    """Some of those whom it named, as digests of their ids: by these it is known again."""


def remembered(connection: sqlite3.Connection) -> list[Remembered]:
    """Every initiative that was ever found, as it was last, in the order in which they were found."""
    rows = connection.execute(
        "select discovery, products, side, units, nature, whoms from (select *, max(number) over (partition by "
        "discovery) as newest, min(number) over (partition by discovery) as oldest from discovery_state) "
        "where number = newest order by oldest"
    )
    return [
        Remembered(
            discovery,
            msgspec.json.decode(products, type=tuple[tuple[str, str], ...]),
            side,
            msgspec.json.decode(units, type=tuple[str, ...]),
            nature,
            msgspec.json.decode(whoms, type=frozenset[str]),
        )
        for discovery, products, side, units, nature, whoms in rows
    ]


def remember(connection: sqlite3.Connection, found: Iterable[Remembered]) -> None:
    """Note how initiatives are now. To be called inside a transaction, with those that are new or differ."""
    at = now_iso()
    connection.executemany(
        "insert into discovery_state (discovery, recorded_at, products, side, units, nature, whoms) "
        "values (?, ?, ?, ?, ?, ?, ?)",
        (
            (one.id, at, _told(one.products), one.side, _told(one.units), one.nature, _told(sorted(one.whoms)))
            for one in found
        ),
    )


def changes(connection: sqlite3.Connection, discovered_id: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """What an initiative was over time: from when on, nature, units; the first state first."""
    rows = connection.execute(
        "select recorded_at, nature, units from discovery_state where discovery = ? order by number", (discovered_id,)
    )
    return [(at, nature, msgspec.json.decode(units, type=tuple[str, ...])) for at, nature, units in rows]


def _told(value: object) -> str:
    return msgspec.json.encode(value).decode()
