"""Names, and what ties them together, taken out of an identities store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from shadowledger.db.identities import ACCOUNTS, BARE_FORM, PERSON

_FREED = 0
_OF_A_PERSON = (*ACCOUNTS, "d")
_STANDS_IN = (
    ("statement", "about"), ("statement", "value"), ("lease", "address_id"), ("lease", "holder_id"),
    ("membership", "id"), ("shared", "id"), ("link", "to_id"), ("link", "from_id"),
)  # fmt: skip
"""Where a name is used beside the entries of an inventory. Placements follow from it."""


def people_of(connection: sqlite3.Connection, wanted: str) -> set[str]:
    """The people whom an account leads to at any time, a person itself, or the account where it leads to nobody."""
    if wanted.startswith(PERSON):
        return {wanted}
    rows = connection.execute(
        "select to_id from link where from_id in (select ?1 union select to_id from link where from_id = ?1 and "
        "origin = ?2) and origin != ?2 and to_id glob 'p-*'",
        (wanted, BARE_FORM),
    )
    return {one for (one,) in rows} or {wanted}


def ids_of_person(connection: sqlite3.Connection, person: str) -> set[str]:
    """A person's accounts and machines, and the shorter forms of their names: all that led to them at any time and to
    nobody else."""
    found, edge = {person}, {person}
    while edge:
        marks = ", ".join("?" * len(edge))
        near = connection.execute(
            f"select from_id from link where to_id in ({marks}) union "  # noqa: S608 - only marks
            f"select to_id from link where from_id in ({marks}) and origin = ?",
            (*edge, *edge, BARE_FORM),
        ).fetchall()
        edge = {one for (one,) in near if one[0] in _OF_A_PERSON} - found
        edge = {one for one in edge if _leads_only_to(connection, one, found | edge)}
        found |= edge
    return found


def _leads_only_to(connection: sqlite3.Connection, one: str, theirs: set[str]) -> bool:
    """Whether an id is nobody else's too, and is not the shorter form of what is."""
    rows = connection.execute(
        "select to_id from link where from_id = ?1 union select from_id from link where to_id = ?1 and origin = ?2",
        (one, BARE_FORM),
    )
    return all(other in theirs for (other,) in rows)


def addresses_of(connection: sqlite3.Connection, ids: Iterable[str]) -> list[str]:
    """Addresses that were held by one of these ids at some time."""
    found: set[str] = set()
    for one in ids:
        rows = connection.execute("select from_id from link where to_id = ? and from_id glob 'a-*'", (one,))
        found.update(address for (address,) in rows)
    return sorted(found)


def forget_ids(connection: sqlite3.Connection, ids: Iterable[str]) -> None:
    """Delete names with all that is tied to them. Where one held an address, it counts as freed by then, so that
    whoever held it before is not taken for its holder. To be called inside a transaction."""
    for one in ids:
        connection.execute(
            "insert or ignore into lease select address_id, since_us, ?, '', since_us from lease where holder_id = ?",
            (_FREED, one),
        )
        connection.execute("delete from placement where id = ?", (one,))
        for table, column in _STANDS_IN:
            connection.execute(f"delete from {table} where {column} = ?", (one,))  # noqa: S608 - names of our own
        connection.execute("delete from name where id = ?", (one,))


def drop_ended(connection: sqlite3.Connection, before_us: int) -> int:
    """Drop what lists and leases say of times that ended before a moment; returns how much. To be called inside a
    transaction."""
    told = "delete from {} where {} < ?"
    ends = (("statement", "until_us"), ("lease", "until_us"), ("link", "valid_to_us"), ("membership", "valid_to_us"))
    return sum(connection.execute(told.format(*one), (before_us,)).rowcount for one in ends)


def forget_unused(connection: sqlite3.Connection, used: Iterable[str]) -> int:
    """Delete the names that neither an inventory uses (`used`) nor anything else here; returns how many. To be called
    inside a transaction."""
    connection.execute("create temp table if not exists used (id text primary key)")
    connection.execute("delete from temp.used")
    connection.executemany("insert or ignore into temp.used values (?)", ((one,) for one in used))
    for table, column in _STANDS_IN:
        bare = f" where origin != '{BARE_FORM}'" if table == "link" else ""
        connection.execute(f"insert or ignore into temp.used select {column} from {table}{bare}")  # noqa: S608
    connection.execute(
        f"insert or ignore into temp.used select to_id from link join temp.used on id = from_id "  # noqa: S608
        f"where origin = '{BARE_FORM}'"
    )
    unused = "select id from name where id not in (select id from temp.used)"
    connection.execute(f"delete from link where from_id in ({unused}) or to_id in ({unused})")  # noqa: S608
    connection.execute(f"delete from placement where id in ({unused})")  # noqa: S608
    return connection.execute(f"delete from name where id in ({unused})").rowcount  # noqa: S608


def forget_everybody(connection: sqlite3.Connection) -> int:
    """Delete every name and all that lists and leases say; returns how many names. To be called inside a
    transaction."""
    for table in ("placement", "shared", "statement", "lease", "membership", "link"):
        connection.execute(f"delete from {table}")  # noqa: S608 - names of our own
    return connection.execute("delete from name").rowcount
