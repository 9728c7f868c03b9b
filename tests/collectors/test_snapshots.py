"""Our own document of running processes, read back: exact, and suspicious of what others may have written."""

from __future__ import annotations

import json

import pytest
from endpoint_lists import claimed_by, read, values
from hypothesis import assume, given
from hypothesis import strategies as st

from shadowledger.collectors.endpoint.snapshots import PROCESS_SNAPSHOT
from shadowledger.collectors.reading import Settings
from shadowledger.collectors.records import Artifact, Record
from shadowledger.collectors.telling import tell


def document(*processes: object, **more: object) -> str:
    return json.dumps({"schema": "shadowledger/processes/1", "processes": processes, **more})


def one(text: str, settings: Settings | None = None) -> dict[str, str | int]:
    records: list[Record] = read(PROCESS_SNAPSHOT, text, settings=settings)
    assert len(records) == 1
    return tell(records[0])


@pytest.mark.parametrize(
    ("process", "told"),
    [
        ({"name": "ollama", "path": "/usr/bin/ollama", "user": "ada", "count": 2}, ["process:ollama"]),
        ({"name": "claude", "path": "/usr/bin/node"}, ["process:claude", "process:node"]),
        ({"name": "Cursor.exe", "path": "~\\AppData\\Local\\Cursor.exe"}, ["process:Cursor.exe"]),
        ({"name": "", "path": "/opt/Jan/jan"}, ["process:jan"]),
        ({"name": "node", "path": "", "command_words": "aider"}, ["process:node", "cmdline:aider"]),
        ({"name": "", "path": ""}, ["Issue: no name"]),
        ({}, ["Issue: no name"]),
        ({"name": 7}, ["Issue: not a process"]),
        ("ollama", ["Issue: not a process"]),
        (None, ["Issue: not a process"]),
    ],
)
def test_a_process_is_told_by_its_names_and_words(process: object, told: list[str]) -> None:
    assert values(read(PROCESS_SNAPSHOT, document(process))) == told


@pytest.mark.parametrize(
    ("taken_at", "time", "source"),
    [
        ("2026-11-23T09:00:00Z", "2026-11-23T09:00:00Z", "explicit"),
        ("2026-11-23T10:00:00.250000+01:00", "2026-11-23T09:00:00.250000Z", "explicit"),
        ("2026-11-23T09:00:00", "2026-11-23T09:00:00Z", "assumed"),
        ("today", None, None),
        ("", None, None),
        ("0001-01-01T00:00:00+14:00", None, "explicit"),
    ],
)
def test_the_moment_is_the_snapshots(taken_at: str, time: str | None, source: str | None) -> None:
    told = one(document({"name": "jan"}, taken_at=taken_at))
    assert told.get("time") == time
    if time is not None:
        assert told["tz_source"] == source


def test_device_and_user_are_told_and_the_operators_word_goes_first() -> None:
    text = document({"name": "jan", "user": "ada"}, device="lab-3")
    assert one(text) == {
        "record": 1,
        "kind": "process",
        "value": "jan",
        "process": "jan",
        "device": "lab-3",
        "user": "ada",
    }
    assert one(text, Settings(device="lab-4"))["device"] == "lab-4"


def test_elements_are_numbered_and_a_bad_one_does_not_hide_the_next() -> None:
    records = read(PROCESS_SNAPSHOT, document({"name": "jan"}, 7, {"name": "goose"}))
    assert [record.position for record in records] == [1, 2, 3]
    assert [record.value for record in records if isinstance(record, Artifact)] == ["jan", "goose"]


def test_what_is_no_utf8_is_read_with_marks_in_its_place() -> None:
    text = document({"name": "janX"}, {"name": "goose"}, device="lab-X").encode().replace(b"X", b"\xff")
    records = read(PROCESS_SNAPSHOT, text)
    assert values(records) == ["process:jan\ufffd", "process:goose"]
    assert {record.device for record in records if isinstance(record, Artifact)} == {"lab-\ufffd"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        document()[:-2],
        '{"schema":"shadowledger/processes/1"}',
        '{"schema":"shadowledger/processes/1","processes":7}',
        "[" * 5000,
    ],
)
def test_what_is_no_snapshot_is_one_issue(text: str) -> None:
    assert values(read(PROCESS_SNAPSHOT, text)) == ["Issue: not a snapshot of processes"]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (document({"name": "jan"}), ["process_snapshot"]),
        (json.dumps(json.loads(document({"name": "jan"})), indent=2), ["process_snapshot"]),
        (document({"name": "jan"}).replace("processes/1", "processes/2"), []),
        ('{"schema":"other/1","processes":[]}', []),
        ("shadowledger/processes/1", []),
    ],
)
def test_our_own_schema_is_recognised(text: str, ids: list[str]) -> None:
    assert claimed_by(text) == ids


@given(st.binary(max_size=300))
def test_any_bytes_are_read(data: bytes) -> None:
    assume(not data.startswith(b"PK"))  # an archive in a stream is refused before
    read(PROCESS_SNAPSHOT, data)
    read(PROCESS_SNAPSHOT, b'{"schema":"shadowledger/processes/1","processes":[' + data + b"]}")
