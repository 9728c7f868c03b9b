"""`collect`: one object a record, in order; standard output is data and standard error the rest."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from checkout import CHECKOUT
from commands import shadowledger
from scanner_inputs import squid_line, write_snapshot, write_squid

GOLDEN = CHECKOUT / "tests" / "golden"
HEAD = "1793869200.250     90 10.0.0.6"
SQUID = [
    squid_line("ChatGPT.com.", "ada"),
    "\n",
    "this is no line of squid's\n",
    f"{HEAD} TCP_MISS/200 411 GET https://bo:pw@claude.ai:8443/a/b?q=secret#x - HIER_DIRECT/1.2.3.4 -\n",
    f"{HEAD} TCP_DENIED/403 0 POST http://claude.ai/ corp%5Cbo HIER_NONE/- text/html\n",
]


def test_records_have_their_line_and_what_is_known_of_them(tmp_path: Path) -> None:
    done = shadowledger("collect", write_squid(tmp_path / "access.log", SQUID), "--format", "jsonl")
    assert (done.code, done.stderr) == (0, "")
    one, issue, two, three = done.lines
    assert one == {
        "record": 1, "time": "2026-11-05T09:00:00Z", "tz_source": "explicit", "via": "proxy", "client": "10.0.0.5",
        "user": "ada", "host": "chatgpt.com", "method": "CONNECT", "status": 200, "action": "allowed",
        "received_bytes": 5120,
    }  # fmt: skip
    assert issue == {"record": 3, "issue": "fewer than 7 fields"}
    assert (two["record"], two["time"], two["url"]) == (4, "2026-11-05T09:00:00.250000Z", "https://claude.ai:8443/a/b")
    assert "user" not in two
    assert (three["record"], three["user"], three["action"], three["status"]) == (5, "corp\\bo", "blocked", 403)
    assert three["received_bytes"] == 0
    assert not [secret for secret in ("secret", "pw", "#x") if secret in done.stdout]


SAMPLES = ("capture/mixed.pcap", "ps_aux/linux.txt", "tasklist/english.txt", "osquery/results.log")


@pytest.mark.parametrize("name", SAMPLES)
def test_recorded_samples_are_printed_as_recorded(name: str) -> None:
    done = shadowledger("collect", GOLDEN / name)
    recorded = [json.loads(line) for line in (GOLDEN / f"{name}.jsonl").read_text().splitlines()]
    assert done.code == 0
    for key in ("record", "kind", "value", "host", "via", "issue", "ignored"):
        assert [one.get(key) for one in done.lines] == [one.get(key) for one in recorded]


def test_packed_and_streamed_inputs_give_the_same(tmp_path: Path) -> None:
    path = write_squid(tmp_path / "access.log", SQUID)
    packed = tmp_path / "access.log.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    plain = shadowledger("collect", path).stdout
    assert shadowledger("collect", packed).stdout == plain
    assert shadowledger("collect", "-", stdin=path.read_bytes()).stdout == plain
    assert shadowledger("collect", path, packed).stdout == plain * 2


def test_an_artifact_has_a_kind_and_a_value(tmp_path: Path) -> None:
    done = shadowledger("collect", write_snapshot(tmp_path / "p.json", "pc", ["Ollama", "bash"], "ada"))
    assert [(one["kind"], one["value"], one["device"], one["user"]) for one in done.lines] == [
        ("process", "Ollama", "pc", "ada"), ("process", "bash", "pc", "ada"),
    ]  # fmt: skip


def test_what_a_line_holds_stays_in_its_line(tmp_path: Path) -> None:
    line = squid_line("chatgpt.com", "\x1b[2J\u202e\x9b\u2028x\x85y")
    done = shadowledger("collect", write_squid(tmp_path / "access.log", [line] * 3))
    assert len(done.stdout.splitlines()) == 3
    assert done.lines[0]["user"] == "\x1b[2J\u202e\x9b\u2028x\x85y"
    assert "\x1b" not in done.stdout


def test_bad_inputs_are_told_on_standard_error_and_the_good_are_printed(tmp_path: Path) -> None:
    good = write_squid(tmp_path / "good.log", SQUID[:1])
    prose = tmp_path / "prose.log"
    prose.write_text("Dear all,\n" * 9)
    packed = gzip.compress("".join(squid_line("claude.ai", f"u{n * 7919}") for n in range(2000)).encode())
    (tmp_path / "cut.gz").write_bytes(packed[:-2000])
    done = shadowledger("collect", prose, good, tmp_path / "cut.gz", "--explain")
    assert done.code == 3
    assert f"{prose} is in no format that a collector recognises; name one with --collector, or" in done.stderr
    assert "the gz file is cut off" in done.stderr
    assert f"{good}: squid_native: 1 of 1 lines have" in done.stderr
    assert done.lines[0]["host"] == "chatgpt.com"
    assert 100 < len(done.lines) < 2001


def test_wrong_words_are_told_and_nothing_is_printed(tmp_path: Path) -> None:
    good = write_squid(tmp_path / "good.log", SQUID[:1])
    for words, said in (
        ((tmp_path / "nowhere.log", good), "does not exist"),
        ((good, "--collector", "nonsense"), "There is no collector 'nonsense'"),
        ((good, "--format", "csv"), "'csv' is not"),
        ((), "Usage"),
    ):
        done = shadowledger("collect", *words)
        assert (done.code, done.stdout) == (2, ""), done
        assert said in done.stderr


def test_this_machines_processes_are_a_snapshot_that_scan_reads(tmp_path: Path) -> None:
    done = shadowledger("collect", "processes")
    assert done.code == 0
    snapshot = done.json
    assert snapshot["schema"].startswith("shadowledger/processes/")
    assert 0 < len(snapshot["processes"]) <= snapshot["visible"] <= snapshot["total"]
    told = shadowledger("collect", "-", stdin=done.stdout.encode())
    assert (told.code, "process" in {one.get("kind") for one in told.lines}) == (0, True)
