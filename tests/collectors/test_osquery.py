"""osquery: three shapes of result, bare rows and arrays; tables known by name or by columns."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from endpoint_lists import claimed_by, read, values
from hypothesis import assume, given
from hypothesis import strategies as st

from shadowledger.collectors.endpoint.osquery import OSQUERY, OSQUERY_ROWS
from shadowledger.collectors.reading import Settings
from shadowledger.collectors.records import Artifact, Record
from shadowledger.collectors.telling import tell

OLLAMA = {"pid": "811", "name": "ollama", "path": "/usr/local/bin/ollama", "cmdline": "ollama serve"}
CHROME = "ofpnmcalabcbjgholdjcjblkibolbppb"


def event(columns: object, name: str = "q", **more: object) -> str:
    return json.dumps({"name": name, "action": "added", "columns": columns, **more})


def one(line: str, settings: Settings | None = None) -> dict[str, str | int]:
    records: list[Record] = read(OSQUERY, line, settings=settings)
    assert len(records) == 1
    return tell(records[0])


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        ({"action": "added", "columns": OLLAMA}, ["process:ollama"]),
        ({"action": "snapshot", "columns": OLLAMA}, ["process:ollama"]),
        (
            {"action": "snapshot", "snapshot": [OLLAMA, {**OLLAMA, "name": "jan", "path": ""}]},
            ["process:ollama", "process:jan"],
        ),
        ({"diffResults": {"added": [OLLAMA], "removed": [{**OLLAMA, "name": "jan"}]}}, ["process:ollama"]),
        ({"action": "removed", "columns": OLLAMA}, ["Ignored: removed"]),
        ({"diffResults": {"added": "", "removed": [OLLAMA]}}, ["Ignored: removed"]),
        ({"diffResults": {"added": "", "removed": ""}}, ["Ignored: no rows"]),
        ({"action": "snapshot", "snapshot": []}, ["Ignored: no rows"]),
        ({"action": "snapshot", "snapshot": ["ollama", 7]}, ["Ignored: no rows"]),
        ({"action": "added", "columns": "ollama"}, ["Issue: not an osquery result"]),
        ({"action": "renamed", "columns": OLLAMA}, ["Issue: not an osquery result"]),
    ],
)
def test_results_come_in_three_shapes(shape: dict[str, object], told: list[str]) -> None:
    assert values(read(OSQUERY, json.dumps({"name": "q", **shape}))) == told


@pytest.mark.parametrize(
    ("row", "query", "told"),
    [
        ({"pid": 1, "name": "claude", "path": "/usr/bin/node"}, "q", "process:claude process:node"),
        ({"pid": "1", "path": "/opt/Jan/jan", "parent": "0"}, "q", "process:jan"),
        ({"pid": "1", "cmdline": "/opt/x/goose session"}, "q", "process:goose"),
        (
            {"pid": "1", "name": "node", "path": "/n/node", "cmdline": "node x/aider secret"},
            "q",
            "process:node cmdline:aider",
        ),
        ({"pid": "1", "name": "vim", "path": "/n/vim", "cmdline": "vim aider secret"}, "q", "process:vim"),
        ({"pid": "1", "name": "a" * 15, "path": "/x/" + "a" * 20, "cmdline": ""}, "q", "process:" + "a" * 20),
        ({"pid": "2", "name": "kthreadd", "path": "", "cmdline": ""}, "q", "Ignored: kernel thread"),
        ({"pid": "9", "name": "rcu", "path": "", "cmdline": "", "parent": "2"}, "q", "Ignored: kernel thread"),
        ({"pid": "9", "name": "", "path": "", "cmdline": ""}, "q", "-"),
        ({"pid": "9", "name": "Ollama", "path": "x.exe", "start_type": "AUTO_START"}, "q", "-"),
        ({"pid": "9", "port": "11434", "path": ""}, "listening_ports", "-"),
        ({"pid": "9", "port": "11434", "path": "/x/ollama", "name": "ollama"}, "listening_ports", "process:ollama"),
        ({"identifier": CHROME, "from_webstore": "true"}, "q", f"browser_ext:chrome:{CHROME}"),
        ({"identifier": CHROME}, "my_chrome_extensions", f"browser_ext:chrome:{CHROME}"),
        (
            {"identifier": CHROME, "browser_type": "edge"},
            "q",
            f"browser_ext:chrome:{CHROME} browser_ext:edge:{CHROME}",
        ),
        ({"identifier": CHROME[:-1], "from_webstore": "true"}, "q", "-"),
        ({"identifier": CHROME + "a", "from_webstore": "true"}, "q", "-"),
        ({"identifier": CHROME}, "q", "-"),
        ({"identifier": "x@y.example", "autoupdate": "1"}, "q", "browser_ext:firefox:x@y.example"),
        ({"identifier": "com.x.y", "developer_id": "1"}, "q", "browser_ext:safari:com.x.y"),
        ({"name": "github.copilot", "publisher": "GitHub", "publisher_id": "1"}, "q", "ide_ext:github.copilot"),
        ({"name": "copilot", "publisher": "GitHub"}, "vscode_extensions", "ide_ext:GitHub.copilot"),
        ({"name": "openai", "summary": "x", "version": "1"}, "q", "py_package:openai"),
        ({"name": "openai"}, "pack_ai_python_packages", "py_package:openai"),
        ({"name": "ollama", "summary": "x", "path": "C:"}, "chocolatey_packages", "-"),
        ({"name": "@openai/codex", "homepage": "x"}, "q", "npm_package:@openai/codex"),
        (
            {"tags": "ollama/ollama:latest, x:1,<none>:<none>", "size_bytes": "1"},
            "q",
            "image:ollama/ollama:latest image:x:1",
        ),
        ({"image": "vllm/vllm-openai", "image_id": "1", "pid": "4", "path": "/"}, "q", "image:vllm/vllm-openai"),
        ({"bundle_identifier": "com.openai.chat", "name": "ChatGPT.app"}, "q", "app:bundle_id:com.openai.chat"),
        ({"bundle_identifier": "", "name": "ChatGPT.app"}, "q", "app:ChatGPT.app"),
        ({"name": "Claude", "identifying_number": "{1}"}, "q", "app:Claude app:uninstall_name:Claude"),
        ({"label": "com.ollama.ollama", "run_at_load": "1"}, "q", "unit:com.ollama.ollama"),
        ({"id": "ollama.service", "fragment_path": "/etc"}, "q", "unit:ollama.service"),
        ({"label": "Wi-Fi password", "path": "/x"}, "keychain_items", "-"),
        ({"name": "openai", "version": "1"}, "deb_packages", "-"),
        ({"name": {"deep": 1}, "summary": None}, "python_packages", "-"),
        ({}, "processes", "-"),
    ],
)
def test_rows_are_known_by_their_columns_or_their_query(row: dict[str, object], query: str, told: str) -> None:
    nothing = "Ignored: no program, package or extension"
    assert " ".join(values(read(OSQUERY, event(row, query)))) == (nothing if told == "-" else told)


@pytest.mark.parametrize(
    ("stamp", "zone", "time", "source"),
    [
        ({"unixTime": "1795424400"}, None, "2026-11-23T09:00:00Z", "explicit"),
        ({"unixTime": 1795424400}, None, "2026-11-23T09:00:00Z", "explicit"),
        ({"unixTime": 1795424400.7}, None, "2026-11-23T09:00:00Z", "explicit"),
        ({"unixTime": "x", "calendarTime": "Mon Nov 23 09:00:00 2026 UTC"}, None, "2026-11-23T09:00:00Z", "explicit"),
        ({"calendarTime": "Mon Nov 23 09:00:00 2026 UTC"}, 5, "2026-11-23T09:00:00Z", "explicit"),
        ({"calendarTime": "Mon Nov  3 09:00:00 2026"}, None, "2026-11-03T09:00:00Z", "assumed"),
        ({"calendarTime": "Mon Nov  3 09:00:00 2026"}, 2, "2026-11-03T07:00:00Z", "config"),
        ({"calendarTime": "Mon Nov 33 09:00:00 2026"}, None, None, None),
        ({"calendarTime": "yesterday"}, None, None, None),
        (
            {"unixTime": "999999999999", "calendarTime": "Mon Nov 23 09:00:00 2026 UTC"},
            None,
            "2026-11-23T09:00:00Z",
            "explicit",
        ),
        ({"unixTime": "99999999999999999999"}, None, None, None),
        ({"unixTime": -5}, None, None, None),
        ({"unixTime": 1e300}, None, None, None),
        ({"unixTime": True}, None, None, None),
        ({}, None, None, None),
    ],
)
def test_the_time_of_the_query_is_told(
    stamp: dict[str, object], zone: int | None, time: str | None, source: str | None
) -> None:
    settings = Settings(zone=dt.timezone(dt.timedelta(hours=zone)) if zone else None)
    told = one(event(OLLAMA, **stamp), settings)
    assert (told.get("time"), told.get("tz_source")) == (time, source)


@pytest.mark.parametrize(
    ("columns", "more", "user", "device"),
    [
        ({}, {"hostIdentifier": "lab-3"}, None, "lab-3"),
        ({}, {"hostname": "lab-3.local"}, None, "lab-3.local"),
        ({"uid": "501"}, {"decorations": {"username": "ada"}}, "501", None),
        ({"username": "grace", "uid": "501"}, {"decorations": {"username": "ada"}}, "grace", None),
        ({}, {"decorations": {"username": "ada"}}, "ada", None),
        ({}, {"decorations": "ada"}, None, None),
    ],
)
def test_the_user_is_the_rows_and_the_device_the_events(
    columns: dict[str, str], more: dict[str, object], user: str | None, device: str | None
) -> None:
    told = one(event({**OLLAMA, **columns}, **more))
    assert (told.get("user"), told.get("device")) == (user, device)


def test_the_device_that_the_user_names_goes_first() -> None:
    assert one(event(OLLAMA, hostIdentifier="lab-3"), Settings(device="lab-4"))["device"] == "lab-4"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"name":"cut', "Issue: not JSON"),
        ("Nov 23 09:00:00 lab osqueryd: hello", "Issue: not JSON"),
        ("[" * 5000, "Issue: not JSON"),
        ('{"a":' * 5000, "Issue: not JSON"),
        ('"ollama"', "Issue: not an object"),
        ('{"unixTime":' + "9" * 5000 + "}", "Issue: not JSON"),
        ('{"name":"q","value":1}', "Issue: not an osquery result"),
        ('{"severity":0,"message":"Executing scheduled query"}', "Ignored: status line"),
        ("\ufffd", "Issue: not JSON"),
    ],
)
def test_what_is_no_result_is_told_apart(line: str, told: str) -> None:
    assert values(read(OSQUERY, line)) == [told]


def test_lines_are_numbered_as_in_the_file() -> None:
    records = read(OSQUERY, "\n" + event(OLLAMA) + "\r\n\n\nx\n" + event(OLLAMA))
    assert [record.position for record in records] == [2, 5, 6]


def test_elements_of_an_array_are_numbered_from_one_and_each_stands_alone() -> None:
    text = json.dumps(
        [OLLAMA, 7, {"x": 1}, json.loads(event(OLLAMA, hostIdentifier="lab-3")), {**OLLAMA, "name": "jan", "path": ""}]
    )
    records = read(OSQUERY_ROWS, text)
    assert values(records) == [
        "process:ollama",
        "Issue: not an object",
        "Issue: not an osquery result",
        "process:ollama",
        "process:jan",
    ]
    assert [record.device for record in records if isinstance(record, Artifact)] == ["", "lab-3", ""]


def test_an_element_that_is_no_utf8_is_read_as_a_line_would_be() -> None:
    text = json.dumps([{**OLLAMA, "name": "janX", "path": ""}, OLLAMA]).encode().replace(b"X", b"\xff")
    assert values(read(OSQUERY_ROWS, text)) == ["process:jan\ufffd", "process:ollama"]


@pytest.mark.parametrize("text", ["", "[", '[{"pid":"1"', "{}", "7", "[" * 5000, "[1,]"])
def test_an_array_that_is_none_is_one_issue(text: str) -> None:
    assert values(read(OSQUERY_ROWS, text)) == ["Issue: not a JSON array"]


def test_an_empty_array_has_no_record() -> None:
    assert read(OSQUERY_ROWS, "[]") == []


LONG = json.dumps({"snapshot": [OLLAMA] * 200, "action": "snapshot", "name": "q"}, separators=(",", ":"))


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (event(OLLAMA), ["osquery"]),
        ((event(OLLAMA) + "\n") * 3 + "cut", ["osquery"]),
        (event(OLLAMA) + "\ncut\n", []),
        (LONG, ["osquery"]),
        (LONG + "\n" + LONG, ["osquery"]),
        (LONG.replace("[", "[" + json.dumps(OLLAMA, separators=(",", ":")) + "," + " " * 70_000), ["osquery"]),
        (json.dumps({"name": "q", "diffResults": {"added": [OLLAMA]}}), ["osquery"]),
        (json.dumps(OLLAMA), ["osquery"]),
        (json.dumps([OLLAMA, OLLAMA], indent=1), ["osquery_rows"]),
        (json.dumps([json.loads(event(OLLAMA))]), ["osquery_rows"]),
        (json.dumps([OLLAMA] * 2000)[:70_000], ["osquery_rows"]),
        ("[]", []),
        ('[{"name":"openai","version":"1"}]', []),
        ('{"name":"openai","summary":"x"}', []),
        ('{"name":"api","hostname":"x","pid":7,"level":30,"msg":"up","time":"2026-11-23T09:00:00Z","v":0}', []),
        ('{"process":"dnsmasq","host":"openai.com"}', []),
        ('{"ts":1,"host":"api.openai.com","uri":"/v1/chat/completions"}', []),
        ("{" * 9000, []),
        ("[" * 9000, []),
    ],
)
def test_results_are_recognised_and_other_json_refused(text: str, ids: list[str]) -> None:
    assert claimed_by(text) == ids


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["name", "action", "columns", "snapshot", "diffResults", "added", "pid", "path", "cmdline", "tags"]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@given(st.lists(JSON.map(json.dumps) | st.text(max_size=20), max_size=5))
def test_any_lines_are_counted_and_none_is_lost(lines: list[str]) -> None:
    text = "\n".join(lines)
    read(OSQUERY, text)
    claimed_by(text)


@given(st.lists(JSON, max_size=5))
def test_any_array_is_counted_and_no_element_lost(elements: list[object]) -> None:
    assert {record.position for record in read(OSQUERY_ROWS, json.dumps(elements))} == set(range(1, len(elements) + 1))


@given(st.binary(max_size=200))
def test_any_bytes_are_read(data: bytes) -> None:
    assume(not data.startswith(b"PK"))  # an archive in a stream is refused before
    read(OSQUERY, data)
    read(OSQUERY_ROWS, b"[" + data)
    claimed_by(b"[" + data)
