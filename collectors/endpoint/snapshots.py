"""Our own document of running processes, as `live` takes it and `shadowledger collect processes` prints it.

`{"schema": "shadowledger/processes/1", "device", "taken_at", "system", "visible", "total", "processes": [{"name",
"path", "user", "command_words", "count"}]}`; a record is an element of `processes`, from 1."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from shadowledger.collectors.collector import Collector, Head
from shadowledger.collectors.endpoint.programs import Seen, artifacts, base_name, seen_by
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import Artifact, Issue, Record

SCHEMA = "shadowledger/processes/1"
_MOST_BYTES = 32 << 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Process(msgspec.Struct):
    name: str = ""
    path: str = ""
    user: str = ""
    command_words: str = ""


class _Snapshot(msgspec.Struct):
    schema: str
    processes: list[msgspec.Raw]
    device: str = ""
    taken_at: str = ""


def _seen(snapshot: _Snapshot, reading: Reading) -> Seen:
    default = seen_by(reading)._replace(device=reading.settings.device or snapshot.device)
    try:
        taken_at = datetime.fromisoformat(snapshot.taken_at)
    except ValueError:
        return default
    source = "explicit" if taken_at.tzinfo else "assumed"
    taken_at = taken_at if taken_at.tzinfo else taken_at.replace(tzinfo=UTC)
    return default._replace(time_us=(taken_at - _EPOCH) // timedelta(microseconds=1), tz_source=source)


def _read(reading: Reading) -> Iterator[Record]:
    """Issues: `not a snapshot of processes` for a document that is none or was cut, `not a process`, `no name`."""
    try:
        text = reading.opened.everything(_MOST_BYTES).decode("utf-8", "replace")
        snapshot = msgspec.json.decode(text, type=_Snapshot)
    except (msgspec.DecodeError, RecursionError):
        reading.record_count += 1
        yield Issue(1, "not a snapshot of processes")
        return
    seen = _seen(snapshot, reading)
    for position, element in enumerate(snapshot.processes, start=1):
        reading.record_count += 1
        try:
            process = msgspec.json.decode(element, type=_Process)
        except (msgspec.DecodeError, RecursionError):
            yield Issue(position, "not a process")
            continue
        names = [base_name(process.name), base_name(process.path)]
        if not any(names):
            yield Issue(position, "no name")
            continue
        yield from artifacts(position, names, "", process.user, seen, None)
        if process.command_words:
            yield Artifact(
                position,
                "cmdline",
                process.command_words[:512],
                seen.time_us,
                seen.tz_source,
                seen.device,
                process.user,
            )


def _detect(head: Head) -> str:
    start = head.data[:4096].lstrip()
    if start.startswith(b"{") and SCHEMA.encode() in start.replace(b"\\/", b"/"):
        return f"an object whose schema is {SCHEMA}"
    return ""


PROCESS_SNAPSHOT = Collector(
    id="process_snapshot",
    title="shadowledger collect processes",
    framing="document",
    fills=("process", "cmdline"),
    reads_objects=True,
    detect=_detect,
    read=_read,
    reference="https://psutil.readthedocs.io/en/latest/#psutil.process_iter",
    export="shadowledger collect processes > file, on each machine.",
    cannot="Programs that ran at another time.",
)
