"""What was observed, cut: one service's instance, in one manner, by those of one business unit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from shadowledger.db.bitsets import members
from shadowledger.db.days import NO_DAY
from shadowledger.db.manners import API, PROGRAM
from shadowledger.db.whoms import Strand
from shadowledger.scanner.discovery.crowd import Group, is_to_persons, kinds_of_people
from shadowledger.scanner.people import Directory, Lead

ADDRESS = "a"
"""What the ids of addresses begin with."""
_OF_PROGRAMS = frozenset((PROGRAM, API))
Units = tuple[str, ...]


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


class Cutter:
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

    def take(self, strand: int, own: str, lead: Lead, day: int = NO_DAY) -> Piece:
        """Take in one id that changes, as things stood at some time."""
        piece = self.piece(strand, lead.units, is_persons=is_to_persons(lead, self._kinds), is_named=own[0] != ADDRESS)
        piece.leads.add(lead)
        if day != NO_DAY:
            piece.days.add(day)
            piece.visit_count += 1
        return piece

    def _cut(self, strand: int, chunk: int, bits: int) -> Iterator[tuple[Piece, int]]:
        group = self.groups[chunk]
        for units, part in _by_unit(group, bits):
            for is_persons, some in ((True, part & group.persons), (False, part & ~group.persons)):
                if some:
                    yield self.piece(strand, units, is_persons=is_persons, is_named=group.kind != ADDRESS), some

    def piece(self, strand: int, units: Units, *, is_persons: bool, is_named: bool) -> Piece:
        """The one of some unit."""
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
