"""A record is its owner's of the day it tells of."""

from __future__ import annotations

import datetime as dt

import pytest

from shadowledger.collectors.records import Traffic
from shadowledger.scanner.match import match_record
from shadowledger.signatures.index import Index
from shadowledger.signatures.schema import Indicator, Service, Strength


def service(name: str, since: dt.date | None, until: dt.date | None) -> Service:
    one = Indicator(
        "host", "changed.example", "interactive", Strength.CERTAIN, "https://x.example/", False, since, until
    )
    return Service(name, name, "V", name, "chatbot", "native", (), (one,), (), (), (), None, "catalogue")


INDEX = Index([service("old", None, dt.date(2024, 6, 30)), service("new", dt.date(2025, 1, 1), None)])
TIMES = [
    # a record's time, whose the host was then
    ("2023-05-01T10:00:00", "old"),
    ("2024-06-30T23:59:59", "old"),
    ("2024-07-01T00:00:00", None),
    ("2025-01-01T00:00:00", "new"),
    ("", "new"),
]


@pytest.mark.parametrize(("time", "name"), TIMES)
def test_a_name_that_changed_hands(time: str, name: str | None) -> None:
    time_us = int(dt.datetime.fromisoformat(time).replace(tzinfo=dt.UTC).timestamp() * 1_000_000) if time else 0
    found = match_record(INDEX, Traffic(1, "proxy", "www.changed.example", time_us))
    assert (found.service.id if found else None) == name


def test_a_time_that_no_calendar_has_is_no_error() -> None:
    found = match_record(INDEX, Traffic(1, "proxy", "changed.example", 1 << 62))
    assert found is not None
    assert found.service.id == "new"
