"""What a directory holds, in numbers and never in names: people, machines and addresses, by unit and site, and what it
cannot explain."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from typing import NamedTuple

from shadowledger.db.identities import ALWAYS_US


class Holding(NamedTuple):
    """What a unit has at a site at some time."""

    unit: str
    site: str
    people: int
    devices: int
    subnets: int


class Gaps(NamedTuple):
    """What the directory explains, of all that it lists and that was met."""

    people: int
    accounts: int
    accounts_without_person: int
    devices: int
    devices_without_owner: int
    shared: int
    """Devices that several people use, and networks whose addresses stand for several."""
    addresses: int
    addresses_without_lease: int
    addresses_without_lease_or_subnet: int
    addresses_not_placed: int
    """New since somebody with the key was here last; `scan` and `directory` place them."""


_LISTED = """
    select id, unit, site from membership
    where (id like 'p-%' or id like 'd-%') and valid_from_us <= ? and valid_to_us > ?
        and id not in (select from_id from link where from_id like 'p-%')
        and id not in (select to_id from link where origin = 'bare form')
"""
"""Memberships at some time, without what is another form of somebody or something else."""
_WITHOUT = """
    select count(*), coalesce(sum(
        not exists (select 1 from link where from_id = name.id and origin != 'bare form')
        and not exists (
            select 1 from link as bare join link as other on other.from_id = bare.to_id
            where bare.from_id = name.id and bare.origin = 'bare form' and other.origin != 'bare form'
        )
    ), 0)
    from name where kind in ({kinds}) and id not in (select to_id from link where origin = 'bare form')
"""
"""How many names, and how many of them lead nowhere. Shorter forms are counted with the longer ones."""

_ADDRESSES = """
    select count(*), coalesce(sum(not held), 0), coalesce(sum(not held and not placed), 0),
        coalesce(sum(not asked and exists (select 1 from subnet)), 0)
    from (
        select exists (select 1 from link where from_id = name.id) as held,
            exists (
                select 1 from placement where placement.id = name.id and (unit != '' or site != '')
            ) as placed,
            exists (select 1 from placement where placement.id = name.id) as asked
        from name where id >= 'a-' and id < 'a.'
    )
"""


def holdings(connection: sqlite3.Connection, at_us: int) -> list[Holding]:
    """By unit and site, at some time; in order. Somebody of two units counts in both."""
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for member, unit, site in connection.execute(f"select distinct * from ({_LISTED})", (at_us, at_us)):  # noqa: S608 - ours
        counts[unit, site][member[0]] += 1
    asked = "select unit, site from subnet where valid_from_us <= ? and valid_to_us > ?"
    for unit, site in connection.execute(asked, (at_us, at_us)):
        counts[unit, site]["subnet"] += 1
    return [Holding(*key, found["p"], found["d"], found["subnet"]) for key, found in sorted(counts.items())]


def gaps(connection: sqlite3.Connection) -> Gaps:
    """What is explained, of everything in the store."""

    def one(query: str) -> tuple[int, ...]:
        return tuple(map(int, connection.execute(query).fetchone()))

    accounts = one(_WITHOUT.format(kinds="'upn', 'sam', 'email'"))
    people = one("select count(*) from name where kind = 'person' and id not in (select from_id from link)")
    devices = one(_WITHOUT.format(kinds="'device'"))
    shared = one(
        "select (select count(*) from shared where id not in (select to_id from link where origin = 'bare form'))"
        " + (select count(*) from subnet where shared != '')"
    )
    addresses = one(_ADDRESSES)
    return Gaps(*people, *accounts, *devices, *shared, *addresses)


def spans_of(connection: sqlite3.Connection, one: str) -> list[dict[str, object]]:
    """All that is known of an id: what it leads to, and where it belongs, each with its time; no names."""
    rows: list[dict[str, object]] = []
    for fact, query in (
        ("leads to", "select to_id, origin, valid_from_us, valid_to_us from link where from_id = ?"),
        ("is led to by", "select from_id, origin, valid_from_us, valid_to_us from link where to_id = ?"),
        ("belongs to", "select unit, site, valid_from_us, valid_to_us from membership where id = ?"),
        ("lies in", "select unit, site, valid_from_us, valid_to_us from placement where id = ?"),
        ("is shared", "select how, '', 0, ? from shared where id = ?"),
    ):
        values = (one,) if fact != "is shared" else (ALWAYS_US, one)
        for what, more, since, until in connection.execute(f"{query} order by 3, 1", values):
            rows.append({"fact": fact, "what": what, "more": more, "since_us": since, "until_us": until})
    return rows
