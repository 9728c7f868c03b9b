"""What has grown old loses its people, and the totals by day stay."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from commands import shadowledger
from scanner_inputs import squid_line, write_snapshot, write_squid

from shadowledger.db.checking import check_inventory
from shadowledger.db.unnamed import unnamed_by_instance
from shadowledger.scanner.site import Site

DAY = 86_400
TODAY = int(dt.datetime.now(dt.UTC).timestamp()) // DAY * DAY
PEOPLE = "person,upn,sam\n" + "".join(f"P-{n},user{n}@corp.example,user{n}\n" for n in range(8))
Rows = list[tuple[object, ...]]


def lines(days_ago: int, people: int, *, again: str = "") -> list[str]:
    """So many people, and each of them by the other account too."""
    at = TODAY - days_ago * DAY + 9 * 3600
    told = [squid_line("claude.ai", f"user{n}{again}", f"10.99.98.{n}", at + n * 60) for n in range(people)]
    return told + [squid_line("claude.ai", f"user{n}@corp.example", "-", at + n * 60 + 1) for n in range(people)]


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """Thirty days: six people long ago, in two sources; eight lately; one old snapshot."""
    path = tmp_path / "site" / "inventory.db"
    (tmp_path / "people.csv").write_text(PEOPLE)
    assert shadowledger("directory", "import", tmp_path / "people.csv", "--kind", "people", db=path).code == 0
    inputs = [
        write_squid(tmp_path / "old.log", [*lines(30, 6), *lines(29, 6)]),
        write_squid(tmp_path / "second.log", lines(30, 3)),
        write_squid(tmp_path / "new.log", lines(2, 8)),
        write_snapshot(tmp_path / "snapshot.json", "canary-laptop", ["ollama"], "gone"),
    ]
    done = shadowledger("scan", *inputs, db=path)
    assert done.code == 0, done
    assert shadowledger("privacy", "retain", "--days", "10", db=path).code == 0
    return path


@pytest.fixture
def inventory(db: Path) -> Iterator[sqlite3.Connection]:
    with closing(Site(db).inventory()) as connection:
        yield connection


def totals(connection: sqlite3.Connection) -> Rows:
    asked = (
        "select service_id, day_on, channel, sum(record_count), sum(session_count), sum(received_bytes), "
        "min(first_position), max(last_position) from contribution group by 1, 2, 3 order by 1, 2, 3"
    )
    return connection.execute(asked).fetchall()


def bounds(connection: sqlite3.Connection) -> dict[tuple[str, str], tuple[int, int]]:
    return {key: (one.low, one.high) for key, one in unnamed_by_instance(connection).items()}


def named_days(connection: sqlite3.Connection) -> list[str]:
    asked = "select distinct day_on from contribution where actor_id || device_id || client_id != '' order by 1"
    return [day for (day,) in connection.execute(asked)]


def day(days_ago: int) -> str:
    return dt.datetime.fromtimestamp(TODAY - days_ago * DAY, dt.UTC).date().isoformat()


def test_old_entries_lose_their_people_and_totals_stay(db: Path, inventory: sqlite3.Connection) -> None:
    before = totals(inventory)
    assert named_days(inventory)[-1] == day(2)
    done = shadowledger("privacy", "purge", db=db)
    assert (done.code, done.stderr) == (0, "")
    assert totals(inventory) == before
    assert named_days(inventory) == [day(2)]
    assert bounds(inventory) == {("claude", ""): (6, 12), ("ollama", ""): (1, 1)}
    assert [wrong for _, wrong in check_inventory(inventory) if wrong] == []
    asked = "select day_on, low_count, high_count from unnamed_by_day where service_id = 'claude'"
    assert inventory.execute(asked).fetchall() == [(day(30), 6, 6), (day(29), 6, 6)]


def test_people_are_bounds_over_what_is_kept_and_what_is_not(db: Path) -> None:
    def people() -> dict[str, tuple[int, int]]:
        told = shadowledger("reconcile", "--format", "json", db=db).json["discovered"]
        return {one["service"]: (one["people"]["low"], one["people"]["high"]) for one in told}

    def days() -> dict[str, tuple[str, str, int]]:
        told = shadowledger("reconcile", "--format", "json", db=db).json["discovered"]
        return {one["service"]: (one["first_seen_on"], one["last_seen_on"], one["days"]) for one in told}

    assert people()["Claude"] == (8, 8)
    before = days()
    shadowledger("privacy", "purge", db=db)
    assert people() == {"Claude": (8, 8 + 12), "Ollama": (0, 4)}
    assert days() == before
    assert before["Claude"] == (day(30), day(2), 3)


def test_names_that_nothing_uses_go(db: Path, inventory: sqlite3.Connection) -> None:
    with closing(Site(db).identities()) as identities:
        (before,) = identities.execute("select count(*) from name").fetchone()
        done = shadowledger("privacy", "purge", db=db)
        (after,) = identities.execute("select count(*) from name").fetchone()
    assert f"{before - after} names" in done.stdout
    assert before - after == 2  # the snapshot's user and machine; whom the directory lists is used by it
    for name, code in (("gone", 1), ("canary-laptop", 1), ("user7", 0)):
        assert shadowledger("identities", "find", name, "--reason", "test", db=db).code == code


def test_a_dry_run_tells_the_same_and_changes_nothing(db: Path, inventory: sqlite3.Connection) -> None:
    before = totals(inventory), named_days(inventory), inventory.execute("select count(*) from audit").fetchone()
    dry = shadowledger("privacy", "purge", "--dry-run", db=db).stdout
    after = totals(inventory), named_days(inventory), inventory.execute("select count(*) from audit").fetchone()
    assert after == before
    assert shadowledger("privacy", "purge", db=db).stdout == dry.replace("would go", "went")
    assert shadowledger("privacy", "purge", db=db).stdout.startswith("0 entries' people, 0 names and 0 sealed lines")


def test_a_source_that_is_withdrawn_leaves_bounds_of_the_others(db: Path, inventory: sqlite3.Connection) -> None:
    shadowledger("privacy", "purge", db=db)
    assert shadowledger("sources", "forget", "2", db=db).code == 0
    assert bounds(inventory)["claude", ""] == (6, 12)
    assert shadowledger("sources", "forget", "1", db=db).code == 0
    assert ("claude", "") not in bounds(inventory)
    assert [wrong for _, wrong in check_inventory(inventory) if wrong] == []


def test_what_comes_late_is_added_to_the_bounds(db: Path, inventory: sqlite3.Connection, tmp_path: Path) -> None:
    shadowledger("privacy", "purge", db=db)
    assert shadowledger("scan", write_squid(tmp_path / "late.log", lines(29, 7)), db=db).code == 0
    assert named_days(inventory) == [day(29), day(2)]
    shadowledger("privacy", "purge", db=db)
    assert named_days(inventory) == [day(2)]
    assert bounds(inventory)["claude", ""] == (7, 6 + 6 + 7)


def test_all_leaves_nobody(db: Path, inventory: sqlite3.Connection) -> None:
    before = totals(inventory)
    assert shadowledger("privacy", "profile", "aggregate", db=db).code == 0
    assert shadowledger("privacy", "purge", "--all", db=db).code == 0
    assert (totals(inventory), named_days(inventory)) == (before, [])
    with closing(Site(db).identities()) as identities:
        for table in ("name", "link", "statement"):
            assert identities.execute(f"select count(*) from {table}").fetchone() == (0,)  # noqa: S608
    assert inventory.execute("select count(*) from pseudonym").fetchone() == (0,)
    assert inventory.execute("select count(*) from sealed_line").fetchone() == (0,)


def test_it_is_audited(db: Path) -> None:
    shadowledger("privacy", "purge", db=db)
    rows = shadowledger("audit", "list", "--action", "purge", "--format", "jsonl", db=db).lines
    assert [(row["detail"]["days"], row["detail"]["names_wait"]) for row in rows] == [(10, False)]
    longer = ("privacy", "retain", "--days", "0")
    assert shadowledger(*longer, db=db).code == 2
    assert shadowledger(*longer, "--reason", "agreed", db=db).code == 0
