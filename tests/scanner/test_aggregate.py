"""The profile `aggregate`: nobody is stored anywhere, records add up by day, and people are bounds that hold."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from commands import shadowledger
from scanner_inputs import DAY_S, squid_line, write_snapshot, write_squid

from shadowledger.db.checking import check_inventory
from shadowledger.db.errors import UnusableError
from shadowledger.db.names import Name
from shadowledger.db.settings import Profile, change
from shadowledger.db.transactions import writing
from shadowledger.db.unnamed import unnamed_by_instance
from shadowledger.scanner.choices import Choices
from shadowledger.scanner.knowledge import Signatures
from shadowledger.scanner.pipeline import Scan
from shadowledger.scanner.privacy.aggregate import fewest
from shadowledger.scanner.site import Site

DAY = 86_400


def lines(days: int = 1, people: int = 7, host: str = "claude.ai") -> list[str]:
    return [
        squid_line(
            host, f"canary{number}", f"10.99.98.{number + 1}", DAY_S + day * DAY + 9 * 3600 + number * 60 + again
        )
        for day in range(days)
        for number in range(people)
        for again in range(3)
    ]


@pytest.fixture
def plain(site: Site, signatures: Signatures) -> Iterator[Scan]:
    """A scan into a site that stores nobody."""
    connection = site.inventory(create=True)
    with writing(connection):
        change(connection, "profile", Profile.AGGREGATE, "")
    scan = Scan(connection, site.names(connection, create=True), signatures)
    yield scan
    scan.close()


def bounds(scan: Scan) -> dict[tuple[str, str], tuple[int, int]]:
    return {key: (one.low, one.high) for key, one in unnamed_by_instance(scan.connection).items()}


def by_day(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    return connection.execute(
        "select service_id, instance, day_on, channel, sum(record_count), sum(received_bytes), sum(session_count) "
        "from observation group by 1, 2, 3, 4 order by 1, 2, 3, 4"
    ).fetchall()


def test_nobody_is_stored_and_records_add_up_by_day(plain: Scan, tmp_path: Path) -> None:
    inputs = [
        write_squid(tmp_path / "access.log", [*lines(days=3), squid_line("10.99.98.97:11434", "canary1")]),
        write_snapshot(tmp_path / "processes-canary-laptop.json", "canary-laptop", ["ollama"], "canary1"),
    ]
    other = tmp_path / "other" / "inventory.db"
    plain.run(inputs, Choices())
    assert shadowledger("scan", *inputs, db=other).code == 0
    with closing(Site(other).inventory()) as pseudonymous:
        assert by_day(plain.connection) == by_day(pseudonymous)
    for table in ("pseudonym", "sealed_line", "whom_day", "whom_ever"):
        assert plain.connection.execute(f"select count(*) from {table}").fetchone() == (0,)  # noqa: S608
    assert plain.identities.connection.execute("select count(*) from name").fetchone() == (0,)
    held = b"".join(path.read_bytes() for path in (tmp_path / "site").iterdir())
    assert [canary for canary in (b"canary", b"10.99.98") if canary in held] == []
    assert [wrong for _, wrong in check_inventory(plain.connection) if wrong] == []


def test_people_are_bounds_that_hold(plain: Scan, tmp_path: Path) -> None:
    path = write_squid(tmp_path / "access.log", lines(days=2))
    plain.run([path], Choices())
    assert bounds(plain) == {("claude", ""): (7, 14)}
    write_squid(path, lines(days=3))
    assert [one.standing for one in plain.run([path], Choices()).outcomes] == ["grown"]
    assert bounds(plain) == {("claude", ""): (7, 21)}
    plain.run([write_squid(tmp_path / "second.log", lines(days=1, people=9, host="api.claude.ai"))], Choices())
    before = bounds(plain)
    assert before == {("claude", ""): (9, 30)}
    plain.rescan([(1, Choices())])
    assert bounds(plain) == before
    assert shadowledger("sources", "forget", "2", db=tmp_path / "site" / "inventory.db").code == 0
    assert bounds(plain) == {("claude", ""): (7, 21)}


def test_the_answer_has_bounds_of_nobody_known(plain: Scan, tmp_path: Path) -> None:
    few = lines(people=2, host="www.perplexity.ai")
    plain.run([write_squid(tmp_path / "access.log", lines(days=2) + few)], Choices())
    told = shadowledger("reconcile", "--format", "json", db=tmp_path / "site" / "inventory.db").json
    assert {one["service"]: (one["people"]["low"], one["people"]["high"]) for one in told["discovered"]} == {
        "Claude": (7, 14), "Perplexity": (0, 4),
    }  # fmt: skip


def test_whoever_means_to_store_somebody_is_told(plain: Scan) -> None:
    with pytest.raises(UnusableError, match="nobody is stored"):
        plain.identities.ids_of([Name("sam", "ada")])


FEWEST = [
    ([], 0),
    ([Name("device", "pc"), Name("address", "10.0.0.1")], 1),
    ([Name("sam", "ada"), Name("sam", "corp\\ada")], 1),
    ([Name("sam", "ada"), Name("sam", "bo"), Name("upn", "ada@x"), Name("device", "pc")], 2),
    ([Name("upn", "ada@x"), Name("upn", "bo@x"), Name("sam", "ada")], 2),
]


@pytest.mark.parametrize(("names", "count"), FEWEST, ids=str)
def test_there_are_at_least_so_many(names: list[Name], count: int) -> None:
    assert fewest(names) == count
