"""However fast people are counted by day and week, it is what following every single observation gives."""

from __future__ import annotations

import datetime as dt
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from contributed import ROW, make_inventory, rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_headcount import (
    ALWAYS,
    CLIENTS,
    DEVICES,
    EVERYBODY,
    LINKS,
    MEMBERS,
    USERS,
    Links,
    Members,
    Plain,
    Trace,
    know,
    span,
    start_of,
)

from shadowledger.db.contributions import Contribution, add_contributions
from shadowledger.db.days import day_number
from shadowledger.db.identities import Identities
from shadowledger.db.names import Name, user_name
from shadowledger.db.opening import open_identities
from shadowledger.db.transactions import writing
from shadowledger.db.unnamed import UnnamedDay, add_unnamed
from shadowledger.scanner.adoption import PERIODS, active
from shadowledger.scanner.discovery.gathering import Gathering, Side
from shadowledger.scanner.discovery.headcount import People
from shadowledger.scanner.discovery.pieces import pieces
from shadowledger.scanner.people import Directory
from shadowledger.scanner.site_calendars import Calendars, Shift, SiteCalendar

DAYS = day_number("2026-11-02"), day_number("2026-11-15")
UTC = Calendars({}, SiteCalendar(), is_told=False, has_default=False)
NIGHT = SiteCalendar("Pacific/Auckland", shifts=(Shift(dt.time(22), dt.time(6)),))
NIGHTS = Calendars({}, NIGHT, is_told=True, has_default=True)
MONDAY = "2026-11-09"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Identities]:
    path = tmp_path_factory.mktemp("adoption") / "identities.db"
    with closing(open_identities(path, create=True)) as connection:
        identities = Identities(connection, b"k" * 32)
        identities.meet(EVERYBODY)
        yield identities


Answer = dict[tuple[str, int], People]


def counted(inventory: sqlite3.Connection, directory: Directory, by: str, calendars: Calendars) -> Answer:
    """Every product as an initiative of its own."""
    crowd = pieces(inventory, directory)
    some = {
        f"{key[0]} {key[1]}": Gathering([one for one in crowd.all if one.strand[:2] == key], Side.PEOPLE)
        for key in {one.strand[:2] for one in crowd.all}
    }
    return active(inventory, crowd, some, PERIODS[by], DAYS, calendars)


def days_of(trace: Trace, calendars: Calendars) -> set[dt.date]:
    """To which days a trace is counted, hour by hour."""
    on = dt.date.fromisoformat(trace.day_on)
    if not calendars.is_told or not trace.hours:
        return {on}
    zone, ends = ZoneInfo(calendars.default.zone), dt.time(6)
    found = set()
    for hour in (hour for hour in range(24) if trace.hours >> hour & 1):
        at = dt.datetime.combine(on, dt.time(hour), dt.UTC).astimezone(zone)
        found.add(at.date() - dt.timedelta(days=at.time() < ends))
    return found


def plainly(inventory: sqlite3.Connection, store: Identities, by: str, calendars: Calendars) -> Answer:
    """The definition."""
    plain = Plain(store.connection)
    known = {end[0] for links in plain.links.values() for end, *_ in links} | {one[0] for one in plain.links}
    kinds = "p" if "p" in known | {one[0] for one in plain.units} else "puwe"
    certain: dict[tuple[str, int], set[Trace]] = defaultdict(set)
    all_of: dict[tuple[str, int], set[Trace]] = defaultdict(set)
    for strand, trace in plain.traces(inventory):
        ends = plain.people_of(trace, *span(trace)) if trace.day_on else set()
        if not ends or strand.manner not in ("people", "program", "api"):
            continue
        is_persons = strand.manner == "people" or all(end[0] in kinds for end in ends)
        if not is_persons and start_of(trace)[0] != "a":
            continue
        for day in days_of(trace, calendars):
            first = day - dt.timedelta(days=day.weekday()) if by == "week" else day
            key = f"{strand.service_id} {strand.instance}", day_number(first.isoformat())
            all_of[key].add(trace)
            if is_persons:
                certain[key].add(trace)
    return {
        key: People(plain.count(certain[key]).people.low if key in certain else 0, plain.count(some).people.high)
        for key, some in all_of.items()
    }


STEADY = st.lists(st.tuples(st.sampled_from(EVERYBODY), st.sampled_from(EVERYBODY[3:]), st.just(ALWAYS)), max_size=9)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(LINKS, MEMBERS, st.sampled_from(("day", "week")), st.data())
def test_people_of_a_day_and_of_a_week_are_those_whom_observations_lead_to(
    store: Identities, links: Links, members: Members, by: str, data: st.DataObject
) -> None:
    compare(store, links, members, by, UTC, data)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEADY, st.sampled_from(("day", "week")), st.data())
def test_hours_say_to_which_shift_day_somebody_is_counted(
    store: Identities, links: Links, by: str, data: st.DataObject
) -> None:
    compare(store, links, [], by, NIGHTS, data)


def compare(
    store: Identities, links: Links, members: Members, by: str, calendars: Calendars, data: st.DataObject
) -> None:
    know(store, links, members)
    kinds = [st.sampled_from(["", *map(store.id_of, names)]) for names in (USERS, DEVICES, CLIENTS)]
    some: st.SearchStrategy[list[Contribution]] = rows(*kinds)
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(make_inventory(Path(folder) / "inventory.db")) as inventory,
    ):
        with writing(inventory):
            add_contributions(inventory, 1, 1, data.draw(some))
        found = counted(inventory, Directory(store.connection), by, calendars)
        assert found == plainly(inventory, store, by, calendars)


CASES: list[tuple[str, list[tuple[str, int]], str, dict[str, int]]] = [
    ("UTC", [("2026-11-05", 9)], "day", {"2026-11-05": 1}),
    ("UTC", [("2026-11-05", 9), ("2026-11-06", 9)], "week", {"2026-11-02": 1}),
    ("UTC", [("2026-11-08", 23), ("2026-11-09", 0)], "week", {"2026-11-02": 1, MONDAY: 1}),
    ("night", [("2026-11-08", 23), ("2026-11-09", 4)], "day", {"2026-11-09": 1}),
    ("night", [("2026-11-08", 23), ("2026-11-09", 4)], "week", {MONDAY: 1}),
    ("night", [("2026-11-09", 21), ("2026-11-09", 3)], "day", {"2026-11-09": 1}),
    ("night", [("2026-11-15", 16)], "week", {MONDAY: 1}),
    ("night", [("2026-11-15", 23)], "week", {}),
]


@pytest.mark.parametrize(("where", "seen", "by", "expected"), CASES)
def test_a_night_shift_counts_to_the_day_on_which_it_began(
    tmp_path: Path, where: str, seen: list[tuple[str, int]], by: str, expected: dict[str, int]
) -> None:
    night = SiteCalendar("Etc/GMT-7", shifts=(Shift(dt.time(22), dt.time(6)), Shift(dt.time(6), dt.time(14))))
    """Seven hours ahead of UTC: its days begin at 23 UTC of the day before."""
    calendars = UTC if where == "UTC" else Calendars({}, night, is_told=True, has_default=True)
    with closing(make_inventory(tmp_path / "inventory.db")) as inventory:
        with writing(inventory):
            add_contributions(inventory, 1, 1, [ROW._replace(day_on=day, hours=1 << hour) for day, hour in seen])
        found = counted(inventory, Directory(), by, calendars)
    assert found == {("chat ", day_number(day)): People(count, count) for day, count in expected.items()}


def test_each_site_lives_by_its_own_calendar(store: Identities, tmp_path: Path) -> None:
    ids = store.ids_of([*USERS, Name("person", "p-1")])
    ada, bo = ids[user_name("ada")], ids[user_name("bo@x.example")]
    know(store, [], [])
    with writing(store.connection):
        store.connection.executemany(
            "insert into membership values (?, 'HR', ?, '', 0, ?)", [(ada, "Lyon", ALWAYS[1]), (bo, "Wien", ALWAYS[1])]
        )
    east = SiteCalendar("Etc/GMT-3")
    calendars = Calendars({"Wien": east}, SiteCalendar(), is_told=True, has_default=False)
    with closing(make_inventory(tmp_path / "inventory.db")) as inventory:
        with writing(inventory):
            late = ROW._replace(day_on="2026-11-08", hours=1 << 22)
            add_contributions(inventory, 1, 1, [late._replace(actor_id=ada), late._replace(actor_id=bo)])
        found = counted(inventory, Directory(store.connection), "week", calendars)
    assert found == {("chat ", day_number("2026-11-02")): (1, 1), ("chat ", day_number(MONDAY)): (1, 1)}


def test_whom_nobody_names_any_more_is_an_upper_bound(tmp_path: Path) -> None:
    with closing(make_inventory(tmp_path / "inventory.db")) as inventory:
        with writing(inventory):
            add_contributions(inventory, 1, 1, [ROW])
            add_unnamed(inventory, [UnnamedDay(1, day_number("2026-11-05"), 1, 6, 8)])
        found = counted(inventory, Directory(), "day", UTC)
    assert found == {("chat ", day_number("2026-11-05")): People(1, 9)}
