"""How many people used each initiative in each day or week: counted once over all channels, and weeks are never days
added up.

A day is that of the person's site, as its calendar has it. Hours of observations, which say to which day they are
counted, are read only of days that a calendar divides between two periods."""

from __future__ import annotations

import sqlite3
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from typing import NamedTuple

from shadowledger.db.activity import most_unnamed_by_day
from shadowledger.db.bitsets import unpack
from shadowledger.db.whoms import stored_by_day
from shadowledger.scanner.discovery.gathering import Gathering
from shadowledger.scanner.discovery.headcount import People
from shadowledger.scanner.discovery.pieces import Pieces
from shadowledger.scanner.shift_days import ShiftDays
from shadowledger.scanner.site_calendars import Calendars
from shadowledger.scanner.turnout import Active, Turnout


def day_itself(day: int) -> int:
    """A day as the period that it makes."""
    return day


def monday_of(day: int) -> int:
    """The first day of a day's week (ISO 8601): 1970-01-01 was a Thursday."""
    return day - (day + 3) % 7


class Period(NamedTuple):
    """Days or weeks."""

    of: Callable[[int], int]
    """The first day of what a day belongs to."""
    days: int


PERIODS = {"day": Period(day_itself, 1), "week": Period(monday_of, 7)}


def active(
    connection: sqlite3.Connection,
    crowd: Pieces,
    some: Mapping[str, Gathering],
    period: Period,
    days: tuple[int, int],
    calendars: Calendars,
) -> Active:
    """How many people used initiatives, given by id, in each period; `days` are the first and the last, since 1970.
    Background traffic, what was refused, and what lies on machines is no use."""
    turnout = Turnout(connection, crowd, some)
    shift_days = ShiftDays(connection, crowd, calendars, period.of)
    places: dict[tuple[int, int], list[bytes] | deque[bytes]] = {}
    today: int | None = None
    at: int | None = None
    for day, strand, chunk, stored in stored_by_day(connection, days[0] - 1, days[1] + 1):
        if day != today:
            today, before = day, at
            at = shift_days.whole(day)
            if at != before:
                places.clear()
        if at is None:
            for some_at, bits in shift_days.divided(day, strand, chunk, stored) if strand in turnout.by_strand else ():
                turnout.add(some_at, day, strand, chunk, bits)
            continue
        key = strand, chunk
        if key not in places:
            places[key] = turnout.place(at, strand, chunk)
        places[key].append(stored)
        if chunk in turnout.changing and strand in turnout.by_strand:
            turnout.follow(at, day, strand, chunk, unpack(stored))
    wanted = {period.of(day) for day in range(days[0], days[1] + 1)}
    found = turnout.count(wanted)
    for of, count in _unnamed(connection, some, period, days).items():
        known = found.get(of, People(0, 0))
        found[of] = People(known.low, known.high + count)
    return found


def _unnamed(
    connection: sqlite3.Connection, some: Mapping[str, Gathering], period: Period, days: tuple[int, int]
) -> dict[tuple[str, int], int]:
    """How many more there were at the most, as if nobody of whom only the number is known came twice."""
    found: dict[tuple[str, int], int] = defaultdict(int)
    for product, day, count in most_unnamed_by_day(connection, *days):
        for key, one in some.items():
            if product in one.products and one.use_rung:
                found[key, period.of(day)] += count
    return found
