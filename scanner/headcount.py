"""How many people stand behind what was observed: a lower and an upper bound, never a wrong name. One person met in
four channels is one."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from shadowledger.db.bitsets import members, pick
from shadowledger.db.identities import ACCOUNTS, PERSON
from shadowledger.scanner.crowd import Group
from shadowledger.scanner.people import Directory, Lead
from shadowledger.scanner.pieces import Piece, Pieces, pieces

_SOMEBODY = (PERSON, *ACCOUNTS)


class People(NamedTuple):
    """Bounds on a number of distinct people."""

    low: int
    high: int


class HeadCount(NamedTuple):
    """Who stands behind what was observed."""

    people: People
    units: tuple[str, ...]
    """The business units of those who are certain, in order."""


NOBODY = HeadCount(People(0, 0), ())


def count_people(some: Iterable[Piece], of: Pieces) -> People:
    """How many people are behind pieces together."""
    tally = _Tally()
    sets: dict[int, int] = defaultdict(int)
    for piece in some:
        for chunk, bits in piece.bits.items():
            sets[chunk] |= bits
        for lead in piece.leads:
            tally.take(lead)
    for chunk, bits in sets.items():
        tally.add(of.groups[chunk], bits)
    return tally.count(of.directory)


def head_counts(connection: sqlite3.Connection, directory: Directory) -> dict[tuple[str, str], HeadCount]:
    """The head count of every service's instance that names anybody, in whatever manner."""
    found = pieces(connection, directory)
    by_instance: Mapping[tuple[str, str], list[Piece]] = defaultdict(list)
    for piece in found.all:
        by_instance[piece.strand.service_id, piece.strand.instance].append(piece)
    return {
        key: HeadCount(count_people(some, found), tuple(sorted({unit for piece in some for unit in piece.units})))
        for key, some in by_instance.items()
    }


class _Tally:
    """Certain are those to whom an id leads without a choice; an address or machine that leads to nobody, or to several
    at that time, may hide one more person, or one of the others."""

    __slots__ = ("alone", "certain", "nobodies", "possible")

    def __init__(self) -> None:
        self.alone: Counter[str] = Counter()
        """Ends that no other id leads to, by their kind; empty for nobody known. They are only counted."""
        self.certain: set[str] = set()
        self.possible: set[str] = set()
        self.nobodies: set[str] = set()

    def add(self, group: Group, bits: int) -> None:
        """Take in members of a group, none of whom change."""
        self.alone[group.kind if group.kind in _SOMEBODY else ""] += (bits & ~group.known).bit_count()
        for kind, some in group.alone.items():
            self.alone[kind] += (bits & some).bit_count()
        self.certain.update(pick(group.ends, bits & group.joined))
        for number in members(bits & group.other):
            self.take(group.others[number])

    def take(self, lead: Lead) -> None:
        """Take in one by one."""
        if not lead.is_to_somebody:
            self.nobodies |= lead.ends
        elif len(lead.ends) == 1:
            self.certain |= lead.ends
        else:
            self.possible |= lead.ends

    def count(self, directory: Directory) -> People:
        """Accounts of different kinds that no directory joins (`ada`, `ada@x.example`), or of one shorter form
        (`corp\\ada`, `ada`), may be one person's."""
        high = self.alone.total() + len(self.certain | self.possible | self.nobodies)
        kinds = self.alone + Counter(one[0] for one in set(map(directory.bare_form, self.certain)))
        low = kinds[PERSON] + max(kinds[account] for account in ACCOUNTS)
        return People(max(low, 1 if high else 0), high)
