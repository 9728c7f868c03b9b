"""`collect endpoint`: what it prints is what `scan` takes in, and the three rungs of presence come out."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from commands import shadowledger

HOME: dict[str, str] = {
    ".claude.json": '{"oauthAccount": {"emailAddress": "ada@gmail.com"}, "mcpServers": {"playwright": {}}}',
    ".vscode/extensions/continue.continue-1.0.0/package.json": "{}",
    ".local/share/pipx/venvs/aider-chat/lib/python3.12/site-packages/aider_chat-0.86.dist-info/RECORD": "",
}


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A home, and a list of processes in which Ollama runs."""
    root = tmp_path / "lab-9"
    for name, text in HOME.items():
        path = root / "home/ada" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    process = root / "proc/42"
    process.mkdir(parents=True)
    (root / "proc/1").mkdir()
    (process / "stat").write_text("42 (ollama) S 1 42 42 0")
    (process / "cmdline").write_bytes(b"/usr/local/bin/ollama\0serve\0")
    (process / "exe").symlink_to("/usr/local/bin/ollama")
    return root


def test_a_run_is_the_snapshot_of_its_device(machine: Path, tmp_path: Path) -> None:
    run = tmp_path / "run.ndjson"
    run.write_text(shadowledger("collect", "endpoint", "--root", machine, "--profile", "full").stdout)
    first = json.loads(run.read_text().splitlines()[0])
    assert {
        "record": 1,
        "kind": "cli",
        "value": "~/.claude.json",
        "device": "lab-9",
        "user": "ada",
    }.items() <= first.items()
    database = tmp_path / "inventory.db"
    assert shadowledger("scan", run, db=database).code == 0
    listed = shadowledger("reconcile", "--format", "json", db=database).json
    rungs = {one["service"]: one["presence"] for one in listed["discovered"]}
    assert rungs["Claude Code"] == "signed_in"
    assert rungs["Ollama"] == "running"
    assert rungs["Aider"] == rungs["Continue"] == rungs["Playwright MCP"] == "installed"
    again = shadowledger("scan", run, "--format", "json", db=database).json
    assert [source["standing"] for source in again["sources"]] == ["known"]


def test_two_looks_are_two_snapshots_and_two_devices_two_devices(machine: Path, tmp_path: Path) -> None:
    runs = []
    for number, device in enumerate(("lab-1", "lab-2")):
        runs.append(tmp_path / f"{number}.ndjson")
        runs[-1].write_text(shadowledger("collect", "endpoint", "--root", machine, "--device", device).stdout)
    told = shadowledger("scan", *runs, "--format", "json", db=tmp_path / "inventory.db").json
    assert [source["standing"] for source in told["sources"]] == ["new", "new"]


def test_a_run_that_was_cut_is_told(machine: Path, tmp_path: Path) -> None:
    run = tmp_path / "run.ndjson"
    text = shadowledger("collect", "endpoint", "--root", machine).stdout
    run.write_text(text[: text.rindex('{"schema"')])
    told = shadowledger("scan", run, "--format", "json", db=tmp_path / "inventory.db")
    assert told.json["sources"][0]["issues"] == 1


def test_what_is_read_back_is_what_was_printed(machine: Path, tmp_path: Path) -> None:
    run = tmp_path / "run.ndjson"
    printed = shadowledger("collect", "endpoint", "--root", machine)
    run.write_text(printed.stdout)
    told = shadowledger("collect", run)
    assert (printed.code, told.code) == (0, 0)
    seen = {(one["record"], one["kind"], one["value"]) for one in told.lines if "kind" in one}
    assert {(one["record"], one["kind"], one["value"]) for one in printed.lines[:-1]} <= seen


@pytest.mark.skipif(sys.platform != "linux", reason="this machine's own processes, as Linux names them")
def test_this_machine_can_be_looked_at() -> None:
    done = shadowledger("collect", "endpoint", "--profile", "minimal")
    assert done.code == 0
    assert done.lines[-1]["processes"]["total"] > 0
    assert f"python{sys.version_info.major}" in " ".join(one.get("process", "") for one in done.lines)
    assert done.lines[-1]["device"] == os.uname().nodename


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--profile", "everything"), "'everything' is not"), (("--root", "/nowhere/at/all"), "does not exist")],
)
def test_wrong_words_are_told(words: tuple[str, ...], said: str) -> None:
    done = shadowledger("collect", "endpoint", *words)
    assert (done.code, done.stdout) == (2, "")
    assert said in done.stderr
