"""The official list as it was imported: every initiative with all its revisions. Nothing here is ever overwritten."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal

import msgspec

from shadowledger.db.errors import UnusableError

STATUSES = ("idea", "poc", "pilot", "production", "stopped")


@dataclass(frozen=True, slots=True)
class Amount:
    """Money as the list states it. Currencies are never converted, so amounts are summed only within one."""

    value: Decimal
    currency: str = ""
    """ISO 4217 code; empty where the list names none."""

    def __str__(self) -> str:
        """Read back by an import as the same amount: `1.200`, which could be a thousand, is written `1.2000`."""
        digits = f"{self.value:f}"
        if len(digits.partition(".")[2]) == 3:
            digits += "0"
        return f"{digits} {self.currency}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One line of the official list. An empty text or tuple, and None, mean that the list does not say."""

    id: str
    name: str
    purpose: str = ""
    owner: str = ""
    business_units: tuple[str, ...] = ()
    status: str = ""
    """One of STATUSES, or empty."""
    products: tuple[str, ...] = ()
    """Vendor and product names as people write them."""
    hosts: tuple[str, ...] = ()
    """Clean host names: lower case, no scheme, port or path."""
    processes: tuple[str, ...] = ()
    on_platform: bool | None = None
    """Whether it runs on the organization's shared AI platform."""
    approved_until: date | None = None
    """The last day of the approval."""
    idea_on: date | None = None
    poc_on: date | None = None
    production_on: date | None = None
    expected_users: int | None = None
    licences: int | None = None
    cost_poc: Amount | None = None
    cost_build: Amount | None = None
    cost_run_per_year: Amount | None = None
    value_per_year: Amount | None = None
    kpi: str = ""
    """What the value is measured by, with its baseline."""
    data_readiness: str = ""
    monitored: bool | None = None
    fallback: str = ""
    """What is done when it fails: `no` where nothing is, else `yes` or a description."""
    users_in_design: bool | None = None


FIELDS = tuple(field.name for field in fields(Declared))
"""The template's columns, in its order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListImport:
    """One import of a list file, with what it did."""

    file_name: str
    file_sha256: str
    mapping_name: str
    """Empty where no list was read, but people said it one by one."""
    imported_at: datetime
    added_count: int
    changed_count: int
    removed_count: int
    unchanged_count: int


@dataclass(frozen=True, slots=True)
class Revision:
    """What the list said of one initiative from `recorded_at` on."""

    number: int
    recorded_at: datetime
    listed: bool
    """False where the import no longer had the initiative; its fields are then those it had last."""
    file_name: str
    declared: Declared


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Hold the write lock: all that is written inside is stored at its end, or nothing. Raises UnusableError where
    the lock or the disk is not to be had."""
    try:
        with connection:
            connection.execute("begin immediate")
            yield
    except sqlite3.OperationalError as error:
        raise UnusableError(f"The inventory could not be written: {error}. Nothing was stored.") from error


def current(connection: sqlite3.Connection) -> list[Declared]:
    """Every initiative on the list as it stands, by id."""
    rows = connection.execute(
        "select fields from (select id, listed, fields, max(revision) from declared group by id) "
        "where listed = 1 order by id"
    )
    return [_decoded(stored) for (stored,) in rows]


def history(connection: sqlite3.Connection, initiative_id: str) -> list[Revision]:
    """All revisions of one initiative, the first one first; empty where it was never on the list."""
    rows = connection.execute(
        "select revision, recorded_at, listed, coalesce(file_name, ''), fields from declared "
        "left join list_import on list_import.id = import_id where declared.id = ? order by revision",
        (initiative_id,),
    )
    return [
        Revision(number, datetime.fromisoformat(at), listed == 1, file_name, _decoded(stored))
        for number, at, listed, file_name, stored in rows
    ]


def save(
    connection: sqlite3.Connection, about: ListImport, *, listed: Iterable[Declared], removed: Iterable[Declared]
) -> None:
    """Record an import inside the caller's `transaction`: a revision for each initiative that is new or changed
    (`listed`) and for each that the file no longer has (`removed`)."""
    at = about.imported_at.isoformat(timespec="seconds")
    counts = (about.added_count, about.changed_count, about.removed_count, about.unchanged_count)
    import_id = connection.execute(
        "insert into list_import (file_name, file_sha256, mapping_name, imported_at, added_count, changed_count, "
        "removed_count, unchanged_count) values (?, ?, ?, ?, ?, ?, ?, ?)",
        (about.file_name, about.file_sha256, about.mapping_name, at, *counts),
    ).lastrowid
    for state, initiatives in ((1, listed), (0, removed)):
        connection.executemany(
            "insert into declared (id, revision, import_id, recorded_at, listed, fields) "
            "select ?1, coalesce(max(revision), 0) + 1, ?2, ?3, ?4, ?5 from declared where id = ?1",
            ((one.id, import_id, at, state, msgspec.json.encode(one).decode()) for one in initiatives),
        )


def said_by_hand(connection: sqlite3.Connection) -> frozenset[str]:
    """The ids of initiatives that no list file ever had: people said them one by one."""
    rows = connection.execute(
        "select declared.id from declared left join list_import on list_import.id = import_id group by declared.id "
        "having max(coalesce(mapping_name, '') != '') = 0"
    )
    return frozenset(key for (key,) in rows)


def mappings(connection: sqlite3.Connection) -> dict[str, str]:
    """The saved mappings: name to the JSON text its owner keeps."""
    return dict(connection.execute("select name, mapping from list_mapping order by name"))


def save_mapping(connection: sqlite3.Connection, name: str, mapping: str, saved_at: datetime) -> None:
    """Keep a mapping under its name, in place of the one before."""
    connection.execute(
        "insert into list_mapping (name, mapping, saved_at) values (?, ?, ?) "
        "on conflict (name) do update set mapping = excluded.mapping, saved_at = excluded.saved_at",
        (name, mapping, saved_at.isoformat(timespec="seconds")),
    )


def _decoded(stored: str) -> Declared:
    try:
        return msgspec.json.decode(stored, type=Declared)
    except msgspec.DecodeError as error:
        raise UnusableError(f"The inventory holds an initiative that cannot be read: {error}.") from error
