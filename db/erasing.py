"""One person taken out of an inventory: their entries stay, name nobody any more, and count one person as before."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

import msgspec

from shadowledger.db import rollups
from shadowledger.db.bystanders import forget_bystanders
from shadowledger.db.identities import ID_BYTES
from shadowledger.db.numbering import Pseudonyms
from shadowledger.db.whoms import WhomSets

NOBODY_KNOWN = "n"
"""What ids begin with that no name was ever given."""


class Erased(NamedTuple):
    """What was changed."""

    entry_count: int
    instance_count: int
    """Services and instances that one nobody more stands behind."""


class _Entry(NamedTuple):
    id: int
    day: int
    strand: int
    service_instance: int
    actor: int
    device: int
    client: int
    whom: int


def erase_ids(connection: sqlite3.Connection, ids: Collection[str], is_theirs: Callable[[str, int], bool]) -> Erased:
    """Put nobody in the place of ids, and of addresses on the days on which `is_theirs` says so. Each service's
    instance gets an id of its own for them, so that what they did with one cannot be joined to the rest. To be called
    inside a transaction."""
    numbers = Pseudonyms(connection)
    whoms = WhomSets(connection)
    theirs = _numbers_of(connection, ids)
    strangers: dict[int, int] = {}
    touched: set[tuple[int, int]] = set()
    count = 0
    for entry in list(_entries(connection, set(theirs))):
        day_of = {number for number in entry[4:7] if number in theirs and is_theirs(theirs[number], entry.day)}
        if not day_of:
            continue
        count += 1
        kept = {"actor": entry.actor, "device": entry.device, "client": entry.client}
        kept = {column: 0 if number in day_of else number for column, number in kept.items()}
        if entry.whom in day_of:
            if entry.service_instance not in strangers:
                made = f"{NOBODY_KNOWN}-{os.urandom(ID_BYTES).hex()}"
                numbers.meet({made})
                strangers[entry.service_instance] = numbers[made]
            kept = {"actor": strangers[entry.service_instance], "device": 0, "client": 0}
            whoms.of(entry.day, entry.strand).add(kept["actor"])
        connection.execute(
            "update entry set actor = ?, device = ?, client = ?, hours = iif(?, 0, hours) where id = ?",
            (*kept.values(), entry.whom in day_of, entry.id),
        )
        touched.add((entry.day, entry.strand))
    rollups.recount_whoms(connection, touched)
    whoms.write()
    _forget(connection, ids)
    return Erased(count, len(strangers))


def _numbers_of(connection: sqlite3.Connection, ids: Collection[str]) -> dict[int, str]:
    connection.execute("create temp table if not exists erased (id text primary key)")
    connection.execute("delete from temp.erased")
    connection.executemany("insert or ignore into temp.erased values (?)", ((one,) for one in ids))
    return dict(connection.execute("select number, id from pseudonym join temp.erased using (id)"))


def _entries(connection: sqlite3.Connection, numbers: Collection[int]) -> Iterator[_Entry]:
    """The entries that name one of these; there is no index by whom, so all are read."""
    connection.execute("create temp table if not exists erased_number (number integer primary key)")
    connection.execute("delete from temp.erased_number")
    connection.executemany("insert into temp.erased_number values (?)", ((one,) for one in numbers))
    rows = connection.execute(
        "select entry.id, day, strand, service_instance, actor, device, client, whom from entry "
        "join posting on first_entry = (select max(first_entry) from posting where first_entry <= entry.id) "
        "join way on way.number = way "
        "where actor in (select number from temp.erased_number) or device in (select number from temp.erased_number) "
        "or client in (select number from temp.erased_number)"
    )
    yield from map(_Entry._make, rows)


def _forget(connection: sqlite3.Connection, ids: Collection[str]) -> None:
    """Drop ids that no entry names any more, from wherever else they stand."""
    forget_bystanders(connection, _numbers_of(connection, ids))
    connection.execute(
        "delete from pseudonym where id in (select id from temp.erased) and not exists "
        "(select 1 from entry where number in (actor, device, client))"
    )
    connection.execute("delete from device_day where device_id in (select id from temp.erased)")
    nobody = f"{NOBODY_KNOWN}-{os.urandom(ID_BYTES).hex()}"
    connection.execute("update together set whom_id = ? where whom_id in (select id from temp.erased)", (nobody,))
    for number, settings in connection.execute("select id, settings from source").fetchall():
        told = msgspec.json.decode(settings)
        if told.get("device") in ids:
            del told["device"]
            connection.execute(
                "update source set settings = ? where id = ?", (msgspec.json.encode(told).decode(), number)
            )
