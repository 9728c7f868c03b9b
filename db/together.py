"""Services that programs of one actor, machine or address reached within the same minute."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

Product = tuple[str, str]
"""Service and instance."""


class Pair(NamedTuple):
    """Two products and one whom, over all sources."""

    whom_id: str
    one: Product
    other: Product
    minute_count: int
    """In which both were reached."""
    fewer_minute_count: int
    """In which the one of the two was reached that was reached in fewer."""


def add_together(
    connection: sqlite3.Connection,
    run_id: int,
    source_id: int,
    rows: Iterable[tuple[str, Product, Product, int, int, int]],
) -> None:
    """Write what a source added: whom, the two products, minutes of both, of the one, of the other. To be called inside
    a transaction, after its contributions."""
    connection.executemany(
        "insert into together select ?, ?, ?, one.number, other.number, ?, ?, ? from service_instance as one "
        "join service_instance as other where (one.service_id, one.instance) = (?, ?) "
        "and (other.service_id, other.instance) = (?, ?)",
        ((source_id, run_id, whom, *counts, *one, *other) for whom, one, other, *counts in rows),
    )


def pairs(connection: sqlite3.Connection) -> list[Pair]:
    """All pairs, by whom and products."""
    rows = connection.execute(
        "select whom_id, one.service_id, one.instance, other.service_id, other.instance, sum(minute_count), "
        "min(sum(one_minute_count), sum(other_minute_count)) from together "
        "join service_instance as one on one.number = one join service_instance as other on other.number = other "
        "group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5"
    )
    return [Pair(whom, (a, b), (c, d), count, fewer) for whom, a, b, c, d, count, fewer in rows]
