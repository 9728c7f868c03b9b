"""Working days, holidays and shifts of each site, as its calendar says them: which day work is counted to.

A site's calendars lie in signatures.d/calendars.toml:

    [site.Berlin]
    zone = "Europe/Berlin"
    working_days = ["mon", "tue", "wed", "thu", "fri"]
    holidays = [2026-12-25, 2026-12-26]
    shifts = [{ from = "22:00", until = "06:00" }]

    [default]
    zone = "Europe/Paris"
"""

from __future__ import annotations

import datetime as dt
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from shadowledger.scanner.days import DAY_US, day_of

FILE_NAME = "calendars.toml"
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EPOCH = dt.date(1970, 1, 1)
_HOUR_S = 3600


class FlawedCalendarsError(Exception):
    """A calendars file that cannot be used; the text says where and why."""


class Shift(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hours of work, by the clock of the site; over midnight where it ends before it begins."""

    since: dt.time = msgspec.field(name="from")
    until: dt.time


class SiteCalendar(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """One site's."""

    zone: str = "UTC"
    working_days: tuple[Weekday, ...] = _WEEKDAYS[:5]
    holidays: tuple[dt.date, ...] = ()
    shifts: tuple[Shift, ...] = ()

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @cached_property
    def _day_begins(self) -> dt.time:
        """Until when the shift of the evening before lasts."""
        return max((shift.until for shift in self.shifts if shift.until <= shift.since), default=dt.time())

    def parts(self, day: int) -> dict[int, int]:
        """To which days the hours of a UTC day are counted: masks of hours by day. An hour that lies in two is counted
        to where it begins, as observations know no shorter time."""
        found: dict[int, int] = {}
        for hour in range(24):
            at = dt.datetime.fromtimestamp(day * (DAY_US // 10**6) + hour * _HOUR_S, self._zone)
            own = (at.date() - _EPOCH).days - (at.time() < self._day_begins)
            found[own] = found.get(own, 0) | 1 << hour
        return found

    def is_working(self, day: int) -> bool:
        """Whether work is done on a day."""
        on = day_of(day)
        return on is not None and _WEEKDAYS[on.weekday()] in self.working_days and on not in self.holidays


class Calendars(NamedTuple):
    """Those of all sites."""

    sites: dict[str, SiteCalendar]
    default: SiteCalendar
    """For people of no site, or of one that has none."""
    is_told: bool
    """Whether there is a file; otherwise all is assumed."""
    has_default: bool

    def is_working(self, day: int) -> bool:
        """Whether any site works on a day."""
        return any(one.is_working(day) for one in (*self.sites.values(), self.default))

    def assumptions(self) -> list[str]:
        """What is supposed where nobody said it, in words."""
        if not self.is_told:
            assumed = "days are those of UTC, Monday to Friday are worked, no day is a holiday, no shift is a night's"
            return [f"no {FILE_NAME} tells the sites' calendars: {assumed}"]
        others = [] if self.has_default else [f"people of no site in {FILE_NAME} live by UTC, from Monday to Friday"]
        return [*others, "an hour that two days share is counted to the one in which it begins"]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    site: dict[str, SiteCalendar] = {}
    default: SiteCalendar | None = None


def load_calendars(overlay: Path) -> Calendars:
    """The calendars in a site's folder of signatures. Raises FlawedCalendarsError."""
    file = overlay / FILE_NAME
    try:
        if not file.exists():
            return Calendars({}, SiteCalendar(), is_told=False, has_default=False)
        told = msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), _File)
        for calendar in (*told.site.values(), told.default or SiteCalendar()):
            calendar.parts(0)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError, OSError) as error:
        raise FlawedCalendarsError(f"{file}: {error}.") from error
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise FlawedCalendarsError(f"{file}: there is no such zone: {error}.") from error
    return Calendars(told.site, told.default or SiteCalendar(), is_told=True, has_default=told.default is not None)
