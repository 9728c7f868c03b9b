"""What each channel saw: products, sources and addresses; what is asked of all channels side by side."""

from __future__ import annotations

import sqlite3
from collections import defaultdict

_ENTRIES = (
    "way cross join posting on posting.way = number cross join entry on entry.id between first_entry and last_entry"
)


def products_by_channel(connection: sqlite3.Connection, origin: str) -> dict[str, set[tuple[str, str]]]:
    """Services' instances of one origin by channel, as far as not everything of them was refused there."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for channel, service_id, instance in connection.execute(
        "select distinct channel, service_id, instance from way_total join way on way.number = way "
        "join service_instance on service_instance.number = service_instance "
        "join service on service.id = service_id where origin = ? and action != 'blocked'",
        (origin,),
    ):
        found[channel].add((service_id, instance))
    return dict(found)


def sources_by_channel(connection: sqlite3.Connection) -> dict[str, set[int]]:
    """Which sources each channel's hits are of."""
    found: dict[str, set[int]] = defaultdict(set)
    for channel, source_id in connection.execute(
        "select distinct channel, source_id from (select distinct way, source_id from posting) "
        "join way on way.number = way"
    ):
        found[channel].add(source_id)
    return dict(found)


def clients_of(connection: sqlite3.Connection, channel: str) -> set[int]:
    """The numbers of the addresses that a channel's entries name; 0 is among them where some name none. Reads all of
    its entries."""
    rows = connection.execute(
        f"select distinct client from {_ENTRIES} where channel = ?",  # noqa: S608 - words of our own
        (channel,),
    )
    return {client for (client,) in rows}


_COLUMNS = ("actor", "device", "client")


def names_by_channel(
    connection: sqlite3.Connection, first_day: int, last_day: int
) -> dict[str, tuple[set[str], set[str], set[str]]]:
    """The ids of accounts, machines and addresses that each channel's entries of some days name, those without a day
    included. Reads these entries."""
    found: dict[str, tuple[set[str], set[str], set[str]]] = {}
    for place, column in enumerate(_COLUMNS):
        rows = connection.execute(
            f"select channel, pseudonym.id from (select distinct channel, {column} as number from "  # noqa: S608
            "way cross join posting on posting.way = way.number and (day between ? and ? or day < 0) "
            f"cross join entry on entry.id between first_entry and last_entry where {column} > 0) "
            "join pseudonym using (number)",
            (first_day, last_day),
        )
        for channel, one in rows:
            found.setdefault(channel, (set(), set(), set()))[place].add(one)
    return found


def days_by_channel(connection: sqlite3.Connection) -> dict[str, set[int]]:
    """The days on which each channel had hits."""
    found: dict[str, set[int]] = defaultdict(set)
    for channel, day in connection.execute(
        "select distinct channel, day from (select distinct way, day from posting where day >= 0) "
        "join way on way.number = way"
    ):
        found[channel].add(day)
    return dict(found)
