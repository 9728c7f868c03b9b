"""Process lists as `ps` prints them on Linux, macOS and the BSDs: columns are found by the names in the header.

https://man7.org/linux/man-pages/man1/ps.1.html, https://man.freebsd.org/cgi/man.cgi?query=ps; a record is a line after
the first header. Of a command line only the program's base name is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from shadowledger.collectors.collector import Collector, Head
from shadowledger.collectors.endpoint.programs import artifacts, base_name, program_of, seen_by
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import Ignored, Issue, Record

_COMMANDS = frozenset(("ARGS", "CMD", "COMMAND"))
_PATHS = frozenset(("COMM", "UCOMM"))
"""macOS: the program alone, without arguments, whatever blanks it holds."""
_USERS = ("USER", "RUSER", "EUSER", "UNAME", "USERNAME", "LOGNAME", "LOGIN", "UID", "RUID", "EUID")
_DATES = frozenset(("LSTART", "START", "STARTED", "STIME"))
_OTHERS = """
%CPU %MEM ADDR C CGROUP CLS CP CPU CPUID DRS EGID EGROUP ELAPSED F FGID FGROUP FLAGS FUID FUSER GID GROUP JID JOBC LABEL
LIM LWP MAJFL MAJFLT MINFL MINFLT MWCHAN NI NICE NLWP P PAGEIN PGID PGRP PID PPID PRI PSR RE RGID RGROUP RSS RSZ RTPRIO
S SC SCH SESS SID SIZE SL SPID STACKP STAT STATE SUID SUSER SVGID SVUID SZ TGID THCNT TID TIM TIME TPGID TRS TSESS TSIZ
TT TTY UNIT UTIME VSIZE VSZ WCHAN WINPID WQ ZONE
"""
_KNOWN = _COMMANDS | _PATHS | _DATES | frozenset(_USERS) | frozenset(_OTHERS.split())
_AUX = ("USER", "PID", "%CPU", "%MEM")
_HEADER_WITHIN = 5

# `lstart` is five words, `Mon Nov 23 09:00:00 2026` or `Mon 23 Nov ...`; `start` of another day is two, `Nov 22`
_CLOCK = re.compile(r"\d\d:\d\d:\d\d\Z")
_YEAR = re.compile(r"\d{4}\Z")


class _Columns(NamedTuple):
    """Where a header says that values are. Commands stand side by side; words to their left and right are counted."""

    left: tuple[str, ...]
    commands: tuple[str, ...]
    right: tuple[str, ...]
    starts: tuple[int, ...]
    """Offset of each command's name in the header."""


def _columns(header: str) -> _Columns | None:
    """The columns that a header names; None where the line is no header of `ps`."""
    words = header.split()
    if "PID" not in words or not _KNOWN.issuperset(words) or len(words) > 40:
        return None
    places = [at for at, word in enumerate(words) if word in _COMMANDS or word in _PATHS]
    if not places or places[-1] - places[0] != len(places) - 1:
        return None
    starts = [match.start() for match in re.finditer(r"\S+", header)]
    first, after = places[0], places[-1] + 1
    return _Columns(tuple(words[:first]), tuple(words[first:after]), tuple(words[after:]), tuple(starts[first:after]))


class _Row(NamedTuple):
    values: dict[str, str]
    commands: list[str]


def _row(line: str, columns: _Columns) -> _Row | None:
    """A line cut into columns; None where it has fewer."""
    left, commands, right, starts = columns
    words = line.split(None, len(left) + 4)
    extra = _date_words(words, left)
    count = len(left) + extra
    if len(words) <= count:
        return None
    rest = line.split(None, count)[count] if count else line.lstrip()
    values = _named(words[:count], left, extra)
    if right:
        tail = rest.split()
        extra = _date_words(tail[-len(right) - 4 :], right, from_end=True)
        count = len(right) + extra
        if len(tail) <= count:
            return None
        values |= _named(tail[-count:], right, extra)
        offset = len(line) - len(rest)
        rest = rest.rsplit(None, count)[0]
    else:
        offset = len(line) - len(rest)
    return _Row(values, _cut(rest, [start - offset for start in starts[1:]]) if len(commands) > 1 else [rest])


def _named(words: list[str], names: tuple[str, ...], extra: int) -> dict[str, str]:
    """Words by the names of their columns; a date takes `extra` words more than one."""
    named: dict[str, str] = {}
    at = 0
    for name in names:
        named[name] = words[at]
        at += 1 + (extra if name in _DATES else 0)
        extra = 0 if name in _DATES else extra
    return named


def _date_words(words: list[str], names: tuple[str, ...], from_end: bool = False) -> int:
    """How many words more than one the date among these columns takes: 4, 1 or 0."""
    before = next((at for at, name in enumerate(names) if name in _DATES), None)
    if before is None:
        return 0
    after = len(names) - before - 1
    for extra in (4, 1):
        at = len(words) - after - extra - 1 if from_end else before
        date = words[at : at + extra + 1] if at >= 0 else []
        if len(date) == 5 and _CLOCK.match(date[3]) and _YEAR.match(date[4]):
            return 4
        if len(date) == 2 and date[0].isalpha() and date[1].isdigit() and len(date[1]) <= 2:
            return 1
    return 0


def _cut(text: str, starts: list[int]) -> list[str]:
    """Commands side by side: cut below their names in the header, or at the first blank where a line is shifted."""
    parts: list[str] = []
    for start in starts:
        here = start - sum(len(part) for part in parts)
        if not (0 < here < len(text) and text[here - 1] == " " and text[here] != " "):
            here = len(text.split(None, 1)[0]) if text.strip() else 0
        parts.append(text[:here])
        text = text[here:]
    return [part.strip() for part in (*parts, text)]


def _is_kernel_thread(row: _Row) -> bool:
    """In brackets, and nothing but the kernel's: a program that wiped its arguments is shown in brackets too."""
    if not any(text.startswith("[") and text.endswith("]") for text in row.commands):
        return False
    values = row.values
    if "PPID" in values:
        return values["PPID"] in ("0", "2") or values["PID"] == "2"
    return values.get("VSZ", values.get("VSIZE", "0")) == "0"


def _names(row: _Row, columns: _Columns) -> list[str]:
    names = []
    for column, text in zip(columns.commands, row.commands, strict=True):
        if column in _PATHS:
            names.append(base_name(text).lstrip("-"))
            continue
        if text.startswith("{"):  # BusyBox puts a name before arguments that do not begin with it
            own, _, text = text[1:].partition("} ")
            names.append(own)
        names.append(program_of(text))
    return names


def read(reading: Reading) -> Iterator[Record]:
    """Issues: `no header of ps`, `fewer columns than the header`, `PID is not a number`, `no name`."""
    columns: _Columns | None = None
    position = 0
    seen = seen_by(reading)
    for _, lines in reading.blocks():
        for line in lines:
            if not line.strip():
                continue
            header = _columns(line)
            if columns is None:
                columns = header
                continue
            position += 1
            reading.record_count += 1
            if header is not None:
                columns = header
                yield Ignored(position, "header repeated")
                continue
            row = _row(line, columns)
            if row is None:
                yield Issue(position, "fewer columns than the header")
            elif not row.values.get("PID", "").isdigit():
                yield Issue(position, "PID is not a number")
            elif _is_kernel_thread(row):
                yield Ignored(position, "kernel thread")
            elif not any(names := _names(row, columns)):
                yield Issue(position, "no name")
            else:
                user = next((row.values[key] for key in _USERS if key in row.values), "")
                yield from artifacts(position, names, max(row.commands, key=len), user, seen, reading.command)
    if columns is None:
        reading.record_count += 1
        yield Issue(1, "no header of ps")


def _claim(head: Head, aux: bool) -> str:
    for at, line in enumerate(head.lines[:_HEADER_WITHIN]):
        columns = _columns(line)
        if columns is None:
            continue
        if (columns.left[:4] == _AUX) != aux:
            return ""
        rows = [_row(row, columns) for row in head.lines[at + 1 : at + 9]]
        fit = sum(row is not None and row.values.get("PID", "").isdigit() for row in rows)
        if fit and fit * 4 >= len(rows) * 3:
            names = ", ".join((*columns.left, *columns.commands, *columns.right))
            return f"a header of ps ({names}), and {fit} of {len(rows)} lines below it have these columns"
        return ""
    return ""


def _detect_aux(head: Head) -> str:
    return _claim(head, aux=True)


def _detect_columns(head: Head) -> str:
    return _claim(head, aux=False)


PS_AUX = Collector(
    id="ps_aux",
    title="ps aux",
    framing="csv",
    fills=("process", "cmdline"),
    detect=_detect_aux,
    read=read,
    reference="https://man7.org/linux/man-pages/man1/ps.1.html",
    export="ps aux > file, on each machine.",
    cannot="The machine and the time: --device, and the file's time.",
)
PS_COLUMNS = Collector(
    id="ps_columns",
    title="ps -ef, ps -eo ...",
    framing="csv",
    fills=("process", "cmdline"),
    detect=_detect_columns,
    read=read,
    reference="https://man7.org/linux/man-pages/man1/ps.1.html",
    export="ps -eo user,pid,comm,args > file, or any columns with comm, command or args.",
    cannot="The machine and the time: --device, and the file's time.",
)
