"""One person erased: out of the identities store, and out of the inventory, whose numbers stay right."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from shadowledger.db import audit
from shadowledger.db.erasing import erase_ids
from shadowledger.db.forgetting import addresses_of, forget_ids, ids_of_person, people_of
from shadowledger.db.identities import Identities
from shadowledger.db.names import Name, address_name, device_name, user_name
from shadowledger.db.sealed_lines import drop_naming
from shadowledger.db.transactions import writing
from shadowledger.scanner.days import DAY_US
from shadowledger.scanner.people import Directory


class NotErasedError(Exception):
    """Nobody was erased; the text says why."""


class Erasure(NamedTuple):
    """What was changed."""

    name_count: int
    entry_count: int
    line_count: int
    """Sealed lines that named the person, and are gone."""


def find_person(store: Identities, told: str) -> str:
    """The id of the one person, account or machine that a name or an id means. Raises NotErasedError."""
    forms = {user_name(told), device_name(told), Name("person", told.lower())}
    found = {known for form in forms if form.kind and (known := store.known_id(form))}
    if not found and store.reveal(told) is not None:
        found = {told}
    people = set().union(*(people_of(store.connection, one) for one in found))
    if not people and store.known_id(address_name(told)):
        raise NotErasedError("An address is nobody; name who held it.")
    if len(people) != 1:
        why = "means several: erase each by its id" if people else "is nobody who was met"
        raise NotErasedError(f"This name {why}; `shadowledger identities find` shows ids.")
    (person,) = people
    if person[0] in "as":
        raise NotErasedError("This id is no person's, nor an account's or a machine's.")
    return person


def erase(inventory: sqlite3.Connection, store: Identities, person: str, detail: dict[str, object]) -> Erasure:
    """Erase a person with all accounts and machines that are nobody else's, and the addresses for the days on which
    they were theirs alone. Whoever is named by the same logs again is new."""
    for connection in (inventory, store.connection):
        connection.execute("pragma secure_delete = on")  # or what is deleted stays in the file
    theirs = ids_of_person(store.connection, person)
    addresses = addresses_of(store.connection, theirs)
    directory = Directory(store.connection)

    def is_theirs(one: str, day: int) -> bool:
        if one in theirs:
            return True
        return day >= 0 and directory.lead(one, day * DAY_US, (day + 1) * DAY_US).ends <= theirs

    with writing(inventory):
        done = erase_ids(inventory, {*theirs, *addresses}, is_theirs)
        lines = drop_naming(inventory, store.lines, theirs)
        found = Erasure(len(theirs), done.entry_count, lines)
        audit.record(inventory, "erase", {**detail, **found._asdict()})
        with writing(store.connection):
            forget_ids(store.connection, theirs)
    for connection in (inventory, store.connection):
        connection.execute("pragma wal_checkpoint(truncate)")
    return found
