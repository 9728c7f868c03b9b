"""`formats`: what can be read, what a file was taken for; and a mapping of the user's own, from scan to rescan."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from checkout import CHECKOUT
from commands import shadowledger

MAPPING = """id = "acme_gateway"
title = "ACME Web Gateway"
reference = "https://acme.example/logs"
engines = ["keyvalue"]
[detect]
columns = ["when", "to"]
[[record]]
via = "proxy"
host = "to"
user = "who"
time = [{ columns = "when" }]
"""
LINE = "when=2026-11-05T09:00:00 who=ada to=chatgpt.com\n"


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "acme.toml"
    path.write_text(MAPPING)
    return path


def test_formats_are_listed_and_shown() -> None:
    listed = shadowledger("formats", "list", "--format", "jsonl")
    assert listed.code == 0
    ids = [row["id"] for row in listed.lines]
    assert {"squid_native", "fortigate", "capture"} <= set(ids)
    shown = shadowledger("formats", "show", "fortigate")
    assert [line.partition(":")[0] for line in shown.stdout.splitlines()] == [
        "id", "title", "record", "tells", "cannot", "export", "shapes", "reference",
    ]  # fmt: skip
    assert shadowledger("formats", "show", "abacus").code == 2


def test_a_file_is_told_for_what_it_is(tmp_path: Path) -> None:
    done = shadowledger("formats", "test", CHECKOUT / "tests" / "golden" / "squid_native" / "access.log")
    assert "recognised as  Squid access.log (native) (squid_native)" in done.stdout
    assert "zone of times  explicit" in done.stdout
    prose = tmp_path / "prose.txt"
    prose.write_text("Dear ada,\nhow are you?\n")
    other = shadowledger("formats", "test", prose)
    assert other.code == 3
    assert "is in no format that a collector recognises" in other.stdout


def test_a_mapping_of_ones_own_is_used_by_every_command(tmp_path: Path, mapping: Path) -> None:
    log, db = tmp_path / "acme.log", tmp_path / "inventory.db"
    log.write_text(LINE * 3 + "ada was here\n")
    tried = shadowledger("formats", "test", log, "--mapping", mapping, "--format", "jsonl")
    (told,) = tried.lines
    assert (told["collector"], told["records"], told["contacts"], told["issues"]) == ("acme_gateway", 4, 3, 1)
    assert told["zones"] == {"assumed": 3}
    assert told["first"] == [
        {"position": 4, "reason": "no pairs of key and value", "shape": "xxx xxx xxxx"}
    ]  # fmt: skip
    scanned = shadowledger("--db", db, "scan", log, "--mapping", mapping, "--format", "jsonl")
    assert scanned.code == 3
    assert [(row["hits"], row["issues"], len(row["misunderstood"])) for row in scanned.lines] == [(3, 1, 1)]
    again = shadowledger("--db", db, "sources", "rescan", "--all", "--tz", "Europe/Berlin", "--format", "jsonl")
    assert [row["hits"] for row in again.lines] == [3]
    settings = json.loads(shadowledger("--db", db, "sources", "list", "--format", "jsonl").lines[0]["settings"])
    assert settings["mapping"] == str(mapping)
    mapping.unlink()
    lost = shadowledger("--db", db, "sources", "rescan", "--all", "--format", "jsonl")
    assert lost.code == 3
    assert "acme.toml: cannot be read" in lost.lines[0]["note"]


def test_a_flawed_mapping_is_a_wrong_invocation(tmp_path: Path, mapping: Path) -> None:
    log = tmp_path / "acme.log"
    log.write_text(LINE)
    mapping.write_text(MAPPING.replace('via = "proxy"', 'via = "pigeon"'))
    done = shadowledger("--db", tmp_path / "x.db", "scan", log, "--mapping", mapping)
    assert done.code == 2
    assert "Invalid enum value 'pigeon'" in done.stderr


def test_what_is_misunderstood_is_shown_by_its_shape(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    good = "1793869200.250     90 10.0.0.6 TCP_MISS/200 411 GET https://claude.ai/ - HIER_DIRECT/192.0.2.4 -\n"
    log.write_text(good * 30 + "".join(f"secret{n} of ada@corp.example\n" for n in range(15)))
    done = shadowledger("--db", tmp_path / "x.db", "scan", log)
    assert done.code == 3
    shown = [line for line in done.stdout.splitlines() if ":3" in line or ":4" in line]
    assert len([line for line in done.stdout.splitlines() if "xxxxxx0 xx xxx@xxxx.xxxxxxx" in line]) == 10
    assert shown
    assert "ada" not in done.stdout


def test_a_payment_is_told_as_what_it_is(tmp_path: Path) -> None:
    db = tmp_path / "inventory.db"
    done = shadowledger(
        "--db", db, "scan", CHECKOUT / "tests" / "golden" / "expenses" / "card.csv", "--format", "jsonl"
    )
    assert done.lines[0]["hits"] >= 3
    told = json.loads(shadowledger("--db", db, "reconcile", "--format", "json").stdout)
    chatgpt = next(one for one in told["discovered"] if one["service"] == "ChatGPT")
    assert (chatgpt["use"], chatgpt["presence"]) == (None, "installed")
    shown = shadowledger("--db", db, "evidence", chatgpt["id"], "--format", "jsonl").stdout
    assert "OPENAI *CHATGPT" in shown
    assert "never to be read" not in shown
    assert "Ada" not in shown
