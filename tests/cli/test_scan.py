"""`scan`: each input gets one clear word, the right exit code, and loses nothing that was stored before."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from checkout import CHECKOUT
from commands import shadowledger
from scanner_inputs import DAY_S, squid_line, write_snapshot, write_squid

LINES = [squid_line("chatgpt.com", "ada"), squid_line("claude.ai", "bo"), squid_line("www.hyundai.com", "bo")]
PCAP = CHECKOUT / "tests" / "golden" / "capture" / "mixed.pcap"


def counted(db: Path) -> int:
    """All hits that an inventory holds."""
    with closing(sqlite3.connect(db)) as connection:
        return int(connection.execute("select coalesce(sum(record_count), 0) from observation").fetchone()[0])


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an inventory that one log was scanned into."""
    folder = tmp_path_factory.mktemp("begun")
    done = shadowledger("scan", write_squid(folder / "good.log", LINES), db=folder / "inventory.db")
    assert (done.code, done.stderr) == (0, "")
    return folder


@pytest.fixture
def db(begun: Path, tmp_path: Path) -> Path:
    shutil.copytree(begun, tmp_path, dirs_exist_ok=True)
    return tmp_path / "inventory.db"


def test_a_first_scan_makes_the_inventory_and_says_what_it_found(tmp_path: Path) -> None:
    path = write_squid(tmp_path / "access.log", LINES)
    done = shadowledger("scan", path, "--explain", "--format", "json", db=tmp_path / "new" / "inventory.db")
    assert (done.code, done.stderr) == (0, "")
    told = done.json
    assert (told["schema_version"], told["status"], told["run"]) == (1, "complete", 1)
    (source,) = told["sources"]
    assert source["why"].startswith("3 of 3 lines")
    assert (source["input"], source["standing"], source["note"]) == (str(path), "new", "")
    assert [source[key] for key in ("records", "hits", "no_hit", "ignored", "issues")] == [3, 2, 1, 0, 0]
    assert {one.name for one in (tmp_path / "new").iterdir()} >= {
        "inventory.db", "inventory.identities.db", "inventory.key",
    }  # fmt: skip


def test_an_assumed_time_is_told_for_what_it_is(db: Path) -> None:
    snapshot = db.with_name("ps.txt")
    snapshot.write_text("USER PID COMMAND\nada 7 ollama\nada 8 vi\n")
    said = shadowledger("scan", snapshot, db=db).stdout
    assert "\n1 of these hits do not tell their whole time: " in said
    assert "whole time" not in shadowledger("scan", snapshot, db=db).stdout


def test_the_same_again_counts_nothing_and_is_no_fault(db: Path) -> None:
    done = shadowledger("scan", db.with_name("good.log"), db=db)
    assert (done.code, "known" in done.stdout, "0 hits of 0 services" in done.stdout) == (0, True, True)
    assert counted(db) == 2


def test_the_same_with_other_settings_is_told_and_counts_nothing(db: Path) -> None:
    done = shadowledger("scan", db.with_name("good.log"), "--tz", "Europe/Berlin", db=db)
    assert done.code == 3
    assert "sources rescan 1" in done.stdout
    assert counted(db) == 2


def test_of_some_days_alone_the_rest_is_told_and_not_counted(tmp_path: Path) -> None:
    lines = [squid_line("chatgpt.com", "ada", at_s=DAY_S + day * 86_400) for day in (0, 1, 1, 2, 3)]
    path, db = write_squid(tmp_path / "access.log", [*lines, squid_line("claude.ai", "bo", at_s=0)]), tmp_path / "i.db"
    days = ("--since", "2026-11-06", "--until", "2026-11-07")
    (row,) = shadowledger("scan", path, *days, "--format", "json", db=db).json["sources"]
    assert (row["records"], row["hits"], row["no_hit"], row["ignored"], row["note"]) == (6, 3, 0, 3, "")
    with closing(sqlite3.connect(db)) as connection:
        reasons = dict(connection.execute("select reason, record_count from issue").fetchall())
        assert connection.execute("select min(day_on), max(day_on), sum(record_count) from census").fetchone() == (
            "2026-11-06",
            "2026-11-07",
            3,
        )
    assert reasons == {
        "before 2026-11-06, from which on was asked": 1,
        "after 2026-11-07, up to which was asked": 1,
        "tells no day, and only some days were asked for": 1,
    }
    known = shadowledger("scan", path, "--format", "json", db=db)
    assert (known.code, known.json["sources"][0]["standing"]) == (0, "known")
    assert "from 2026-11-06 on up to 2026-11-07" in known.json["sources"][0]["note"]
    assert shadowledger("sources", "rescan", "1", "--since", "1970-01-01", "--until", "2030-01-01", db=db).code == 0
    assert counted(db) == 5


def test_an_export_that_overlaps_another_is_told_and_taken_back(tmp_path: Path) -> None:
    lines = [squid_line("chatgpt.com", f"u{n}", at_s=DAY_S + n * 60, client=f"10.0.0.{n % 9}") for n in range(900)]
    db, first = tmp_path / "i.db", write_squid(tmp_path / "first.log", lines[:600])
    second, apart = write_squid(tmp_path / "second.log", lines[300:]), write_squid(tmp_path / "apart.log", lines[601:])
    told = [shadowledger("scan", one, "--format", "json", db=db) for one in (first, apart, second)]
    assert [one.code for one in told] == [0, 0, 0]
    assert [one.json["sources"][0]["repeated"] for one in told[:2]] == [[], []]
    row = told[2].json["sources"][0]
    by_source = {one["source_id"]: (one["repeated"], one["compared"]) for one in row["repeated"]}
    assert 60 < by_source[1][0] <= by_source[1][1] <= 256
    assert 60 < by_source[2][0] <= by_source[2][1] <= 256
    assert "sources forget 3" in row["note"]
    other = shadowledger("scan", second, "--source-name", "another proxy", "--format", "json", db=db)
    assert other.json["sources"][0]["repeated"] == [], "the user says that these are two devices"
    assert shadowledger("sources", "forget", "3", db=db).code == 0
    with closing(sqlite3.connect(db)) as connection:
        assert connection.execute("select count(*) from mark where source_id = 3").fetchone() == (0,)


def test_sizes_that_cannot_be_end_no_scan(tmp_path: Path) -> None:
    line = squid_line("chatgpt.com", "ada").replace(" 5120 ", " 999999999999999999 ")
    db = tmp_path / "i.db"
    for number in range(3):
        path = write_squid(
            tmp_path / f"{number}.log", [line.replace("10.0.0.5", f"10.0.{number}.{n}") for n in range(30)]
        )
        assert shadowledger("scan", path, db=db).code == 0
    assert shadowledger("reconcile", db=db).code == 0
    assert counted(db) == 90


def test_folders_globs_and_packed_files_are_read_once_each(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    (folder / "deep").mkdir(parents=True)
    (folder / ".hidden").write_text("".join(LINES))
    write_squid(folder / "access.log", LINES)
    (folder / "deep" / "access.log.1.gz").write_bytes(gzip.compress("".join(LINES).encode()))
    write_snapshot(folder / "deep" / "p.json", "pc", ["ollama"])
    done = shadowledger("scan", folder, folder / "*.log", "--format", "json", db=tmp_path / "inventory.db")
    assert done.code == 0
    assert [(Path(one["input"]).name, one["standing"]) for one in done.json["sources"]] == [
        ("access.log", "new"), ("access.log.1.gz", "known"), ("p.json", "new"),
    ]  # fmt: skip
    assert counted(tmp_path / "inventory.db") == 3


def test_standard_input_is_a_source_and_known_again(tmp_path: Path) -> None:
    db, data = tmp_path / "inventory.db", "".join(LINES).encode()

    def again(more: bytes) -> tuple[int, str]:
        done = shadowledger("scan", "-", "--format", "json", stdin=more, db=db)
        return done.code, done.json["sources"][0]["standing"]

    assert [again(data), again(data)] == [(0, "new"), (0, "known")]
    assert again(data + LINES[0].encode()) == (3, "unreadable")
    assert again(b"".join(reversed(data.splitlines(keepends=True)))) == (0, "new")
    assert shadowledger("sources", "rescan", "1", db=db).code == 3
    assert counted(db) == 4


def missing(path: Path) -> None:
    path.unlink(missing_ok=True)


def empty_folder(path: Path) -> None:
    path.mkdir()


def folder_of_noise(path: Path) -> None:
    path.mkdir()
    (path / "a.bin").write_bytes(bytes(range(256)) * 9)
    (path / "b.txt").write_text("Dear all,\n" * 9)


def cut_gz(path: Path) -> None:
    lines = [squid_line("chatgpt.com", f"u{number * 7919 % 9973}", at_s=DAY_S + number) for number in range(3000)]
    data = gzip.compress("".join(lines).encode())
    path.write_bytes(data[: len(data) // 2])


def cut_capture(path: Path) -> None:
    path.write_bytes(PCAP.read_bytes()[:-10])


BAD: list[tuple[str, Callable[[Path], object], int, str]] = [
    ("missing", missing, 2, "does not exist; check the path (nothing was scanned)."),
    ("folder without files", empty_folder, 2, "is a folder without any file; name the log files themselves."),
    (
        "folder without a log",
        folder_of_noise,
        3,
        "is in no format that a collector recognises; name one with --collector",
    ),
    ("empty", lambda path: path.write_bytes(b""), 3, "is empty"),
    (
        "binary called log",
        lambda path: path.write_bytes(bytes(range(256)) * 40),
        3,
        "is a binary file that no collector reads",
    ),
    ("prose", lambda path: path.write_text("Dear all,\n" * 9), 3, "is in no format that a collector recognises"),
    ("cut gz", cut_gz, 3, "the gz file is cut off; what came before the cut was read"),
    ("no gz", lambda path: path.write_bytes(b"\x1f\x8b" + b"\xff" * 99), 3, "the gz file is damaged"),
    ("cut capture", cut_capture, 3, "cut"),
    ("list of words", lambda path: path.write_text("[1, 2"), 3, "is in no format"),
]


@pytest.mark.parametrize(("make", "code", "words"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_bad_input_is_told_and_nothing_stored_is_lost(
    db: Path, make: Callable[[Path], object], code: int, words: str
) -> None:
    bad = db.with_name("bad.log")
    make(bad)
    other = write_squid(db.with_name("other.log"), [squid_line("claude.ai", "cy", at_s=DAY_S + 5)])
    before = counted(db)
    done = shadowledger("scan", bad, other, "--format", "json", db=db)
    assert done.code == code
    assert "Traceback" not in done.stderr
    if code == 2:
        assert (words in done.stderr, done.stdout, counted(db)) == (True, "", before)
        return
    told = done.json
    assert told["status"] == "partial"
    assert words in "; ".join(one["note"] for one in told["sources"])
    assert counted(db) == before + sum(one["hits"] or 0 for one in told["sources"])
    assert [one["hits"] for one in told["sources"] if one["input"] == str(other)] == [1]
    listed = shadowledger("sources", "list", "--format", "json", db=db).json["sources"]
    for one in listed:
        parts = ("hit_count", "no_hit_count", "ignored_count", "issue_count", "not_examined_count")
        assert one["record_count"] == sum(one[part] for part in parts)


def test_invalid_bytes_and_endless_lines_are_issues_among_good_records(db: Path) -> None:
    bad = db.with_name("bad.log")
    with bad.open("wb") as file:
        file.write("".join(LINES).encode().replace(b"ada", b"ad\xff"))
        file.write(b"x" * (3 << 20) + b"\n")
        file.write(squid_line("claude.ai", "cy").encode())
    done = shadowledger("scan", bad, "--format", "json", db=db)
    (one,) = done.json["sources"]
    assert (done.code, one["records"], one["hits"], one["issues"]) == (0, 5, 3, 1)


def test_a_file_whose_name_is_in_no_encoding_is_read(db: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(db.parent) + b"/logs\xff"))
    odd.mkdir()
    write_squid(odd / "access.log", [squid_line("claude.ai", "cy")])
    done = shadowledger("scan", odd, "--format", "json", db=db)
    assert (done.code, counted(db)) == (0, 3)
    assert json.loads(done.stdout)["sources"][0]["input"] == str(odd / "access.log")
    for arguments in (["sources", "list"], ["sources", "list", "--format", "json"], ["scan", str(odd)]):
        assert shadowledger(*arguments, db=db).code == 0


@contextmanager
def pipe_of(data: bytes) -> Iterator[str]:
    """As `<(zcat access.log.gz)` gives: a name that cannot be opened a second time to be compared."""
    read, write = os.pipe()
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=write) as cat:
        os.close(write)
        assert cat.stdin is not None
        feeding = threading.Thread(target=lambda pipe=cat.stdin: (pipe.write(data), pipe.close()))
        feeding.start()
        yield f"/dev/fd/{read}"
        os.close(read)
        feeding.join()


def test_a_pipe_is_read_once_and_known_again(db: Path) -> None:
    lines = [squid_line("chatgpt.com", f"u{number}", at_s=DAY_S + number) for number in range(2000)]
    data = "".join(lines).encode()
    told = []
    for content in (data, data, data + LINES[0].encode(), data[:70_000]):
        with pipe_of(content) as name:
            done = shadowledger("scan", name, "--format", "json", db=db)
        told.append((done.code, done.json["sources"][0]["standing"], done.json["sources"][0]["hits"]))
    assert told == [(0, "new", 2000), (0, "known", None), (3, "unreadable", None), (0, "known", None)]
    assert counted(db) == 2002


def test_names_of_options_that_mean_nothing_are_told(db: Path) -> None:
    log = db.with_name("good.log")
    for options, words in (
        (("--collector", "nonsense"), "There is no collector 'nonsense'. There are: "),
        (("--tz", "Mars/Olympus"), "is no time zone"),
        (("--year", "26"), "--year takes four digits."),
        (("--format", "xml"), "'xml' is not one of"),
        (("--device", "\udcff"), "is not valid UTF-8"),
    ):
        done = shadowledger("scan", log, *options, db=db)
        assert (done.code, done.stdout, words in done.stderr) == (2, "", True), done.stderr


NATIVE = "%ts.%03tu %6tr %>a %Ss/%03>Hs %<st %rm %ru %un %Sh/%<a %mt"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--collector", "nope"), "There is no collector 'nope'"),
        (("--collector", "squid_custom"), "names neither the URL"),
        (("--log-format", "%ts %st"), "names neither the URL"),
        (("--tz", "Mars"), "is no time zone"),
        (("--year", "26"), "takes four digits"),
        (("--since", "yesterday"), "--since takes a day"),
        (("--since", "2026-11-02", "--until", "2026-11-01"), "nothing would be counted"),
        (("--jobs", "0"), "--jobs"),
    ],
    ids=" ".join,
)
def test_a_choice_that_cannot_be_is_told_before_anything_is_read(db: Path, words: tuple[str, ...], says: str) -> None:
    before = counted(db)
    done = shadowledger("scan", db.with_name("good.log"), *words, db=db)
    assert (done.code, done.stdout) == (2, "")
    assert says in done.stderr
    assert counted(db) == before


def test_a_log_format_of_ones_own_chooses_its_collector(db: Path, tmp_path: Path) -> None:
    path = write_squid(tmp_path / "other.log", [squid_line("claude.ai", "cy", at_s=DAY_S)])
    done = shadowledger("scan", path, "--log-format", NATIVE, "--format", "json", db=db)
    (source,) = done.json["sources"]
    assert (done.code, source["collector"], source["hits"]) == (0, "Squid, a log format of your own", 1)
