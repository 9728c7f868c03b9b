"""Who used initiatives in each of several periods: crowds filled from the sets of days, and counted at the end."""

from __future__ import annotations

import sqlite3
import sys
from array import array
from collections import defaultdict, deque
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from shadowledger.db.bitsets import BITMAP_BYTES, CHUNK_BITS, bits_of, members, unpack
from shadowledger.db.identities import ACCOUNTS, PERSON
from shadowledger.db.manners import API, PEOPLE, PROGRAM
from shadowledger.db.whoms import hours_by_whom, strands
from shadowledger.scanner.days import DAY_US
from shadowledger.scanner.discovery.calendar import Calendar
from shadowledger.scanner.discovery.crowd import Group, is_to_persons, kinds_of_people
from shadowledger.scanner.discovery.cutting import ADDRESS
from shadowledger.scanner.discovery.gathering import Gathering
from shadowledger.scanner.discovery.headcount import People, Tally
from shadowledger.scanner.discovery.pieces import Pieces
from shadowledger.scanner.people import Lead

USED = frozenset((PEOPLE, PROGRAM, API))
_SOMEBODY = (PERSON, *ACCOUNTS)
_HOUR_US = DAY_US // 24
Active = dict[tuple[str, int], People]
"""By initiative and first day of the period; without those in which nobody was seen."""


class _Target(NamedTuple):
    """Where a strand's people are counted."""

    initiative: str
    is_certain: bool
    """Whether they are people; behind an address that only a program used there may be one or none."""


class _Crowd:
    """Those who used one initiative in one period."""

    __slots__ = ("bits", "leads", "stored")

    def __init__(self) -> None:
        self.stored: dict[int, list[bytes]] = defaultdict(list)
        """By chunk, sets as they are stored: united at the end, which takes a fifth of the time."""
        self.bits: dict[int, int] = defaultdict(int)
        self.leads: set[Lead] = set()

    def tell(self, tally: Tally, groups: Mapping[int, Group]) -> None:
        """Count them in."""
        for chunk in self.stored.keys() | self.bits.keys():
            group, bits, some = groups[chunk], self.bits.get(chunk, 0), self.stored.get(chunk, ())
            if group.known or bits or any(len(one) == BITMAP_BYTES for one in some):
                tally.add(group, bits | _united(some))
            else:
                tally.alone[group.kind if group.kind in _SOMEBODY else ""] += len(_listed_in(some))
        for lead in self.leads:
            tally.take(lead)


def _listed_in(some: Collection[bytes]) -> set[int]:
    """The members of those of several sets that are stored as lists of 16-bit numbers."""
    numbers = array("H", b"".join(one for one in some if len(one) != BITMAP_BYTES))
    if sys.byteorder != "little":
        numbers.byteswap()
    return set(numbers)


def _united(some: Collection[bytes]) -> int:
    bits = 0
    for one in some:
        if len(one) == BITMAP_BYTES:
            bits |= unpack(one)
    numbers = _listed_in(some)
    return bits | bits_of(numbers) if numbers else bits


class Turnout:
    """Fills the crowds of all initiatives and periods."""

    def __init__(self, connection: sqlite3.Connection, crowd: Pieces, some: Mapping[str, Gathering]) -> None:
        self._connection = connection
        self._groups, self._directory = crowd.groups, crowd.directory
        self._kinds = kinds_of_people(crowd.directory)
        self._torn = Calendar(crowd.groups).torn
        known = strands(connection)
        self._of_programs = {number for number, strand in known.items() if strand.manner in (PROGRAM, API)}
        numbers = {strand: number for number, strand in known.items()}
        owners = {id(piece): key for key, one in some.items() for piece in one.pieces}
        self.by_strand: dict[int, dict[tuple[object, ...], _Target]] = defaultdict(dict)
        """Of use alone: by units, whether people are named, and whether anybody is."""
        self._parts: dict[tuple[int, int], list[tuple[int, _Target | None]]] = defaultdict(list)
        """Members, and where they are counted; by strand and chunk."""
        for piece in crowd.all:
            if piece.strand.manner not in USED:
                continue
            strand, owner = numbers[piece.strand], owners.get(id(piece))
            is_counted = owner is not None and (piece.is_persons or not piece.is_named)
            target = _Target(owner, piece.is_persons) if owner is not None and is_counted else None
            if target is not None:
                self.by_strand[strand][piece.units, piece.is_persons, piece.is_named] = target
            for chunk, bits in piece.bits.items():
                self._parts[strand, chunk].append((bits, target))
        self._crowds: dict[tuple[int, _Target], _Crowd] = defaultdict(_Crowd)
        self._waiting: dict[tuple[int, int, int], list[bytes]] = defaultdict(list)
        """Stored sets by period, strand and chunk."""
        self.changing = frozenset(chunk for chunk, group in crowd.groups.items() if group.changing)
        """Chunks some of whose members have to be followed day by day."""

    def place(self, at: int, strand: int, chunk: int) -> list[bytes] | deque[bytes]:
        """Where stored sets are put whose members were there in one period, to be told apart at the end."""
        if strand not in self.by_strand:
            return deque(maxlen=0)
        parts = self._parts[strand, chunk]
        if len(parts) != 1 or self._groups[chunk].changing:
            return self._waiting[at, strand, chunk]
        target = parts[0][1]
        return deque(maxlen=0) if target is None else self._crowds[at, target].stored[chunk]

    def _tell_apart(self, at: int, strand: int, chunk: int, bits: int) -> None:
        for some, target in self._parts[strand, chunk]:
            if target is not None and (part := bits & some):
                self._crowds[at, target].bits[chunk] |= part

    def add(self, at: int, day: int, strand: int, chunk: int, bits: int) -> None:
        """Take in a set, all of whom were there in one period."""
        self._tell_apart(at, strand, chunk, bits)
        self.follow(at, day, strand, chunk, bits)

    def follow(self, at: int, day: int, strand: int, chunk: int, bits: int) -> None:
        """Take in those of a set who lead elsewhere at different times."""
        if changing := bits & self._groups[chunk].changing:
            for own, lead in self._leads(day, strand, chunk, changing):
                is_persons = is_to_persons(lead, self._kinds) or strand not in self._of_programs
                key = lead.units, is_persons, is_persons or own[0] != ADDRESS
                if (target := self.by_strand[strand].get(key)) is not None:
                    self._crowds[at, target].leads.add(lead)

    def _leads(self, day: int, strand: int, chunk: int, bits: int) -> Iterator[tuple[str, Lead]]:
        """Where those lead on a day who change; hour by hour where they change on it."""
        ids, torn = self._groups[chunk].ids, bits & self._torn.get((day, chunk), 0)
        for number in members(bits & ~torn):
            yield ids[number], self._directory.lead(ids[number], day * DAY_US, (day + 1) * DAY_US)
        if torn:
            own = {chunk << CHUNK_BITS | number: ids[number] for number in members(torn)}
            for whom, first, last in hours_by_whom(self._connection, day, strand):
                if whom in own:
                    yield own[whom], self._directory.lead(own[whom], *hours_between(day * DAY_US, first, last))

    def count(self, periods: set[int]) -> Active:
        """How many people there were in some periods."""
        found: Active = {}
        for (at, strand, chunk), some in self._waiting.items():
            if at in periods:
                self._tell_apart(at, strand, chunk, _united(some))
        crowds = {key: crowd for key, crowd in self._crowds.items() if key[0] in periods}
        for at, target in {(at, target._replace(is_certain=True)) for at, target in crowds}:
            certain = crowds.get((at, target))
            low = high = self._count(certain)
            if doubtful := crowds.get((at, target._replace(is_certain=False))):
                high = self._count(certain, doubtful)
            found[target.initiative, at] = People(low.low, high.high)
        return found

    def _count(self, *crowds: _Crowd | None) -> People:
        tally = Tally()
        for crowd in crowds:
            if crowd is not None:
                crowd.tell(tally, self._groups)
        return tally.count(self._directory)


def hours_between(day_us: int, first: int | None, last: int) -> tuple[int, int]:
    """The time between two masks of hours of a day, both included; the whole day where no source told hours."""
    if first is None:
        return day_us, day_us + DAY_US
    return day_us + (first.bit_length() - 1) * _HOUR_US, day_us + last.bit_length() * _HOUR_US
