"""A quiet day is told by the source's own days, and a day without anything is named."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from contributed import ROW, make_inventory

from shadowledger.db.census import DomainDay, add_census
from shadowledger.db.contributions import add_contributions
from shadowledger.db.days import day_number
from shadowledger.db.sources import Counts, add_reading, withdraw
from shadowledger.db.transactions import writing
from shadowledger.db.volumes import CONTACTS, HITS, RECORDS, Volume, volumes
from shadowledger.scanner.volumes import Gap, History, histories

MONDAY = day_number("2026-11-02")
WEEKDAYS = (1000, 1040, 980, 1010, 900, 40, 30)
"""From Monday to Sunday."""


def weeks(count: int, **changed: int) -> History:
    """A source's days; `d8=5` says what it told on the ninth day."""
    counts = {MONDAY + 7 * week + day: told + 3 * week for week in range(count) for day, told in enumerate(WEEKDAYS)}
    counts |= {MONDAY + int(day[1:]): told for day, told in changed.items()}
    return History("proxy", "squid_native", HITS, {day: told for day, told in counts.items() if told})


@pytest.mark.parametrize(
    ("history", "quiet"),
    [
        (weeks(6), []),
        (weeks(6, d8=100), [(MONDAY + 8, 100)]),
        (weeks(6, d8=600), []),
        (weeks(6, d12=25), []),
        (weeks(6, d12=2), [(MONDAY + 12, 2)]),
        (weeks(6, d8=100, d15=90_000), [(MONDAY + 8, 100)]),
        (weeks(4, d8=100), []),
    ],
    ids=["none", "a Tuesday", "less, not quiet", "a Saturday", "a quiet Saturday", "beside a loud day", "too short"],
)
def test_a_day_is_quiet_against_the_same_weekdays(history: History, quiet: list[tuple[int, int]]) -> None:
    assert [(one.day, one.amount) for one in history.quiet()] == quiet


def test_days_without_anything_are_gaps() -> None:
    history = weeks(3, d1=0, d8=0, d9=0, d6=0, d13=0, d20=0, d19=7)
    assert history.gaps() == [
        Gap(MONDAY + 1, MONDAY + 1, is_usual=False),
        Gap(MONDAY + 6, MONDAY + 6, is_usual=True),
        Gap(MONDAY + 8, MONDAY + 9, is_usual=False),
        Gap(MONDAY + 13, MONDAY + 13, is_usual=True),
    ]


def test_the_best_measure_that_all_days_have_counts() -> None:
    some = [Volume("a", "x", day, HITS, 2) for day in (1, 2)] + [Volume("a", "x", 1, RECORDS, 90)]
    assert [(one.measure, one.by_day) for one in histories(some)] == [(HITS, {1: 2, 2: 2})]
    some += [Volume("a", "x", 2, RECORDS, 80), Volume("b", "x", 5, CONTACTS, 7)]
    assert [(one.source_name, one.measure, one.by_day) for one in histories(some)] == [
        ("a", RECORDS, {1: 90, 2: 80}),
        ("b", CONTACTS, {5: 7}),
    ]


def test_volumes_are_read_from_what_scans_leave(tmp_path: Path) -> None:
    with closing(make_inventory(tmp_path / "inventory.db")) as connection:
        day = day_number("2026-11-05")
        with writing(connection):
            connection.execute("update source set label = 'gateway'")
            add_contributions(connection, 1, 1, [ROW])
            add_contributions(connection, 1, 2, [ROW, ROW._replace(day_on="2026-11-06")])
            add_census(connection, 1, 1, [DomainDay("2026-11-05", "x.example", 7, 1, 1)], is_sampled=False)
            add_census(connection, 1, 2, [DomainDay("2026-11-05", "x.example", 9, 1, 1)], is_sampled=True)
            for source, last_on in ((1, "2026-11-05"), (2, "2026-11-06")):
                counts = Counts(50, 2, 48, 0, 0, 0, 0, 900, "2026-11-05", last_on, {}, "")
                add_reading(connection, 1, source, counts, {})
        assert {one[2:] for one in volumes(connection)} == {
            (day, HITS, 4), (day + 1, HITS, 2), (day, CONTACTS, 7),
        }, "of a file of two days, records are not known by day"  # fmt: skip
        with writing(connection):
            withdraw(connection, 2)
        assert {one[2:] for one in volumes(connection)} == {(day, HITS, 2), (day, CONTACTS, 7), (day, RECORDS, 50)}
