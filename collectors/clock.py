"""Stamps as logs write them, brought to integer microseconds since 1970 UTC.

A stamp that cannot be (month 13, hour 25, no digits, before 1970) is no time at all: 0, never an exception. Where a
zone must be known, a `Clock` answers with the pair that Traffic keeps: the time, and where its zone comes from."""

from __future__ import annotations

import datetime as dt
import re

from shadowledger.collectors.reading import Reading, Settings

EXPLICIT, CONFIG, ASSUMED = "explicit", "config", "assumed"
Stamp = tuple[int, str]
"""Microseconds since 1970 UTC, and explicit, config or assumed; (0, "") where there is no time."""
NO_TIME: Stamp = (0, "")

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LAST_SECOND = 253_402_300_799  # of the year 9999
_SECOND_US = 1_000_000
_DAY_US = 86_400 * _SECOND_US
_REMEMBERED = 1 << 14
_MONTHS = {
    name: number
    for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)  # noqa: SIM905 - reads better
}
_SAID_UTC = frozenset(("z", "utc", "gmt"))

# https://www.rfc-editor.org/rfc/rfc3339#section-5.6, and what it calls readable: a blank for the T; also a comma before
# the fraction (ISO 8601), slashes between the numbers of a date (PAN-OS, Windows), offsets without a colon.
_ISO = re.compile(
    r"(\d{4})[-/](\d\d?)[-/](\d\d?)[Tt _](\d\d?):(\d\d):(\d\d)(?:[.,](\d{1,9})\d*)?"
    r" ?([A-Za-z]{1,9}|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
# https://httpd.apache.org/docs/2.4/mod/mod_log_config.html (%t), and BIND's 19-Oct-2022 05:34:02.425 as in
# https://bind9.readthedocs.io/en/latest/reference.html#namedconf-statement-print-time
_DAY_FIRST = re.compile(
    r"(\d\d?)[-/ ]([A-Za-z]{3})[-/ ](\d{4})[: ](\d\d?):(\d\d):(\d\d)"
    r"(?:[.,](\d{1,9})\d*)?(?: ([A-Za-z]{1,9}|[+-]\d\d:?\d\d))?",
    re.ASCII,
)
# https://www.rfc-editor.org/rfc/rfc3164#section-4.1.2
_YEARLESS = re.compile(r"([A-Za-z]{3}) {1,2}(\d\d?) (\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9})\d*)?", re.ASCII)


def epoch_us(text: str) -> int:
    """Seconds since 1970 UTC with or without a fraction, read as decimal digits so that no microsecond is lost.

    Whole numbers of 12 digits and more are milliseconds, of 15 microseconds, of 18 nanoseconds: no second of this or
    the next thousand years needs as many digits."""
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
    """Seconds since 1970 UTC as a number, to the nearest microsecond; exact for the six digits that logs write."""
    return round(seconds * _SECOND_US) if 0 < seconds <= _LAST_SECOND else 0


class Clock:
    """Reads the stamps of one source. A stamp without a zone is in the zone that the user named (config), or else taken
    for UTC (assumed); a stamp without a year takes the user's year, or else the file's, and is always assumed."""

    def __init__(self, settings: Settings, modified_us: int = 0) -> None:
        self._zone = settings.zone
        self._year = settings.year
        self._modified_us = modified_us
        self._minutes: dict[tuple[str, ...], Stamp] = {}

    def iso(self, text: str) -> Stamp:
        """`2018-03-24T17:15:20.865716Z`, `2020-01-01 00:00:01,5 +0200`, `2012/10/30 09:46:12`: any fraction, any offset
        in numbers, Z, UTC or GMT; any other zone name counts as none."""
        found = _ISO.match(text)
        if found is None:
            return NO_TIME
        year, month, day, hour, minute, second, fraction, zone = found.groups(default="")
        return self._at((year, month, day, hour, minute, zone), second, fraction)

    def day_first(self, text: str) -> Stamp:
        """`10/Oct/2000:13:55:36 -0700` (common log format, without its brackets) and `19-Oct-2022 05:34:02.425`
        (BIND): the same parts. A zone name other than UTC or GMT counts as none."""
        found = _DAY_FIRST.match(text)
        if found is None:
            return NO_TIME
        day, month, year, hour, minute, second, fraction, zone = found.groups(default="")
        return self._at((year, month, day, hour, minute, zone), second, fraction)

    def yearless(self, text: str) -> Stamp:
        """`Oct  9 05:34:02`. Without the user's year, the latest year that does not put the stamp more than a day
        after the file was last written; no time where neither is known."""
        found = _YEARLESS.match(text)
        if found is None:
            return NO_TIME
        month, day, hour, minute, second, fraction = found.groups(default="")
        for year in self._years():
            time_us, _ = self._at((str(year), month, day, hour, minute, ""), second, fraction)
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

    def _at(self, minute: tuple[str, ...], second: str, fraction: str) -> Stamp:
        stamp = self._minutes.get(minute)
        if stamp is None:
            if len(self._minutes) >= _REMEMBERED:
                self._minutes.clear()
            stamp = self._minutes[minute] = self._minute(*minute)
        seconds = int(second)
        if not stamp[0] or seconds > 60:  # 60 is a leap second
            return NO_TIME
        return stamp[0] + seconds * _SECOND_US + _fraction_us(fraction), stamp[1]

    def _minute(self, year: str, month: str, day: str, hour: str, minute: str, zone_text: str) -> Stamp:
        offset = _offset(zone_text)
        zone = offset or self._zone or dt.UTC
        number = int(month) if month.isdigit() else _MONTHS.get(month.lower(), 0)
        try:
            since = dt.datetime(int(year), number, int(day), int(hour), int(minute), tzinfo=zone) - _EPOCH
        except (ValueError, OverflowError):
            return NO_TIME
        time_us = since // dt.timedelta(microseconds=1)
        if not 0 < time_us <= _LAST_SECOND * _SECOND_US:
            return NO_TIME
        return time_us, EXPLICIT if offset else CONFIG if self._zone else ASSUMED


def clock_of(reading: Reading) -> Clock:
    """The clock for one pass over one source."""
    return Clock(reading.settings, reading.opened.modified_us)


def _fraction_us(digits: str) -> int:
    return int(digits[:6].ljust(6, "0")) if digits else 0


def _offset(text: str) -> dt.tzinfo | None:
    if not text:
        return None
    if text[0] not in "+-":
        return dt.UTC if text.lower() in _SAID_UTC else None
    hours, minutes = int(text[1:3]), int(text[-2:]) if len(text) > 3 else 0
    if hours > 23 or minutes > 59:
        return None
    span = dt.timedelta(hours=hours, minutes=minutes)
    return dt.timezone(-span if text[0] == "-" else span)
