"""Who was there on which day.

Where all whom a strand names are of one piece, counts say enough. Else the members of each day's sets are looked up in
a table of pieces; only those whom dated links lead elsewhere in between are followed, day by day, and hour by hour on
the days of a change."""

from __future__ import annotations

import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Iterable
from functools import reduce
from itertools import compress, groupby
from operator import itemgetter, or_

from shadowledger.db.bitsets import CHUNK_BITS, CHUNK_SIZE, bits_of, listed, members, unpack
from shadowledger.db.whoms import days_by_strand, hours_by_whom, stored_by_day
from shadowledger.scanner.days import DAY_US
from shadowledger.scanner.discovery.calendar import Calendar
from shadowledger.scanner.discovery.crowd import Group
from shadowledger.scanner.discovery.cutting import ADDRESS, Cutter, Piece, Units
from shadowledger.scanner.people import Lead

_HOUR_US = DAY_US // 24
_FEW = 8
"""Of pieces with more members nobody asks how few visits there were."""
_NOWHERE = 0xFFFF
"""The place of those who change."""


def note_visits(connection: sqlite3.Connection, cutter: Cutter, days: tuple[int, int]) -> None:
    """Fill in the days and visits of all pieces, and take in those who change."""
    visits = _Visits(connection, cutter)
    visits.of_wholes()
    if visits.are_left:
        visits.begin(days[0])
        for day, rows in groupby(stored_by_day(connection, *days), key=itemgetter(0)):
            visits.on_day(day, rows)
        visits.end()


class _Places:
    """Of the members of a chunk, by number, to which cut they belong."""

    def __init__(self, group: Group) -> None:
        self.cuts: list[tuple[Units, bool]] = [((), False)]
        self.of = array("H", bytes(2 * CHUNK_SIZE))
        everywhere = (1 << CHUNK_SIZE) - 1
        for units, some in [((), everywhere & ~group.with_units), *group.units.items()]:
            for is_persons, part in ((True, some & group.persons), (False, some & ~group.persons if units else 0)):
                if part:
                    self._put(len(self.cuts), part)
                    self.cuts.append((units, is_persons))
        self._put(_NOWHERE, group.changing)

    def _put(self, place: int, bits: int) -> None:
        for number in members(bits):
            self.of[number] = place


class _Visits:
    def __init__(self, connection: sqlite3.Connection, cutter: Cutter) -> None:
        self._connection = connection
        self._cutter = cutter
        self._groups = cutter.groups
        self._calendar = Calendar(cutter.groups)
        self._leads: dict[str, Lead] = {}
        self._taken: dict[tuple[int, int], dict[Piece, int]] = defaultdict(dict)
        """Who were taken in since they changed last, and for which pieces; by strand and chunk."""
        self._places: dict[int, _Places] = {}
        self._days: dict[tuple[int, int], dict[int, int]] = defaultdict(lambda: defaultdict(int))
        """On which days members of a place were there, as masks, by strand and chunk."""
        self._first_day = 0
        self._few: dict[tuple[int, int], dict[int, Piece]] = defaultdict(dict)
        """Members of small pieces, by strand and chunk."""
        self._wholes = self._sort()

    def _sort(self) -> dict[int, Piece]:
        """The strands that are of one piece. Of the others small pieces are noted, and large ones have a visit of each
        member at least."""
        by_strand: dict[int, list[Piece]] = defaultdict(list)
        for (strand, *_), piece in self._cutter.found.items():
            by_strand[strand].append(piece)
        is_steady = not any(group.changing for group in self._groups.values())
        wholes = {strand: some[0] for strand, some in by_strand.items() if len(some) == 1 and is_steady}
        for strand, some in by_strand.items():
            for piece in some if strand not in wholes else ():
                count = sum(bits.bit_count() for bits in piece.bits.values())
                if count > _FEW:
                    piece.visit_count = count
                    continue
                for chunk, bits in piece.bits.items():
                    self._few[strand, chunk].update(dict.fromkeys(members(bits), piece))
        self.are_left = len(wholes) < len(by_strand) or not is_steady
        return wholes

    def of_wholes(self) -> None:
        """Take the days of whole strands from counts."""
        for strand, days, count in days_by_strand(self._connection) if self._wholes else ():
            if (piece := self._wholes.get(strand)) is not None:
                piece.days |= days
                piece.visit_count += count

    def begin(self, first_day: int) -> None:
        """Days are counted from here."""
        self._first_day = first_day

    def on_day(self, day: int, rows: Iterable[tuple[int, int, int, bytes]]) -> None:
        """Take in one day: rows of day, strand, chunk and the set as it is stored."""
        for chunk, changed in self._calendar.changed_since_last(day).items():
            self._forget(chunk, changed)
        by_hour: dict[int, dict[int, str]] = defaultdict(dict)
        """Of whom the hours matter on this day: ids by strand and number."""
        for _, strand, chunk, stored in rows:
            if strand in self._wholes:
                continue
            self._note(day, strand, chunk, stored)
            if self._groups[chunk].changing:
                self._follow(day, strand, chunk, unpack(stored), by_hour[strand])
        for strand, ids in by_hour.items():
            for whom, first, last in hours_by_whom(self._connection, day, strand) if ids else ():
                if own := ids.get(whom, ""):
                    lead = self._cutter.directory.lead(own, *_hours_of(day * DAY_US, first, last))
                    self._cutter.take(strand, own, lead, day)

    def _forget(self, chunk: int, changed: int) -> None:
        for number in members(changed):
            self._leads.pop(self._groups[chunk].ids[number], None)
        for parts in (parts for key, parts in self._taken.items() if key[1] == chunk):
            parts.update({piece: part & ~changed for piece, part in parts.items()})

    def _note(self, day: int, strand: int, chunk: int, stored: bytes) -> None:
        """Note which pieces' members, who do not change, are in a set."""
        places = self._places.get(chunk)
        if places is None:
            places = self._places[chunk] = _Places(self._groups[chunk])
        numbers = listed(stored)
        there = set(map(places.of.__getitem__, members(unpack(stored)) if numbers is None else numbers))
        masks, bit = self._days[strand, chunk], 1 << (day - self._first_day)
        for place in there:
            masks[place] |= bit
        if few := self._few.get((strand, chunk)):
            numbers_there = few.keys() & numbers if numbers is not None else members(unpack(stored) & bits_of(few))
            for number in numbers_there:
                few[number].visit_count += 1

    def end(self) -> None:
        """Give the days to the pieces."""
        for (strand, chunk), masks in self._days.items():
            is_named, cuts = self._groups[chunk].kind != ADDRESS, self._places[chunk].cuts
            for place, mask in masks.items():
                if place != _NOWHERE:
                    units, is_persons = cuts[place]
                    piece = self._cutter.piece(strand, units, is_persons=is_persons, is_named=is_named)
                    piece.days.update(
                        compress(
                            range(self._first_day, self._first_day + mask.bit_length()), map(int, f"{mask:b}"[::-1])
                        )
                    )

    def _follow(self, day: int, strand: int, chunk: int, bits: int, by_hour: dict[int, str]) -> None:
        """Take in those who change: once for each time between two changes; `by_hour` gets those who change today."""
        group, torn = self._groups[chunk], self._calendar.torn.get((day, chunk), 0)
        parts = self._taken[strand, chunk]
        known = reduce(or_, parts.values(), 0)
        for number in members(bits & group.changing & ~torn & ~known):
            own = group.ids[number]
            lead = self._leads.get(own)
            if lead is None:
                lead = self._leads[own] = self._cutter.directory.lead(own, day * DAY_US, (day + 1) * DAY_US)
            piece = self._cutter.take(strand, own, lead)
            parts[piece] = parts.get(piece, 0) | 1 << number
        for piece, part in parts.items():
            if there := bits & part & ~torn:
                piece.days.add(day)
                piece.visit_count += there.bit_count()
        for number in members(bits & torn):
            by_hour[chunk << CHUNK_BITS | number] = group.ids[number]


def _hours_of(day_us: int, first: int | None, last: int) -> tuple[int, int]:
    """The time between two masks of hours, both included; the whole day where no source told hours."""
    if first is None:
        return day_us, day_us + DAY_US
    return day_us + (first.bit_length() - 1) * _HOUR_US, day_us + last.bit_length() * _HOUR_US
