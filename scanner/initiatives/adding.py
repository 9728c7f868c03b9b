"""Lines of the official list that people say one by one, of what was discovered or of what nobody saw."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from shadowledger.db import audit, declared
from shadowledger.db.decisions import decide
from shadowledger.db.declared import Declared, ListImport
from shadowledger.scanner.initiatives.importing import slug
from shadowledger.scanner.reconciliation.units import same_units

Links = Mapping[str, Collection[str]]
"""Discovered ids to the ids of the lines that people linked them to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a person said of one initiative. An empty text says nothing."""

    name: str = ""
    else_name: str = ""
    """What it is called where nobody gave it a name."""
    purpose: str = ""
    owner: str = ""
    status: str = ""
    units: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    discovered_id: str = ""
    """Empty for what nobody saw."""
    line_id: str = ""
    """The line that it was shown as, if any."""
    reason: str = ""
    """Where that was said."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of it."""

    added: list[Declared]
    changed: list[Declared]
    unchanged_count: int
    linked_count: int


def is_of_units(line: Declared, units: Sequence[str]) -> bool:
    """Whether a line may be of one of these units: the list says so, or names none."""
    return not line.business_units or bool(same_units(line.business_units, units))


def lines_of(said: Iterable[Said], before: Sequence[Declared], links: Links) -> list[tuple[Declared, Said]]:
    """The line that each becomes, new or one of those before with what was said of it."""
    known = {one.id: one for one in before}
    told = []
    for one in said:
        line = _line_before(one, known, {line.id for line in before}, links)
        if line is None:
            name = one.name or one.else_name
            line = Declared(id=_new_id(name, known), name=name, business_units=one.units, products=one.products)
        filled = {key: value for key in ("purpose", "owner", "status") if (value := getattr(one, key))}
        known[line.id] = replace(line, **filled)
        told.append((known[line.id], one))
    return told


def keep(
    connection: sqlite3.Connection, told: Sequence[tuple[Declared, Said]], links: Links, about: Mapping[str, str]
) -> Kept:
    """Store lines and link them to what was discovered, with who did it and when; `about` goes into the audit chain and
    has `action`, `file` and `sha256`. Raises UnusableError where the inventory cannot be written."""
    with declared.transaction(connection):
        before = {one.id: one for one in declared.current(connection)}
        after = {line.id: line for line, _ in told}
        added = [line for key, line in after.items() if key not in before]
        changed = [line for key, line in after.items() if key in before and before[key] != line]
        record = ListImport(
            file_name=about["file"],
            file_sha256=about["sha256"],
            mapping_name="",
            imported_at=datetime.now(UTC),
            added_count=len(added),
            changed_count=len(changed),
            removed_count=0,
            unchanged_count=len(before) - len(changed),
        )
        declared.save(connection, record, listed=(*added, *changed), removed=())
        new = [
            (line, one) for line, one in told if one.discovered_id and line.id not in links.get(one.discovered_id, ())
        ]
        for line, one in new:
            decide(connection, "link", one.discovered_id, line.id, one.reason)
        audit.record(connection, about["action"], {**about, "lines": sorted(after)})
    return Kept(added, changed, len(after) - len(added) - len(changed), len(new))


def _line_before(one: Said, known: Mapping[str, Declared], on_record: Collection[str], links: Links) -> Declared | None:
    """The line that is meant: of that name; linked, and of the unit that speaks; or what it was shown as."""
    if one.name:
        return next((line for key, line in known.items() if key in on_record and line.name == one.name), None)
    for key in sorted(links.get(one.discovered_id, ())):
        line = known.get(key)
        if line is not None and is_of_units(line, one.units):
            return line
    return known.get(one.line_id)


def _new_id(name: str, taken: Collection[str]) -> str:
    base = made = f"L-{slug(name)}"
    number = 1
    while made in taken:
        number += 1
        made = f"{base}-{number}"
    return made
