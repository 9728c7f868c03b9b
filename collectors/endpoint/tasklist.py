"""Process lists as Windows' `tasklist` prints them: a table under a ruler, or CSV; with `/v`, `/svc` and `/nh` or not.

https://learn.microsoft.com/windows-server/administration/windows-commands/tasklist; a record is a row after the header.
Headers come in the language of the system, so columns are known by their order: name, PID, session name, session,
memory and, with `/v`, status, user, CPU time and window title. Window titles hold what people read and write: they
never leave this module."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from unicodedata import east_asian_width

from shadowledger.collectors.collector import Collector, Head
from shadowledger.collectors.endpoint.programs import Seen, artifacts, seen_by
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import Ignored, Issue, Record

_MOST_BYTES = 32 << 20
_REFERENCE = "https://learn.microsoft.com/windows-server/administration/windows-commands/tasklist"

_RULER = re.compile(r"={8,} ={6,}(?: ={6,})*\Z")
_MEMORY = re.compile(r"[\d.,'\u2019\s\ufffd]*\d\s*\D{1,4}\Z|N/A\Z")  # `7,868 K`, `7.868 K`, `7 868 Ko`, `64 200 КБ`
_NAME, _PID, _SESSION, _MEM, _USER = 0, 1, 3, 4, 6
_WIDE = 9
"""Columns with `/v`."""

# Code pages of consoles, known by the header's first words:
# https://learn.microsoft.com/windows/win32/intl/code-page-identifiers
_OEM = tuple(
    (word.encode(page), page)
    for word, page in (
        ("イメージ名", "cp932"),
        ("映像名称", "cp936"),
        ("이미지 이름", "cp949"),
        ("影像名稱", "cp950"),
        ("Имя образа", "cp866"),
        ("Nazwa obrazu", "cp852"),
    )
)
_WESTERN = "cp850"


def _text(data: bytes) -> str:
    """A list of processes as text: UTF-8 or the console's code page."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        if error.start >= len(data) - 3:  # cut inside the last character
            return data.decode("utf-8", "replace")
    page = next((page for word, page in _OEM if word in data[:4096]), _WESTERN)
    return data.decode(page, "replace")


def _lines(reading: Reading) -> list[str]:
    return [line.rstrip("\r") for line in _text(reading.opened.everything(_MOST_BYTES)).split("\n")]


def _user(columns: list[str]) -> str:
    """`DOMAIN\\name` from a row of `/v`; what stands there for nobody (`N/A`, in any language) has no domain."""
    user = columns[_USER].strip() if len(columns) >= _WIDE else ""
    return user if "\\" in user else ""


def _process(position: int, columns: list[str], seen: Seen) -> Iterator[Record]:
    name = columns[_NAME].strip()
    if not columns[_PID].strip().isdigit():
        yield Issue(position, "PID is not a number")
    elif not name:
        yield Issue(position, "no name")
    else:
        yield from artifacts(position, [name], "", _user(columns), seen, None)


def _spans(ruler: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer("=+", ruler)]


def _slices(line: str, spans: list[tuple[int, int]]) -> list[str]:
    """A line cut below its ruler; in consoles, East Asian characters take two places."""
    if not line.isascii():
        line = "".join(char + "\0" if east_asian_width(char) in "WF" else char for char in line)
    return [line[start:end].replace("\0", "").strip() for start, end in spans]


def _read_table(reading: Reading) -> Iterator[Record]:
    """Issues: `no ruler of tasklist`, `PID is not a number`, `no name`."""
    lines = [line for line in _lines(reading) if line.strip()]
    rulers = {at for at, line in enumerate(lines) if _RULER.match(line.strip())}
    spans: list[tuple[int, int]] = []
    seen = seen_by(reading)
    position = 0
    for at, line in enumerate(lines):
        if at in rulers:
            spans = _spans(line.rstrip())
        elif spans and line[: spans[_PID][1]].strip():  # otherwise services or modules of the row before go on
            position += 1
            reading.record_count += 1
            if at + 1 in rulers:
                yield Ignored(position, "header repeated")
            else:
                yield from _process(position, _slices(line, spans), seen)
    if not spans:
        reading.record_count += 1
        yield Issue(1, "no ruler of tasklist")


def _detect_table(head: Head) -> str:
    for at, line in enumerate(head.lines[:6]):
        if _RULER.match(line.strip()):
            spans = _spans(line.rstrip())
            below = head.lines[at + 1 : at + 9]
            again = next((place for place, row in enumerate(below) if _RULER.match(row.strip())), len(below) + 1)
            rows = [_slices(row, spans) for row in below[: again - 1]]
            rows = [row for row in rows if row[_NAME] or row[_PID]]
            fit = sum(row[_PID].isdigit() and bool(row[_NAME]) for row in rows)
            if fit and fit * 4 >= len(rows) * 3:
                return f"tasklist's ruler of {len(spans)} columns, and {fit} of {len(rows)} rows have a name and a PID"
    return ""


def _row(line: str, delimiter: str) -> list[str]:
    """A line of CSV; each stands alone, because an open quotation mark in a window title must not take the others."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])[:_WIDE]
    except csv.Error:
        return []


def _delimiter(line: str) -> str:
    """Comma as tasklist writes it, or the semicolon of a spreadsheet."""
    return ";" if line.count(";") > line.count(",") else ","


def _is_process(row: list[str]) -> bool:
    if len(row) not in (3, 5, _WIDE) or not row[_NAME] or not row[_PID].isdigit():
        return False
    return len(row) == 3 or (row[_SESSION].isdigit() and _MEMORY.match(row[_MEM].strip()[:24]) is not None)


def _read_csv(reading: Reading) -> Iterator[Record]:
    """Issues: `not a row of tasklist`, `PID is not a number`, `no name`."""
    lines = [line for line in _lines(reading) if line.strip()]
    delimiter = _delimiter(lines[0]) if lines else ","
    header: list[str] = []
    seen = seen_by(reading)
    position = 0
    for line in lines:
        row = _row(line, delimiter)
        if not header and not position and len(row) > _PID and not row[_PID].strip().isdigit():
            header = row
            continue
        position += 1
        reading.record_count += 1
        if header and row == header:
            yield Ignored(position, "header repeated")
        elif len(row) < 3:
            yield Issue(position, "not a row of tasklist")
        else:
            yield from _process(position, row, seen)


def _detect_csv(head: Head) -> str:
    if not head.lines:
        return ""
    delimiter = _delimiter(head.lines[0])
    rows = [_row(line, delimiter) for line in head.lines[:9]]
    headed = len(rows[0]) in (3, 5, _WIDE) and not rows[0][_PID].strip().isdigit()
    services = len(rows[0]) == 3  # `/svc`: a name, a PID and a list are too little to go by
    if services and not (headed and rows[0][_PID].strip() == "PID"):
        return ""
    rows = rows[1:] if headed else rows
    fit = sum(_is_process(row) for row in rows)
    if (
        not fit
        or fit * 4 < len(rows) * 3
        or (services and not any(row[0].lower().endswith(".exe") for row in rows if row))
    ):
        return ""
    first = "a header and " if headed else ""
    return f"{first}{fit} of {len(rows)} rows in tasklist's order: name, PID, session name, session, memory ..."


TASKLIST = Collector(
    id="tasklist",
    title="Windows tasklist, table",
    framing="csv",
    fills=("process",),
    detect=_detect_table,
    read=_read_table,
    reference=_REFERENCE,
    export="tasklist /v > file.",
    cannot="The machine and the time: --device, and the file's time.",
)
TASKLIST_CSV = Collector(
    id="tasklist_csv",
    title="Windows tasklist /fo csv",
    framing="csv",
    fills=("process",),
    detect=_detect_csv,
    read=_read_csv,
    reference=_REFERENCE,
    export="tasklist /v /fo csv > file.",
    cannot="The machine and the time: --device, and the file's time.",
)
