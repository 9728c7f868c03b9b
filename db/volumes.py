"""How much each source told on each day, in the measures that an inventory has of it."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from shadowledger.db.days import NO_DAY, day_number

RECORDS, CONTACTS, HITS = "records", "contacts", "hits"
MEASURES = (RECORDS, CONTACTS, HITS)
"""All records of a day, known of sources each of whose files has hits of one day; contacts with any host, of files
whose domains were all counted; and hits, of which every source has the days."""


class Volume(NamedTuple):
    """What one source's files told on one day."""

    source_name: str
    """As the user named it, or else its file."""
    collector: str
    day: int
    """Since 1970."""
    measure: str
    """One of MEASURES."""
    amount: int


_NAME = "iif(label != '', label, name)"


def volumes(connection: sqlite3.Connection) -> list[Volume]:
    """Everything that is known of each day, by source, measure and day."""
    asked = f"""
        select {_NAME} as source_name, collector, day, '{HITS}', sum(record_count)
        from posting join source on source.id = source_id where day > {NO_DAY} group by 1, 2, 3
        union all
        select {_NAME}, collector, day_on, '{CONTACTS}', sum(record_count)
        from census join source on source.id = source_id where day_on != '' and not is_sampled group by 1, 2, 3
        union all
        select {_NAME}, collector, first_on, '{RECORDS}', sum(record_count) from source_total
        where state = 'known' and first_on != '' group by {_NAME}, collector, first_on
        having min(first_on = last_on) and {_NAME} not in (
            select {_NAME} from source_total where state = 'known' and first_on != last_on
        )
        order by 1, 2, 4, 3
    """  # noqa: S608 - words of our own
    return [
        Volume(name, collector, day if isinstance(day, int) else day_number(day), measure, count)
        for name, collector, day, measure, count in connection.execute(asked)
    ]


def names_of_sources(connection: sqlite3.Connection) -> set[str]:
    """The names of all known sources."""
    return {name for (name,) in connection.execute(f"select distinct {_NAME} from source where state = 'known'")}  # noqa: S608
