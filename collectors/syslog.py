"""What syslog and its relays put before a message: https://www.rfc-editor.org/rfc/rfc3164#section-4,
https://www.rfc-editor.org/rfc/rfc5424#section-6, counted as in https://www.rfc-editor.org/rfc/rfc6587#section-3.4.1.

    <134>1 2024-03-05T14:07:09.123Z gw1 proxy 812 - [id@32473 a="b"] the message
    <134>Mar  5 14:07:09 relay Mar  5 14:07:08 gw1 proxy[812]: the message
    <165>22191: gw1: 022546: *Mar  5 14:07:09.123 CET: %SYS-5-CONFIG_I: the message

Most devices write neither RFC to the letter. What is doubtful stays with the message."""

from __future__ import annotations

import re
from typing import NamedTuple

LOOKED_AT = 1024
"""Characters in which a header has to end."""
_DEEPEST = 3


class Header(NamedTuple):
    """Everything is empty that the header does not say, and as it is written there."""

    stamp: str
    form: str
    """How the stamp is written, in the words of `stamps.FORMS`: iso, yearless, ctime or epoch."""
    host: str
    app: str
    """Without the id of its process."""
    end: int
    """Where the message begins."""
    data: int
    """Where the structured data before it begins; the same as `end` where there is none."""


class _Part(NamedTuple):
    """One header of perhaps several."""

    header: Header
    after_host: int
    """Where the header of the device itself may begin, if this one is a relay's."""


class _Stamp(NamedTuple):
    text: str
    form: str
    end: int


_WORD = r'[^\s:%<|=,;"{\[(]{1,64}+'
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_STAMP_TEXT = (
    r"(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?[+-]\d\d:?\d\d)?Z?"
    rf"|[*.]?(?:{_DAY} )?(?:\d{{4}} )?{_MONTH} {{1,2}}\d{{1,2}} (?:\d{{4}} )?\d\d:\d\d:\d\d(?:\.\d{{1,9}})?"
    r"(?: \d{4}(?= |: ))?)(?=[\s:]|\Z)"
)
_STAMP = re.compile(_STAMP_TEXT, re.ASCII)
_DAYNAME = re.compile(_DAY)
_YEAR = re.compile(r"\b\d{4}\b", re.ASCII)
# Before a colon any zone; before a blank, where a host may stand, those that no host is called.
_ZONE = re.compile(r" (?:[A-Z]{1,5}(?= ?:)|(?:UTC|GMT|[ECMP][SD]T|CES?T)(?= ))", re.ASCII)
_LEAD = re.compile(r"\ufeff?(?:\d{1,7} (?=<))?(<\d{1,3}>(?:- )?)?", re.ASCII)
_VERSION = re.compile(r"[1-9]\d? (?=- |\d{4}-\d\d-|\d{9,11}\.\d)", re.ASCII)
_EPOCH = re.compile(r"\d{9,11}\.\d{1,9}(?= )", re.ASCII)
"""Meraki's, in the place of the stamp of RFC 5424:
https://documentation.meraki.com/General_Administration/Monitoring_and_Reporting/Syslog_Event_Types_and_Log_Samples"""
# A sequence number, the host (logging origin-id), a second number, and the time since the start for a stamp; in IOS XR
# the node: https://www.cisco.com/c/en/us/td/docs/routers/access/wireless/software/guide/SysMsgLogging.html. A star or a
# dot before the stamp says that the clock is not set: https://www.rsyslog.com/doc/configuration/modules/pmciscoios.html
_CISCO = re.compile(rf"(?:(?:{_WORD} )?{_WORD} ?: ?){{1,5}}?(?={_STAMP_TEXT}|%[A-Z])", re.ASCII)
_NO_HOST = re.compile(r"[\d*.]|[^/]*/\d", re.ASCII)
# "Kiwi format ISO yyyy-mm-dd (Tab delimited)": https://support.solarwinds.com/@api/deki/files/9861/Syslogd.pdf
_KIWI = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\t[A-Z][A-Za-z0-9]+\.[A-Z][a-z]+\t(\S{1,255})\t", re.ASCII)
_SEVERITY = re.compile(
    r"(?:(?:kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|authpriv|ftp|local[0-7])\.)?"
    r"(?:emerg|alert|crit|critical|err|error|warning|warn|notice|info|debug) +",
    re.ASCII | re.IGNORECASE,
)
_HOST = re.compile(
    r"(?!\d++(?:\.\d++)?:?\s|\d\d:\d\d:\d\d)(\[[0-9A-Fa-f.:]{2,45}\]|[A-Za-z0-9_][\w.%/@~:-]{0,253}+)(?=\s|\Z)",
    re.ASCII,
)
_ADDRESS = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{2,41}", re.ASCII)
_ADDRESS_AGAIN = re.compile(r"(?:\d{1,3}\.){3}\d{1,3} +", re.ASCII)
"""Infoblox's, behind the host: https://www.logzilla.ai/docs/logzilla-appstore/infoblox"""
# What begins a message that names its format: Cisco's, CEF, LEEF
_MESSAGE = re.compile(r" *(?:: *)?(?:%[A-Z]|CEF: ?\d|LEEF: ?\d)", re.ASCII)
_TAG = re.compile(
    r'(?!CEF:|LEEF:|%|\d++ ?:)([^\s:\[\]{}"=<>|,;]{1,64}+)(?:\[[^\]\s]{0,32}\])?+(?: -)?:(?=[\s{<"]|\Z) *', re.ASCII
)
# The name of the program, the id of its process and of the message, and "-" or structured data
_FIVE = re.compile(r'(?!CEF:|LEEF:)([^\s\[\]"=]{1,128}+)(?<!:) (\S{1,128}+) \S{1,64}+ (?:-(?= |\Z)|(?=\[))', re.ASCII)
_DATA = re.compile(
    r'(?:\[[^\s\]="]{1,64}+(?: +[^\s\]="]{1,64}+="[^"\\]*+(?:\\.[^"\\]*+)*+")*+ *\])++(?= |\Z)', re.ASCII | re.DOTALL
)


def header(line: str) -> Header | None:
    """The header of a line, or of what stands before a message of a known format; None where there is none. Where a
    relay put its own before that of the device, the device's host wins, and the stamp that says more."""
    text = line[:LOOKED_AT]
    part = _part(text, 0)
    if part is None:
        return None
    found = part.header
    for _ in range(_DEEPEST - 1):
        inner = _part(text, part.after_host, is_inner=True)
        if inner is None and text.startswith("<", found.end):
            inner = _part(text, found.end, is_inner=True)
        if inner is None:
            break
        part, found = inner, _merged(found, inner.header)
    return found


def _part(text: str, at: int, *, is_inner: bool = False) -> _Part | None:
    """The header that begins at `at`. Without a priority it has to look like one all through."""
    if not is_inner and (kiwi := _KIWI.match(text)):
        at = kiwi.end()
        return _Part(Header(kiwi[1], "iso", kiwi[2], "", at, at), at)
    lead = _LEAD.match(text, at)
    at, has_priority = (lead.end(), bool(lead[1])) if lead else (at, False)
    if has_priority:
        at = _past(text, at, " :")
    version = _VERSION.match(text, at) if has_priority or is_inner else None
    if version:
        at = version.end()
    host, before = "", None
    if (has_priority or (is_inner and text[at : at + 1].isdigit())) and not version and not _STAMP.match(text, at):
        before = _CISCO.match(text, at)
    if before:
        host = next((word for word in re.split("[ :]+", before[0]) if word and not _NO_HOST.match(word)), "")
        at = before.end()
    stamp = _stamp(text, at, has_version=bool(version), has_priority=has_priority)
    is_header = has_priority or before is not None
    if not is_header and (not stamp.text or (is_inner and _DAYNAME.match(stamp.text))):
        return None
    part, is_sure = _rest(text, stamp, host, has_version=bool(version), has_host=bool(before))
    doubtful = stamp.form == "iso" or _DAYNAME.match(stamp.text)
    return part if is_header or is_sure or not doubtful else None


def _stamp(text: str, at: int, *, has_version: bool, has_priority: bool) -> _Stamp:
    """The stamp at `at`, with its zone; an empty one that ends where it begins."""
    if has_version:
        if text.startswith("- ", at):
            return _Stamp("", "", at + 1)
        if found := _EPOCH.match(text, at):
            return _Stamp(found[0], "epoch", found.end())
    found = _STAMP.match(text, at)
    if found is None:
        return _Stamp("", "", at)
    if found[0][4:5] == "-":  # without a T it may as well be the first column of a table
        return _Stamp(found[0], "iso", found.end()) if found[0][10] == "T" or has_priority else _Stamp("", "", at)
    end = found.end()
    if zone := _ZONE.match(text, end):
        end = zone.end()
    said = text[at:end].lstrip("*.")
    return _Stamp(said, "ctime" if _YEAR.search(said) else "yearless", end)


def _rest(text: str, stamp: _Stamp, host: str, *, has_version: bool, has_host: bool) -> tuple[_Part, bool]:
    """What stands behind the stamp, and whether it is surely syslog's."""
    at = _past(text, stamp.end, " \t")
    if text.startswith(":", at):
        at, has_host = _past(text, at, " :"), True
    if severity := _SEVERITY.match(text, at):
        at = severity.end()
    if has_version and text.startswith("- ", at):
        at += 2
    elif not has_host:
        host, at = _host(text, at, is_stamped=has_version or bool(stamp.form))
    after_host = at
    if text.startswith((": ", ":\t"), at):
        at = _past(text, at + 1, " ")
    if stamp.form in ("iso", "") and (five := _FIVE.match(text, at)) and (has_version or _is_id(five[2])):
        end = five.end()
        data = _DATA.match(text, end)
        message = _past(text, data.end() if data else end, " \ufeff")
        app = "" if five[1] == "-" else five[1]
        return _Part(Header(stamp.text, stamp.form, host, app, message, end if data else message), after_host), True
    before_tag = _SEVERITY.match(text, at) or _ADDRESS_AGAIN.match(text, at)
    if tag := _TAG.match(text, before_tag.end() if before_tag else at):
        return _Part(Header(stamp.text, stamp.form, host, tag[1], tag.end(), tag.end()), after_host), True
    is_sure = at == len(text) or _MESSAGE.match(text, at) is not None
    return _Part(Header(stamp.text, stamp.form, host, "", at, at), after_host), is_sure


def _host(text: str, at: int, *, is_stamped: bool) -> tuple[str, int]:
    """The host at `at`, and where what follows it begins; none where the word may be the program or the message."""
    found = _HOST.match(text, at)
    if found is None:
        return "", at
    name, names_format = found[1].strip("[]"), _MESSAGE.match(text, found.end()) is not None
    if name.endswith(":"):  # a program's name, unless it can be none
        name = name[:-1]
        is_host = is_stamped and (names_format or _ADDRESS.fullmatch(name) is not None)
    else:
        is_host = is_stamped or names_format
    return (name, _past(text, found.end(), " ")) if is_host else ("", at)


def _merged(outer: Header, inner: Header) -> Header:
    stamped = inner if _says(inner) >= _says(outer) else outer
    host, app = inner.host or outer.host, inner.app or outer.app
    return Header(stamped.stamp, stamped.form, host, app, inner.end, inner.data)


def _says(found: Header) -> int:
    """How much of the time a stamp tells: nothing, the day, the year, the zone too."""
    if found.form == "iso" and any(mark in found.stamp[19:] for mark in "Z+-"):
        return 3
    return {"": 0, "yearless": 1, "ctime": 2, "iso": 2, "epoch": 3}[found.form]


def _is_id(text: str) -> bool:
    return text == "-" or text.isdecimal()


def _past(text: str, at: int, skipped: str) -> int:
    """The first place from `at` on where something else stands."""
    end = len(text)
    while at < end and text[at] in skipped:
        at += 1
    return at
