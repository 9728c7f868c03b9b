"""The shapes in which sources write a minute, the zones they name, and dates in numbers alone.

A shape says which number is the day; only all-numeric dates may leave it open, and are then no date until somebody who
knows says so, or until the numbers themselves leave one reading."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import NamedTuple

FORMS = (
    "", "epoch", "iso", "day_first", "ctime", "yearless", "us", "eu", "numeric", "syslog", "windows_filetime",
    "date", "date_us", "date_eu",
)  # fmt: skip
"""What a source may say of its stamps. The empty form takes every shape but "us", "eu", "windows_filetime" and dates
alone, if the whole text has it and no other reading is possible."""

_MONTHS = {
    name: number
    for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)  # noqa: SIM905 - reads better
}
_HOUR = dt.timedelta(hours=1)
# GMT, UT, EST to PDT as in https://www.rfc-editor.org/rfc/rfc5322#section-4.3. The others have one meaning since 2015
# in the tz database, whose abbreviations devices print: https://data.iana.org/time-zones/theory.html. IST has three.
_ZONES = {
    name: dt.timezone(hours * _HOUR)
    for hours, names in (
        (0, "Z UT UTC GMT WET"), (1, "CET BST WEST WAT"), (2, "EET CEST CAT SAST"), (3, "MSK EEST EAT IDT"), (5, "PKT"),
        (7, "WIB"), (8, "AWST HKT WITA"), (9, "JST WIT"), (9.5, "ACST"), (10, "AEST"), (10.5, "ACDT"), (11, "AEDT"),
        (12, "NZST"), (13, "NZDT"), (-2.5, "NDT"), (-3, "ADT"), (-3.5, "NST"), (-4, "AST EDT"), (-5, "EST CDT"),
        (-6, "CST MDT"), (-7, "MST PDT"), (-8, "PST AKDT"), (-9, "AKST"), (-10, "HST"),
    )
    for name in names.split()
}  # fmt: skip
_ZONE = re.compile(r"\(?(?:UTC|GMT)?([+-])(\d\d?)(?::?(\d\d))?Z?\)?", re.ASCII | re.IGNORECASE)


class Minute(NamedTuple):
    """What a stamp says above its seconds; a year of 0 where it names none, and no check that the day exists."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    zone: str


# 7:15, 07:15 AM, 7:15 p. m.; the blank is a narrow one since https://cldr.unicode.org/downloads/cldr-42
_CLOCK = r"(?P<hour>\d\d?):(?P<minute>\d\d)(?:[ \u00a0\u202f]?(?P<half>[AaPp])\.? ?[Mm]\b\.?)?"
_SHIFT = r"\(?(?:[A-Za-z]{1,9})?(?:[+-]\d\d?(?::?\d\d)?Z?)?\)?"
_AFTER = rf"(?: ?(?P<zone>{_SHIFT}))?"
_DAYNAME = r"(?:[A-Za-z]{3},? {1,2})?"
_MONTH_DAY = r"(?P<month>[A-Za-z]{3}) {1,2}(?P<day>\d\d?)"


def _compiled(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.ASCII) for pattern in patterns)


# https://www.rfc-editor.org/rfc/rfc3339#section-5.6, and what it calls readable: a blank for the T; also slashes
# between the numbers of a date (PAN-OS, Windows) or blanks (CloudGen), and offsets without a colon (Suricata, Sophos).
_ISO = _compiled(rf"(?P<year>\d{{4}})[-/. ](?P<month>\d\d?)[-/. ](?P<day>\d\d?)(?:[Tt_]|,? {{1,2}}){_CLOCK}{_AFTER}")
# https://httpd.apache.org/docs/2.4/mod/mod_log_config.html (%t); BIND's 19-Oct-2022 05:34:02.425 as in
# https://bind9.readthedocs.io/en/latest/reference.html#namedconf-statement-print-time; dates of mail and HTTP, with
# their weekday: https://www.rfc-editor.org/rfc/rfc5322#section-3.3
_DAY_FIRST = _compiled(
    rf"{_DAYNAME}(?P<day>\d\d?)[-/ ](?P<month>[A-Za-z]{{3}})[-/ ](?P<year>\d{{4}})(?:[: ]|, ){_CLOCK}{_AFTER}"
)
# https://pubs.opengroup.org/onlinepubs/9699919799/functions/asctime.html, `date` with its zone before the year, and the
# three places that Cisco's systems have for a year: https://github.com/elastic/integrations/pull/2475; an @ before the
# clock is Kibana's: https://www.elastic.co/docs/explore-analyze/report-and-share
_CTIME = _compiled(
    rf"{_DAYNAME}{_MONTH_DAY} {_CLOCK}(?: (?P<zone>[A-Z]{{1,5}}))? (?P<year>\d{{4}})(?: (?P<last>{_SHIFT}))?",
    rf"{_DAYNAME}{_MONTH_DAY},? (?P<year>\d{{4}}),? {{1,2}}(?:@ )?{_CLOCK}{_AFTER}",
    rf"(?P<year>\d{{4}}) {_MONTH_DAY} {_CLOCK}{_AFTER}",
)
# https://www.rfc-editor.org/rfc/rfc3164#section-4.1.2
_YEARLESS = _compiled(rf"{_DAYNAME}{_MONTH_DAY} {_CLOCK}{_AFTER}")
# https://learn.microsoft.com/windows/win32/intl/locale-sshortdate: the order and the separator are the locale's
_DATE = r"(?P<first>\d{4}|\d\d?)(?P<separator>[-/.]) ?(?P<second>\d\d?)(?P=separator) ?(?P<third>\d{4}|\d\d?)"
_NUMERIC = _compiled(rf"{_DATE}\.?[T,: ] ?{_CLOCK}{_AFTER}")
_NUMERIC_DATE = re.compile(rf"\s*{_DATE}(?!\d)", re.ASCII)
_SHAPES = {
    "": _ISO + _DAY_FIRST + _CTIME + _YEARLESS + _NUMERIC,
    "iso": _ISO,
    "day_first": _DAY_FIRST,
    "ctime": _CTIME,
    "yearless": _YEARLESS,
    "syslog": _ISO + _CTIME + _YEARLESS,
    "us": _NUMERIC,
    "eu": _NUMERIC,
    "numeric": _NUMERIC,
}
_ORDER = {"us": "mdy", "eu": "dmy"}
OF_DATES = {"date": "", "date_us": "us", "date_eu": "eu"}
"""Forms of stamps that may be a date alone, as in bills and lists; with the form that they have beside a time."""


def minute_of(text: str, form: str, date_order: str = "") -> Minute | None:
    """The minute that a stamp without its seconds (`10/Oct/2000:13:55 -0700`) names. Anything may follow the stamp, but
    not in the empty form, which has to account for the whole text."""
    for shape in _SHAPES[form]:
        found = shape.match(text)
        if found is None or (not form and found.end() < len(text)):
            continue
        said = found.groupdict("")
        if "first" in said:
            date = _date(found, _ORDER.get(form, ""), date_order)
        else:
            month = said["month"]
            number = int(month) if month.isdigit() else _MONTHS.get(month.lower(), 0)
            date = int(said.get("year", 0)), number, int(said["day"])
        hour = _hour(int(said["hour"]), said["half"].lower())
        if date is None or hour < 0:
            return None
        return Minute(*date, hour, int(said["minute"]), said.get("last") or said["zone"])
    return None


def zone_of(text: str) -> dt.tzinfo | None:
    """The zone that `-0500`, `+02:00`, `GMT+02:00`, `(GMT-1:00)`, `Z`, `utc` or an abbreviation with one meaning names;
    None for every other word."""
    named = _ZONES.get(text.upper())
    if named is not None:
        return named
    found = _ZONE.fullmatch(text)
    if found is None:
        return None
    hours, minutes = int(found[2]), int(found[3] or 0)
    if hours > 23 or minutes > 59:
        return None
    span = dt.timedelta(hours=hours, minutes=minutes)
    return dt.timezone(-span if found[1] == "-" else span)


def numeric_order(stamps: Iterable[str]) -> str:
    """The order of day, month and year ("dmy", "mdy" or "ymd") that a file's all-numeric dates prove together; empty
    where they allow two, or contradict each other. Texts that begin with no such date say nothing."""
    orders = {"dmy", "mdy", "ymd"}
    for text in stamps:
        found = _NUMERIC_DATE.match(text)
        if found is not None:
            orders &= _possible(found).keys()
    return orders.pop() if len(orders) == 1 else ""


def _date(found: re.Match[str], order: str, date_order: str) -> tuple[int, int, int] | None:
    """By the form's own order; or else by what the numbers and dots leave possible, of which the user may choose."""
    if order and len(found["first"]) < 4:
        return _ordered(found, order)
    possible = _possible(found)
    if date_order and len(_orders(found)) > 1:
        return possible.get(date_order)
    dates = set(possible.values())
    return dates.pop() if len(dates) == 1 else None


def _possible(found: re.Match[str]) -> dict[str, tuple[int, int, int]]:
    dates = {order: _ordered(found, order) for order in _orders(found)}
    return {order: date for order, date in dates.items() if date is not None}


def _orders(found: re.Match[str]) -> tuple[str, ...]:
    """The orders that the look of a date allows: a year of four digits shows itself, and dots mean the day first."""
    if len(found["first"]) == 4:
        return ("ymd",)
    if found["separator"] == ".":
        return ("dmy",)
    return ("dmy", "mdy") if len(found["third"]) == 4 else ("dmy", "mdy", "ymd")


def _ordered(found: re.Match[str], order: str) -> tuple[int, int, int] | None:
    said = dict(zip(order, found.group("first", "second", "third"), strict=True))
    if len(said["d"]) > 2 or len(said["y"]) not in (2, 4):
        return None
    year = int(said["y"]) + (2000 if len(said["y"]) == 2 else 0)  # no log is older
    try:
        date = dt.date(year, int(said["m"]), int(said["d"]))
    except ValueError:
        return None
    return date.year, date.month, date.day


def _hour(hour: int, half: str) -> int:
    """Of the day; -1 for an hour that no clock of 12 hours shows."""
    if not half:
        return hour
    return hour % 12 + 12 * (half == "p") if hour <= 12 else -1
