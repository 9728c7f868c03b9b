"""Which bundles an inventory has taken in, which runs count from which of them, and on which days devices were seen."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

KEPT_DAYS = 35
"""For so long a run that stands in a second bundle is known by its id: an agent's spool holds less."""


class Taken(NamedTuple):
    """A bundle that was taken in, or begun."""

    id: int
    sha256: str
    is_stored: bool
    """Whether all of it is."""


class DeviceDays(NamedTuple):
    """How a device was seen on some days."""

    device_id: str
    days: frozenset[int]
    """Since 1970, with a complete run."""
    is_known: bool
    """Whether a complete run was ever received of it."""


def taken(connection: sqlite3.Connection, site: str, number: int) -> Taken | None:
    """What is known of a bundle."""
    row = connection.execute(
        "select id, sha256, is_stored from bundle where site = ? and number = ?", (site, number)
    ).fetchone()
    return Taken(row[0], row[1], bool(row[2])) if row else None


def begin_taking(
    connection: sqlite3.Connection,
    bundle: tuple[str, int, str, str],
    runs: Iterable[tuple[bytes, int]],
) -> int:
    """Note a bundle (site, number, digest, when it was made) and claim its runs (id, day) that no other bundle has;
    returns its id. To be called inside a transaction."""
    cursor = connection.execute("insert into bundle (site, number, sha256, made_at) values (?, ?, ?, ?)", bundle)
    made = int(cursor.lastrowid or 0)
    claims = [(run, made, day) for run, day in runs]
    newest = max((day for *_, day in claims), default=0)
    connection.execute(
        "delete from bundle_run where day < ? and bundle in (select id from bundle where is_stored)",
        (newest - KEPT_DAYS,),
    )
    connection.executemany("insert or ignore into bundle_run values (?, ?, ?)", claims)
    return made


def claimed(connection: sqlite3.Connection, bundle: int) -> set[bytes]:
    """The runs that count from a bundle."""
    return {run for (run,) in connection.execute("select run from bundle_run where bundle = ?", (bundle,))}


def end_taking(
    connection: sqlite3.Connection, bundle: int, source_id: int | None, days: Iterable[tuple[str, int, bool]]
) -> None:
    """All of a bundle is stored as this source, where any of it was new; devices (by id, day, whether a run that counts
    from it was complete) were seen. To be called inside a transaction."""
    connection.execute("update bundle set (source_id, is_stored) = (?, 1) where id = ?", (source_id, bundle))
    connection.executemany(
        "insert into device_day (device_id, day, bundle, is_complete) values (?, ?, ?, ?) on conflict do update set "
        "is_complete = max(is_complete, excluded.is_complete)",
        ((device_id, day, bundle, is_complete) for device_id, day, is_complete in sorted(set(days))),
    )


def missing_numbers(connection: sqlite3.Connection, site: str) -> list[int]:
    """The numbers below a site's newest bundle that never came, those before its first one left out."""
    found = [n for (n,) in connection.execute("select number from bundle where site = ? order by number", (site,))]
    return sorted(set(range(found[0], found[-1])) - set(found)) if found else []


def device_days(connection: sqlite3.Connection, first: int, last: int) -> list[DeviceDays]:
    """Every device that a server ever received a run of, with its days among these."""
    known = dict(connection.execute("select device_id, max(is_complete) from device_day group by 1 order by 1"))
    days: dict[str, set[int]] = {one: set() for one in known}
    for device_id, day in connection.execute(
        "select device_id, day from device_day where is_complete and day between ? and ?", (first, last)
    ):
        days[device_id].add(day)
    return [DeviceDays(one, frozenset(days[one]), bool(is_known)) for one, is_known in known.items()]
