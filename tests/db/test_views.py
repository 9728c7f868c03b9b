"""The views: contributions of all sources as one observation, and readings that add up."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from contributed import MARK, ROW, make_inventory

from shadowledger.db.contributions import add_contributions, any_name_id, first_contributions, sources_of
from shadowledger.db.observations import Active, active_by_day, indications, seen_services, services_by_source
from shadowledger.db.runs import end_run
from shadowledger.db.sources import (
    Counts,
    add_reading,
    find_source,
    forget_source,
    get_source,
    head_sizes,
    known_ids,
    save_source,
    totals,
    withdraw,
)

COUNTS = Counts(10, 4, 3, 1, 2, 0, 0, 100, "2026-11-05", "2026-11-06", {"explicit": 4}, "")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """An inventory with one run, two sources and one service."""
    connection = make_inventory(tmp_path / "inventory.db")
    yield connection
    connection.close()


def observations(connection: sqlite3.Connection, columns: str) -> list[tuple[object, ...]]:
    return connection.execute(f"select {columns} from observation order by 1").fetchall()  # noqa: S608 - our own names


SUMS: list[tuple[str, list[object], object]] = [
    ("record_count", [2, 3], 5),
    ("session_count", [1, 2], 3),
    ("use_rung", [10, 31], 31),
    ("presence_rung", [0, 20], 20),
    ("sent_bytes", [None, None], None),
    ("sent_bytes", [None, 0], 0),
    ("sent_bytes", [5, None], 5),
    ("received_bytes", [2**40, 2**41], 3 * 2**40),
    ("hours", [1 << 9, 1 << 9], 1 << 9),
    ("hours", [1 << 9 | 1, 1 << 23], 1 << 23 | 1 << 9 | 1),
    ("hours", [0, 0], 0),
    ("hours", [(1 << 24) - 1, 5], (1 << 24) - 1),
]


@pytest.mark.parametrize(("column", "added", "seen"), SUMS)
def test_two_sources_make_one_observation(
    db: sqlite3.Connection, column: str, added: list[object], seen: object
) -> None:
    for source_id, value in enumerate(added, 1):
        add_contributions(db, 1, source_id, [ROW._replace(**{column: value})])
    assert observations(db, f"{column}, source_count") == [(seen, 2)]


@pytest.mark.parametrize("hour", range(24))
def test_every_hour_of_a_mask_is_kept(db: sqlite3.Connection, hour: int) -> None:
    add_contributions(db, 1, 1, [ROW._replace(hours=1 << hour), ROW._replace(hours=0)])
    assert observations(db, "hours") == [(1 << hour,)]


@pytest.mark.parametrize(
    "column",
    ["actor_id", "device_id", "client_id", "instance", "channel", "role", "action", "agent_class"],
)
def test_what_differs_in_its_key_is_another_observation(db: sqlite3.Connection, column: str) -> None:
    add_contributions(db, 1, 1, [ROW, ROW._replace(**{column: "other"})])
    assert observations(db, "record_count") == [(2,), (2,)]


@pytest.mark.parametrize(
    ("column", "value"), [("indicator", "host:x.example"), ("strength", "likely"), ("use_rung", 10)]
)
def test_how_it_was_recognised_makes_no_other_observation(db: sqlite3.Connection, column: str, value: object) -> None:
    add_contributions(db, 1, 1, [ROW, ROW._replace(**{column: value})])
    assert observations(db, "record_count") == [(4,)]


def test_what_was_seen_of_a_service_is_told_whole(db: sqlite3.Connection) -> None:
    add_contributions(db, 1, 1, [ROW, ROW._replace(day_on="2026-11-07", action="blocked", use_rung=0, sent_bytes=7)])
    add_contributions(db, 1, 2, [ROW._replace(day_on="", channel="endpoint", presence_rung=20, received_bytes=None)])
    add_contributions(db, 1, 2, [ROW._replace(service_id="claude", instance="a"), ROW._replace(service_id="claude")])
    chat, claude, other = seen_services(db)
    assert (chat.service, chat.first_seen_on, chat.last_seen_on, chat.day_count) == (
        "Chat", "2026-11-05", "2026-11-07", 2,
    )  # fmt: skip
    assert (chat.use_rung, chat.presence_rung, chat.source_count) == (30, 20, 2)
    assert [(claude.instance, claude.service), (other.instance, other.service)] == [("", "Claude"), ("a", "Claude")]
    assert (chat.record_count, chat.blocked_count, chat.judged_count) == (6, 2, 6)
    assert (chat.sent_bytes, chat.received_bytes, claude.sent_bytes) == (7, 200, None)
    assert chat.channel_counts == {"proxy": 4, "endpoint": 2}
    assert services_by_source(db) == {("chat", 1), ("chat", 2), ("claude", 2)}


def test_who_is_active_is_counted_by_day_and_service_and_nobody_twice(db: sqlite3.Connection) -> None:
    person, machine = ROW._replace(service_id="claude"), ROW._replace(actor_id="s-1", device_id="d-1")
    add_contributions(db, 1, 1, [person, person._replace(instance="a"), person._replace(client_id="a-2"), machine])
    add_contributions(db, 1, 2, [person, person._replace(actor_id="w-1", instance="a"), ROW._replace(actor_id="")])
    add_contributions(db, 1, 2, [person._replace(day_on="2026-11-07"), person._replace(day_on="")])
    add_contributions(db, 1, 2, [person._replace(day_on="2026-11-07", actor_id="", client_id="")])
    assert active_by_day(db, "2026-11-05", "2026-11-06") == [
        Active("2026-11-05", "chat", 0, 1, 1),
        Active("2026-11-05", "claude", 2, 0, 0),
    ]
    assert active_by_day(db, "2026-11-06", "2026-12-31") == [Active("2026-11-07", "claude", 1, 0, 0)]


POSITIONS: list[tuple[int, int, int, str]] = [
    (1, 7, 7, "7"),
    (2, 7, 9, "7 9"),
    (3, 7, 9, "7 8 9"),
    (40, 7, 99, "7 8"),
    (40, 7, 99, "7 99"),
    (1, 7, 9, "7"),
    (2, 7, 7, "7 7"),
    (2, 7, 7, "7"),
]


@pytest.mark.parametrize(("count", "first", "last", "positions"), POSITIONS)
def test_positions_come_back_however_they_are_kept(
    db: sqlite3.Connection, count: int, first: int, last: int, positions: str
) -> None:
    row = ROW._replace(record_count=count, first_position=first, last_position=last, positions=positions)
    add_contributions(db, 1, 1, [row])
    assert first_contributions(db, "chat", "", 1, 1) == [row]


def test_the_first_positions_of_a_source_are_among_the_first_contributions(db: sqlite3.Connection) -> None:
    starts = (5, 3, 9, 3, 1)
    rows = [ROW._replace(actor_id=f"u-{at}", first_position=start) for at, start in enumerate(starts)]
    add_contributions(db, 1, 1, rows)
    add_contributions(db, 1, 2, [ROW._replace(first_position=2)])
    found = first_contributions(db, "chat", "", 1, 2)
    assert [(one.first_position, one.actor_id) for one in found] == [(1, "u-4"), (3, "u-1"), (3, "u-3")]


def test_the_indicators_of_an_instance_are_told_the_most_frequent_first(db: sqlite3.Connection) -> None:
    add_contributions(db, 1, 1, [ROW, ROW._replace(indicator="host:b.example", record_count=9)])
    add_contributions(db, 1, 2, [ROW])
    assert [(one.indicator, one.record_count, one.source_ids) for one in indications(db, "chat", "")] == [
        ("host:b.example", 9, (1,)),
        ("host:chat.example", 4, (1, 2)),
    ]
    assert indications(db, "chat", "other") == []


def test_contributions_come_back_as_they_were_written(db: sqlite3.Connection) -> None:
    assert not any_name_id(db)
    add_contributions(db, 1, 2, [ROW._replace(actor_id="", client_id="")])
    assert not any_name_id(db)
    add_contributions(db, 1, 1, [ROW])
    assert any_name_id(db) == ROW.actor_id
    assert sources_of(db, "chat", "") == [1, 2]
    assert first_contributions(db, "chat", "", 1, 9) == [ROW]
    assert first_contributions(db, "chat", "", 2, 9) == [ROW._replace(actor_id="", client_id="")]


def test_readings_of_a_source_add_up(db: sqlite3.Connection) -> None:
    add_reading(db, 1, 1, COUNTS, {("issue", "torn"): (2, [3, 7])})
    add_reading(db, 1, 1, replace(COUNTS, from_byte=100, first_on="", last_on="", damage="cut off"), {})
    add_reading(db, 1, 2, replace(COUNTS, record_count=0), {})
    one, two = totals(db)
    assert (one["record_count"], one["hit_count"], one["issue_count"], one["damage"]) == (20, 8, 4, "cut off")
    assert (one["first_on"], one["last_on"]) == ("2026-11-05", "2026-11-06")
    assert two["record_count"] == 0
    assert db.execute("select reason, record_count, first_positions from issue").fetchall() == [("torn", 2, "3 7")]


def test_withdrawing_takes_all_of_one_source_and_nothing_of_another(db: sqlite3.Connection) -> None:
    for source_id in (1, 2):
        add_contributions(db, 1, source_id, [ROW])
        add_reading(db, 1, source_id, COUNTS, {("ignored", "x"): (1, [1])})
    assert withdraw(db, 1) == Counter(contribution=1, issue=1, reading=1)
    assert observations(db, "record_count, source_count") == [(2, 1)]
    assert [one["record_count"] for one in totals(db)] == [0, 10]


def test_a_source_is_known_by_its_beginning_until_it_is_forgotten(db: sqlite3.Connection) -> None:
    assert head_sizes(db, "squid_native") == [10]
    assert head_sizes(db, "bind") == []
    assert [one.id for one in find_source(db, "squid_native", "", ["head", "other"])] == [1, 2]
    assert find_source(db, "squid_native", "a label", ["head"]) == find_source(db, "bind", "", ["head"]) == []
    known = get_source(db, 1)
    assert known is not None
    assert save_source(db, replace(known, name="renamed", mark=replace(MARK, read_bytes=200, open_line=True))) == 1
    assert [one.mark.read_bytes for one in find_source(db, "squid_native", "", ["head"])] == [200, 100]
    forget_source(db, 1)
    assert get_source(db, 1) is None
    assert known_ids(db) == [2]
    assert [one.id for one in find_source(db, "squid_native", "", ["head"])] == [2]


def test_a_run_is_open_until_it_ends(db: sqlite3.Connection) -> None:
    assert db.execute("select status, ended_at from run").fetchone() == ("running", None)
    end_run(db, 1, "partial")
    assert db.execute("select status, ended_at >= started_at from run").fetchone() == ("partial", 1)
    with pytest.raises(sqlite3.IntegrityError):
        end_run(db, 1, "perhaps")
