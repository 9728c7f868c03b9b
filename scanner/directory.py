"""Who is who, from a directory's exports: dated links between the ids of people, machines and addresses.

A person's account names, a machine's owner and an address's holder are each a link for a time, so that leases which
arrive after the logs still join."""

from __future__ import annotations

import csv
import datetime as dt
import io
import ipaddress
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from shadowledger.db.identities import ALWAYS_US, Identities, Link, add_links
from shadowledger.db.names import NOBODY, Name, address_name, bare_form, device_name, user_name
from shadowledger.db.transactions import writing

LARGEST_FILE_BYTES = 1 << 30
Row = dict[str, str]
Tie = tuple[Name, Name, int, int]
"""One name stands for another from, until (microseconds)."""


class FlawedDirectoryError(Exception):
    """A directory file that cannot be used; the text says where and what to do."""


def import_directory(store: Identities, file: Path, kind: str) -> tuple[int, int]:
    """Take in a CSV file of one of KINDS. Returns how many rows it has, and how many links are new.

    Raises FlawedDirectoryError with a sentence; nothing is stored then."""
    columns, take = KINDS[kind]
    rows = _rows(file, columns)
    return len(rows), take(store, rows)


def _rows(file: Path, columns: tuple[str, ...]) -> list[Row]:
    try:
        if file.stat().st_size > LARGEST_FILE_BYTES:
            raise FlawedDirectoryError(f"{file} is larger than 1 GiB; split it.")
        text = file.read_bytes().decode("utf-8-sig", "replace")
    except OSError as error:
        raise FlawedDirectoryError(f"{file} cannot be read: {error.strerror}.") from error
    try:
        dialect = csv.Sniffer().sniff(text[:8192], delimiters=",;\t")
    except csv.Error:
        dialect = csv.excel
    reader = csv.reader(io.StringIO(text, newline=""), dialect)
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        known = [name for name in header if name in columns]
        if not known:
            raise FlawedDirectoryError(f"{file} has no header with one of: {', '.join(columns)}.")
        return [
            {name: cell.strip() for name, cell in zip(header, cells, strict=False) if name in columns}
            for cells in reader
            if any(cell.strip() for cell in cells)
        ]
    except csv.Error as error:
        raise FlawedDirectoryError(f"{file}, line {reader.line_num}: {error}.") from error


def _moment(text: str, otherwise: int, row: int, column: str) -> int:
    """Microseconds of an ISO 8601 date or time; UTC where it names no zone."""
    if not text:
        return otherwise
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise FlawedDirectoryError(f"Row {row}: {column} '{text}' is no ISO 8601 time.") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


def _link_all(store: Identities, ties: Iterable[Tie], origin: str) -> int:
    wanted = [link for link in ties if link[0].kind and link[1].kind and link[0] != link[1]]
    ids = store.ids_of({name for link in wanted for name in link[:2]})
    rows: list[Link] = [(ids[one], ids[other], since, until, origin) for one, other, since, until in wanted]
    with writing(store.connection):
        return add_links(store.connection, rows)


def _bare_forms(names: Iterable[Name]) -> dict[Name, Name]:
    """Each name's shorter form, where nobody else in the same file has it too."""
    forms = {name: bare_form(name) for name in set(names) if name.kind}
    shared = Counter(forms.values())
    return {name: form for name, form in forms.items() if form != name and shared[form] == 1}


def _under(bare: dict[Name, Name], ties: list[Tie]) -> list[Tie]:
    return [(bare[one], other, since, until) for one, other, since, until in ties if one in bare]


def _people(store: Identities, rows: list[Row]) -> int:
    accounts: list[Tie] = []
    memberships = []
    for number, row in enumerate(rows, 2):
        since = _moment(row.get("valid_from", ""), 0, number, "valid_from")
        until = _moment(row.get("valid_to", ""), ALWAYS_US, number, "valid_to")
        names = [user_name(row.get(column, "")) for column in ("upn", "sam", "email")]
        first = next((name.text for name in names if name.kind), "")
        key = row.get("person") or first or row.get("name", "")
        if not key:
            raise FlawedDirectoryError(f"Row {number}: names nobody; person, upn, sam, email and name are all empty.")
        person = Name("person", key.lower())
        accounts += [(name, person, since, until) for name in names if name.kind]
        if row.get("unit") or row.get("site") or row.get("role"):
            memberships.append((person, row, since, until))
    bare = _bare_forms(account for account, *_ in accounts)
    new = _link_all(store, [*accounts, *_under(bare, accounts)], "people")
    ids = store.ids_of({person for person, *_ in memberships})
    with writing(store.connection):
        store.connection.executemany(
            "insert or ignore into membership values (?, ?, ?, ?, ?, ?)",
            (
                (ids[person], row.get("unit", ""), row.get("site", ""), row.get("role", ""), since, until)
                for person, row, since, until in memberships
            ),
        )
    return new


def _devices(store: Identities, rows: list[Row]) -> int:
    owned = [(device_name(row.get("device", "")), _owner(store, row.get("owner", "")), 0, ALWAYS_US) for row in rows]
    bare = _bare_forms(device for device, *_ in owned)
    return _link_all(store, [*owned, *_under(bare, owned)], "devices")


def _owner(store: Identities, text: str) -> Name:
    """An owner is written as the person's key or as an account; a key that the people file named goes first."""
    if not text:
        return NOBODY
    person = Name("person", text.lower())
    return person if store.known_id(person) else user_name(text)


def _leases(store: Identities, rows: list[Row]) -> int:
    links = []
    for number, row in enumerate(rows, 2):
        device = device_name(row.get("device", "")) if row.get("device") else device_name(row.get("mac", ""))
        since = _moment(row.get("start", ""), 0, number, "start")
        until = _moment(row.get("end", ""), ALWAYS_US, number, "end")
        links.append((address_name(row.get("address", "")), device, since, until))
    return _link_all(store, links, "leases")


def _subnets(store: Identities, rows: list[Row]) -> int:
    found = []
    for number, row in enumerate(rows, 2):
        try:
            found.append((str(ipaddress.ip_network(row.get("cidr", ""), strict=False)), row))
        except ValueError as error:
            raise FlawedDirectoryError(
                f"Row {number}: '{row.get('cidr', '')}' is no network such as 10.1.0.0/16."
            ) from error
    with writing(store.connection):
        before = store.connection.total_changes
        store.connection.executemany(
            "insert or replace into subnet values (?, ?, ?)",
            ((cidr, row.get("unit", ""), row.get("site", "")) for cidr, row in found),
        )
        return store.connection.total_changes - before


KINDS: dict[str, tuple[tuple[str, ...], Callable[[Identities, list[Row]], int]]] = {
    "people": (
        ("person", "upn", "sam", "email", "name", "unit", "site", "role", "valid_from", "valid_to"),
        _people,
    ),
    "devices": (("device", "owner", "unit"), _devices),
    "subnets": (("cidr", "unit", "site"), _subnets),
    "leases": (("address", "device", "mac", "start", "end"), _leases),
}
"""What a directory file may list: its columns, and what takes them in."""
