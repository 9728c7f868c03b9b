"""However people are counted quickly, it is what following every single observation gives."""

from __future__ import annotations

import datetime as dt
import sqlite3
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from contributed import make_inventory, rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shadowledger.db.contributions import Contribution, add_contributions
from shadowledger.db.days import day_number
from shadowledger.db.identities import ALWAYS_US, Identities, add_links, all_links, all_memberships, bare_forms
from shadowledger.db.manners import MANNER_OF_WAY
from shadowledger.db.names import Name, address_name, device_name, user_name
from shadowledger.db.opening import open_identities
from shadowledger.db.sources import withdraw
from shadowledger.db.transactions import writing
from shadowledger.db.whoms import Strand
from shadowledger.scanner.discovery.headcount import People
from shadowledger.scanner.discovery.pieces import Pieces, pieces
from shadowledger.scanner.people import Directory

DAY_US, HOUR_US = 86_400_000_000, 3_600_000_000
SOMEBODY = ("p", "u", "w", "e")


class HeadCount(NamedTuple):
    """Who stands behind what was observed."""

    people: People
    units: tuple[str, ...]


def head_counts(found: Pieces) -> dict[tuple[str, ...], HeadCount]:
    """By service and instance, in whatever manner."""
    products = {one.strand[:2] for one in found.all}
    by_product = {key: [one for one in found.all if one.strand[:2] == key] for key in products}
    return {
        key: HeadCount(found.count(some), tuple(sorted({unit for one in some for unit in one.units})))
        for key, some in by_product.items()
    }


class Trace(NamedTuple):
    """Whom one observation names, and when."""

    actor_id: str
    device_id: str
    client_id: str
    day_on: str
    hours: int


class Plain:
    """The definition: every observation is followed on its own, along the links of its time."""

    def __init__(self, identities: sqlite3.Connection) -> None:
        self.links, self.bare = all_links(identities), bare_forms(identities)
        self.units = all_memberships(identities)

    def head_counts(self, inventory: sqlite3.Connection) -> dict[tuple[str, ...], HeadCount]:
        """By service and instance."""
        traces: dict[tuple[str, ...], set[Trace]] = defaultdict(set)
        for strand, told in self.traces(inventory):
            traces[strand.service_id, strand.instance].add(told)
        return {key: self.count(those) for key, those in traces.items()}

    def pieces(self, inventory: sqlite3.Connection) -> dict[tuple[object, ...], tuple[People, set[int]]]:
        """By strand, units and whether people are named: how many, and on which days."""
        persons = {end[0] for links in self.links.values() for end, *_ in links} | {one[0] for one in self.links}
        kinds = "p" if "p" in persons | {one[0] for one in self.units} else "puwe"
        traces: dict[tuple[object, ...], set[Trace]] = defaultdict(set)
        for strand, told in self.traces(inventory):
            ends = self.people_of(told, *span(told))
            if ends:
                is_persons = strand.manner not in ("program", "api") or all(end[0] in kinds for end in ends)
                is_named = is_persons or start_of(told)[0] != "a"
                traces[(*strand, self.units_of(told), is_persons, is_named)].add(told)
        return {
            key: (self.count(those).people, {day_number(one.day_on) for one in those if one.day_on})
            for key, those in traces.items()
        }

    def traces(self, inventory: sqlite3.Connection) -> Iterator[tuple[Strand, Trace]]:
        """Each with its strand."""
        columns = f"{MANNER_OF_WAY}, use_rung, presence_rung, actor_id, device_id, client_id, day_on"
        asked = f"select service_id, instance, {columns}, channel, role, action, agent_class, hours from contribution"  # noqa: S608
        hours: dict[tuple[str | int, ...], int] = defaultdict(int)
        for *key, mask in inventory.execute(asked):
            hours[tuple(key)] |= mask
        for (service_id, instance, manner, use, presence, *names, day_on, _, _, _, _), mask in hours.items():
            actor, device, client = map(str, names)
            strand = Strand(str(service_id), str(instance), str(manner), int(use), int(presence))
            yield strand, Trace(actor, device, client, str(day_on), mask)

    def units_of(self, trace: Trace) -> tuple[str, ...]:
        since, until = span(trace)
        found = self.people_of(trace, since, until)
        known = self.units.get(next(iter(found)), ()) if len(found) == 1 else ()
        return tuple(sorted({unit for unit, begin, stop in known if begin < until and stop > since}))

    def count(self, traces: set[Trace]) -> HeadCount:
        certain: set[str] = set()
        possible: set[str] = set()
        nobodies: set[str] = set()
        for trace in traces:
            found = self.people_of(trace, *span(trace))
            if found and all(one[0] in SOMEBODY for one in found):
                (certain if len(found) == 1 else possible).update(found)
            else:
                nobodies |= found
        units = {unit for trace in traces for unit in self.units_of(trace)}
        high = len(certain | possible | nobodies)
        kinds = Counter(one[0] for one in {self.bare.get(one, one) for one in certain})
        low = kinds["p"] + max(kinds[account] for account in SOMEBODY[1:])
        return HeadCount(People(max(low, 1 if high else 0), high), tuple(sorted(units)))

    def people_of(self, trace: Trace, since: int, until: int) -> set[str]:
        start = start_of(trace)
        return self.follow(start, since, until) if start else set()

    def follow(self, start: str, since: int, until: int) -> set[str]:
        ends: set[str] = set()
        seen, edge = {start}, [start]
        for _ in range(8):
            following: list[str] = []
            for one in edge:
                links = self.links.get(one) or self.links.get(self.bare.get(one, ""), [])
                targets = {end for end, begin, stop in links if begin < until and stop > since}
                following += targets - seen
                seen |= targets
                if not targets:
                    ends.add(one)
            edge = following
        return ends or {start}


def start_of(trace: Trace) -> str:
    return next((one for one in trace[:3] if one and not one.startswith("s-")), "")


def span(trace: Trace) -> tuple[int, int]:
    """The time of an observation, as narrow as its mask of hours allows."""
    if not trace.day_on:
        return 0, 1 << 62
    start = (dt.date.fromisoformat(trace.day_on) - dt.date(1970, 1, 1)).days * DAY_US
    if not trace.hours:
        return start, start + DAY_US
    first = (trace.hours & -trace.hours).bit_length() - 1
    return start + first * HOUR_US, start + trace.hours.bit_length() * HOUR_US


USERS = [user_name(text) for text in ("ada", "corp\\ada", "sub\\ada", "bo@x.example", "root")]
DEVICES = [device_name(text) for text in ("pc", "pc.x.example")]
CLIENTS = [address_name(text) for text in ("10.0.0.5", "10.0.0.6")]
PERSONS = [Name("person", text) for text in ("p-1", "p-2")]
EVERYBODY = [*USERS, *DEVICES, *CLIENTS, *PERSONS]
FIFTH_US = (dt.date(2026, 11, 5) - dt.date(1970, 1, 1)).days * DAY_US
ALWAYS = (0, ALWAYS_US)
SPANS = st.one_of(
    st.just(ALWAYS),
    st.sampled_from([(0, FIFTH_US - DAY_US), (0, FIFTH_US + 9 * HOUR_US), (FIFTH_US + 17 * HOUR_US, ALWAYS_US)]),
    st.builds(lambda day, length: (FIFTH_US + day * DAY_US, FIFTH_US + (day + length) * DAY_US),
              st.integers(-2, 5), st.integers(0, 4)),
    st.builds(lambda hour, length: (FIFTH_US + hour * HOUR_US, FIFTH_US + (hour + length) * HOUR_US),
              st.integers(0, 23), st.integers(0, 30)),
)  # fmt: skip
"""Times of links: before, within and after the days of the contributions, and all the time."""
LINKS = st.lists(st.tuples(st.sampled_from(EVERYBODY), st.sampled_from(EVERYBODY[3:]), SPANS), max_size=9)
MEMBERS = st.lists(st.tuples(st.sampled_from(EVERYBODY), st.sampled_from(("HR", "IT", "Law")), SPANS), max_size=4)
Links = list[tuple[Name, Name, tuple[int, int]]]
Members = list[tuple[Name, str, tuple[int, int]]]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Identities]:
    path = tmp_path_factory.mktemp("people") / "identities.db"
    with closing(open_identities(path, create=True)) as connection:
        identities = Identities(connection, b"k" * 32)
        identities.meet(EVERYBODY)
        yield identities


def know(store: Identities, links: Links, members: Members) -> None:
    """Make a directory anew; the shorter forms of names stay."""
    ids = store.ids_of(EVERYBODY)
    with writing(store.connection):
        store.connection.execute("delete from link where origin != 'bare form'")
        store.connection.execute("delete from membership")
        add_links(store.connection, ((ids[a], ids[b], *times, "directory") for a, b, times in links if a != b))
        store.connection.executemany(
            "insert or ignore into membership values (?, ?, '', '', ?, ?)",
            ((ids[one], unit, *times) for one, unit, times in members),
        )


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(LINKS, MEMBERS, st.data())
def test_people_are_those_to_whom_observations_lead(
    store: Identities, links: Links, members: Members, data: st.DataObject
) -> None:
    know(store, links, members)
    kinds = [st.sampled_from(["", *map(store.id_of, names)]) for names in (USERS, DEVICES, CLIENTS)]
    some: st.SearchStrategy[list[Contribution]] = rows(*kinds)
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(make_inventory(Path(folder) / "inventory.db")) as inventory,
    ):
        for source_id in (1, 2):
            with writing(inventory):
                add_contributions(inventory, 1, source_id, data.draw(some))
        compare(store, inventory)
        with writing(inventory):
            withdraw(inventory, 1)
        compare(store, inventory)


def compare(store: Identities, inventory: sqlite3.Connection) -> None:
    plain = Plain(store.connection).head_counts(inventory)
    named = {key: found for key, found in plain.items() if found.people.high}
    directory = Directory(store.connection)
    found = pieces(inventory, directory)
    assert head_counts(found) == named
    counted = {
        (*one.strand, one.units, one.is_persons, one.is_named): (found.count([one]), one.days) for one in found.all
    }
    assert counted == Plain(store.connection).pieces(inventory)
