"""Stamps of all shapes become microseconds, and what cannot be is no time."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shadowledger.collectors.clock import FORMS, NO_TIME, Clock, Stamp, epoch_us, numeric_order, seconds_us
from shadowledger.collectors.reading import Settings
from shadowledger.collectors.stamps import zone_of
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


@pytest.mark.parametrize(
    ("text", "form", "told"),
    [
        ("2026-03-12", "date", "2026-03-12T00:00:00Z"),
        (" 12.03.2026", "date", "2026-03-12T00:00:00Z"),
        ("12.03.26", "date", "2026-03-12T00:00:00Z"),
        ("Mar 12, 2026", "date", "2026-03-12T00:00:00Z"),
        ("12 Mar 2026", "date", "2026-03-12T00:00:00Z"),
        ("2026-03-12T10:15:20Z", "date", "2026-03-12T10:15:20Z"),
        ("03/31/2026", "date", "2026-03-31T00:00:00Z"),
        ("03/12/2026", "date", ""),
        ("03/12/2026", "date_eu", "2026-12-03T00:00:00Z"),
        ("2026-13-12", "date", ""),
        ("", "date", ""),
        ("20260312", "date", ""),
        ("2026-03-12", "", ""),
    ],
)
def test_a_date_alone_is_its_midnight_where_dates_are_expected(text: str, form: str, told: str) -> None:
    time_us, _ = PLAIN.read(text, form)
    assert (iso(time_us) if time_us else "") == told


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
    ("2012 10 30 09:46:12", "2012-10-30T09:46:12Z", "assumed"),
    ("2018-03-24 17:15:20 CEST", "2018-03-24T15:15:20Z", "explicit"),
    ("2018-03-24 17:15:20 IST", "2018-03-24T17:15:20Z", "assumed"),  # India, Ireland or Israel
    ("2018-03-24 3:15:20 PM", "2018-03-24T15:15:20Z", "assumed"),
    ("2018-03-24T17:15:20.5+00:00Z", "2018-03-24T17:15:20.500000Z", "explicit"),
    ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z", "explicit"),
    ("2018-02-29T17:15:20Z", "", ""),
    ("2018-13-01T17:15:20Z", "", ""),
    ("2018-03-24T25:15:20Z", "", ""),
    ("2018-03-24T17:15:61Z", "", ""),
    ("2018-03-24T17:15:205Z", "", ""),
    ("2018-03-24T17:60:20Z", "", ""),
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
    ("Thu, 28 May 2020 22:48:15 GMT", "2020-05-28T22:48:15Z", "explicit"),
    ("10 Jan 2025 11:55:00", "2025-01-10T11:55:00Z", "assumed"),
    ("04 May 2020 12:59:57 (GMT-1:00)", "2020-05-04T13:59:57Z", "explicit"),
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


def told(stamp: Stamp) -> str:
    """`2021-12-31T07:07:07Z assumed`, or nothing."""
    return f"{iso(stamp[0])} {stamp[1]}" if stamp[0] else stamp[1]


READ = [
    # by form
    ("epoch", "1697961600.123456", "", "2023-10-22T08:00:00.123456Z explicit"),
    ("epoch", " 1587230049761513222 ", "-0500", "2020-04-18T17:14:09.761513Z explicit"),  # FortiGate
    ("epoch", "5", "", "1970-01-01T00:00:05Z explicit"),
    ("epoch", "2021-12-31 07:07:07", "", ""),
    ("epoch", "", "", ""),
    ("windows_filetime", "132537600000000000", "", "2020-12-30T00:00:00Z explicit"),
    ("windows_filetime", "116444736000000000", "", ""),
    ("windows_filetime", "132537600000000000.5", "", ""),
    ("windows_filetime", "2026-11-05 10:00:00", "", ""),
    ("epoch", "2026-11-05 10:00:00", "", ""),
    ("iso", "2020-04-23 12:14:09", "-0500", "2020-04-23T17:14:09Z explicit"),
    ("iso", "2020-04-23 12:14:09Z", "-0500", "2020-04-23T12:14:09Z explicit"),
    ("iso", "2020-04-23T12:14:09.1234567Z", "", "2020-04-23T12:14:09.123456Z explicit"),
    ("iso", "2020-04-23 12:14:09.123456789", "utc", "2020-04-23T12:14:09.123456Z explicit"),
    ("iso", "2020-04-23 12:14:09", "GMT+02:00", "2020-04-23T10:14:09Z explicit"),
    ("iso", "2020-04-23 12:14:09", "Somewhere", "2020-04-23T12:14:09Z assumed"),
    ("iso", "2020-04-23 12:14:09", "+" * 10_000, "2020-04-23T12:14:09Z assumed"),
    ("iso", "Dec 31 07:07:07 2021", "", ""),
    ("ctime", "Fri Dec 31 07:07:07 2021", "", "2021-12-31T07:07:07Z assumed"),
    ("ctime", "Tue Dec  31 07:07:07 2021", "CET", "2021-12-31T06:07:07Z explicit"),
    ("ctime", "Jan 29 6:09:59 2016", "", "2016-01-29T06:09:59Z assumed"),
    ("ctime", "Dec 31 2021 07:07:07", "", "2021-12-31T07:07:07Z assumed"),
    ("ctime", "Mar 12 2012 12:19:51.123 UTC", "", "2012-03-12T12:19:51.123000Z explicit"),
    ("ctime", "Feb 23, 2023, 10:00:00 PM", "", "2023-02-23T22:00:00Z assumed"),
    ("ctime", "2024 Mar  5 14:07:09 PDT", "", "2024-03-05T21:07:09Z explicit"),
    ("ctime", "Thu Dec 28 14:39:50 2017 UTC", "", "2017-12-28T14:39:50Z explicit"),
    ("ctime", "Tue Apr 21 14:01:35 CDT 2020", "", "2020-04-21T19:01:35Z explicit"),
    ("ctime", "Fri Dek 31 07:07:07 2021", "", ""),
    ("yearless", "Oct  9 05:34:02.5", "", "2025-10-09T05:34:02.500000Z assumed"),
    ("yearless", "Mar  5 14:07:09 EST", "", "2025-03-05T19:07:09Z assumed"),
    ("yearless", "Mar  5 14:07:09", "+01:00", "2025-03-05T13:07:09Z assumed"),
    ("us", "4/5/2017 7:52:03 AM", "", "2017-04-05T07:52:03Z assumed"),
    ("us", "4/21/2017 12:00:00 AM", "", "2017-04-21T00:00:00Z assumed"),
    ("us", "4/21/2017 12:00:00\u202fPM", "", "2017-04-21T12:00:00Z assumed"),
    ("us", "04/19/20,13:11:13", "", "2020-04-19T13:11:13Z assumed"),
    ("us", "21/04/2017 07:52:03", "", ""),
    ("us", "4/21/2017 13:00:00 PM", "", ""),
    ("eu", "04/05/2017 16:05:31", "", "2017-05-04T16:05:31Z assumed"),
    ("eu", "17.05.2026 21:30:15", "", "2026-05-17T21:30:15Z assumed"),
    ("eu", "01/02/2001:03:04:05 GMT", "", "2001-02-01T03:04:05Z explicit"),
    ("numeric", "17.05.2026 21:30:15", "", "2026-05-17T21:30:15Z assumed"),
    ("numeric", "5.6.2026 21:30:15", "", "2026-06-05T21:30:15Z assumed"),
    ("numeric", "2024/12/2 15:51:54", "", "2024-12-02T15:51:54Z assumed"),
    ("numeric", "2024. 12. 2. 15:51:54", "", "2024-12-02T15:51:54Z assumed"),
    ("numeric", "4/21/2017 7:52:03 AM", "", "2017-04-21T07:52:03Z assumed"),
    ("numeric", "21-04-2017 07:52:03", "", "2017-04-21T07:52:03Z assumed"),
    ("numeric", "05/05/2019 16:05:31", "", "2019-05-05T16:05:31Z assumed"),
    ("numeric", "05/03/2019 16:05:31", "", ""),
    ("numeric", "05/03/19 16:05:31", "", ""),
    ("numeric", "13/13/2019 16:05:31", "", ""),
    ("numeric", "5/3-2019 16:05:31", "", ""),
    ("syslog", "2024-03-05T14:07:09.123456+01:00", "", "2024-03-05T13:07:09.123456Z explicit"),
    ("syslog", "Mar  5 14:07:09", "", "2025-03-05T14:07:09Z assumed"),
    ("syslog", "Mar  5 2024 14:07:09 CEST", "", "2024-03-05T12:07:09Z explicit"),
    ("syslog", "1647479503.348215340", "", "2022-03-17T01:11:43.348215Z explicit"),
    ("syslog", "-", "", ""),
    # by shape: the whole text, and without doubt
    ("", "1697961600", "", "2023-10-22T08:00:00Z explicit"),
    ("", "1697961600123", "", "2023-10-22T08:00:00.123000Z explicit"),
    ("", "99999999", "", ""),
    ("", "2020-04-23T12:14:09+0200", "", "2020-04-23T10:14:09Z explicit"),
    ("", "2020-04-23 12:14:09 and more", "", ""),
    ("", "19-Oct-2022 05:34:02.425", "", "2022-10-19T05:34:02.425000Z assumed"),
    ("", "Fri Dec 31 07:07:07 2021", "UTC", "2021-12-31T07:07:07Z explicit"),
    ("", "Dec 31 07:07:07", "", "2024-12-31T07:07:07Z assumed"),
    ("", "4/21/2017 7:52:03 AM", "", "2017-04-21T07:52:03Z assumed"),
    ("", "4/5/2017 7:52:03 AM", "", ""),  # AM is written in Australia too
    ("date", "12.03.2026", "", "2026-03-12T00:00:00Z assumed"),
    ("date_eu", "03/12/2026", "utc", "2026-12-03T00:00:00Z explicit"),
    ("date_us", "03/12/2026", "", "2026-03-12T00:00:00Z assumed"),
    ("date_us", "2026-03-12", "", "2026-03-12T00:00:00Z assumed"),
    ("", "12:34:56", "", ""),
    ("", "::::::::", "", ""),
    ("", "", "", ""),
]


@pytest.mark.parametrize(("form", "text", "zone", "expected"), READ)
def test_stamps_are_read_by_form_and_zone(form: str, text: str, zone: str, expected: str) -> None:
    clock = Clock(Settings(), NOVEMBER_2025_US)
    assert told(clock.read(text, form, zone)) == expected
    assert told(clock.read(text, form, zone)) == expected  # remembered


def test_every_form_is_read_and_no_other() -> None:
    assert {form for form, *_ in READ} | {"day_first"} == set(FORMS)
    with pytest.raises(KeyError):
        PLAIN.read("2020-04-23 12:14:09", "german")


@pytest.mark.parametrize(
    ("order", "text", "expected"),
    [
        ("dmy", "05/03/2019 16:05:31", "2019-03-05T16:05:31Z assumed"),
        ("mdy", "05/03/2019 16:05:31", "2019-05-03T16:05:31Z assumed"),
        ("dmy", "05-03-19 16:05:31", "2019-03-05T16:05:31Z assumed"),
        ("ymd", "05/03/19 16:05:31", "2005-03-19T16:05:31Z assumed"),
        ("ymd", "05/03/2019 16:05:31", ""),
        ("mdy", "21/04/2017 16:05:31", ""),  # the user knows better, or knows nothing of this file
        ("mdy", "05.03.2019 16:05:31", "2019-03-05T16:05:31Z assumed"),
        ("dmy", "2019/05/03 16:05:31", "2019-05-03T16:05:31Z assumed"),
    ],
)
def test_the_users_order_is_for_dates_that_say_none(order: str, text: str, expected: str) -> None:
    assert told(Clock(Settings(date_order=order)).read(text, "numeric")) == expected


def test_one_minute_in_two_zones_is_two_times() -> None:
    stamps = [PLAIN.read("2020-04-23 12:14:09", "iso", zone)[0] for zone in ("", "CET", "EST", "")]
    assert [(time_us - stamps[0]) // 3_600_000_000 for time_us in stamps] == [0, -1, 5, 0]


@pytest.mark.parametrize(
    ("stamps", "order"),
    [
        (["05/03/2019 16:05:31", "21/04/2017 16:05:31"], "dmy"),
        (["4/5/2017 7:52:03 AM", "4/21/2017 7:52:03 AM"], "mdy"),
        (["05/03/2019 16:05:31", "06/03/2019 16:05:31"], ""),
        (["21/04/2017 16:05:31", "04/21/2017 16:05:31"], ""),
        (["24/04/19", "24/04/20"], ""),
        (["24/04/19", "31/04/20"], "ymd"),
        (["30/06/19", "31/05/19", "19/05/31", "no date"], ""),
        (["no date", "17.05.2026 21:30:15"], "dmy"),
        (["2024/12/2 15:51:54"], "ymd"),
        (["2024-12-02T15:51:54Z", "02/12/2024"], ""),
        ([], ""),
        (["", "1697961600", "9" * 100_000], ""),
    ],
)
def test_the_dates_of_a_file_prove_an_order_or_none(stamps: list[str], order: str) -> None:
    assert numeric_order(iter(stamps)) == order


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("-0500", -5), ("+02:00", 2), ("+5:30", 5.5), ("+05", 5), ("GMT+02:00", 2), ("UTC-3", -3), ("(GMT-1:00)", -1),
        ("+00:00Z", 0), ("Z", 0), ("z", 0), ("utc", 0), ("CEST", 2), ("est", -5), ("ACST", 9.5),
        ("", None), ("IST", None), ("CT", None), ("nto", None), ("+99", None), ("+0260", None), ("GMT", 0),
        ("Europe/Berlin", None), ("+1:2:3", None), ("\u0660\u0661", None),
    ],
)  # fmt: skip
def test_zones_are_offsets_or_names_with_one_meaning(text: str, hours: float | None) -> None:
    zone = zone_of(text)
    assert (zone.utcoffset(None) if zone else None) == (dt.timedelta(hours=hours) if hours is not None else None)


def test_zone_names_mean_what_they_mean_in_the_tz_database() -> None:
    of_mail = set("EST EDT CST CDT MST MDT PST PDT".split())  # noqa: SIM905 - RFC 5322 says what these are
    meanings = defaultdict(set)
    for name in available_timezones():
        zone = ZoneInfo(name)
        for number in range(11 * 24):  # twice a month from 2015
            moment = dt.datetime(2015 + number // 24, number // 2 % 12 + 1, 3 + number % 2 * 15, tzinfo=dt.UTC)
            local = moment.astimezone(zone)
            meanings[local.tzname()].add(local.utcoffset())
    if len(meanings) < 50:
        pytest.skip("no tz database here")
    for name, offsets in meanings.items():
        known = zone_of(name or "")
        if name and name.isalpha() and known is not None and name not in of_mail:
            assert {known.utcoffset(None)} == offsets, name


@given(
    st.text(alphabet="0123456789-/: .TZ+,OctNovFebAPM()", max_size=90) | st.text(max_size=90),
    st.sampled_from(FORMS),
    st.sampled_from(("", "CET", "-0500", "x")),
    st.sampled_from(("", "dmy", "mdy", "ymd")),
)
def test_no_text_breaks_a_reading(text: str, form: str, zone: str, order: str) -> None:
    for clock in (Clock(Settings(date_order=order)), Clock(Settings(date_order=order), NOVEMBER_2025_US)):
        time_us, source = clock.read(text, form, zone)
        assert 0 <= time_us < 253_402_300_860_000_000
        assert (time_us > 0) == bool(source)
    assert numeric_order([text]) in ("", "dmy", "mdy", "ymd")


@given(st.datetimes(dt.datetime(1971, 1, 1), dt.datetime(2199, 12, 31)))  # noqa: DTZ001 - the zone is the test's
def test_all_forms_of_one_moment_are_one_time(moment: dt.datetime) -> None:
    moment = moment.replace(microsecond=0, tzinfo=dt.UTC)
    time_us = int(moment.timestamp()) * 1_000_000
    half = "AM" if moment.hour < 12 else "PM"
    day, month, year, hour = moment.day, moment.month, moment.year, (moment.hour + 11) % 12 + 1
    name = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()[month - 1]  # noqa: SIM905 - reads better
    clock = f"{moment:%H:%M:%S}"
    for form, text in (
        ("epoch", str(time_us // 1_000_000)),
        ("iso", f"{moment:%Y-%m-%d}T{clock}"),
        ("day_first", f"{day:02}/{name}/{year}:{clock}"),
        ("ctime", f"{name} {day:2} {clock} {year}"),
        ("ctime", f"{year} {name} {day:2} {clock}"),
        ("us", f"{month}/{day}/{year} {hour}:{moment:%M:%S} {half}"),
        ("eu", f"{day}/{month}/{year} {clock}"),
        ("numeric", f"{day:02}.{month:02}.{year} {clock}"),
    ):
        assert PLAIN.read(text, form, "UTC") == (time_us, "explicit")


@given(st.text(alphabet="0123456789-/: .TZ+,OctNovFeb", max_size=40))
def test_no_text_breaks_a_clock(text: str) -> None:
    for clock in (PLAIN, BERLIN, Clock(Settings(), NOVEMBER_2025_US)):
        for stamp in (clock.iso(text), clock.day_first(text), clock.yearless(text)):
            assert (stamp[0] > 0) == bool(stamp[1])
    assert epoch_us(text) >= 0


STAMP = st.lists(
    st.sampled_from([
        "2026-11-05", "Thu Nov  5 ", "10/Oct/2000", "T", " ", ":", "22:50:", "23:59:", "00", "07", "33", "60", "61",
        "٣٣", ".", ",", "5", "123", "1234567890", "Z", " +0200", " 2026", "CEST", "1793919033",
    ]),
    max_size=7,
).map("".join)  # fmt: skip
READ_AS = st.sampled_from(["", "iso", "ctime", "epoch", "date", "syslog"])


@given(st.lists(STAMP, max_size=12), READ_AS, st.sampled_from(["", "utc"]))
@example(["2026-11-05T22:50:33.5Z", "2026-11-05T22:50:34.1234567890Z", "2026-11-05T22:50:60.7Z"], "iso", "")
@example(["2026-11-05 22:50:33", "2026-11-05 22:50:٣٣", "2026-11-05 22:50:61", "2026-11-05 22:50:07"], "", "utc")
@example(["Thu Nov  5 22:50:33 2026", "Thu Nov  5 22:51:33 2026", "Thu Nov  5 22:51:00 2026"], "ctime", "")
def test_what_remembers_a_minute_reads_the_same(texts: list[str], form: str, zone: str) -> None:
    read = Clock(Settings()).reader(form, zone)
    for text in texts:
        assert read(text) == Clock(Settings()).read(text, form, zone)
