"""Whom an input names, with AI or without, stored and followed to the business units that are watched."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Set
from itertools import chain

from shadowledger.collectors.bystanders import Bystanders
from shadowledger.db import bystanders as stored
from shadowledger.db.identities import PERSON, Identities
from shadowledger.db.names import NOBODY, Name, address_name, device_name, user_name
from shadowledger.db.numbering import Pseudonyms
from shadowledger.scanner.days import DAY_US
from shadowledger.scanner.people import Directory
from shadowledger.scanner.sums import Who

Ids = Mapping[str, Set[str]]
"""By channel."""
Watched = tuple[str, bool]
"""A business unit, and whether on machines or in accounts rather than in traffic."""
_OF_MACHINES = frozenset(("endpoint", "accounts"))


def meet(identities: Identities, some: Bystanders) -> Ids:
    """The ids of those whom records name, by account, machine or address; they are forgotten here."""
    found: dict[str, set[Name]] = defaultdict(set)
    for channel, user, device, client in some.seen:
        who = Who(user_name(user), device_name(device), address_name(client)).first
        if who != NOBODY:
            found[channel].add(who)
    some.seen.clear()
    identities.meet(chain.from_iterable(found.values()))
    return {channel: set(map(identities.id_of, names)) for channel, names in found.items()}


def store(connection: sqlite3.Connection, of: tuple[int, int], ids: Ids, days: tuple[int, int]) -> None:
    """Write those of a run and source, seen between two days. To be called inside a transaction."""
    numbers = Pseudonyms(connection)
    numbers.meet(set().union(*ids.values()))
    stored.add_bystanders(
        connection, *of, {channel: [numbers[one] for one in some] for channel, some in ids.items()}, days
    )


def units_watched(
    connection: sqlite3.Connection, directory: Directory, least_share: int, known: Set[Watched]
) -> frozenset[Watched]:
    """Those known to be watched, and those of whom sources name somebody: an address or a machine of the unit, or so
    many of a hundred of its people. Nobody is followed where all units are known to be."""
    if {(unit, is_machine) for unit in directory.units for is_machine in (False, True)} <= known:
        return frozenset(known)
    days = stored.days_named(connection) or (0, 0)
    span = days[0] * DAY_US, (days[1] + 1) * DAY_US
    people: dict[Watched, set[str]] = defaultdict(set)
    found = set(known)
    for channel, ids in stored.ids_by_channel(connection, *days).items():
        for one in ids & directory.known_ids():
            for end in directory.lead(one, *span).ends:
                for unit in directory.lead(one if end == one else end, *span).units:
                    watched = unit, channel in _OF_MACHINES
                    if end[0] == PERSON:
                        people[watched].add(end)
                    else:
                        found.add(watched)
    enough = {one for one, some in people.items() if len(some) * 100 >= directory.size_of(one[0]) * least_share}
    return frozenset(found | enough)
