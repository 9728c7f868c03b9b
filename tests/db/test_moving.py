"""An inventory made by the steps before comes along whole: its contributions, and all that follows from them."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from contributed import ROW, Chat, rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from shadowledger.db import rollups
from shadowledger.db.checking import wrong_entries, wrong_rollups
from shadowledger.db.contributions import Contribution, add_contributions
from shadowledger.db.migrations import inventory_steps
from shadowledger.db.opening import open_inventory
from shadowledger.db.runs import Knowledge, start_run
from shadowledger.db.services import save_services
from shadowledger.db.sources import withdraw
from shadowledger.db.transactions import writing

Kept = tuple[int, int, int, Contribution]
"""id, run, source, contribution."""
OLD_VIEW = (
    "create view observation as select day_on, service_id, sum(record_count) as record_count, max(hours & 1) as hours "
    "from contribution group by 1, 2"
)
ACTORS = st.sampled_from(("", "u-1", "u-2", "w-1", "s-1", "s-2"))
CLIENTS = st.sampled_from(("", "a-1", "a-2"))
DEVICES = st.sampled_from(("", "d-1"))
POSITIONS = st.sampled_from(("1", "1 4", "1 2 4", "4"))

OLD_SOURCE = """
insert into source (
    name, label, collector, settings, head_bytes, head_sha256, read_bytes, tail_bytes, tail_sha256, next_position,
    open_line
) values ('old', '', 'squid_native', '{}', 3, 'abc', 3, 3, 'def', 4, 0)
"""


def older(path: Path, kept: list[Kept]) -> None:
    """An inventory as the first three steps made it, with its views as they were then."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        inventory_steps.apply(Database(connection), stop_before="m004_postings_and_entries")
        connection.execute("drop view observation")
        connection.execute(OLD_VIEW)
        connection.execute("pragma journal_mode = wal")
        for _ in range(2):
            start_run(connection, "scan", Knowledge("1", "a", "b"))
            connection.execute(OLD_SOURCE)
        save_services(connection, [Chat(), Chat("claude")])
        connection.executemany(
            f"insert into contribution values ({', '.join('?' * 25)})",  # noqa: S608 - only marks
            ((number, run, source, *row) for number, run, source, row in kept),
        )


def contributions(connection: sqlite3.Connection) -> list[Kept]:
    found = connection.execute("select * from contribution order by id")
    return [(number, run, source, Contribution(*rest)) for number, run, source, *rest in found]


@st.composite
def kept_rows(draw: st.DrawFn) -> list[Kept]:
    """Old rows, in stretches of one day and way or jumbled, with gaps where sources were withdrawn."""
    some = [row._replace(positions=draw(POSITIONS), last_position=4) for row in draw(rows(ACTORS, DEVICES, CLIENTS))]
    gaps = [draw(st.integers(1, 3)) for _ in some]
    numbers = [sum(gaps[: at + 1]) for at in range(len(some))]
    places = [(draw(st.integers(1, 2)), draw(st.integers(1, 2))) for _ in some]
    return [(number, *place, row) for number, place, row in zip(numbers, places, some, strict=True)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(kept_rows())
def test_every_row_is_there_afterwards(kept: list[Kept]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "inventory.db"
        older(path, kept)
        with closing(open_inventory(path, create=False)) as connection:
            assert contributions(connection) == kept
            assert wrong_rollups(connection) == wrong_entries(connection) == []
            assert connection.execute("select count(*) from source").fetchone() == (2,)
            with writing(connection):
                withdraw(connection, 1)
                add_contributions(connection, 1, 1, [row for _, _, source, row in kept if source == 1])
            assert Counter(row for *_, row in contributions(connection)) == Counter(row for *_, row in kept)
            assert wrong_rollups(connection) == []


def test_people_beyond_a_chunk_come_along(tmp_path: Path) -> None:
    path = tmp_path / "inventory.db"
    many = [(number, 1, 1, ROW._replace(actor_id=f"u-{number}", client_id="")) for number in range(1, 33_000)]
    older(path, many)
    with closing(open_inventory(path, create=False)) as connection:
        assert contributions(connection) == many
        assert wrong_rollups(connection) == []
        with writing(connection):
            add_contributions(connection, 1, 1, [ROW, ROW._replace(actor_id="u-33000"), ROW._replace(actor_id="w-1")])
        assert wrong_rollups(connection) == []
        assert connection.execute("select count(*) from pseudonym").fetchone() == (33_000 + 2,)


OLD_ROW = (1, 1, 1, ROW)
DIES = """
import os, sys
from pathlib import Path
from shadowledger.db import opening, rollups
rollups.fill = lambda connection: os._exit(9)
opening.open_inventory(Path(sys.argv[1]), create=False)
"""
OPENS = """
import sys
from pathlib import Path
from shadowledger.db.opening import open_inventory
print("ready", flush=True)
sys.stdin.readline()
print(open_inventory(Path(sys.argv[1]), create=False).execute("select count(*) from contribution").fetchone()[0])
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "inventory.db"
    older(path, [OLD_ROW])
    return path


def test_a_process_that_ends_in_the_middle_leaves_the_old_one(old: Path) -> None:
    assert subprocess.run([sys.executable, "-c", DIES, str(old)]).returncode == 9
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("select type from sqlite_master where name = 'contribution'").fetchone() == ("table",)
    with closing(open_inventory(old, create=False)) as connection:
        assert contributions(connection) == [OLD_ROW]


def test_of_several_processes_one_does_it_and_the_others_wait(old: Path) -> None:
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", OPENS, str(old)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    assert [racer.communicate("go\n")[0] for racer in racers] == ["1\n"] * 3


def test_rollups_of_another_layout_are_made_anew(old: Path) -> None:
    with closing(open_inventory(old, create=False)) as connection:
        connection.execute("drop table whom_ever")
        connection.execute("pragma user_version = 0")
    with closing(open_inventory(old, create=False)) as connection:
        assert wrong_rollups(connection) == []
        assert rollups.layout_of(connection) == rollups.LAYOUT
