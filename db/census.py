"""Which registrable domains were contacted on which day, wanted or not: the past that a new signature can be asked of.

Nobody is named in it. A day keeps its most frequent domains."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

MOST_DOMAINS_A_DAY = 200_000


class DomainDay(NamedTuple):
    """Contacts with one domain on one day."""

    day_on: str
    """A UTC date; empty where the source has no time."""
    domain: str
    record_count: int
    fewest_clients: int
    """Accounts, or else machines, or else addresses."""
    most_clients: int | None
    """None where some have no name, so that nobody can say."""


class DomainSeen(NamedTuple):
    """A domain in one source."""

    domain: str
    source_id: int
    first_on: str
    last_on: str
    record_count: int
    is_sampled: bool
    """Whether only a part of the source was counted: then the count is of that part, and never scaled up."""
    fewest_clients: int | None
    most_clients: int | None
    """On the day with the most: who came on several days is one, and days are not added up. The most are unknown of a
    part, and where a day was read in several runs; both of what was counted by a version before these."""


def add_census(
    connection: sqlite3.Connection, run_id: int, source_id: int, rows: Iterable[DomainDay], *, is_sampled: bool
) -> None:
    """Write a source's count. To be called inside a transaction."""
    rows = list(rows)
    connection.executemany(
        "insert into census (run_id, source_id, day_on, domain, record_count, fewest_clients, most_clients, "
        "is_sampled) values (?, ?, ?, ?, ?, ?, ?, ?)",
        ((run_id, source_id, *row, is_sampled) for row in rows),
    )
    for day in sorted({row.day_on for row in rows}):
        _trim(connection, day)


def _trim(connection: sqlite3.Connection, day: str) -> None:
    """Forget a day's rarest domains, and say of what is left that it is a part."""
    (count,) = connection.execute("select count(distinct domain) from census where day_on = ?", (day,)).fetchone()
    if count <= MOST_DOMAINS_A_DAY:
        return
    connection.execute(
        "delete from census where day_on = ?1 and domain in (select domain from census where day_on = ?1 "
        "group by domain order by sum(record_count) desc, domain limit -1 offset ?2)",
        (day, MOST_DOMAINS_A_DAY),
    )
    connection.execute("update census set is_sampled = 1 where day_on = ?", (day,))


def domains_seen(connection: sqlite3.Connection) -> list[DomainSeen]:
    """Every domain by source."""
    rows = connection.execute(
        "select domain, source_id, coalesce(min(nullif(day_on, '')), ''), max(day_on), sum(records), max(part), "
        "max(fewest), iif(count(most) = count(*), max(most), null) from ("
        "select domain, source_id, day_on, sum(record_count) as records, max(is_sampled) as part, "
        "max(fewest_clients) as fewest, iif(count(*) = 1 and not is_sampled, most_clients, null) as most "
        "from census group by domain, source_id, day_on) group by domain, source_id order by domain, source_id"
    )
    return [
        DomainSeen(domain, source, first, last, count, bool(part), fewest, most)
        for domain, source, first, last, count, part, fewest, most in rows
    ]


def is_counted_in_full(connection: sqlite3.Connection, source_id: int, day_on: str) -> bool:
    """Whether a run that began on a UTC day counted every domain of a source."""
    row = connection.execute(
        "select 1 from census join run on run.id = run_id where source_id = ? and is_sampled = 0 and started_at >= ? "
        "limit 1",
        (source_id, day_on),
    )
    return row.fetchone() is not None
