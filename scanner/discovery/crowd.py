"""Everybody whom records name, sorted by how they are to be counted: most as members of sets, the others one by one."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from shadowledger.db.bitsets import CHUNK_SIZE, bits_of, members
from shadowledger.db.identities import ACCOUNTS, ALWAYS_US, PERSON
from shadowledger.db.whoms import chunk_kinds, ids_in
from shadowledger.scanner.people import Directory, Lead

Span = tuple[int, int]
"""Microseconds from (inclusive) and until (exclusive)."""
ALWAYS: Span = (0, ALWAYS_US)
_SEVERAL = ""


class Group:
    """A chunk's members. The sets are of those that were seen, and only `known` overlaps the others."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        """What all their ids begin with."""
        self.ids: dict[int, str] = {}
        """Of those of whom the directory knows something."""
        self.ends_ever: dict[int, frozenset[str]] = {}
        """Where these lead, at any time."""
        self.known = 0
        """The same as a set; the others lead to themselves, and nobody leads to them."""
        self.alone: dict[str, int] = {}
        """To whose end no other id leads, at any time: sets by the kind of the end."""
        self.joined = 0
        """Who lead to one person or account, as others do."""
        self.ends: list[str] = []
        """Of the joined, by number."""
        self.others: dict[int, Lead] = {}
        self.other = 0
        """Who lead to several, or to nobody known, as others do."""
        self.changes: dict[int, frozenset[int]] = {}
        """When those do who lead elsewhere, or are of another unit, at different times; microseconds."""
        self.changing = 0
        self.apart: dict[int, Lead] = {}
        self.undated = 0
        """Who lead elsewhere, or to more, where a record has no date."""
        self.units: dict[tuple[str, ...], int] = {}
        """Sets of those who belong to these units all the time."""
        self.units_at: dict[int, tuple[str, ...]] = {}
        self.with_units = 0
        self.persons = 0
        """Who lead to people all the time; see `kinds_of_people`. Those who change are not in it."""


class _Met(NamedTuple):
    """One of whom the directory knows something, and where the id leads."""

    group: Group
    number: int
    lead: Lead
    undated: Lead | None
    """The same where a record has no date; None where no such record names it."""

    @property
    def is_apart(self) -> bool:
        """Whether records without a date are to be asked on their own."""
        if self.undated is None:
            return False
        return bool(self.lead.changes_us) or (self.undated.ends, self.undated.units) != (
            self.lead.ends,
            self.lead.units,
        )


class _Sorted:
    """Numbers by set, before they become bits."""

    def __init__(self) -> None:
        self.alone: dict[str, list[int]] = defaultdict(list)
        self.joined: list[int] = []
        self.units: dict[tuple[str, ...], list[int]] = defaultdict(list)


def sort_crowd(
    connection: sqlite3.Connection,
    directory: Directory,
    dated: Mapping[int, int],
    undated: Mapping[int, int],
    span: Span,
) -> dict[int, Group]:
    """Groups by chunk, from the sets by chunk of those whom records with and without a date name. `span` is the time of
    those with a date."""
    kinds = chunk_kinds(connection)
    groups = {chunk: Group(kinds[chunk]) for chunk in {*dated, *undated}}
    met = []
    known = directory.known_ids()
    for chunk, group in groups.items() if known else ():
        ids = dict(ids_in(connection, chunk))
        without = set(members(undated.get(chunk, 0)))
        for number in members(dated.get(chunk, 0) | undated.get(chunk, 0)):
            if ids[number] in known:
                group.ids[number] = own = ids[number]
                whole = directory.lead(own, *ALWAYS)
                lead = directory.lead(own, *span) if whole.changes_us else whole
                group.ends_ever[number] = whole.ends
                met.append(_Met(group, number, lead, whole if number in without else None))
    _sort(met, _owners(met, directory), directory)
    for chunk, group in groups.items():
        group.persons = _persons(group, dated.get(chunk, 0) | undated.get(chunk, 0), kinds_of_people(directory))
    return groups


def kinds_of_people(directory: Directory) -> frozenset[str]:
    """What the ids of people begin with. Where a directory knows people, an account that it does not know is taken for
    a program's; where it knows none, every account may be a person's."""
    knows_people = any(one[0] == PERSON for one in directory.known_ids())
    return frozenset((PERSON,) if knows_people else (PERSON, *ACCOUNTS))


def is_to_persons(lead: Lead, kinds: frozenset[str]) -> bool:
    """Whether all ends are people's."""
    return all(end[0] in kinds for end in lead.ends)


def _persons(group: Group, bits: int, kinds: frozenset[str]) -> int:
    found = bits & ~group.known if group.kind in kinds else 0
    for kind, some in group.alone.items():
        if kind in kinds:
            found |= some
    joined = (number for number in members(group.joined) if group.ends[number][0] in kinds)
    return found | bits_of([*joined, *(number for number, lead in group.others.items() if is_to_persons(lead, kinds))])


def _owners(met: Iterable[_Met], directory: Directory) -> dict[str, str]:
    """Every id that is met on the way to an end, in its shorter form, to the one id that leads there; _SEVERAL where it
    is not one."""
    owners: dict[str, str] = {}
    for one in met:
        own = one.group.ids[one.number]
        on_the_way = one.lead.met | one.undated.met if one.undated else one.lead.met
        for form in map(directory.bare_form, on_the_way):
            if owners.setdefault(form, own) != own:
                owners[form] = _SEVERAL
    return owners


def _sort(met: Iterable[_Met], owners: Mapping[str, str], directory: Directory) -> None:
    found: dict[Group, _Sorted] = defaultdict(_Sorted)
    for one in met:
        group, number, lead, undated = one
        numbers = found[group]
        if one.is_apart and undated is not None:
            group.apart[number] = undated
        if lead.changes_us:
            group.changes[number] = lead.changes_us
            continue
        (end, *more) = lead.ends
        if lead.units:
            numbers.units[lead.units].append(number)
            group.units_at[number] = lead.units
        if not more and not one.is_apart and not lead.shared and owners[directory.bare_form(end)] != _SEVERAL:
            numbers.alone[end[0] if lead.is_to_somebody else ""].append(number)
        elif not more and lead.is_to_somebody:
            group.ends = group.ends or [""] * CHUNK_SIZE
            group.ends[number] = end
            numbers.joined.append(number)
        else:
            group.others[number] = lead
    for group, numbers in found.items():
        group.known, group.other, group.undated = bits_of(group.ids), bits_of(group.others), bits_of(group.apart)
        group.with_units = bits_of(group.units_at)
        group.joined, group.changing = bits_of(numbers.joined), bits_of(group.changes)
        group.alone = {kind: bits_of(some) for kind, some in numbers.alone.items()}
        group.units = {units: bits_of(some) for units, some in numbers.units.items()}
