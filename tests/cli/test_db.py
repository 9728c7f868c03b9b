"""`db`: copies are whole whatever happens meanwhile, what is wrong is told, and what follows can be made anew."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from commands import process, shadowledger
from scanner_inputs import DAY_S, squid_line, write_squid

from shadowledger.db.checking import wrong_entries, wrong_rollups
from shadowledger.db.opening import open_inventory

LINES = [squid_line("chatgpt.com", "ada"), squid_line("claude.ai", "bo"), squid_line("www.hyundai.com", "bo")]


@pytest.fixture
def db(tmp_path: Path) -> Path:
    path = tmp_path / "inventory.db"
    log = write_squid(tmp_path / "one.log", LINES)
    assert shadowledger("scan", log, db=path).code == 0
    return path


def spoil(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)


def hits(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("select count(*) from contribution").fetchone()[0])


def is_whole(path: Path) -> bool:
    with closing(open_inventory(path, create=False)) as connection:
        told = connection.execute("pragma integrity_check").fetchone()
        return told == ("ok",) and not wrong_entries(connection) and not wrong_rollups(connection)


def test_a_copy_is_whole_private_and_alone(db: Path, tmp_path: Path) -> None:
    folder = tmp_path / "safe"
    folder.mkdir()
    done = shadowledger("db", "backup", folder / "copy.db", db=db)
    assert (done.code, done.stdout.startswith(f"inventory   {folder / 'copy.db'}")) == (0, True)
    assert [one.name for one in folder.iterdir()] == ["copy.db"]
    assert (folder / "copy.db").stat().st_mode & 0o777 == 0o600
    assert (is_whole(folder / "copy.db"), hits(folder / "copy.db")) == (True, 2)


def test_a_copy_with_its_identities_and_the_key_stands_for_the_original(db: Path, tmp_path: Path) -> None:
    folder = tmp_path / "safe"
    folder.mkdir()
    assert shadowledger("db", "backup", folder / "copy.db", "--identities", db=db).code == 0
    assert sorted(one.name for one in folder.iterdir()) == ["copy.db", "copy.identities.db"]
    assert (folder / "copy.identities.db").stat().st_mode & 0o777 == 0o600
    (folder / "copy.key").write_bytes(db.with_suffix(".key").read_bytes())
    found = shadowledger("identities", "find", "ada", "--reason", "a test", db=folder / "copy.db")
    assert found.stdout == shadowledger("identities", "find", "ada", "--reason", "a test", db=db).stdout
    log = write_squid(tmp_path / "two.log", [squid_line("claude.ai", "ada")])
    assert shadowledger("scan", log, db=folder / "copy.db").code == 0


@pytest.mark.parametrize(("taken", "words"), [("copy.db", ()), ("copy.identities.db", ("--identities",))])
def test_nothing_is_overwritten(db: Path, tmp_path: Path, taken: str, words: tuple[str, ...]) -> None:
    (tmp_path / taken).write_text("precious")
    done = shadowledger("db", "backup", tmp_path / "copy.db", *words, db=db)
    assert (done.code, f"{taken} exists already; nothing was copied." in done.stderr) == (2, True)
    assert (tmp_path / taken).read_text() == "precious"
    assert not (tmp_path / "copy.db").exists() or taken == "copy.db"


def test_a_copy_needs_a_folder_and_an_inventory(db: Path, tmp_path: Path) -> None:
    done = shadowledger("db", "backup", tmp_path / "none" / "copy.db", db=db)
    assert (done.code, "There is no folder" in done.stderr) == (2, True)
    done = shadowledger("db", "backup", tmp_path / "copy.db", db=tmp_path / "none.db")
    assert (done.code, "There is no inventory" in done.stderr) == (4, True)
    db.with_suffix(".identities.db").unlink()
    done = shadowledger("db", "backup", tmp_path / "copy.db", "--identities", db=db)
    assert (done.code, "There is no identities store" in done.stderr) == (4, True)
    assert not (tmp_path / "copy.db").exists()


@contextlib.contextmanager
def waiting_scan(db: Path) -> Iterator[None]:
    """A scan that has stored one log and reads another, of which more is to come."""
    pipe = db.with_name("endless.log")
    os.mkfifo(pipe)
    other = write_squid(db.with_name("other.log"), [squid_line("claude.ai", "cy", at_s=DAY_S + 7)])
    running = process("--db", str(db), "scan", other, pipe, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with pipe.open("wb", buffering=0) as file:  # from here on the scan reads it
            file.write(squid_line("chatgpt.com", "dee", at_s=DAY_S).encode())
            yield
    finally:
        running.wait()


def test_a_copy_is_made_while_a_scan_runs(db: Path, tmp_path: Path) -> None:
    with waiting_scan(db):
        assert shadowledger("db", "backup", tmp_path / "copy.db", db=db).code == 0
    assert (is_whole(tmp_path / "copy.db"), hits(tmp_path / "copy.db"), hits(db)) == (True, 3, 4)


WRITES = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[2:]
from contributed import ROW
from shadowledger.db.contributions import add_contributions
from shadowledger.db.opening import open_inventory
from shadowledger.db.services import save_services
from shadowledger.db.sources import withdraw
from shadowledger.db.transactions import writing
from contributed import Chat
connection = open_inventory(Path(sys.argv[1]), create=False)
save_services(connection, [Chat()])
many = [ROW._replace(actor_id=f"u-{number}") for number in range(2000)]
for turn in range(10**9):
    with writing(connection):
        withdraw(connection, 1)
        add_contributions(connection, 1, 1, many[: 100 + turn * 37 % 1900])
        print("in the middle", flush=True)
"""


def test_no_copy_holds_half_of_what_is_being_written(db: Path, tmp_path: Path) -> None:
    running = subprocess.Popen(
        [sys.executable, "-c", WRITES, str(db), str(Path(__file__).parents[1])], stdout=subprocess.PIPE
    )
    try:
        assert running.stdout is not None
        for turn in range(8):
            assert running.stdout.readline() == b"in the middle\n"
            copy = tmp_path / f"copy{turn}.db"
            assert shadowledger("db", "backup", copy, db=db).code == 0
            assert is_whole(copy)
    finally:
        running.kill()
        running.communicate()
    assert shadowledger("db", "check", db=db).code == 0


def test_an_older_inventory_is_copied_as_it_is(db: Path, tmp_path: Path) -> None:
    spoil(db, "delete from _sqlite_migrations where name >= 'm004'")
    assert shadowledger("db", "backup", tmp_path / "copy.db", db=db).code == 0
    for path in (db, tmp_path / "copy.db"):
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("select count(*) from _sqlite_migrations").fetchone() == (3,)


@pytest.mark.parametrize("words", [("backup", "copy.db"), ("check",), ("rebuild",)])
def test_a_newer_inventory_is_refused(db: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    spoil(db, "pragma user_version = 999")
    with contextlib.chdir(tmp_path):
        done = shadowledger("db", *words, db=db)
    assert (done.code, "written by a newer shadowledger" in done.stderr) == (4, True)
    assert not (tmp_path / "copy.db").exists()


def test_what_is_in_order_is_told_so(db: Path) -> None:
    done = shadowledger("db", "check", "--format", "json", db=db)
    assert done.code == 0
    assert [(one["database"], one["check"], one["result"]) for one in done.json["checks"]] == [
        ("inventory", "integrity", "in order"),
        ("inventory", "references", "in order"),
        ("inventory", "entries", "in order"),
        ("inventory", "rollups", "in order"),
        ("inventory", "audit chain", "in order"),
        ("identities", "integrity", "in order"),
        ("identities", "references", "in order"),
    ]


def test_wrong_rollups_are_told_and_made_anew(db: Path) -> None:
    spoil(db, "update way_total set record_count = 99")
    done = shadowledger("db", "check", db=db)
    assert (done.code, "`shadowledger db rebuild`" in done.stderr, "way_total is not" in done.stdout) == (4, True, True)
    assert shadowledger("db", "rebuild", db=db).stdout == "The rollups are new.\n"
    assert shadowledger("db", "check", db=db).code == 0


REINDEXED = (
    "pragma writable_schema = on; "
    "update sqlite_master set sql = replace(sql, '(source_id)', '(run_id)') where name = 'posting_source'"
)
SPOILED = [
    ("drop trigger audit_never_update; update audit set who = 'x' where id = 1", "row 1 is not what was written"),
    ("pragma foreign_keys = off; update posting set run_id = 77", "a row of posting names a row of run"),
    ("update entry set record_count = 99", "sums are not those of its entries"),
    (REINDEXED, "posting_source"),
]


@pytest.mark.parametrize(("statements", "told"), SPOILED, ids=["audit", "references", "entries", "integrity"])
def test_damage_is_told(db: Path, statements: str, told: str) -> None:
    shadowledger("sources", "rescan", "1", db=db)  # leaves a row in the audit chain
    with closing(sqlite3.connect(db)) as connection:
        connection.executescript(statements)
    done = shadowledger("db", "check", db=db)
    assert (done.code, "restore it from a backup" in done.stderr, told in done.stdout) == (4, True, True)


def test_compacting_gives_space_back_and_forgets_ids(db: Path, tmp_path: Path) -> None:
    log = write_squid(tmp_path / "many.log", [squid_line("claude.ai", f"user{number}") for number in range(3000)])
    shadowledger("scan", log, db=db)
    shadowledger("sources", "forget", "2", db=db)
    done = shadowledger("db", "rebuild", "--compact", db=db)
    assert (done.code, done.stdout.startswith("3000 ids forgotten, 0.")) == (0, True)
    assert not done.stdout.startswith("3000 ids forgotten, 0.0 ")
    assert shadowledger("db", "check", db=db).code == 0
    assert hits(db) == 2
