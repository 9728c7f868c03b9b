"""What was observed, cut into pieces: one service's instance, in one manner, by those of one business unit.

Nearly everybody leads to the same person and unit all the time, so sets of them are cut as they are stored. Only those
whom dated links lead elsewhere in between are followed day by day, and hour by hour on the days of a change."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from itertools import islice

from shadowledger.db.bitsets import CHUNK_SIZE, members
from shadowledger.db.days import NO_DAY
from shadowledger.db.numbering import number_of
from shadowledger.db.whoms import days_with_a_date, ids_in, strands, whoms_by_day, whoms_ever
from shadowledger.scanner.days import DAY_US
from shadowledger.scanner.discovery.crowd import ALWAYS, Group, sort_crowd
from shadowledger.scanner.discovery.cutting import Cutter, Piece
from shadowledger.scanner.discovery.headcount import People, Tally
from shadowledger.scanner.discovery.visits import note_visits
from shadowledger.scanner.people import Directory

Sets = dict[tuple[int, int], int]
"""By strand and chunk."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """All of them, with what is needed to count people behind several together."""

    all: list[Piece]
    groups: Mapping[int, Group]
    """By chunk."""
    directory: Directory
    number_of: Callable[[str], int]
    """Of an id; 0 where there is none."""

    def count(self, some: Collection[Piece]) -> People:
        """How many people are behind pieces together."""
        tally = Tally()
        for chunk, bits in _sets(some).items():
            tally.add(self.groups[chunk], bits)
        for lead in {lead for piece in some for lead in piece.leads}:
            tally.take(lead)
        return tally.count(self.directory)

    def whoms(self, some: Collection[Piece], most: int = CHUNK_SIZE) -> frozenset[str]:
        """Who is behind pieces, one by one: ids where the directory knows any, else what tells them apart. Of each
        chunk the first `most`."""
        found = {end for piece in some for lead in piece.leads for end in lead.ends}
        for chunk, bits in _sets(some).items():
            ends = self.groups[chunk].ends_ever
            for number in islice(members(bits), most):
                found |= ends[number] if number in ends else {_nameless(chunk, number)}
        return frozenset(found)

    def size(self, some: Collection[Piece]) -> int:
        """How many ids are behind pieces, those who change apart."""
        return sum(bits.bit_count() for bits in _sets(some).values())

    def ids(self, connection: sqlite3.Connection, some: Collection[Piece]) -> frozenset[str]:
        """All ids of the identities store under which records name those behind pieces."""
        found = {one for piece in some for lead in piece.leads for one in lead.met}
        for chunk, bits in _sets(some).items():
            ids = dict(ids_in(connection, chunk))
            found.update(ids[number] for number in members(bits))
        return frozenset(found)

    def ends_of(self, whom_id: str) -> frozenset[str]:
        """Who is behind an id of the identities store, as `whoms` has it; empty where nothing was observed of it."""
        if whom_id in self.directory.known_ids():
            return self.directory.lead(whom_id, *ALWAYS).ends
        number = self.number_of(whom_id)
        return frozenset((_nameless(*divmod(number, CHUNK_SIZE)),) if number > 0 else ())


def _nameless(chunk: int, number: int) -> str:
    return f"{chunk}:{number}"


def _sets(some: Collection[Piece]) -> dict[int, int]:
    """Whom pieces name, as sets by chunk."""
    found: dict[int, int] = defaultdict(int)
    for piece in some:
        for chunk, bits in piece.bits.items():
            found[chunk] |= bits
    return found


def pieces(connection: sqlite3.Connection, directory: Directory) -> Pieces:
    """Cut everything that names anybody."""
    days = days_with_a_date(connection)
    span = (days[0] * DAY_US, (days[1] + 1) * DAY_US) if days else ALWAYS
    dated: Sets = {(strand, chunk): bits for strand, chunk, bits in whoms_ever(connection)}
    undated: Sets = {(strand, chunk): bits for _, strand, chunk, bits in whoms_by_day(connection, NO_DAY, NO_DAY)}
    groups = sort_crowd(connection, directory, _all_of(dated), _all_of(undated), span)
    cutter = Cutter(strands(connection), groups, directory)
    for strand, chunk in {**dated, **undated}:
        group = groups[chunk]
        without = undated.get((strand, chunk), 0)
        cutter.add(strand, chunk, dated.get((strand, chunk), 0) & ~group.changing | without & ~group.undated)
        for number in members(without & group.undated):
            cutter.take(strand, group.ids[number], group.apart[number])
    if days:
        note_visits(connection, cutter, days)
    return Pieces(list(cutter.found.values()), groups, directory, lambda whom: number_of(connection, whom))


def _all_of(sets: Sets) -> dict[int, int]:
    """Sets united by chunk."""
    found: dict[int, int] = defaultdict(int)
    for (_, chunk), bits in sets.items():
        found[chunk] |= bits
    return found
