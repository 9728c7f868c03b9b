"""One run: what is counted, that it adds up, and that nothing is counted twice or lost."""

from __future__ import annotations

import gzip
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from rights import without_rights
from scanner_inputs import DAY_S, squid_line, write_snapshot, write_squid

from shadowledger.db.sources import known_ids, totals
from shadowledger.scanner.choices import Choices
from shadowledger.scanner.knowledge import load_signatures
from shadowledger.scanner.outcomes import Outcome
from shadowledger.scanner.pipeline import Scan, forget
from shadowledger.scanner.site import Site

LINES = [
    squid_line("chatgpt.com", "ada"),
    squid_line("chatgpt.com", "ada", at_s=DAY_S + 9 * 3600 + 60),
    squid_line("chatgpt.com", "bo", "10.0.0.6"),
    squid_line("www.hyundai.com", "bo", "10.0.0.6"),
    squid_line("claude.ai", "ada", result="TCP_DENIED/403"),
    "\n",
    "this is no line of squid's\n",
]


def one(scan: Scan, path: Path, choices: Choices | None = None) -> Outcome:
    return scan.run([path], choices or Choices()).outcomes[0]


def observed(connection: sqlite3.Connection) -> dict[tuple[str, str, str], int]:
    rows = connection.execute("select service_id, action, day_on, sum(record_count) from observation group by 1, 2, 3")
    return {(service, action, day): count for service, action, day, count in rows}


def hit_total(connection: sqlite3.Connection) -> int:
    return int(connection.execute("select coalesce(sum(record_count), 0) from observation").fetchone()[0])


def test_records_are_counted_and_add_up(scan: Scan, tmp_path: Path) -> None:
    outcome = one(scan, write_squid(tmp_path / "access.log", LINES))
    assert outcome.counts is not None
    counts = outcome.counts
    assert (counts.record_count, counts.hit_count, counts.no_hit_count) == (6, 4, 1)
    assert (counts.ignored_count, counts.issue_count) == (0, 1)
    assert observed(scan.connection) == {
        ("chatgpt", "allowed", "2026-11-05"): 3,
        ("claude", "blocked", "2026-11-05"): 1,
    }


def test_a_contribution_keeps_hours_sessions_and_positions(scan: Scan, tmp_path: Path) -> None:
    later = squid_line("chatgpt.com", "ada", at_s=DAY_S + 11 * 3600)
    one(scan, write_squid(tmp_path / "access.log", [*LINES[:2], later]))
    row = scan.connection.execute(
        "select record_count, session_count, hours, positions, received_bytes, sent_bytes from contribution"
    )
    assert row.fetchall() == [(3, 2, 1 << 9 | 1 << 11, "1 2 3", 3 * 5120, None)]


def test_no_name_reaches_the_inventory(scan: Scan, site: Site, tmp_path: Path) -> None:
    one(scan, write_squid(tmp_path / "access.log", [squid_line("claude.ai", "canary.person", "10.99.98.97")]))
    one(scan, write_snapshot(tmp_path / "p.json", "canary-laptop", ["ollama"], "canary.person"))
    scan.connection.execute("pragma wal_checkpoint(truncate)")
    for canary in (b"canary.person", b"10.99.98.97", b"canary-laptop"):
        assert canary not in site.inventory_path.read_bytes()
        assert canary not in site.identities_path.read_bytes()


@pytest.mark.parametrize("jumbled", [False, True])
def test_the_same_again_changes_nothing(scan: Scan, tmp_path: Path, *, jumbled: bool) -> None:
    path = write_squid(tmp_path / "access.log", LINES)
    one(scan, path)
    before = scan.connection.execute("select * from contribution").fetchall()
    again = path.rename(tmp_path / "access.log.1") if jumbled else path
    assert one(scan, again).standing == "known"
    packed = tmp_path / "access.log.1.gz"
    packed.write_bytes(gzip.compress(again.read_bytes()))
    assert one(scan, packed).standing == "known"
    assert scan.connection.execute("select * from contribution").fetchall() == before


def test_a_grown_file_goes_on_where_it_stopped(scan: Scan, tmp_path: Path) -> None:
    path = write_squid(tmp_path / "access.log", LINES)
    one(scan, path)
    with path.open("a") as file:
        file.write(squid_line("claude.ai", "bo"))
    outcome = one(scan, path)
    assert outcome.standing == "grown"
    assert outcome.counts is not None
    assert (outcome.counts.record_count, outcome.counts.hit_count) == (1, 1)
    assert hit_total(scan.connection) == 5
    positions = scan.connection.execute("select positions from contribution order by id desc limit 1").fetchone()
    assert positions == ("8",)


def test_a_last_line_that_was_read_half_is_read_again_whole(scan: Scan, tmp_path: Path) -> None:
    whole = squid_line("chatgpt.com", "ada") + squid_line("claude.ai", "bo")
    path = tmp_path / "access.log"
    path.write_text(whole[:-20])
    one(scan, path)
    path.write_text(whole)
    assert one(scan, path).standing == "grown"
    assert observed(scan.connection) == {
        ("chatgpt", "allowed", "2026-11-05"): 1,
        ("claude", "allowed", "2026-11-05"): 1,
    }


def test_a_replaced_file_is_another_source(scan: Scan, tmp_path: Path) -> None:
    path = write_squid(tmp_path / "access.log", LINES)
    one(scan, path)
    write_squid(path, [squid_line("claude.ai", "bo", at_s=DAY_S + 86400 + count) for count in range(9)])
    assert one(scan, path).standing == "new"
    assert len(known_ids(scan.connection)) == 2
    assert hit_total(scan.connection) == 13


def test_identical_exports_of_two_devices_are_two_where_the_user_says_so(scan: Scan, tmp_path: Path) -> None:
    path = write_squid(tmp_path / "access.log", LINES)
    one(scan, path, Choices(label="proxy-a"))
    assert one(scan, path, Choices(label="proxy-b")).standing == "new"
    assert one(scan, path, Choices(label="proxy-b")).standing == "known"
    assert hit_total(scan.connection) == 8


def test_a_cut_gz_is_partial_now_and_counted_once_when_it_is_whole(scan: Scan, tmp_path: Path) -> None:
    rng = random.Random(4)  # noqa: S311 - repeatable
    lines = [squid_line("chatgpt.com", f"user{rng.random()}", at_s=DAY_S + count) for count in range(5000)]
    packed = gzip.compress("".join(lines).encode())
    path = tmp_path / "access.log.gz"
    path.write_bytes(packed[: len(packed) // 2])
    cut = scan.run([path], Choices())
    assert cut.status == "partial"
    assert "cut off" in cut.outcomes[0].problem
    assert 0 < hit_total(scan.connection) < 5000
    path.write_bytes(packed)
    assert scan.run([path], Choices()).status == "complete"
    assert hit_total(scan.connection) == 5000
    assert scan.connection.execute("select count(distinct actor_id) from observation").fetchone() == (5000,)


def test_forgetting_withdraws_and_scanning_again_brings_it_back(scan: Scan, tmp_path: Path) -> None:
    path = write_squid(tmp_path / "access.log", LINES)
    other = write_squid(tmp_path / "other.log", [squid_line("claude.ai", "cy")])
    number = one(scan, path).source_id
    one(scan, other)
    assert forget(scan.connection, number)
    assert hit_total(scan.connection) == 1
    assert not forget(scan.connection, number)
    assert one(scan, path).standing == "new"
    assert hit_total(scan.connection) == 5


def test_rescan_replaces_a_sources_share_under_a_new_overlay(scan: Scan, site: Site, tmp_path: Path) -> None:
    path = write_squid(tmp_path / "access.log", [*LINES, squid_line("llm.corp.example", "ada")])
    number = one(scan, path).source_id
    site.overlay_path.mkdir()
    (site.overlay_path / "in-house.toml").write_text(
        'id = "in-house"\nname = "Our model"\nvendor = "us"\n[[indicator]]\nkind = "host"\n'
        'value = "llm.corp.example"\nrole = "api"\n'
    )
    (site.overlay_path / "exceptions.toml").write_text('[[exception]]\nhost = "claude.ai"\nreason = "test bench"\n')
    again = Scan(scan.connection, scan.identities, load_signatures(site, scan.connection, "test"))
    report = again.rescan([(number, Choices())])
    assert report.outcomes[0].standing == "rescanned"
    assert {service for service, _, _ in observed(scan.connection)} == {"chatgpt", "in-house"}
    assert hit_total(scan.connection) == 4
    assert [row["record_count"] for row in totals(scan.connection)] == [7]


def test_rescan_leaves_a_replaced_file_alone(scan: Scan, tmp_path: Path) -> None:
    path = write_squid(tmp_path / "access.log", LINES)
    number = one(scan, path).source_id
    write_squid(path, [squid_line("claude.ai", "bo", at_s=DAY_S + 5 * 86400)] * 20)
    report = scan.rescan([(number, Choices())])
    assert report.status == "partial"
    assert hit_total(scan.connection) == 4


def test_a_file_of_headers_alone_is_known_again_and_grows(scan: Scan, tmp_path: Path) -> None:
    header = "#separator \\x09\n#path\tdns\n#open\t2026-11-05-09-00-0{}\n#fields\tts\tid.orig_h\tquery\n"
    path, other = tmp_path / "dns.log", tmp_path / "later.log"
    path.write_text(header.format(0))
    other.write_text(header.format(1))
    assert [one(scan, each).standing for each in (path, other, path, other)] == ["new", "new", "known", "known"]
    with path.open("a") as file:
        file.write(f"{DAY_S}.5\t10.0.0.5\tclaude.ai\n")
    assert [one(scan, each).standing for each in (path, path, other)] == ["grown", "known", "known"]
    assert len(known_ids(scan.connection)) == 2
    assert hit_total(scan.connection) == 1


@pytest.mark.parametrize("more", ["", squid_line("claude.ai", "bo")], ids=["the same", "grown meanwhile"])
def test_two_runs_over_one_file_at_once_count_it_once(scan: Scan, site: Site, tmp_path: Path, more: str) -> None:
    """The second has looked the source up, and found nothing, before the first stores it."""
    path = write_squid(tmp_path / "access.log", LINES)
    other = Scan(site.inventory(), site.names(scan.connection), scan.signatures)
    storing = other._store

    def overtaken(*args: object, **kinds: object) -> int:
        with path.open("a") as file:
            file.write(more)
        one(scan, path)
        return storing(*args, **kinds)  # type: ignore[arg-type]  # passed through

    other._store = overtaken  # type: ignore[method-assign]  # the moment between reading and storing
    outcome = one(other, path)
    assert (outcome.standing, outcome.counts, outcome.services) == ("known", None, set())
    other.close()
    assert len(known_ids(scan.connection)) == 1
    assert hit_total(scan.connection) == 4 + bool(more)


def test_an_input_that_others_store_again_and_again_is_told(scan: Scan, site: Site, tmp_path: Path) -> None:
    path = write_squid(tmp_path / "access.log", LINES)
    other = Scan(site.inventory(), site.names(scan.connection), scan.signatures)
    storing = other._store

    def overtaken(*args: object, **kinds: object) -> int:
        one(scan, path)
        with path.open("a") as file:
            file.write(squid_line("claude.ai", "bo"))
        return storing(*args, **kinds)  # type: ignore[arg-type]  # passed through

    other._store = overtaken  # type: ignore[method-assign]  # the moment between reading and storing
    report = other.run([path], Choices())
    assert (report.status, report.outcomes[0].standing) == ("partial", "overtaken")
    assert "scan it again" in report.outcomes[0].problem
    other.close()
    assert one(scan, path).standing == "grown"
    assert hit_total(scan.connection) == 4 + 3


def cannot_read(path: Path) -> None:
    path.mkdir()


BAD_INPUTS: list[tuple[str, Callable[[Path], object], str]] = [
    ("empty", lambda path: path.write_bytes(b""), "is empty"),
    ("binary called log", lambda path: path.write_bytes(bytes(range(256)) * 40), "binary file"),
    ("prose", lambda path: path.write_text("Dear all,\nplease find attached\n" * 9), "no format"),
    ("not gz at all", lambda path: path.write_bytes(b"\x1f\x8b\x08" + bytes(6) + b"\xff" * 99), "damaged"),
    ("a folder", cannot_read, "cannot be opened"),
]


@pytest.mark.parametrize(("_name", "make", "words"), BAD_INPUTS, ids=[name for name, _, _ in BAD_INPUTS])
def test_what_cannot_be_read_is_said_and_loses_nothing(
    scan: Scan, tmp_path: Path, _name: str, make: Callable[[Path], object], words: str
) -> None:
    good = write_squid(tmp_path / "good.log", LINES)
    make(tmp_path / "bad.log")
    report = scan.run([tmp_path / "bad.log", good], Choices())
    assert report.status == "partial"
    assert words in report.outcomes[0].problem
    assert hit_total(scan.connection) == 4


def test_a_file_that_may_not_be_read_is_told(scan: Scan, public_folder: Path, tmp_path: Path) -> None:
    secret = write_squid(public_folder / "access.log", LINES)
    secret.chmod(0)
    with without_rights():
        told = scan.run([secret], Choices())
    assert (told.status, told.outcomes[0].problem) == ("partial", "cannot be opened: Permission denied")
    assert one(scan, write_squid(tmp_path / "good.log", LINES)).problem == ""


def test_a_line_of_100_mb_is_an_issue_and_its_neighbours_count(scan: Scan, tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    with path.open("w") as file:
        file.writelines(LINES[:4])
        for _ in range(100):
            file.write("x" * 1_000_000)
        file.write("\n")
        file.write(squid_line("claude.ai", "bo"))
    outcome = one(scan, path)
    assert outcome.counts is not None
    assert (outcome.counts.record_count, outcome.counts.issue_count, outcome.counts.hit_count) == (6, 1, 4)
    positions = scan.connection.execute("select positions from contribution where service_id = 'claude'").fetchone()
    assert positions == ("6",)


def test_invalid_utf8_is_read_and_counted(scan: Scan, tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(b"".join(line.encode() for line in LINES[:4]) + squid_line("claude.ai", "b\xf6").encode("latin-1"))
    outcome = one(scan, path)
    assert outcome.counts is not None
    assert outcome.counts.hit_count == 4


@pytest.mark.parametrize(("odd", "status"), [(0, "complete"), (2, "complete"), (3, "partial"), (10, "partial")])
def test_a_source_of_which_too_much_is_not_understood_is_incomplete(
    scan: Scan, tmp_path: Path, odd: int, status: str
) -> None:
    lines = ["no line of squid's\n"] * odd + [squid_line("claude.ai", "ada")] * (10 - odd)
    report = scan.run([write_squid(tmp_path / "access.log", lines)], Choices(collector_id="squid_native"))
    assert report.status == status
    assert (f"{odd} of 10 records were not understood" in report.outcomes[0].problem) == (status == "partial")
    assert hit_total(scan.connection) == 10 - odd
