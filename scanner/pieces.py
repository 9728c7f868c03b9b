"""What was observed, cut into pieces: one service's instance, in one manner, by those of one business unit.

Nearly everybody leads to the same person and unit all the time, so sets of them are cut as they are stored. Only those
whom dated links lead elsewhere in between are followed day by day, and hour by hour on the days of a change."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import groupby, islice
from operator import itemgetter, or_

from shadowledger.db.bitsets import CHUNK_BITS, CHUNK_SIZE, members
from shadowledger.db.days import NO_DAY
from shadowledger.db.manners import API, PROGRAM
from shadowledger.db.numbering import number_of
from shadowledger.db.whoms import Strand, days_with_a_date, hours_by_whom, ids_in, strands, whoms_by_day, whoms_ever
from shadowledger.scanner.calendar import Calendar
from shadowledger.scanner.crowd import ALWAYS, Group, is_to_persons, kinds_of_people, sort_crowd
from shadowledger.scanner.days import DAY_US
from shadowledger.scanner.headcount import People, Tally
from shadowledger.scanner.people import Directory, Lead

_HOUR_US = DAY_US // 24
ADDRESS = "a"
"""What the ids of addresses begin with."""
_OF_PROGRAMS = frozenset((PROGRAM, API))
Units = tuple[str, ...]
Sets = dict[tuple[int, int], int]
"""By strand and chunk."""


class Piece:
    """What those of one unit did with one service's instance in one manner."""

    __slots__ = ("bits", "days", "is_named", "is_persons", "leads", "strand", "units", "visit_count")

    def __init__(self, strand: Strand, units: Units, *, is_persons: bool, is_named: bool) -> None:
        self.strand = strand
        self.units = units
        """Empty where no directory knows the unit; several where it says that they are of several."""
        self.is_persons = is_persons
        self.is_named = is_named
        """Whether an account or a machine is named, not an address alone."""
        """Of what programs did: whether those who are named are people; else they are machines of nobody."""
        self.bits: dict[int, int] = {}
        """Whom it names, as sets by chunk; all but those who lead elsewhere at different times."""
        self.leads: set[Lead] = set()
        """Where those led at the time."""
        self.days: set[int] = set()
        """Since 1970; without those that no source told."""
        self.visit_count = 0
        """On how many days each of those was there, added up."""


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
            ids = self.groups[chunk].ids
            for number in islice(members(bits), most):
                own = ids.get(number)
                found |= self.directory.lead(own, *ALWAYS).ends if own else {_nameless(chunk, number)}
        return frozenset(found)

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
    cutter = _Cutter(strands(connection), groups, directory)
    for strand, chunk in {**dated, **undated}:
        group = groups[chunk]
        without = undated.get((strand, chunk), 0)
        cutter.add(strand, chunk, dated.get((strand, chunk), 0) & ~group.changing | without & ~group.undated)
        for number in members(without & group.undated):
            cutter.take(strand, group.ids[number], group.apart[number])
    if days:
        _walk_days(connection, cutter, days)
    return Pieces(list(cutter.found.values()), groups, directory, lambda whom: number_of(connection, whom))


def _all_of(sets: Sets) -> dict[int, int]:
    """Sets united by chunk."""
    found: dict[int, int] = defaultdict(int)
    for (_, chunk), bits in sets.items():
        found[chunk] |= bits
    return found


class _Cutter:
    """Makes the pieces."""

    def __init__(self, known: Mapping[int, Strand], groups: Mapping[int, Group], directory: Directory) -> None:
        self.found: dict[tuple[int, Units, bool, bool], Piece] = {}
        self.groups = groups
        self.directory = directory
        self._kinds = kinds_of_people(directory)
        self._strands = known

    def add(self, strand: int, chunk: int, bits: int) -> None:
        """Take in members of a set who do not change."""
        for piece, part in self._cut(strand, chunk, bits):
            piece.bits[chunk] = piece.bits.get(chunk, 0) | part

    def on_day(self, day: int, strand: int, chunk: int, bits: int) -> None:
        """Note that members of a set were there on a day."""
        for piece, part in self._cut(strand, chunk, bits):
            piece.days.add(day)
            piece.visit_count += part.bit_count()

    def take(self, strand: int, own: str, lead: Lead, day: int = NO_DAY) -> Piece:
        """Take in one id that changes, as things stood at some time."""
        piece = self._piece(strand, lead.units, is_persons=is_to_persons(lead, self._kinds), is_named=own[0] != ADDRESS)
        piece.leads.add(lead)
        if day != NO_DAY:
            piece.days.add(day)
            piece.visit_count += 1
        return piece

    def _cut(self, strand: int, chunk: int, bits: int) -> Iterator[tuple[Piece, int]]:
        group = self.groups[chunk]
        is_named = group.kind != ADDRESS
        for units, part in _by_unit(group, bits):
            for is_persons, some in ((True, part & group.persons), (False, part & ~group.persons)):
                if some:
                    yield self._piece(strand, units, is_persons=is_persons, is_named=is_named), some

    def _piece(self, strand: int, units: Units, *, is_persons: bool, is_named: bool) -> Piece:
        of = self._strands[strand]
        is_persons |= of.manner not in _OF_PROGRAMS
        key = strand, units, is_persons, is_named or is_persons
        if key not in self.found:
            self.found[key] = Piece(of, units, is_persons=is_persons, is_named=key[3])
        return self.found[key]


def _by_unit(group: Group, bits: int) -> Iterator[tuple[Units, int]]:
    """The members of a set by their units."""
    if without := bits & ~group.with_units:
        yield (), without
    left = bits & group.with_units
    if left.bit_count() < len(group.units):
        by_units: dict[Units, int] = defaultdict(int)
        for number in members(left):
            by_units[group.units_at[number]] |= 1 << number
        yield from by_units.items()
        return
    for units, some in group.units.items():
        if part := left & some:
            yield units, part


def _walk_days(connection: sqlite3.Connection, cutter: _Cutter, days: tuple[int, int]) -> None:
    """Note who was there on which day. Those who change are taken in once for each time between two changes, and by the
    hour on the day of a change."""
    groups, directory = cutter.groups, cutter.directory
    calendar = Calendar(groups)
    leads: dict[str, Lead] = {}
    taken: dict[tuple[int, int], dict[Piece, int]] = defaultdict(dict)
    """Who were taken in since they changed last, and for which pieces; by strand and chunk."""
    for day, rows in groupby(whoms_by_day(connection, *days), key=itemgetter(0)):
        span = day * DAY_US, (day + 1) * DAY_US
        for chunk, changed in calendar.changed_since_last(day).items():
            for number in members(changed):
                leads.pop(groups[chunk].ids[number], None)
            for parts in (parts for key, parts in taken.items() if key[1] == chunk):
                parts.update({piece: part & ~changed for piece, part in parts.items()})
        by_hour: dict[int, dict[int, str]] = defaultdict(dict)
        """Of whom the hours matter on this day: ids by strand and number."""
        for _, strand, chunk, bits in rows:
            group, torn = groups[chunk], calendar.torn.get((day, chunk), 0)
            cutter.on_day(day, strand, chunk, bits & ~group.changing)
            parts = taken[strand, chunk]
            known = reduce(or_, parts.values(), 0)
            for number in members(bits & group.changing & ~torn & ~known):
                own = group.ids[number]
                piece = cutter.take(strand, own, leads.get(own) or leads.setdefault(own, directory.lead(own, *span)))
                parts[piece] = parts.get(piece, 0) | 1 << number
            for piece, part in parts.items():
                if there := bits & part & ~torn:
                    piece.days.add(day)
                    piece.visit_count += there.bit_count()
            for number in members(bits & torn):
                by_hour[strand][chunk << CHUNK_BITS | number] = group.ids[number]
        for strand, ids in by_hour.items():
            for whom, first, last in hours_by_whom(connection, day, strand):
                if own := ids.get(whom, ""):
                    cutter.take(strand, own, directory.lead(own, *_hours_of(span[0], first, last)), day)


def _hours_of(day_us: int, first: int | None, last: int) -> tuple[int, int]:
    """The time between two masks of hours, both included; the whole day where no source told hours."""
    if first is None:
        return day_us, day_us + DAY_US
    return day_us + (first.bit_length() - 1) * _HOUR_US, day_us + last.bit_length() * _HOUR_US
