"""Stamps of all shapes become microseconds, and what cannot be is no time."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowledger.collectors.clock import NO_TIME, Clock, epoch_us, seconds_us
from shadowledger.collectors.reading import Settings
from shadowledger.collectors.telling import iso

BERLIN = Clock(Settings(zone=ZoneInfo("Europe/Berlin")))
PLAIN = Clock(Settings())
NOVEMBER_2025_US = 1_763_892_000_000_000


@pytest.mark.parametrize(
    ("text", "time_us"),
    [
        ("1697961600", 1_697_961_600_000_000),
        ("1697961600.1", 1_697_961_600_100_000),
        ("1547188415.857497", 1_547_188_415_857_497),
        ("1547188415.8574979", 1_547_188_415_857_497),
        ("0.000001", 1),
        ("1697961600123", 1_697_961_600_123_000),
        ("1697961600123456", 1_697_961_600_123_456),
        ("1697961600123456789", 1_697_961_600_123_456),
        ("253402300799", 253_402_300_799_000),  # with as many digits it is milliseconds, of 1978
        ("", 0),
        ("-", 0),
        ("-5", 0),
        ("1e9", 0),
        ("1697961600.", 1_697_961_600_000_000),
        ("1697961600.12x", 0),
        (".5", 0),
        ("nan", 0),
        ("١٦٩٧٩٦١٦٠٠", 0),
        ("99999999999", 99_999_999_999_000_000),
        ("9" * 400, 0),
    ],
)
def test_seconds_since_1970_lose_nothing(text: str, time_us: int) -> None:
    assert epoch_us(text) == time_us


@given(st.integers(0, 4_102_444_800), st.integers(0, 999_999))
def test_a_fraction_of_six_digits_is_exact_as_text_and_as_number(seconds: int, fraction: int) -> None:
    text = f"{seconds}.{fraction:06d}"
    assert epoch_us(text) == seconds * 1_000_000 + fraction
    assert seconds_us(float(text)) == seconds * 1_000_000 + fraction


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -1.0, 0.0, 1e300])
def test_a_number_that_is_no_moment_is_no_time(number: float) -> None:
    assert seconds_us(number) == 0


ISO = [
    ("2018-03-24T17:15:20.865716Z", "2018-03-24T17:15:20.865716Z", "explicit"),
    ("2018-03-24T17:15:20.8657169Z", "2018-03-24T17:15:20.865716Z", "explicit"),
    ("2018-03-24T17:15:20.865716999Z", "2018-03-24T17:15:20.865716Z", "explicit"),
    ("2018-03-24t17:15:20z", "2018-03-24T17:15:20Z", "explicit"),
    ("2018-03-24T17:15:20+0000", "2018-03-24T17:15:20Z", "explicit"),
    ("2018-03-24T17:15:20+00:00", "2018-03-24T17:15:20Z", "explicit"),
    ("2018-03-24 17:15:20,5 -0730", "2018-03-25T00:45:20.500000Z", "explicit"),
    ("2018-03-24 17:15:20 UTC", "2018-03-24T17:15:20Z", "explicit"),
    ("2018-03-24 17:15:20+02", "2018-03-24T15:15:20Z", "explicit"),
    ("2012/10/30 09:46:12", "2012-10-30T09:46:12Z", "assumed"),
    ("2018-03-24 17:15:20 CEST", "2018-03-24T17:15:20Z", "assumed"),
    ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z", "explicit"),
    ("2018-02-29T17:15:20Z", "", ""),
    ("2018-13-01T17:15:20Z", "", ""),
    ("2018-03-24T25:15:20Z", "", ""),
    ("2018-03-24T17:15:61Z", "", ""),
    ("1969-12-31T23:59:59Z", "", ""),
    ("0001-01-01T00:00:00+23:59", "", ""),
    ("9999-12-31T23:59:59-23:59", "", ""),
    ("0000-00-00T00:00:00Z", "", ""),
    ("2018-03-24", "", ""),
    ("", "", ""),
]
DAY_FIRST = [
    ("10/Oct/2000:13:55:36 -0700", "2000-10-10T20:55:36Z", "explicit"),
    ("10/OCT/2000:13:55:36.250 +0000", "2000-10-10T13:55:36.250000Z", "explicit"),
    ("29/Jan/2016:6:09:59 nto", "2016-01-29T06:09:59Z", "assumed"),
    ("19-Oct-2022 05:34:02.425", "2022-10-19T05:34:02.425000Z", "assumed"),
    ("19-Oct-2022 05:34:02.425 client", "2022-10-19T05:34:02.425000Z", "assumed"),
    ("31/Jun/2000:13:55:36 -0700", "", ""),
    ("10/Okt/2000:13:55:36 -0700", "", ""),
    ("10/Oct/2000:13:55", "", ""),
    ("10/Oct/2000:13:55:36 -9999", "2000-10-10T13:55:36Z", "assumed"),
]


@pytest.mark.parametrize(("text", "time", "source"), ISO)
def test_iso_stamps(text: str, time: str, source: str) -> None:
    time_us, tz_source = PLAIN.iso(text)
    assert (iso(time_us) if time_us else "", tz_source) == (time, source)


@pytest.mark.parametrize(("text", "time", "source"), DAY_FIRST)
def test_stamps_with_the_day_first(text: str, time: str, source: str) -> None:
    time_us, tz_source = PLAIN.day_first(text)
    assert (iso(time_us) if time_us else "", tz_source) == (time, source)


@pytest.mark.parametrize(
    ("text", "time", "source"),
    [
        ("2023-07-01 12:00:00", "2023-07-01T10:00:00Z", "config"),
        ("2023-12-01 12:00:00", "2023-12-01T11:00:00Z", "config"),
        ("2023-10-29 02:30:00", "2023-10-29T00:30:00Z", "config"),  # twice that night; the first is taken
        ("2023-12-01 12:00:00Z", "2023-12-01T12:00:00Z", "explicit"),
    ],
)
def test_the_users_zone_is_for_stamps_that_name_none(text: str, time: str, source: str) -> None:
    time_us, tz_source = BERLIN.iso(text)
    assert (iso(time_us), tz_source) == (time, source)


@pytest.mark.parametrize(
    ("text", "year", "modified_us", "time"),
    [
        ("Oct 19 05:34:02", 2021, 0, "2021-10-19T05:34:02Z"),
        ("Oct  9 05:34:02.5", 2021, NOVEMBER_2025_US, "2021-10-09T05:34:02.500000Z"),
        ("Oct 19 05:34:02", 0, NOVEMBER_2025_US, "2025-10-19T05:34:02Z"),
        ("Nov 23 23:00:00", 0, NOVEMBER_2025_US, "2025-11-23T23:00:00Z"),  # another zone, or another clock
        ("Nov 25 05:34:02", 0, NOVEMBER_2025_US, "2024-11-25T05:34:02Z"),
        ("Dec 31 23:59:59", 0, NOVEMBER_2025_US, "2024-12-31T23:59:59Z"),
        ("Feb 29 05:34:02", 0, NOVEMBER_2025_US, "2024-02-29T05:34:02Z"),
        ("Jan  1 00:30:00", 0, 1_767_223_800_000_000, "2026-01-01T00:30:00Z"),  # written 2025-12-31 23:30 UTC
    ],
)
def test_stamps_without_a_year_take_the_users_or_the_files(text: str, year: int, modified_us: int, time: str) -> None:
    time_us, tz_source = Clock(Settings(year=year), modified_us).yearless(text)
    assert (iso(time_us), tz_source) == (time, "assumed")


@pytest.mark.parametrize(
    ("text", "year", "modified_us"),
    [("Oct 19 05:34:02", 0, 0), ("Feb 30 05:34:02", 0, NOVEMBER_2025_US), ("Feb 29 05:34:02", 2023, 0), ("", 2023, 0)],
)
def test_stamps_without_any_possible_year_are_no_time(text: str, year: int, modified_us: int) -> None:
    assert Clock(Settings(year=year), modified_us).yearless(text) == NO_TIME


@given(st.text(alphabet="0123456789-/: .TZ+,OctNovFeb", max_size=40))
def test_no_text_breaks_a_clock(text: str) -> None:
    for clock in (PLAIN, BERLIN, Clock(Settings(), NOVEMBER_2025_US)):
        for stamp in (clock.iso(text), clock.day_first(text), clock.yearless(text)):
            assert (stamp[0] > 0) == bool(stamp[1])
    assert epoch_us(text) >= 0
