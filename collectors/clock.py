"""Stamps as logs write them, brought to integer microseconds since 1970 UTC.

A stamp that cannot be (month 13, hour 25, no digits, before 1970) is no time at all: 0, never an exception. Where a
zone must be known, a `Clock` answers with the pair that Traffic keeps: the time, and where its zone comes from."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

from shadowledger.collectors.reading import Reading, Settings
from shadowledger.collectors.stamps import FORMS as FORMS
from shadowledger.collectors.stamps import OF_DATES, Minute, minute_of, zone_of
from shadowledger.collectors.stamps import numeric_order as numeric_order

EXPLICIT, CONFIG, ASSUMED = "explicit", "config", "assumed"
Stamp = tuple[int, str]
"""Microseconds since 1970 UTC, and explicit, config or assumed; (0, "") where there is no time."""
NO_TIME: Stamp = (0, "")

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LAST_SECOND = 253_402_300_799  # of the year 9999
_SECOND_US = 1_000_000
_DAY_US = 86_400 * _SECOND_US
_REMEMBERED = 1 << 14
_LONGEST_STAMP = 80
_LONGEST_ZONE = 32
_SURELY_SECONDS = 9
"""Digits that a number must have to be taken for seconds since 1970 where nobody says that it is: since 1973."""
_COUNTS = ("epoch", "windows_filetime")
"""Forms without hours and minutes."""
_FILETIME_US = 11_644_473_600 * _SECOND_US
# The last of three numbers between colons, of which the first may be the year (10/Oct/2000:13:55:36); digits after it
# are its fraction, behind a comma as well as a dot: https://www.rfc-editor.org/rfc/rfc3339#appendix-A
_SECONDS = re.compile(r":(\d\d):(\d\d)(?![\d:])(?:[.,](\d{1,9})\d*)?", re.ASCII)

_SECONDS_US = {f"{second:02}": second * _SECOND_US for second in range(61)}
"""60 is a leap second."""


def epoch_us(text: str) -> int:
    """Seconds since 1970 UTC with or without a fraction, read as decimal digits so that no microsecond is lost.

    Whole numbers of 12 digits and more are milliseconds, of 15 microseconds, of 18 nanoseconds: no second of this or
    the next thousand years needs as many digits."""
    if len(text) == 14 and text[10] == "." and text.isascii() and (milliseconds := text[:10] + text[11:]).isdigit():
        return int(milliseconds) * 1000  # what most logs write
    whole, _, fraction = text.partition(".")
    if not (whole.isascii() and whole.isdigit()):
        return 0
    size = len(whole)
    if size < 12:
        if fraction and not (fraction.isascii() and fraction.isdigit()):
            return 0
        seconds = int(whole)
        return seconds * _SECOND_US + _fraction_us(fraction) if seconds <= _LAST_SECOND else 0
    if size > 19:
        return 0
    count = int(whole)
    time_us = count * 1000 if size < 15 else count if size < 18 else count // 1000
    return time_us if time_us <= _LAST_SECOND * _SECOND_US else 0


def seconds_us(seconds: float) -> int:
    """Seconds since 1970 UTC as a number, to the nearest microsecond."""
    if not 0 < seconds <= _LAST_SECOND:
        return 0
    whole = int(seconds)  # without it what is multiplied has few enough digits to lose none
    return whole * _SECOND_US + round((seconds - whole) * _SECOND_US)


def filetime_us(text: str) -> int:
    """Tenths of microseconds since 1601 UTC:
    https://learn.microsoft.com/windows/win32/api/minwinbase/ns-minwinbase-filetime"""
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        return 0
    time_us = int(text) // 10 - _FILETIME_US
    return time_us if 0 < time_us <= _LAST_SECOND * _SECOND_US else 0


class Clock:
    """Reads the stamps of one source. A stamp without a zone is in the zone that the user named (config), or else taken
    for UTC (assumed); a stamp without a year takes the user's year, or else the file's, and is always assumed."""

    def __init__(self, settings: Settings, modified_us: int = 0) -> None:
        self._zone = settings.zone
        self._year = settings.year
        self._date_order = settings.date_order
        self._modified_us = modified_us
        self._minutes: dict[tuple[str, str, str, str], Stamp] = {}

    def read(self, text: str, form: str = "", zone: str = "") -> Stamp:
        """A stamp in one of FORMS; `zone` is what the source says of it in another place, such as `-0500`,
        `GMT+02:00`, `CEST`, or `utc` where the format's definition says so. A word that names no single zone is none.

        Of the empty form is what fits without doubt: `4/21/2017 7:52:03 AM` does, `4/5/2017 7:52:03` does not unless
        the user said the order. Raises KeyError for a form that does not exist."""
        if len(text) > _LONGEST_STAMP:
            text = text[:_LONGEST_STAMP]
        if form in OF_DATES:  # a date alone stands for its midnight
            form = OF_DATES[form]
            text = text if ":" in text else f"{text.strip()} 00:00:00"
        found = _SECONDS.search(text)
        if found is None or form in _COUNTS:
            return self._counted(text.strip(), form)
        key = (text[: found.end(1)], text[found.end() :], form, zone)
        stamp = self._minutes.get(key)
        if stamp is None:
            stamp = self._remember(key)
        _, second, fraction = found.groups()
        if not stamp[0] or second not in _SECONDS_US:
            return NO_TIME
        time_us = stamp[0] + _SECONDS_US[second]
        return (time_us + _fraction_us(fraction) if fraction else time_us), stamp[1]

    def reader(self, form: str = "", zone: str = "") -> Callable[[str], Stamp]:
        """`read` for one form and zone. It remembers the minute that it met last, because records stand in order of
        time: of a stamp that differs from it in seconds and fraction alone these are all that has to be read."""
        before, between, after = "", "", ""
        start = end = size = minute_us = 0
        source = ""

        def read(text: str) -> Stamp:
            nonlocal before, between, after, start, end, size, minute_us, source
            if len(text) == size and text[:start] == before and text[end:] == after:
                second_us = _SECONDS_US.get(text[start : start + 2], -1)
                if second_us >= 0 and start + 2 == end:
                    return minute_us + second_us, source
                digits = text[start + 3 : end]
                if second_us >= 0 and text[start + 2] == between and digits.isdecimal() and digits.isascii():
                    return minute_us + second_us + _fraction_us(digits), source
            stamp = self.read(text, form, zone)
            found = _SECONDS.search(text) if stamp[0] and form not in (*_COUNTS, *OF_DATES) else None
            if found is not None and len(text) <= _LONGEST_STAMP and found.end() in (found.end(2), found.end(3)):
                start, end, size = found.start(2), found.end(), len(text)
                before, after, between = text[:start], text[end:], text[start + 2 : start + 3]
                minute_us = stamp[0] - _SECONDS_US[found[2]] - _fraction_us(found[3] or "")
                source = stamp[1]
            return stamp

        return read

    def iso(self, text: str) -> Stamp:
        """`2018-03-24T17:15:20.865716Z`, `2020-01-01 00:00:01,5 +0200`, `2012/10/30 09:46:12`: any fraction, any offset
        in numbers, Z, UTC or another zone with one meaning; any other zone name counts as none."""
        return self.read(text, "iso")

    def day_first(self, text: str) -> Stamp:
        """`10/Oct/2000:13:55:36 -0700` (common log format, without its brackets) and `19-Oct-2022 05:34:02.425`
        (BIND): the same parts. A zone name with no single meaning counts as none."""
        return self.read(text, "day_first")

    def yearless(self, text: str) -> Stamp:
        """`Oct  9 05:34:02`. Without the user's year, the latest year that does not put the stamp more than a day
        after the file was last written; no time where neither is known."""
        return self.read(text, "yearless")

    def _counted(self, text: str, form: str) -> Stamp:
        """A count of seconds, or of what else has passed; such counts are of UTC by definition."""
        if form == "windows_filetime":
            time_us = filetime_us(text)
        elif form == "epoch" or (form in ("", "syslog") and len(text.partition(".")[0]) >= _SURELY_SECONDS):
            time_us = epoch_us(text)
        else:
            return NO_TIME
        return (time_us, EXPLICIT) if time_us else NO_TIME

    def _remember(self, key: tuple[str, str, str, str]) -> Stamp:
        before, after, form, zone = key
        if len(zone) > _LONGEST_ZONE:
            zone = ""
        minute = minute_of((before + after).strip(), form, self._date_order)
        stamp = self._dated(minute, zone_of(minute.zone) or zone_of(zone.strip())) if minute else NO_TIME
        if len(self._minutes) >= _REMEMBERED:
            self._minutes.clear()
        self._minutes[before, after, form, zone] = stamp
        return stamp

    def _dated(self, minute: Minute, zone: dt.tzinfo | None) -> Stamp:
        if minute.year:
            time_us = _minute_us(minute, zone or self._zone or dt.UTC)
            return (time_us, EXPLICIT if zone else CONFIG if self._zone else ASSUMED) if time_us else NO_TIME
        for year in self._years():
            time_us = _minute_us(minute._replace(year=year), zone or self._zone or dt.UTC)
            if time_us and (self._year or time_us <= self._modified_us + _DAY_US):
                return time_us, ASSUMED
        return NO_TIME

    def _years(self) -> tuple[int, ...]:
        if self._year:
            return (self._year,)
        if not self._modified_us:
            return ()
        year = (_EPOCH + dt.timedelta(microseconds=self._modified_us)).year
        return tuple(range(year + 1, year - 9, -1))  # a 29 February may lie eight years back (1896, 1904)


def clock_of(reading: Reading) -> Clock:
    """The clock for one pass over one source."""
    return Clock(reading.settings, reading.opened.modified_us)


def _minute_us(minute: Minute, zone: dt.tzinfo) -> int:
    try:
        moment = dt.datetime(minute.year, minute.month, minute.day, minute.hour, minute.minute, tzinfo=zone)
        time_us = (moment - _EPOCH) // dt.timedelta(microseconds=1)
    except (ValueError, OverflowError):
        return 0
    return time_us if 0 < time_us <= _LAST_SECOND * _SECOND_US else 0


def _fraction_us(digits: str) -> int:
    return int(digits[:6].ljust(6, "0")) if digits else 0
