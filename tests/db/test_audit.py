"""The audit chain: a row changed behind its back is found, and the database itself refuses to change one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from shadowledger.db import audit
from shadowledger.db.decisions import all_decisions, decide
from shadowledger.db.opening import open_inventory


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = open_inventory(tmp_path / "inventory.db", create=True)
    for number in range(5):
        audit.record(connection, "reveal", {"id": f"u-{number}", "reason": "drill"})
    yield connection
    connection.close()


def test_a_chain_that_nobody_touched_holds(connection: sqlite3.Connection) -> None:
    assert audit.first_broken_row(connection) is None
    assert connection.execute("select count(distinct sha256) from audit").fetchone() == (5,)


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ("update audit set who = 'eve' where id = 3", 3),
        ("update audit set detail = '{}' where id = 1", 1),
        ("update audit set at = '2020-01-01T00:00:00Z' where id = 5", 5),
        ("update audit set action = who, who = action where id = 2", 2),
        ("update audit set sha256 = 'x' where id = 4", 4),
        ("delete from audit where id = 2", 3),
        ("update audit set id = 9 where id = 1", 2),
    ],
)
def test_a_row_changed_behind_its_back_breaks_the_chain(
    connection: sqlite3.Connection, change: str, broken: int
) -> None:
    for verb in ("update", "delete"):
        connection.execute(f"drop trigger audit_never_{verb}")
    connection.execute(change)
    assert audit.first_broken_row(connection) == broken


@pytest.mark.parametrize("table", ["audit", "decision"])
@pytest.mark.parametrize(
    "change", ["update {} set id = id + 1", "delete from {}", "insert or replace into {} select * from {}"]
)
def test_what_was_stated_cannot_be_changed(connection: sqlite3.Connection, table: str, change: str) -> None:
    decide(connection, "confirm", "ai-1", reason="seen it")
    everything = f"select * from {table}"  # noqa: S608 - our own names
    before = connection.execute(everything).fetchall()
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(change.format(table, table))
    assert connection.execute(everything).fetchall() == before


def test_decisions_come_back_in_the_order_they_were_made(connection: sqlite3.Connection) -> None:
    for verb in ("confirm", "dismiss", "propose"):
        decide(connection, verb, "ai-1", "", verb)
    told = all_decisions(connection)
    assert [(one.verb, one.subject, one.object, one.reason) for one in told] == [
        ("confirm", "ai-1", "", "confirm"),
        ("dismiss", "ai-1", "", "dismiss"),
        ("propose", "ai-1", "", "propose"),
    ]
    assert all(one.decided_by and one.decided_at.endswith("Z") for one in told)
