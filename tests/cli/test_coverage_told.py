"""`coverage` as it is asked: what channels saw of a directory, and which days sources lack."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from commands import shadowledger
from scanner_inputs import DAY_S, squid_line, write_snapshot, write_squid

PEOPLE = "person,upn,unit,site\n" + "".join(
    f"P-{number},user{number}@corp.example,{unit},{site}\n"
    for number, unit, site in (*((one, "HR", "Lyon") for one in range(1, 8)), (8, "IT", "Wien"), (9, "Law", "Wien"))
)
DEVICES = "device,owner,unit\nbo-pc,user8@corp.example,IT\nold-pc,user9@corp.example,Law\n"
SUBNETS = "cidr,unit,site\n10.0.0.0/16,HR,Lyon\n10.0.7.0/24,IT,Wien\n10.9.0.0/16,Law,Wien\n"
DAY = 86_400


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six weeks of files of one day each, but for one day; HR goes through the proxy, IT has an agent on a machine."""
    folder = tmp_path_factory.mktemp("coverage")
    db = folder / "inventory.db"
    for kind, text in (("people", PEOPLE), ("devices", DEVICES), ("subnets", SUBNETS)):
        (folder / f"{kind}.csv").write_text(text)
        assert shadowledger("directory", "import", folder / f"{kind}.csv", "--kind", kind, db=db).code == 0
    start = DAY_S - 30 * DAY
    for day in range(32):
        if day != 20:
            users = [1] if day == 23 else range(1, 8)
            lines = [
                squid_line("chatgpt.com", f"user{who}@corp.example", "10.0.0.5", start + day * DAY + 9 * 3600 + who)
                for who in users
            ]
            path = write_squid(folder / f"access-{day}.log", lines)
            assert shadowledger("scan", path, "--source-name", "gateway", db=db).code == 0
    snapshot = write_snapshot(folder / "processes.json", "bo-pc", ["ollama"], "user8@corp.example")
    assert shadowledger("scan", snapshot, db=db).code == 0
    return db


def on(day: int) -> str:
    return (dt.date(2026, 11, 5) + dt.timedelta(days=day - 30)).isoformat()


def told(db: Path, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = shadowledger("coverage", "show", "--format", "json", *words, db=db).json
    return found | {
        "by_channel": {one["channel"]: one for one in found["channels"]},
        "by_source": {one["source"]: one for one in found["sources"]},
    }


def test_each_channel_is_held_against_the_directory(db: Path) -> None:
    found = told(db)
    assert found["directory"]["units"] == ["HR", "IT", "Law"]
    assert (found["directory"]["people"], found["directory"]["devices"]) == (9, 2)
    proxy, endpoint = found["by_channel"]["proxy"], found["by_channel"]["endpoint"]
    assert (proxy["units"], proxy["sites"], proxy["subnets"]) == (["HR"], ["Lyon"], ["10.0.0.0/16"])
    assert proxy["people"] == {"low": 7, "high": 7}
    assert (proxy["days"], proxy["of_days"]) == (27, 28)
    assert endpoint["units"] == ["IT"]
    assert endpoint["devices"] == {"low": 0, "high": 4, "hidden": True}
    assert endpoint["days"] == 1


def test_blind_spots_are_named(db: Path) -> None:
    found = told(db)["blind_spots"]
    assert "no channel saw units Law" in found
    assert "proxy saw nobody of units IT" in found
    assert "no channel saw subnets 10.0.7.0/24, 10.9.0.0/16" in found


def test_subnets_are_told_only_with_the_key(db: Path) -> None:
    key = db.with_suffix(".key")
    aside = key.rename(key.with_suffix(".aside"))
    try:
        found = told(db)
    finally:
        aside.rename(key)
    assert found["by_channel"]["proxy"]["subnets"] is None
    assert not any("subnets" in told for told in found["blind_spots"])
    assert any("only the key" in note for note in found["notes"])


def test_days_that_a_source_lacks_and_quiet_ones_are_named(db: Path) -> None:
    source = told(db)["by_source"]["gateway"]
    assert source["counted"] == "records"
    assert source["gaps"] == [{"from": on(20), "until": on(20), "as_on_all_such_weekdays": False}]
    assert [(one["day"], one["count"], one["usual"]) for one in source["quiet"]] == [(on(23), 1, 7)]
    text = shadowledger("coverage", db=db).stdout
    assert f"nothing from {on(20)} to {on(20)}" in text
    assert f"quiet on {on(23)}: 1, usually 7" in text


def test_a_consoles_count_is_kept_and_compared(db: Path) -> None:
    for count in ("9", "10"):
        done = shadowledger("coverage", "expect", "--source", "gateway", "--day", on(1), "--count", count, db=db)
        assert done.code == 0
    assert done.stdout == f"gateway on {on(1)}: expected 10, 7 were read: -3.\n"
    shadowledger("coverage", "expect", "--source", "gateway", "--day", on(20), "--count", "5", db=db)
    found = told(db)["by_source"]["gateway"]["expected"]
    assert [(one["day"], one["expected"], one["counted"], one["difference"]) for one in found] == [
        (on(1), 10, 7, -3),
        (on(20), 5, 0, -5),
    ]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--source", "nobody", "--day", "2026-11-05", "--count", "1"), "There is no source 'nobody'"),
        (("--source", "gateway", "--day", "yesterday", "--count", "1"), "--day takes a day"),
        (("--source", "gateway", "--day", "2026-11-05", "--count", "-1"), "count"),
    ],
)
def test_what_cannot_be_expected_is_refused(db: Path, words: tuple[str, ...], why: str) -> None:
    done = shadowledger("coverage", "expect", *words, db=db)
    assert done.code == 2
    assert why in done.stderr


def test_where_nothing_was_read_nothing_was_seen(tmp_path: Path) -> None:
    shadowledger("init", db=tmp_path / "inventory.db")
    done = shadowledger("coverage", db=tmp_path / "inventory.db")
    assert done.code == 0
    assert "no directory was imported" in done.stdout


def test_of_a_file_of_several_days_records_are_not_known_by_day(tmp_path: Path) -> None:
    db = tmp_path / "inventory.db"
    lines = [squid_line("chatgpt.com", at_s=DAY_S + hour * 3600) for hour in (9, 33)]
    shadowledger("scan", write_squid(tmp_path / "access.log", lines), "--source-name", "proxy", db=db)
    done = shadowledger("coverage", "expect", "--source", "proxy", "--day", "2026-11-05", "--count", "9", db=db)
    assert "records are not known by day; 1 contacts are of that one" in done.stdout
