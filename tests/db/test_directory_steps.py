"""A store of before: what it knew is known afterwards, and what is imported again changes nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database

from shadowledger.db.directory import ALWAYS, DATED, UNIT, WHOSE, Statement, place, state
from shadowledger.db.identities import ALWAYS_US, Identities, all_links, all_memberships
from shadowledger.db.leases import TOLD, add_leases
from shadowledger.db.migrations import identity_steps
from shadowledger.db.names import Name
from shadowledger.db.opening import open_identities
from shadowledger.db.transactions import writing

NAMES = [Name("sam", "ada"), Name("person", "p-1"), Name("device", "pc"), Name("address", "10.0.0.5")]


def test_what_was_known_before_is_known_after(tmp_path: Path) -> None:
    path = tmp_path / "identities.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        identity_steps.apply(Database(connection), stop_before="m002_directory")
        ids = Identities(connection, b"k" * 32).ids_of(NAMES)
        account, person, device, address = (ids[name] for name in NAMES)
        with writing(connection):
            connection.executemany(
                "insert into link values (?, ?, ?, ?, ?)",
                [
                    (account, person, 0, 50, "people"),
                    (device, person, 0, ALWAYS_US, "devices"),
                    (address, device, 10, 20, "leases"),
                ],
            )
            connection.execute("insert into membership values (?, 'HR', '', 'Lead', 0, ?)", (person, ALWAYS_US))
            connection.execute("insert into subnet values ('10.0.0.0/8', 'IT', 'Wien')")
        before = all_links(connection), all_memberships(connection)
    with closing(open_identities(path, create=False)) as connection:
        assert (all_links(connection), all_memberships(connection)) == before
        row = ("10.0.0.0/8", 0, ALWAYS_US, "IT", "Wien", "")
        assert connection.execute("select * from subnet").fetchall() == [row]
        with writing(connection):
            again = [
                Statement(account, WHOSE, DATED, 0, 50, person),
                Statement(device, WHOSE, 0, *ALWAYS, person),
                Statement(person, UNIT, 0, *ALWAYS, place("HR", "", "Lead")),
            ]
            assert state(connection, again) == 0
            assert add_leases(connection, [(address, 10, TOLD, device, 20)]) == 0
            assert state(connection, [Statement(person, UNIT, 0, *ALWAYS, place("IT", "", ""))]) == 1
        assert all_links(connection) == before[0]
        assert all_memberships(connection) == {person: [("IT", 0, ALWAYS_US)]}
