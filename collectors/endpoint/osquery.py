"""osquery's results: the log of osqueryd in its three shapes, bare rows, and the arrays that `osqueryi --json` prints.

https://osquery.readthedocs.io/en/stable/deployment/logging/: one event a line with `columns` and `action`, a `snapshot`
of rows, or `diffResults` with rows added and removed. Rows of one record may give many artifacts of its position."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import cast

import msgspec

from shadowledger.collectors.collector import Collector, Head
from shadowledger.collectors.endpoint.osquery_tables import (
    Row,
    found_in,
    is_kernel_thread,
    is_process,
    table_of,
    text_of,
)
from shadowledger.collectors.endpoint.programs import Seen, seen_by
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import Ignored, Issue, Record

_MOST_BYTES = 64 << 20
_REFERENCE = "https://osquery.readthedocs.io/en/stable/deployment/logging/"
_FILLS = (
    "process",
    "cmdline",
    "app",
    "browser_ext",
    "ide_ext",
    "py_package",
    "npm_package",
    "image",
    "unit",
    "env_var",
    "mcp_config",
    "cli",
    "model_file",
)
_COMMON_COLUMNS = ("python_packages", "npm_packages", "alf_explicit_auths")
"""Tables whose columns other lists have too; without an event around them they prove nothing."""
_ACTIONS = ("added", "removed", "snapshot")
_LAST_SECOND = 253402300799
"""The end of the year 9999."""
_MONTHS = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _seconds(text: str) -> int:
    """`unixTime`, which is text or a number; 0 where it is neither."""
    whole = text.partition(".")[0]
    seconds = int(whole) if whole.isascii() and whole.isdigit() and len(whole) < 13 else 0
    return seconds if seconds <= _LAST_SECOND else 0


def _calendar(text: str) -> tuple[datetime | None, bool]:
    """`calendarTime` as C's asctime writes it (`Thu Dec 28 14:39:50 2017 UTC`), and whether it names its zone."""
    words = text.split()
    if len(words) not in (5, 6) or words[1] not in _MONTHS:
        return None, False
    try:
        stamp = datetime.fromisoformat(f"{words[4]}-{_MONTHS.index(words[1]):02}-{int(words[2]):02}T{words[3]}")
    except ValueError:
        return None, False
    return stamp, words[5:] == ["UTC"]


def _seen(event: Row, default: Seen, reading: Reading) -> Seen:
    """When and where an event was seen: what it says, or else what is known of the file."""
    device = reading.settings.device or text_of(event, "hostIdentifier") or text_of(event, "hostname")
    if seconds := _seconds(text_of(event, "unixTime")):
        return Seen(seconds * 1_000_000, "explicit", device)
    stamp, named = _calendar(text_of(event, "calendarTime"))
    if stamp is None:
        return default._replace(device=device)
    zone = reading.settings.zone
    stamp = stamp.replace(tzinfo=UTC if named or zone is None else zone)
    source = "explicit" if named else "config" if zone else "assumed"
    return Seen(int(stamp.timestamp()) * 1_000_000, source, device)


def _rows(event: Row) -> tuple[list[Row], str]:
    """The rows of an event that are there now; or none, and why."""
    if text_of(event, "action") == "removed":
        return [], "removed"
    diff = event.get("diffResults")
    if isinstance(diff, dict):
        found = diff.get("added")
        empty = "removed" if diff.get("removed") else "no rows"
    else:
        found = event.get("snapshot", event.get("columns"))
        empty = "no rows"
    listed = found if isinstance(found, list) else [found] if isinstance(found, dict) else []
    rows = [cast(Row, row) for row in listed if isinstance(row, dict)]
    return rows, "" if rows else empty


def _is_event(event: Row) -> bool:
    shaped = isinstance(event.get("columns"), dict) and text_of(event, "action") in _ACTIONS
    return "name" in event and (
        shaped or isinstance(event.get("snapshot"), list) or isinstance(event.get("diffResults"), dict)
    )


def _is_row(event: Row) -> bool:
    """Whether an object is itself a row of a table, without an event around it."""
    if any(isinstance(value, dict | list) for value in event.values()):
        return False
    if is_process(event):
        return "name" in event and text_of(event, "pid").lstrip("-").isdigit()
    table = table_of(event, "")
    return table is not None and (table.name not in _COMMON_COLUMNS or "directory" in event)


def _user(row: Row, event: Row) -> str:
    """Whom the row names, by name or number; else whom osquery's decorations name."""
    decorations = event.get("decorations")
    named = text_of(row, "username") or text_of(row, "user") or text_of(row, "uid")
    return named or (text_of(decorations, "username") if isinstance(decorations, dict) else "")


def _record(position: int, data: str, default: Seen, reading: Reading) -> Iterator[Record]:
    """What one event or row gives: artifacts, or one Ignored or Issue."""
    try:
        event = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        yield Issue(position, "not JSON")
        return
    if not isinstance(event, dict):
        yield Issue(position, "not an object")
    elif _is_event(event):
        yield from _event(position, event, default, reading)
    elif _is_row(event):
        yield from _event(position, {"columns": event}, default, reading)
    elif "severity" in event and "message" in event:
        yield Ignored(position, "status line")
    else:
        yield Issue(position, "not an osquery result")


def _event(position: int, event: Row, default: Seen, reading: Reading) -> Iterator[Record]:
    rows, reason = _rows(event)
    seen, query = _seen(event, default, reading), text_of(event, "name")
    found = False
    for row in rows:
        for artifact in found_in(position, row, query, _user(row, event), seen, reading.command):
            found = True
            yield artifact
    if not found:
        threads = bool(rows) and all(is_process(row) and is_kernel_thread(row) for row in rows)
        yield Ignored(position, reason or ("kernel thread" if threads else "no program, package or extension"))


def _read_log(reading: Reading) -> Iterator[Record]:
    """Issues: `not JSON`, `not an object`, `not an osquery result`."""
    default = seen_by(reading)
    for first, lines in reading.blocks():
        for position, line in enumerate(lines, start=first):
            if line and not line.isspace():
                reading.record_count += 1
                yield from _record(position, line, default, reading)


def _read_array(reading: Reading) -> Iterator[Record]:
    """Issues: those of the log, and `not a JSON array` for a document that is none or was cut."""
    default = seen_by(reading)
    try:
        elements = msgspec.json.decode(reading.opened.everything(_MOST_BYTES), type=list[msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        reading.record_count += 1
        yield Issue(1, "not a JSON array")
        return
    for position, element in enumerate(elements, start=1):
        reading.record_count += 1
        yield from _record(position, bytes(element).decode("utf-8", "replace"), default, reading)


def _kind_of(data: str) -> str:
    try:
        event = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return ""
    if not isinstance(event, dict):
        return ""
    return "result" if _is_event(event) else "row" if _is_row(event) else ""


def _detect_log(head: Head) -> str:
    whole = [line for line in head.lines[:8] if len(line) < 4096]
    kinds = [kind for line in whole if (kind := _kind_of(line))]
    if kinds and len(kinds) * 4 >= len(whole) * 3:
        shape = "results with name and columns, snapshot or diffResults" if "result" in kinds else "rows of its tables"
        return f"{len(kinds)} of {len(whole)} lines are osquery's {shape}"
    if not whole and (line := head.lines[0] if head.lines else "") and _begins_event(line):
        return "the first line begins as an osquery result with a snapshot"
    return ""


def _begins_event(line: str) -> bool:
    """A snapshot of thousands of rows is longer than what detection is shown."""
    text = line.replace(" ", "")
    return text.startswith("{") and ('"snapshot":[{' in text or '"diffResults":{' in text)


def _detect_array(head: Head) -> str:
    text = head.data.decode("utf-8", "replace").lstrip()
    if not text.startswith("["):
        return ""
    decoder = json.JSONDecoder()
    at, fit, count = 1, 0, 0
    while count < 4 and (at := _skip(text, at)) < len(text) and text[at] == "{":
        try:
            _, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        count += 1
        fit += bool(_kind_of(text[at:end]))
        at = end
    return f"an array, and {fit} of its first {count} elements are osquery's" if fit and fit * 4 >= count * 3 else ""


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n,":
        at += 1
    return at


OSQUERY = Collector(
    id="osquery",
    title="osquery results log",
    framing="line",
    fills=_FILLS,
    reads_objects=True,
    detect=_detect_log,
    read=_read_log,
    reference=_REFERENCE,
    resumes=True,
    export=(
        "osqueryd's results log (filesystem logger), of queries over processes, apps, packages and browser extensions; "
        "`shadowledger osquery-pack` writes such queries."
    ),
    cannot="What no query asks for.",
)
OSQUERY_ROWS = Collector(
    id="osquery_rows",
    title="osqueryi --json",
    framing="array",
    fills=_FILLS,
    reads_objects=True,
    detect=_detect_array,
    read=_read_array,
    reference="https://osquery.readthedocs.io/en/stable/introduction/using-osqueryi/",
    export="osqueryi --json 'select * from processes' and other tables.",
    cannot="The machine and the time: --device, and the file's time.",
)
