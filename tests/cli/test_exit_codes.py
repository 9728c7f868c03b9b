"""Exit codes and streams of the installed program, as shells and schedulers see them (docs/exit-codes.md)."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from commands import process, shadowledger
from scanner_inputs import DAY_S, squid_line, write_squid

LINES = [squid_line("chatgpt.com", "ada"), squid_line("claude.ai", "bo")]
LIST = "id,name\nA-1,Chat\n"


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("begun")
    assert shadowledger("scan", write_squid(folder / "good.log", LINES), db=folder / "inventory.db").code == 0
    return folder


@pytest.fixture
def db(begun: Path, tmp_path: Path) -> Path:
    shutil.copytree(begun, tmp_path, dirs_exist_ok=True)
    return tmp_path / "inventory.db"


def ended(*words: str | Path, db: Path) -> tuple[int, str, str]:
    """Run the program to its end: exit code, standard output, standard error."""
    running = process("--db", str(db), *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    told, said = running.communicate()
    return running.returncode, told.decode(), said.decode()


def cut_gz(folder: Path) -> Path:
    path = folder / "cut.log.gz"
    path.write_bytes(b"\x1f\x8b\x08\0\0\0\0\0\0\xff")
    return path


def damage(db: Path) -> str:
    db.write_bytes(db.read_bytes()[:5000])
    return "inventory"


def spoil_signatures(db: Path) -> str:
    (db.parent / "signatures.d").mkdir()
    (db.parent / "signatures.d" / "mine.toml").write_text("id = 7")
    return "overlay"


def nothing(db: Path) -> str:
    return "nothing"


ENDS: list[tuple[Callable[[Path], str], tuple[str, ...], int, str]] = [
    (nothing, ("scan", "good.log"), 0, ""),
    (nothing, ("scan", "nowhere.log"), 2, "Error: nowhere.log does not exist; check the path (nothing was scanned).\n"),
    (nothing, ("scan", "cut.log.gz", "good.log"), 3, ""),
    (nothing, ("nonsense",), 2, "No such command 'nonsense'"),
    (nothing, ("scan",), 2, "Missing argument 'INPUTS...'"),
    (nothing, ("--help",), 0, ""),
    (damage, ("scan", "good.log"), 4, "Error: "),
    (damage, ("reconcile",), 4, "Error: "),
    (spoil_signatures, ("scan", "cut.log.gz"), 5, "mine.toml: id: must be text"),
    (lambda db: spoil_signatures(db) and damage(db), ("scan", "good.log"), 4, "Error: "),
]


@pytest.mark.parametrize(("spoil", "words", "code", "said"), ENDS)
def test_a_command_ends_with_its_code_and_says_why_on_standard_error(
    db: Path,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[Path], str],
    words: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(db.parent)
    cut_gz(db.parent)
    spoil(db)
    got, told, error = ended(*words, db=db)
    assert (got, said in error, "Traceback" in error) == (code, True, False), error
    assert bool(told) == (code in (0, 3))
    assert bool(error) == bool(said)


def put_anothers_identities(db: Path) -> None:
    (db.parent / "other.log").write_text(squid_line("chatgpt.com", "cy"))
    other = db.with_name("other.db")
    shadowledger("scan", str(db.parent / "other.log"), db=other)
    for ending in (".identities.db", ".key"):
        other.with_suffix(ending).replace(db.with_suffix(ending))


UNUSABLE: list[tuple[str, Callable[[Path], object], tuple[str, ...], str]] = [
    ("no inventory", Path.unlink, ("reconcile",), "There is no inventory at"),
    ("empty", lambda db: db.write_bytes(b""), ("sources", "list"), "is empty, not an inventory"),
    ("text", lambda db: db.write_text("x" * 9999), ("inventory", "list"), "is no database, or a damaged one"),
    ("torn", lambda db: db.write_bytes(db.read_bytes()[:20000]), ("sources", "list"), "is damaged; restore it"),
    ("no key", lambda db: db.with_name("inventory.key").unlink(), ("scan", "good.log"), "key .* is missing"),
    (
        "other key",
        lambda db: db.with_name("inventory.key").write_text("ab" * 32),
        ("scan", "good.log"),
        "key does not fit",
    ),
    (
        "other key for a directory",
        lambda db: db.with_name("inventory.key").write_text("ab" * 32),
        ("directory", "import", "people.csv", "--kind", "people"),
        "key does not fit",
    ),
    ("other identities", put_anothers_identities, ("scan", "good.log"), "is not the identities store of this"),
    (
        "no identities",
        lambda db: db.with_name("inventory.identities.db").unlink(),
        ("scan", "good.log"),
        "There is no identities store at",
    ),
]


@pytest.mark.parametrize(("spoil", "words", "said"), [row[1:] for row in UNUSABLE], ids=[row[0] for row in UNUSABLE])
def test_a_database_that_cannot_be_used_is_4_and_nothing_is_made_in_its_place(
    db: Path,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[Path], object],
    words: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(db.parent)
    (db.parent / "people.csv").write_text("person,upn\nP-1,ada@corp.example\n")
    spoil(db)
    before = {one.name: one.read_bytes() for one in db.parent.iterdir() if one.suffix in (".db", ".key")}
    done = shadowledger(*words, db=db)
    assert (done.code, done.stdout, "Traceback" in done.stderr) == (4, "", False), done
    assert re.search(said, done.stderr), done.stderr
    assert {one.name: one.read_bytes() for one in db.parent.iterdir() if one.suffix in (".db", ".key")} == before


LISTS = [
    ("A-1,Chat\nA-2,Other\n", "header"),
    ("id,name\nA-1,Chat\nA-1,Other\n", "A-1"),
    ("", "empty"),
    ("\x00\x01\x02", "neither CSV nor a workbook"),
]


@pytest.mark.parametrize(("content", "said"), LISTS, ids=["no header", "one id twice", "empty", "binary"])
def test_a_bad_list_is_told_and_the_one_before_stays(db: Path, content: str, said: str) -> None:
    good, bad = db.with_name("good.csv"), db.with_name("bad.csv")
    good.write_text(LIST)
    bad.write_text(content)
    assert shadowledger("declare", "import", good, db=db).code == 0
    done = shadowledger("declare", "import", bad, db=db)
    assert (done.code, done.stdout, said in done.stderr) == (2, "", True), done
    assert [one["id"] for one in shadowledger("declare", "list", "--format", "json", db=db).json["declared"]] == ["A-1"]


def test_a_bad_directory_file_is_told(db: Path) -> None:
    file = db.with_name("people.csv")
    file.write_text("person,valid_from\nP-1,yesterday\n")
    done = shadowledger("directory", "import", file, "--kind", "people", db=db)
    assert (done.code, "Row 2: valid_from 'yesterday' is no ISO 8601 time." in done.stderr) == (2, True)
    assert shadowledger("directory", "import", file, "--kind", "pets", db=db).code == 2
    assert shadowledger("directory", "import", db.with_name("none.csv"), "--kind", "people", db=db).code == 2


def test_an_interrupted_scan_is_130_and_keeps_what_was_finished(db: Path) -> None:
    pipe = db.with_name("endless.log")
    os.mkfifo(pipe)
    other = write_squid(db.with_name("other.log"), [squid_line("claude.ai", "cy", at_s=DAY_S + 7)])
    running = process("--db", str(db), "scan", other, pipe, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with pipe.open("wb", buffering=0) as file:  # from here on the program reads, and waits for more
        for number in range(3000):
            file.write(squid_line("chatgpt.com", f"user{number}", at_s=DAY_S + number).encode())
        running.send_signal(signal.SIGINT)
        told, said = running.communicate()
    assert (running.returncode, told, said.strip()) == (130, b"", b"Stopped.")
    with closing(sqlite3.connect(db)) as connection:
        assert connection.execute("select count(*) from contribution").fetchone() == (3,)
        assert connection.execute("select status from run order by id").fetchall() == [("complete",), ("failed",)]
    assert shadowledger("scan", other, db=db).code == 0


def test_a_reader_that_has_seen_enough_is_no_fault(db: Path) -> None:
    big = write_squid(db.with_name("big.log"), [squid_line("claude.ai", f"u{number}") for number in range(20_000)])
    running = process("collect", str(big), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert running.stdout is not None
    assert running.stdout.readline().startswith(b'{"record":1,')
    running.stdout.close()
    assert running.stderr is not None
    assert (running.stderr.read(), running.wait()) == (b"", 0)
    running.stderr.close()


def test_a_full_disk_is_1_and_told(db: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    for words in (("sources", "list"), ("collect", str(db.with_name("good.log")))):
        with Path("/dev/full").open("wb") as full:
            running = process("--db", str(db), *words, stdout=full, stderr=subprocess.PIPE)
            _, said = running.communicate()
        assert (running.returncode, said) == (1, b"Error: No space left on device.\n")


def test_a_terminal_that_lacks_characters_ends_no_report(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252")
    file = db.with_name("list.csv")
    file.write_text("id,name\nÄ-1,Prüfer \N{ROBOT FACE}\n")
    assert shadowledger("declare", "import", file, db=db).code == 0
    running = process("--db", str(db), "declare", "list", stdout=subprocess.PIPE)
    told, _ = running.communicate()
    assert running.returncode == 0
    assert "Prüfer \\U0001f916" in told.decode("cp1252")
