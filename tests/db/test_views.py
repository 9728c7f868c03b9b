"""The views: contributions of all sources as one observation, and readings that add up."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from shadowledger.db.contributions import Contribution, add_contributions, any_name_id, contributions_to
from shadowledger.db.observations import indications, seen_services, traces
from shadowledger.db.opening import open_inventory
from shadowledger.db.runs import Knowledge, end_run, start_run
from shadowledger.db.services import save_services
from shadowledger.db.sources import (
    Counts,
    Mark,
    Source,
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

ROW = Contribution(
    day_on="2026-11-05", actor_id="u-1", device_id="", client_id="a-1", service_id="chat", instance="",
    channel="proxy", role="interactive", action="allowed", agent_class="browser", use_rung=30, presence_rung=0,
    indicator="host:chat.example", strength="certain", record_count=2, session_count=1, sent_bytes=None,
    received_bytes=100, hours=1 << 9, first_position=1, last_position=4, positions="1 4",
)  # fmt: skip
MARK = Mark(10, "head", 100, 100, "tail", 5, False)
SOURCE = Source(0, "access.log", "", "squid_native", "{}", MARK)
COUNTS = Counts(10, 4, 3, 1, 2, 0, 0, 100, "2026-11-05", "2026-11-06", {"explicit": 4}, "")


class Chat(NamedTuple):
    id: str = "chat"
    name: str = "Chat"
    vendor: str = "Example"
    family: str = "chat"
    category: str = "assistant"
    ai_kind: str = "native"
    origin: str = "catalogue"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """An inventory with one run, two sources and one service."""
    connection = open_inventory(tmp_path / "inventory.db", create=True)
    assert start_run(connection, "scan", Knowledge("1", "a", "b")) == 1
    assert [save_source(connection, replace(SOURCE, name=name)) for name in ("one", "two")] == [1, 2]
    save_services(connection, [Chat(), Chat("claude", "Claude", "Anthropic")])
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
    ["day_on", "actor_id", "device_id", "client_id", "instance", "channel", "role", "action", "agent_class"],
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
    assert {one[:2] for one in traces(db)} == {("chat", ""), ("claude", ""), ("claude", "a")}


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
    assert contributions_to(db, "chat", "") == [(1, 1, ROW), (1, 2, ROW._replace(actor_id="", client_id=""))]


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
