"""What there is to follow from an id to whom it stands for: read at once, but for leases, of which there are millions
and only those of addresses that were met matter."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

ADDRESS = "a"
"""What the ids of addresses begin with."""
_ADDRESSES = "from_id >= 'a-' and from_id < 'a.'"

_HELD = """
    with recursive held (id) as (
        select min(from_id) from link where from_id >= 'a-' and from_id < 'a.'
        union all
        select (select min(from_id) from link where from_id > held.id and from_id < 'a.') from held where id is not null
    )
    select id from held where id is not null"""
"""Each address once, without reading all of its leases."""


class Tie(NamedTuple):
    """A link for a time."""

    end: str
    since_us: int
    until_us: int
    origin: str


class Place(NamedTuple):
    """Where somebody belongs, or an address lies, for a time."""

    since_us: int
    until_us: int
    unit: str
    site: str
    shared: str = ""


def lasting_links(connection: sqlite3.Connection) -> dict[str, list[Tie]]:
    """The links of all ids but addresses, by the id that they start from."""
    found: dict[str, list[Tie]] = {}
    for start, *tie in connection.execute(
        "select from_id, to_id, valid_from_us, valid_to_us, origin from link "  # noqa: S608 - our own words
        f"where origin != 'bare form' and not ({_ADDRESSES}) order by from_id, to_id, valid_from_us"
    ):
        found.setdefault(start, []).append(Tie(*tie))
    return found


def held_addresses(connection: sqlite3.Connection) -> set[str]:
    """The addresses that leases or sessions explain at some time."""
    return {one for (one,) in connection.execute(_HELD)}


def holders(connection: sqlite3.Connection) -> set[str]:
    """The machines and accounts that held an address at some time."""
    return {one for (one,) in connection.execute(f"select distinct to_id from link where {_ADDRESSES}")}  # noqa: S608


def links_of_address(connection: sqlite3.Connection, address_id: str) -> list[Tie]:
    """Who held an address when."""
    rows = connection.execute(
        "select to_id, valid_from_us, valid_to_us, origin from link where from_id = ? order by to_id, valid_from_us",
        (address_id,),
    )
    return [Tie(*row) for row in rows]


def members(connection: sqlite3.Connection) -> dict[str, list[Place]]:
    """The units and sites of people and machines."""
    found: dict[str, list[Place]] = {}
    for member, *told in connection.execute(
        "select id, valid_from_us, valid_to_us, unit, site from membership order by id, valid_from_us"
    ):
        found.setdefault(member, []).append(Place(*told))
    return found


def placements(connection: sqlite3.Connection) -> dict[str, tuple[Place, ...]]:
    """Where addresses lie, of those that a subnet has at some time."""
    found: dict[str, tuple[Place, ...]] = {}
    same: dict[tuple[Place, ...], tuple[Place, ...]] = {}
    for one, *told in connection.execute(
        "select id, valid_from_us, valid_to_us, unit, site, shared from placement "
        "where unit != '' or site != '' or shared != '' order by id, valid_from_us"
    ):
        places = (*found.get(one, ()), Place(*told))
        found[one] = same.setdefault(places, places)
    return found


def shared_machines(connection: sqlite3.Connection) -> dict[str, str]:
    """Machines that several people use, and how."""
    return dict(connection.execute("select id, how from shared"))


def units_of_subnets(connection: sqlite3.Connection) -> set[str]:
    """The units that networks belong to."""
    return {unit for (unit,) in connection.execute("select distinct unit from subnet where unit != ''")}
