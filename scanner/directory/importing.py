"""Directory files into the identities store, whatever their format: nothing of a file that has a flaw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from shadowledger.db.directory import ALWAYS, DATED, NAMED, UNIT, WHOSE, Statement, place, state
from shadowledger.db.identities import ALWAYS_US, LOOKED_UP_AT_ONCE, Identities
from shadowledger.db.leases import add_leases
from shadowledger.db.names import Name, bare_form, device_name, mac_name, user_name
from shadowledger.db.places import Subnet, add_subnets, place_addresses
from shadowledger.db.transactions import writing
from shadowledger.scanner.directory.export import Export, Options
from shadowledger.scanner.directory.facts import Lease, Machine, Network, Person, Span
from shadowledger.scanner.directory.kinds import AUTO, KINDS, kind_of
from shadowledger.scanner.directory.spool import Row, Spool, names_of

_CACHE_KIB = 64 * 1024
"""Of the store's pages, while leases are written: those of one address lie together, and one file names them all."""


class Imported(NamedTuple):
    """What became of a file."""

    kind: str
    fact_count: int
    """People, machines, networks and events of leases that it tells of."""
    new_count: int
    """Of what it says, how much was not known, or not like this."""


def import_directory(
    store: Identities,
    file: Path,
    kind: str = AUTO,
    options: Options = Options(),  # noqa: B008 - immutable
) -> Imported:
    """Take in a file of one of KINDS. Raises FlawedDirectoryError with a sentence; nothing is stored then."""
    export = Export(file, options)
    kind = kind_of(export, kind)
    people: list[Person] = []
    machines: list[Machine] = []
    networks: list[Network] = []
    spool = Spool()
    try:
        for fact in KINDS[kind].read(export):
            if isinstance(fact, Lease):
                spool.add(fact)
            elif isinstance(fact, Person):
                people.append(fact)
            elif isinstance(fact, Machine):
                machines.append(fact)
            else:
                networks.append(fact)
        new = 0
        if people:
            new += _take_people(store, people, options.as_of_us)
        if machines:
            new += _take_machines(store, machines, options.as_of_us)
        if networks:
            new += add_subnets(store, map(_subnet, networks))
        if spool.count:
            new += _take_leases(store, spool)
    finally:
        spool.close()
    place_addresses(store)
    return Imported(kind, len(people) + len(machines) + len(networks) + spool.count, new)


def _subnet(network: Network) -> Subnet:
    span = network.span
    return Subnet(network.cidr, span.since_us, span.until_us, network.unit, network.site, network.shared)


def _take_people(store: Identities, people: list[Person], as_of_us: int) -> int:
    accounts = [[name for name in map(user_name, one.accounts) if name.kind] for one in people]
    ids = store.ids_of({name for some in accounts for name in some})
    known = _persons_of(store, (ids[name] for some in accounts for name in some))
    keys = [_key(person, names) for person, names in zip(people, accounts, strict=True)]
    own_ids = [
        _known_as([(name, ids[name]) for name in names], known) if not person.key else ""
        for person, names in zip(people, accounts, strict=True)
    ]
    ids |= store.ids_of({key for key, own in zip(keys, own_ids, strict=True) if not own})
    owners = _owners_by_account(store)
    statements: list[Statement] = []
    for person, names, key, known_as in zip(people, accounts, keys, own_ids, strict=True):
        own, span = known_as or ids[key], person.span
        mine = dict.fromkeys(ids[name] for name in names)
        statements += (_statement(one, WHOSE, own, span, as_of_us) for one in mine)
        if person.key:
            others = _others(store, key, [(name, ids[name]) for name in names], known, owners)
            statements += (Statement(one, WHOSE, 0, *ALWAYS, own) for one in others if one not in mine and one != own)
        if person.unit or person.site or person.role:
            statements.append(_statement(own, UNIT, place(person.unit, person.site, person.role), span, as_of_us))
    with writing(store.connection):
        return state(store.connection, statements)


def _key(person: Person, accounts: list[Name]) -> Name:
    """What a person is known by: the file's own key, or else the first account."""
    return Name("person", person.key.lower() or (accounts[0].text if accounts else person.name.lower()))


def _known_as(accounts: list[tuple[Name, str]], known: dict[str, list[str]]) -> str:
    """Whose accounts these are already, where the file has no key of its own; empty where nobody's. A name without
    its domain may be another's."""
    sure = [one for name, one in accounts if name.kind == "upn" or "\\" in name.text][:3]
    for one in sure or [one for _, one in accounts[:1]]:
        if len(known.get(one, ())) == 1:
            return known[one][0]
    return ""


def _others(
    store: Identities, key: Name, accounts: list[tuple[Name, str]], known: dict[str, list[str]], owners: set[str]
) -> dict[str, None]:
    """Ids that have stood for a person of whom only accounts were known until now, or an owner by the same key."""
    found = dict.fromkeys({store.known_id(user_name(key.text))} & owners if owners else ())
    persons = {one for _, account in accounts for one in known.get(account, ())}
    if persons:
        by_account = {store.known_id(Name("person", name.text)) for name, _ in accounts}
        found |= dict.fromkeys(sorted(persons & by_account))
    return found


def _owners_by_account(store: Identities) -> set[str]:
    """Owners of machines of whom no list has told yet whether the name is an account or a person's key."""
    query = "select distinct to_id from link where from_id >= 'd-' and from_id < 'd.' and to_id > 'u'"
    return {one for (one,) in store.connection.execute(query)}


def _persons_of(store: Identities, accounts: Iterable[str]) -> dict[str, list[str]]:
    """Accounts to the people that they are known to be of."""
    found: dict[str, list[str]] = {}
    wanted = sorted(set(accounts))
    for start in range(0, len(wanted), LOOKED_UP_AT_ONCE):
        some = wanted[start : start + LOOKED_UP_AT_ONCE]
        marks = ", ".join("?" * len(some))
        query = f"select distinct from_id, to_id from link where origin = 'directory' and from_id in ({marks})"  # noqa: S608
        for account, person in store.connection.execute(query, some):
            if person.startswith("p-"):
                found.setdefault(account, []).append(person)
    return found


def _statement(about: str, topic: str, value: str, span: Span, as_of_us: int) -> Statement:
    if span.is_dated:
        return Statement(about, topic, DATED, span.since_us, span.until_us, value)
    return Statement(about, topic, as_of_us, 0, ALWAYS_US, value)


def _take_machines(store: Identities, machines: list[Machine], as_of_us: int) -> int:
    statements: list[Statement] = []
    shared: dict[str, str] = {}
    names = [(_machine_name(one), [mac_name(mac) for mac in one.macs]) for one in machines]
    ids = store.ids_of({name for own, macs in names for name in (own, *macs)})
    owners = {text: _owner(store, text) for one in machines for text in one.owners or ()}
    bare = {own: form for own, _ in names if (form := bare_form(own)) != own}
    ids |= store.ids_of({*owners.values(), *bare.values()})
    for machine, (own, macs) in zip(machines, names, strict=True):
        about, span = ids[own], machine.span
        whose = [ids[owners[text]] for text in machine.owners or ()]
        if machine.owners is not None and not (span.is_dated and not whose):
            statements += (_statement(about, WHOSE, one, span, as_of_us) for one in whose or [""])
        statements += (_statement(ids[mac], WHOSE, about, span, as_of_us) for mac in macs if mac.kind and mac != own)
        if machine.unit or machine.site:
            statements.append(_statement(about, UNIT, place(machine.unit, machine.site, ""), span, as_of_us))
        if machine.shared is not None:
            shared[about] = machine.shared
            if own in bare:
                shared[ids[bare[own]]] = machine.shared
    with writing(store.connection):
        before = store.connection.total_changes
        store.connection.executemany(
            "delete from shared where id = ?", ((one,) for one, how in shared.items() if not how)
        )
        store.connection.executemany(
            "insert into shared values (?, ?) on conflict do update set how = excluded.how where how != excluded.how",
            ((one, how) for one, how in shared.items() if how),
        )
        return store.connection.total_changes - before + state(store.connection, statements)


def _machine_name(machine: Machine) -> Name:
    name = device_name(machine.name)
    return name if name.kind else mac_name(machine.macs[0])


def _owner(store: Identities, text: str) -> Name:
    """An owner is written as the person's key or as an account; a key that a list of people named goes first."""
    person = Name("person", text.lower())
    return person if store.known_id(person) else user_name(text)


def _take_leases(store: Identities, spool: Spool) -> int:
    names: set[Name] = set()
    called: set[tuple[Name, Name]] = set()
    for rows in spool.parts():
        some, pairs = names_of(rows)
        names |= some
        called |= pairs
    connection = store.connection
    (cache,) = connection.execute("pragma cache_size").fetchone()
    connection.execute(f"pragma cache_size = -{_CACHE_KIB}")
    connection.execute("pragma foreign_keys = off")  # to look each id up costs as much as to store its row
    try:
        ids: dict[tuple[str, str], str] = dict(store.ids_of(names).items())
        with writing(connection):
            new = sum(add_leases(connection, _held(ids, rows)) for rows in spool.parts())
            named = (Statement(ids[mac], NAMED, DATED, *ALWAYS, ids[name]) for mac, name in called)
            return new + state(connection, named)
    finally:
        connection.execute("pragma foreign_keys = on")
        connection.execute(f"pragma cache_size = {cache}")


def _held(ids: Mapping[tuple[str, str], str], rows: list[Row]) -> Iterator[tuple[str, int, int, str, int]]:
    """Leases as the store has them, in the order of `db.leases.Lease`."""
    for address, kind, text, _, since, until, event in rows:
        yield ids["address", address], since, event, ids[kind, text] if kind else "", until
