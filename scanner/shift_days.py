"""To which day or week those are counted whom a UTC day's entries name, by the calendars of their sites."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import lru_cache

from shadowledger.db.activity import NO_HOURS, hours_of
from shadowledger.db.bitsets import bits_of, members, unpack
from shadowledger.scanner.discovery.crowd import ALWAYS
from shadowledger.scanner.discovery.pieces import Pieces
from shadowledger.scanner.site_calendars import Calendars, SiteCalendar

Parts = dict[int, int]
"""Masks of the hours of a UTC day, by the period that they belong to."""


class ShiftDays:
    """Asked day after day, of one strand and chunk after the other."""

    def __init__(
        self, connection: sqlite3.Connection, crowd: Pieces, calendars: Calendars, period_of: Callable[[int], int]
    ) -> None:
        self._connection = connection
        self._crowd = crowd
        self._calendars = calendars
        self._period_of = period_of
        self._all = [calendars.default, *calendars.sites.values()]
        self._by_chunk: dict[int, list[int]] = {}
        self._day = -1
        self._parts: list[Parts] = []
        self._whole: int | None = None
        self._hours = lru_cache(maxsize=1)(lambda day, strand: hours_of(connection, day, strand))

    def whole(self, day: int) -> int | None:
        """The one period that all of a day belongs to, whatever the site; None where there are several."""
        if day != self._day:
            self._day = day
            self._parts = [self._parts_of(calendar, day) for calendar in self._all]
            periods = {period for parts in self._parts for period in parts}
            self._whole = periods.pop() if len(periods) == 1 else None
        return self._whole

    def divided(self, day: int, strand: int, chunk: int, stored: bytes) -> Iterator[tuple[int, int]]:
        """The members of a stored set by the period to which they are counted, some to two: period, set."""
        bits, usual = unpack(stored), self._period_of(day)
        for parts, some in zip(self._parts, self._members(chunk), strict=True):
            if not (there := bits & some):
                continue
            if len(parts) == 1:
                yield next(iter(parts)), there
                continue
            masks = self._hours(day, strand)[chunk]
            found: dict[int, list[int]] = defaultdict(list)
            wanted = parts | {usual: parts.get(usual, 0) | NO_HOURS}
            for number in members(there):
                for period, mask in wanted.items():
                    if masks.get(number, NO_HOURS) & mask:
                        found[period].append(number)
            for period, numbers in found.items():
                yield period, bits_of(numbers)

    def _parts_of(self, calendar: SiteCalendar, day: int) -> Parts:
        found: Parts = defaultdict(int)
        if not self._calendars.is_told:
            return {self._period_of(day): 0}
        for own, hours in calendar.parts(day).items():
            found[self._period_of(own)] |= hours
        return found

    def _members(self, chunk: int) -> list[int]:
        """Who live by which calendar: sets, in the order of all calendars. Who belongs to several sites at different
        times lives by the first that has one."""
        known = self._by_chunk.get(chunk)
        if known is None:
            group, names = self._crowd.groups[chunk], list(self._calendars.sites)
            by_site: dict[str, list[int]] = defaultdict(list)
            for number, own in group.ids.items() if names else ():
                sites = self._crowd.directory.lead(own, *ALWAYS).sites
                if site := next((site for site in sites if site in self._calendars.sites), ""):
                    by_site[site].append(number)
            own_sets = [bits_of(by_site[name]) for name in names]
            others = ~sum(own_sets)
            known = self._by_chunk[chunk] = [others, *own_sets]
        return known
