"""Rollups are what follows from the entries, whatever was added, withdrawn and added again, in whatever order."""

from __future__ import annotations

import random
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import astuple
from pathlib import Path

import pytest
from contributed import ROW, make_inventory, rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shadowledger.db import rollups
from shadowledger.db.bitsets import CHUNK_SIZE
from shadowledger.db.checking import wrong_entries, wrong_rollups
from shadowledger.db.contributions import Contribution, add_contributions
from shadowledger.db.manners import MANNER_OF_WAY
from shadowledger.db.numbering import forget_unnamed
from shadowledger.db.observations import active_by_day, seen_services
from shadowledger.db.sources import forget_source, withdraw
from shadowledger.db.transactions import writing

SOURCES = 4
ACTORS = st.sampled_from(("", "u-1", "u-2", "w-1", "s-1"))
DEVICES = st.sampled_from(("", "", "d-1", "d-2"))
CLIENTS = st.sampled_from(("", "a-1", "a-2", "a-3"))
DEEDS = st.lists(
    st.tuples(
        st.sampled_from(("add", "add", "rescan", "forget")),
        st.integers(1, SOURCES),
        rows(ACTORS, DEVICES, CLIENTS),
    ),
    max_size=8,
)
"""A scan adds, of a source that has grown again; a rescan replaces what there was."""

SEEN = """
    select service_id, instance, coalesce(min(nullif(day_on, '')), ''), max(day_on), count(distinct nullif(day_on, '')),
           sum(record_count), max(use_rung), sum(iif(action = 'blocked', record_count, 0)),
           sum(iif(action != '', record_count, 0)), sum(sent_bytes), sum(received_bytes), count(distinct source_id),
           sum(iif(channel = 'proxy', record_count, 0)), sum(iif(channel = 'dns', record_count, 0))
    from contribution group by 1, 2 order by 1, 2
"""
ACTIVE = f"""
    select day_on, service_id,
           count(distinct iif(substr(actor_id, 1, 1) in ('u', 'w'), actor_id, null)),
           count(distinct iif(substr(actor_id, 1, 1) in ('u', 'w'), null, nullif(device_id, ''))),
           count(distinct iif(substr(actor_id, 1, 1) in ('u', 'w') or device_id != '', null, nullif(client_id, '')))
    from contribution where day_on != '' and {MANNER_OF_WAY} in ('people', 'program', 'api') group by 1, 2
    having max(substr(actor_id, 1, 1) in ('u', 'w') or device_id != '' or client_id != '') order by 1, 2
"""  # noqa: S608 - an expression of our own


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(make_inventory(tmp_path / "inventory.db", SOURCES)) as connection:
        yield connection


def do(db: sqlite3.Connection, verb: str, source_id: int, some: list[Contribution]) -> None:
    with writing(db):
        if verb == "forget":
            forget_source(db, source_id)
            return
        if verb == "rescan":
            withdraw(db, source_id)
        add_contributions(db, 1, source_id, some)


def everything(db: sqlite3.Connection) -> list[list[object]]:
    return [db.execute(f"select * from {table} order by 1, 2, 3").fetchall() for table in rollups.TABLES]  # noqa: S608


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(DEEDS)
def test_rollups_follow_every_deed(deeds: list[tuple[str, int, list[Contribution]]]) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(make_inventory(Path(folder) / "inventory.db", SOURCES)) as db,
    ):
        for deed in deeds:
            do(db, *deed)
            assert wrong_rollups(db) == wrong_entries(db) == []
        told = [
            (one.service_id, one.instance, one.first_seen_on, one.last_seen_on, one.day_count, one.record_count,
             one.use_rung, one.blocked_count, one.judged_count, one.sent_bytes, one.received_bytes, one.source_count,
             one.channel_counts.get("proxy", 0), one.channel_counts.get("dns", 0))
            for one in seen_services(db)
        ]  # fmt: skip
        assert told == db.execute(SEEN).fetchall()
        assert [astuple(one) for one in active_by_day(db, "1970-01-02", "2999-12-31")] == db.execute(ACTIVE).fetchall()
        kept = everything(db)
        with writing(db):
            rollups.rebuild(db)
        assert everything(db) == kept


def test_many_people_on_many_days_are_counted_across_chunks(db: sqlite3.Connection) -> None:
    chance = random.Random(5)  # noqa: S311 - repeatable, not secret
    ids = [f"u-{number:06}" for number in range(CHUNK_SIZE + 3000)]
    for source_id, day in ((1, "2026-11-04"), (2, "2026-11-05"), (3, "2026-11-05")):
        some = chance.sample(ids, 30_000)
        add_contributions(db, 1, source_id, (ROW._replace(day_on=day, actor_id=one) for one in some))
    assert wrong_rollups(db) == []
    assert db.execute("select count(distinct chunk) from whom_ever").fetchone() == (2,)
    do(db, "forget", 2, [])
    assert wrong_rollups(db) == []


STALE = [
    ("update way_total set record_count = record_count + 1", "way_total"),
    ("delete from way_total where way = 1", "way_total"),
    ("update instance_total set day_count = 9", "instance_total"),
    ("update whom_day set whoms = x'0900' where day > 0", "whom_day"),
    ("insert into whom_ever values (1, 9, 1, x'0100')", "whom_ever"),
]
DAMAGED = [
    ("update posting set sent_bytes = 0", "sums"),
    ("update entry set record_count = 99 where id = 1", "sums"),
    ("delete from entry where id = 2", "sums"),
    ("insert into entry values (99, 0, 0, 0, 1, 1, null, null, 0, 1, 1, null)", "no posting"),
    ("update posting set last_entry = last_entry + 1", "share an entry"),
    ("update entry set client = 77777", "pseudonym"),
]


@pytest.mark.parametrize(
    ("damage", "told", "check"),
    [(*case, wrong_rollups) for case in STALE] + [(*case, wrong_entries) for case in DAMAGED],
)
def test_what_is_wrong_is_told_and_nothing_is_changed(
    db: sqlite3.Connection, damage: str, told: str, check: Callable[[sqlite3.Connection], list[str]]
) -> None:
    do(db, "add", 1, [ROW, ROW._replace(actor_id="u-2"), ROW._replace(service_id="claude")])
    assert wrong_rollups(db) == wrong_entries(db) == []
    db.execute(damage)
    kept = everything(db)
    assert any(told in one for one in check(db))
    assert everything(db) == kept


def test_ids_that_nothing_names_any_more_can_be_forgotten(db: sqlite3.Connection) -> None:
    do(db, "add", 1, [ROW, ROW._replace(actor_id="u-2", device_id="d-9")])
    do(db, "add", 2, [ROW])
    do(db, "forget", 1, [])
    with writing(db):
        assert forget_unnamed(db) == 2
    assert db.execute("select id from pseudonym order by 1").fetchall() == [("a-1",), ("u-1",)]
    do(db, "add", 3, [ROW._replace(actor_id="u-2")])
    assert wrong_rollups(db) == []


def test_of_a_failed_transaction_nothing_remains(db: sqlite3.Connection) -> None:
    do(db, "add", 1, [ROW])
    kept = everything(db)
    with pytest.raises(ValueError, match="isoformat"):
        do(db, "add", 2, [ROW._replace(actor_id="u-5"), ROW._replace(day_on="soon")])
    assert everything(db) == kept
    assert db.execute("select count(*) from pseudonym").fetchone() == (2,)
