"""In which hours entries name whom, and how many there were whom they name no more."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator

from shadowledger.db.bitsets import CHUNK_BITS, CHUNK_SIZE

NO_HOURS = 1 << 24


def hours_of(connection: sqlite3.Connection, day: int, strand: int) -> dict[int, dict[int, int]]:
    """In which hours of a day the entries of one strand name whom: masks by chunk and member, with bit 24 where a
    source told no hours."""
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for whom, hours in connection.execute(
        "select whom, hours from way cross join posting on posting.way = number and day = ? "
        "cross join entry on entry.id between first_entry and last_entry where strand = ? and whom > 0",
        (day, strand),
    ):
        masks, member = found[whom >> CHUNK_BITS], whom % CHUNK_SIZE
        masks[member] = masks.get(member, 0) | (hours or NO_HOURS)
    return found


def most_unnamed_by_day(
    connection: sqlite3.Connection, first_day: int, last_day: int
) -> Iterator[tuple[tuple[str, str], int, int]]:
    """How many people, at the most, stood behind entries of a day that name nobody any more: service and instance, day,
    count."""
    for service_id, instance, day, count in connection.execute(
        "select service_id, instance, day, coalesce(max(iif(source_id = 0, high, null)), sum(high)) "
        "from unnamed join service_instance on number = service_instance where day between ? and ? "
        "group by service_instance, day",
        (first_day, last_day),
    ):
        yield (service_id, instance), day, count
