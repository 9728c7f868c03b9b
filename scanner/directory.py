"""Who is who, from a directory's exports: dated links between the ids of people, machines and addresses.

A person's account names, a machine's owner and an address's holder are each a link for a time, so that leases which
arrive after the logs still join."""

from __future__ import annotations

import codecs
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

LARGEST_FILE_BYTES = 128 << 20
LINE = "#"
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DAY_US = 86_400_000_000
Row = dict[str, str]
Tie = tuple[Name, Name, int, int]
"""One name stands for another from, until (microseconds)."""
Member = tuple[Name, Row, int, int]
"""Who belongs to the unit, site and role of a row from, until (microseconds)."""


class FlawedDirectoryError(Exception):
    """A directory file that cannot be used; the text says where and what to do."""


def import_directory(store: Identities, file: Path, kind: str) -> tuple[int, int]:
    """Take in a CSV file of one of KINDS. Returns how many rows it has, and how many links are new.

    Raises FlawedDirectoryError with a sentence; nothing is stored then."""
    columns, take = KINDS[kind]
    rows = _rows(file, columns)
    return len(rows), take(store, rows)


def _rows(file: Path, columns: tuple[str, ...]) -> list[Row]:
    """The rows with anything in the columns that are known; their number in the file is under LINE."""
    text = _text(file)
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        known = [name for name in header if name in columns]
        if not known:
            raise FlawedDirectoryError(f"{file} has no header with one of: {', '.join(columns)}.")
        return [
            {name: cell.strip() for name, cell in zip(header, cells, strict=False) if name in columns}
            | {LINE: str(reader.line_num)}
            for cells in reader
            if any(cell.strip() for cell in cells)
        ]
    except csv.Error as error:
        raise FlawedDirectoryError(f"{file}, line {reader.line_num}: {error}.") from error


def _text(file: Path) -> str:
    """A file's text: UTF-8, UTF-16 with its mark, or else Windows-1252, as spreadsheets of Western Europe save it."""
    try:
        with file.open("rb") as source:
            data = source.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        raise FlawedDirectoryError(f"{file} cannot be read: {error.strerror}.") from error
    if len(data) > LARGEST_FILE_BYTES:
        raise FlawedDirectoryError(f"{file} is larger than {LARGEST_FILE_BYTES >> 20} MiB; split it.")
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise FlawedDirectoryError(f"{file} is no text; export it as CSV in UTF-8.")


def _times(row: Row, first: str, last: str) -> tuple[int, int]:
    """Microseconds from (inclusive) and until (exclusive), of ISO 8601 dates or times; UTC where they name no zone.
    An end that is a mere date takes in that day."""
    since, until = _moment(row, first, 0), _moment(row, last, ALWAYS_US)
    if until != ALWAYS_US and ":" not in row[last] and "T" not in row[last].upper():
        until += _DAY_US
    if until < since:
        raise FlawedDirectoryError(f"Row {row[LINE]}: {last} '{row.get(last)}' lies before {first}.")
    return since, until


def _moment(row: Row, column: str, otherwise: int) -> int:
    text = row.get(column, "")
    if not text:
        return otherwise
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise FlawedDirectoryError(f"Row {row[LINE]}: {column} '{text}' is no ISO 8601 time.") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return (moment - _EPOCH) // dt.timedelta(microseconds=1)


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
    members: list[Member] = []
    for row in rows:
        since, until = _times(row, "valid_from", "valid_to")
        names = [user_name(row.get(column, "")) for column in ("upn", "sam", "email")]
        first = next((name.text for name in names if name.kind), "")
        key = row.get("person") or first or row.get("name", "")
        if not key:
            raise FlawedDirectoryError(
                f"Row {row[LINE]}: names nobody; person, upn, sam, email and name are all empty."
            )
        person = Name("person", key.lower())
        if store.known_id(own := user_name(key)):  # an owner of devices that were imported before
            names.append(own)
        accounts += [(name, person, since, until) for name in names if name.kind]
        members.append((person, row, since, until))
    bare = _bare_forms(account for account, *_ in accounts)
    new = _link_all(store, [*accounts, *_under(bare, accounts)], "people")
    _join_units(store, members)
    return new


def _devices(store: Identities, rows: list[Row]) -> int:
    owned: list[Tie] = []
    members: list[Member] = []
    for row in rows:
        device = device_name(row.get("device", ""))
        if not device.kind:
            raise FlawedDirectoryError(f"Row {row[LINE]}: names no device.")
        owned.append((device, _owner(store, row.get("owner", "")), 0, ALWAYS_US))
        members.append((device, row, 0, ALWAYS_US))
    bare = _bare_forms(device for device, *_ in owned)
    new = _link_all(store, [*owned, *_under(bare, owned)], "devices")
    _join_units(store, members)
    return new


def _join_units(store: Identities, members: list[Member]) -> None:
    told = [member for member in members if any(member[1].get(column) for column in ("unit", "site", "role"))]
    ids = store.ids_of({name for name, *_ in told})
    with writing(store.connection):
        store.connection.executemany(
            "insert or ignore into membership values (?, ?, ?, ?, ?, ?)",
            (
                (ids[name], row.get("unit", ""), row.get("site", ""), row.get("role", ""), since, until)
                for name, row, since, until in told
            ),
        )


def _owner(store: Identities, text: str) -> Name:
    """An owner is written as the person's key or as an account; a key that the people file named goes first."""
    if not text:
        return NOBODY
    person = Name("person", text.lower())
    return person if store.known_id(person) else user_name(text)


def _leases(store: Identities, rows: list[Row]) -> int:
    links = []
    for row in rows:
        device = device_name(row.get("device") or row.get("mac", ""))
        address = address_name(row.get("address", ""))
        if not device.kind or not address.kind:
            raise FlawedDirectoryError(f"Row {row[LINE]}: a lease needs an address, and a device or a mac.")
        links.append((address, device, *_times(row, "start", "end")))
    return _link_all(store, links, "leases")


def _subnets(store: Identities, rows: list[Row]) -> int:
    found = []
    for row in rows:
        try:
            found.append((str(ipaddress.ip_network(row.get("cidr", ""), strict=False)), row))
        except ValueError as error:
            raise FlawedDirectoryError(
                f"Row {row[LINE]}: '{row.get('cidr', '')}' is no network such as 10.1.0.0/16."
            ) from error
    with writing(store.connection):
        before = store.connection.total_changes
        store.connection.executemany(
            "insert or replace into subnet values (?, 0, 4611686018427387904, ?, ?, '')",
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
