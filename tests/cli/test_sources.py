"""`sources`: what was read, taken back, and read anew; and where the inventory itself lies."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from commands import shadowledger
from scanner_inputs import squid_line, write_squid

LINES = [squid_line("chatgpt.com", "ada"), squid_line("claude.ai", "bo"), squid_line("www.hyundai.com", "bo")]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("begun")
    logs = [write_squid(folder / name, LINES[start:]) for name, start in (("one.log", 0), ("two.log", 1))]
    with contextlib.chdir(folder):  # so that the sources are found again in a copy of the folder
        assert shadowledger("scan", *(log.name for log in logs), db=folder / "inventory.db").code == 0
    return folder


@pytest.fixture
def db(begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An inventory of two logs, and the folder where they lie as the current one."""
    shutil.copytree(begun, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "inventory.db"


def hits(db: Path) -> dict[int, int]:
    """Hits by source."""
    with closing(sqlite3.connect(db)) as connection:
        return dict(connection.execute("select source_id, sum(record_count) from contribution group by 1"))


def test_sources_are_listed_with_their_accounting(db: Path) -> None:
    told = shadowledger("sources", "list", "--format", "json", db=db).json
    assert told["schema_version"] == 1
    keys = ("id", "collector", "record_count", "hit_count", "no_hit_count", "issue_count", "first_on", "state")
    assert [[one[key] for key in keys] for one in told["sources"]] == [
        [1, "squid_native", 3, 2, 1, 0, "2026-11-05", "known"],
        [2, "squid_native", 2, 1, 1, 0, "2026-11-05", "known"],
    ]


def test_forgetting_takes_back_one_source_and_a_scan_brings_it_back(db: Path) -> None:
    assert shadowledger("sources", "forget", "1", db=db).stdout == "Source 1 is forgotten, with all that it added.\n"
    assert hits(db) == {2: 1}
    done = shadowledger("sources", "forget", "2", "1", db=db)
    assert (done.code, "There is no source 1; nothing was forgotten." in done.stderr) == (2, True)
    assert hits(db) == {2: 1}
    shadowledger("scan", "one.log", db=db)
    assert hits(db) == {2: 1, 3: 2}
    with closing(sqlite3.connect(db)) as connection:
        actions = [action for (action,) in connection.execute("select action from audit")]
    assert actions == ["forget"]


def test_rescan_reads_under_the_present_signatures(db: Path) -> None:
    overlay = db.with_name("signatures.d")
    overlay.mkdir(exist_ok=True)
    (overlay / "exceptions.toml").write_text('[[exception]]\nhost = "claude.ai"\nreason = "a test bench"\n')
    done = shadowledger("sources", "rescan", "--all", "--format", "json", db=db)
    assert (done.code, [one["standing"] for one in done.json["sources"]]) == (0, ["rescanned", "rescanned"])
    assert hits(db) == {1: 1}


def test_rescan_keeps_what_was_said_before_and_takes_what_is_said_now(db: Path) -> None:
    shadowledger("sources", "rescan", "1", "--tz", "Europe/Berlin", db=db)
    shadowledger("sources", "rescan", "1", "--year", "2026", db=db)
    told = shadowledger("sources", "list", "--format", "json", db=db).json["sources"]
    assert [one["settings"] for one in told] == ['{"zone":"Europe/Berlin","year":2026}', "{}"]


def test_the_machine_that_was_named_is_kept_by_its_id(db: Path) -> None:
    (db.with_name("ps.txt")).write_text("USER PID COMMAND\nada 7 ollama\n")
    for words in (("scan", "ps.txt", "--device", "Canary-Laptop"), ("sources", "rescan", "3")):
        assert shadowledger(*words, db=db).code == 0
        with closing(sqlite3.connect(db)) as connection:
            devices = connection.execute("select distinct device_id from contribution where source_id = 3").fetchall()
            told = connection.execute("select settings from source where id = 3").fetchone()
        assert told == (f'{{"device":"{devices[0][0]}"}}',)
        assert (len(devices), devices[0][0][:2]) == (1, "d-")
    assert shadowledger("scan", "ps.txt", "--device", "canary-laptop.", db=db).code == 0
    assert "canary" not in shadowledger("sources", "list", "--format", "json", db=db).stdout


def test_rescan_of_a_file_that_is_gone_keeps_what_was_counted(db: Path) -> None:
    gone = write_squid(db.with_name("three.log"), [squid_line("claude.ai", "cy"), *LINES])
    shadowledger("scan", gone, db=db)
    gone.unlink()
    done = shadowledger("sources", "rescan", "3", db=db)
    assert (done.code, "cannot be opened: No such file" in done.stdout) == (3, True)
    assert hits(db) == {1: 2, 2: 1, 3: 3}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Name sources by number, or give --all."),
        (("1", "--all"), "Name sources by number, or give --all."),
        (("1", "9"), "There is no source 9; nothing was read."),
        (("1", "2", "--collector", "bind_query"), "Source 1 is one of squid_native"),
        (("2", "--source-name", "proxy-b"), "a rescan leaves that as it is"),
        (("2", "--log-format", "%ts.%03tu %>a %ru"), "`sources forget` it"),
        (("one",), "'one' is not a valid integer"),
    ],
)
def test_a_wrong_word_of_rescan_is_told(db: Path, words: tuple[str, ...], said: str) -> None:
    done = shadowledger("sources", "rescan", *words, db=db)
    assert (done.code, done.stdout, said in done.stderr) == (2, "", True)
    assert hits(db) == {1: 2, 2: 1}


def test_the_inventory_is_the_options_or_the_environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHADOWLEDGER_DB", str(tmp_path / "environment.db"))
    assert str(tmp_path / "environment.db") in shadowledger("init").stdout
    assert str(tmp_path / "option.db") in shadowledger("init", db=tmp_path / "option.db").stdout
    assert shadowledger("sources", "list", "--format", "json").json["sources"] == []
    assert {one.name for one in tmp_path.iterdir()} == {
        "environment.db", "environment.identities.db", "environment.key", "option.db", "option.identities.db",
        "option.key", "signatures.d",
    }  # fmt: skip


def test_init_changes_nothing_that_is_there(db: Path) -> None:
    before = {one.name: one.read_bytes() for one in db.parent.iterdir() if one.is_file()}
    done = shadowledger("init", db=db)
    assert (done.code, done.stdout, "exists already; nothing was changed." in done.stderr) == (2, "", True)
    assert {one.name: one.read_bytes() for one in db.parent.iterdir() if one.is_file()} == before
