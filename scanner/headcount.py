"""How many people stand behind what was observed of each service's instance: a lower and an upper bound, never a wrong
name. One person met in four channels is one.

Nearly everybody leads to the same person all the time, so sets of them are counted as they are stored. Only those whom
dated links lead elsewhere in between are followed day by day, and hour by hour on the days of a change."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Mapping
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from shadowledger.db.bitsets import CHUNK_BITS, members, pick
from shadowledger.db.days import NO_DAY
from shadowledger.db.identities import ACCOUNTS, PERSON
from shadowledger.db.whoms import days_with_a_date, hours_by_whom, service_instances, whoms_by_day, whoms_ever
from shadowledger.scanner.calendar import Calendar
from shadowledger.scanner.crowd import ALWAYS, Group, sort_crowd
from shadowledger.scanner.days import DAY_US
from shadowledger.scanner.people import Directory, Lead

_HOUR_US = DAY_US // 24
_SOMEBODY = (PERSON, *ACCOUNTS)
Sets = dict[tuple[int, int], int]
"""By service instance and chunk."""


class People(NamedTuple):
    """Bounds on a number of distinct people."""

    low: int
    high: int


class HeadCount(NamedTuple):
    """Who stands behind what was observed of one service's instance."""

    people: People
    units: tuple[str, ...]
    """The business units of those who are certain, in order."""


NOBODY = HeadCount(People(0, 0), ())


def head_counts(connection: sqlite3.Connection, directory: Directory) -> dict[tuple[str, str], HeadCount]:
    """The head count of every service's instance that names anybody, by service and instance."""
    days = days_with_a_date(connection)
    span = (days[0] * DAY_US, (days[1] + 1) * DAY_US) if days else ALWAYS
    dated: Sets = {(instance, chunk): bits for instance, chunk, bits in whoms_ever(connection)}
    undated: Sets = {(instance, chunk): bits for _, instance, chunk, bits in whoms_by_day(connection, NO_DAY, NO_DAY)}
    groups = sort_crowd(connection, directory, _all_of(dated), _all_of(undated), span)
    tallies: dict[int, _Tally] = defaultdict(_Tally)
    for instance, chunk in {**dated, **undated}:
        group = groups[chunk]
        without = undated.get((instance, chunk), 0)
        tallies[instance].add(group, dated.get((instance, chunk), 0) | without & ~group.undated)
        for number in members(without & group.undated):
            tallies[instance].take(group.apart[number])
    if days and any(group.changing for group in groups.values()):
        _follow_changes(connection, directory, groups, tallies, days)
    names = service_instances(connection)
    return {names[instance]: tally.count(directory) for instance, tally in tallies.items()}


def _all_of(sets: Sets) -> dict[int, int]:
    """Sets united by chunk."""
    found: dict[int, int] = defaultdict(int)
    for (_, chunk), bits in sets.items():
        found[chunk] |= bits
    return found


class _Tally:
    """The people of one service's instance. Certain are those to whom an id leads without a choice; an address or
    machine that leads to nobody, or to several at that time, may hide one more person, or one of the others."""

    __slots__ = ("alone", "certain", "nobodies", "possible", "units")

    def __init__(self) -> None:
        self.alone: Counter[str] = Counter()
        """Ends that no other id leads to, by their kind; empty for nobody known. They are only counted."""
        self.certain: set[str] = set()
        self.possible: set[str] = set()
        self.nobodies: set[str] = set()
        self.units: set[str] = set()

    def add(self, group: Group, bits: int) -> None:
        """Take in members of a group, all but those who change."""
        self.alone[group.kind if group.kind in _SOMEBODY else ""] += (bits & ~group.known).bit_count()
        for kind, some in group.alone.items():
            self.alone[kind] += (bits & some).bit_count()
        self.certain.update(pick(group.ends, bits & group.joined))
        for number in members(bits & group.other):
            self.take(group.others[number])
        with_units = bits & group.with_units
        if with_units.bit_count() < len(group.units):
            self.units.update(*(group.units_at[number] for number in members(with_units)))
        else:
            self.units.update(*(units for units, some in group.units.items() if with_units & some))

    def take(self, lead: Lead) -> None:
        """Take in one by one."""
        self.units.update(lead.units)
        if not lead.is_to_somebody:
            self.nobodies |= lead.ends
        elif len(lead.ends) == 1:
            self.certain |= lead.ends
        else:
            self.possible |= lead.ends

    def count(self, directory: Directory) -> HeadCount:
        """Accounts of different kinds that no directory joins (`ada`, `ada@x.example`), or of one shorter form
        (`corp\\ada`, `ada`), may be one person's."""
        high = self.alone.total() + len(self.certain | self.possible | self.nobodies)
        kinds = self.alone + Counter(one[0] for one in set(map(directory.bare_form, self.certain)))
        low = kinds[PERSON] + max(kinds[account] for account in ACCOUNTS)
        return HeadCount(People(max(low, 1 if high else 0), high), tuple(sorted(self.units)))


def _follow_changes(
    connection: sqlite3.Connection,
    directory: Directory,
    groups: Mapping[int, Group],
    tallies: Mapping[int, _Tally],
    days: tuple[int, int],
) -> None:
    """Take in those who change: once for each time between two changes, and by the hour on the day of a change."""
    calendar = Calendar(groups)
    leads: dict[str, Lead] = {}
    taken: Sets = {}
    """Who were taken in since they changed last."""
    for day, rows in groupby(whoms_by_day(connection, *days), key=itemgetter(0)):
        span = day * DAY_US, (day + 1) * DAY_US
        for chunk, changed in calendar.changed_since_last(day).items():
            for number in members(changed):
                leads.pop(groups[chunk].ids[number], None)
            for key in [key for key in taken if key[1] == chunk]:
                taken[key] &= ~changed
        by_hour: dict[int, dict[int, str]] = defaultdict(dict)
        """Of whom the hours matter on this day: ids by service instance and number."""
        for _, instance, chunk, bits in rows:
            group, torn = groups[chunk], calendar.torn.get((day, chunk), 0)
            wanted = bits & group.changing & ~torn & ~taken.get((instance, chunk), 0)
            taken[instance, chunk] = taken.get((instance, chunk), 0) | wanted
            for number in members(wanted):
                own = group.ids[number]
                tallies[instance].take(leads.get(own) or leads.setdefault(own, directory.lead(own, *span)))
            for number in members(bits & torn):
                by_hour[instance][chunk << CHUNK_BITS | number] = group.ids[number]
        for instance, ids in by_hour.items():
            for whom, first, last in hours_by_whom(connection, day, instance):
                if own := ids.get(whom, ""):
                    tallies[instance].take(directory.lead(own, *_hours_of(span[0], first, last)))


def _hours_of(day_us: int, first: int | None, last: int) -> tuple[int, int]:
    """The time between two masks of hours, both included; the whole day where no source told hours."""
    if first is None:
        return day_us, day_us + DAY_US
    return day_us + (first.bit_length() - 1) * _HOUR_US, day_us + last.bit_length() * _HOUR_US
