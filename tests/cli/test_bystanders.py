"""Units are watched where sources name their people, with AI or without: silence means something there alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest
from commands import set_up, shadowledger
from scanner_inputs import squid_line, write_snapshot, write_squid

from shadowledger.collectors import bystanders as module
from shadowledger.collectors.bystanders import Bystanders

OFFICIAL = "id,name,business_units,status,products\nA1,ChatGPT for offers,{unit},production,ChatGPT\n"
SIZES = {"HR": 30, "Law": 40, "Field": 5}
PEOPLE = "person,upn,unit\n" + "".join(
    f"{unit}{number},{unit.lower()}{number}@corp.example,{unit}\n"
    for unit, size in SIZES.items()
    for number in range(size)
)


def lines(whom: Iterable[str], host: str = "intranet.corp.example") -> list[str]:
    return [squid_line(host, f"{one}@corp.example", f"10.0.0.{number}") for number, one in enumerate(whom)]


HITS = lines(["hr1", "hr2", "hr3"] * 9, "claude.ai")


def site(folder: Path, unit: str, log: Iterable[str]) -> Path:
    return set_up(
        folder, official=OFFICIAL.format(unit=unit), people=PEOPLE, log=write_squid(folder / "access.log", log)
    )


def finding(db: Path) -> tuple[str, str]:
    (one,) = shadowledger("reconcile", "--format", "json", db=db).json["declared"]
    return one["finding"], " ".join(one["reasons"])


@pytest.mark.parametrize(
    ("unit", "bystanders", "want"),
    [
        ("Law", (), "not_observable"),
        ("Law", ("law1", "law2"), "unseen"),
        ("Law", ("law1",), "not_observable"),  # a visitor does not speak for forty
        ("Field", ("law1", "law2"), "not_observable"),
        ("Field", ("field1",), "unseen"),  # one of five is a fifth of them
        ("HR", (), "unseen"),  # who uses something else was looked at
        ("Law; Field", ("law1", "law2"), "unseen"),
    ],
)
def test_silence_means_something_where_people_were_looked_at(
    tmp_path: Path, unit: str, bystanders: tuple[str, ...], want: str
) -> None:
    found, why = finding(site(tmp_path, unit, [*lines(bystanders), *HITS]))
    assert found == want, why


def test_an_address_of_the_unit_is_enough(tmp_path: Path) -> None:
    db = site(tmp_path, "Law", [*HITS, squid_line("intranet.corp.example", "-", "10.7.0.9")])
    assert finding(db)[0] == "not_observable"
    (tmp_path / "subnets.csv").write_text("cidr,unit,site\n10.7.0.0/16,Law,Wien\n")
    assert shadowledger("directory", "import", tmp_path / "subnets.csv", "--kind", "subnets", db=db).code == 0
    assert finding(db)[0] == "unseen"


def test_machines_without_ai_were_looked_at(tmp_path: Path) -> None:
    db = site(tmp_path, "Law", HITS)
    ollama = "id,name,business_units,status,products,processes\nA1,Model,Law,production,Acme Brain,acmebrain.exe\n"
    (tmp_path / "list.csv").write_text(ollama)
    assert shadowledger("declare", "import", tmp_path / "list.csv", db=db).code == 0
    bare = write_snapshot(tmp_path / "bo.json", "bo-pc", ["explorer.exe"], "law1@corp.example")
    other = write_snapshot(tmp_path / "cy.json", "cy-pc", ["explorer.exe"], "law2@corp.example")
    assert shadowledger("scan", write_snapshot(tmp_path / "ada.json", "ada-pc", ["ollama"], "hr1@corp.example"), db=db)
    assert finding(db)[0] == "not_observable"
    assert shadowledger("scan", bare, other, db=db).code == 0
    assert finding(db)[0] == "unseen"


def test_the_coverage_tells_of_units_without_ai(tmp_path: Path) -> None:
    db = site(tmp_path, "Law", [*lines(["law1", "law2"]), *HITS])
    (proxy,) = shadowledger("coverage", "show", "--format", "json", db=db).json["channels"]
    assert proxy["units"] == ["HR", "Law"]
    assert proxy["people"] == {"low": 5, "high": 5}


def stored(db: Path) -> list[tuple[str, int, int]]:
    with closing(sqlite3.connect(db)) as connection:
        return connection.execute("select channel, length(whoms) / 2, last_day from bystander").fetchall()


def test_a_source_that_is_forgotten_takes_them_along(tmp_path: Path) -> None:
    db = site(tmp_path, "Law", [*lines(["law1", "law2"]), *HITS])
    assert stored(db) == [("proxy", 5, 20762)]  # of the sample, who uses AI too
    assert shadowledger("db", "rebuild", "--compact", db=db).code == 0
    assert finding(db)[0] == "unseen"  # their pseudonyms are still in use
    assert shadowledger("sources", "forget", "1", db=db).code == 0
    assert stored(db) == []


def test_whoever_is_erased_was_nowhere(tmp_path: Path) -> None:
    db = site(tmp_path, "Law", [*lines(["law1", "law2"]), *HITS])
    done = shadowledger("identities", "erase", "law1@corp.example", "--reason", "asked for it", db=db)
    assert done.code == 0, done
    assert stored(db) == [("proxy", 4, 20762)]
    assert shadowledger("db", "check", db=db).code == 0


def test_what_is_old_is_purged(tmp_path: Path) -> None:
    db = site(tmp_path, "Law", [*lines(["law1", "law2"]), *HITS])
    assert shadowledger("privacy", "purge", "--all", db=db).code == 0
    assert stored(db) == []


def test_what_comes_in_pieces_is_added(tmp_path: Path) -> None:
    db = site(tmp_path, "Law", [*lines(["law1"]), *HITS])
    with (tmp_path / "access.log").open("a") as file:
        file.writelines(lines(["law2"]))
    assert shadowledger("scan", tmp_path / "access.log", db=db).code == 0
    assert sum(count for _, count, _ in stored(db)) == 5
    assert finding(db)[0] == "unseen"


def test_a_site_that_stores_nobody_stores_no_bystander(tmp_path: Path) -> None:
    db = tmp_path / "inventory.db"
    assert shadowledger("init", db=db).code == 0
    assert shadowledger("privacy", "profile", "aggregate", db=db).code == 0
    log = write_squid(tmp_path / "access.log", [*lines(["law1", "law2"]), *HITS])
    assert shadowledger("scan", log, db=db).code == 0
    assert stored(db) == []


def test_many_are_the_same_however_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 100)
    everybody = [("proxy", f"user{number}", "", "10.0.0.1") for number in range(1000)]
    whole, first, second = Bystanders(), Bystanders(), Bystanders()
    for one in everybody:
        whole.add(one)
    for one in reversed(everybody[:600]):
        first.add(one)
    for one in everybody[600:]:
        second.add(one)
    second.go_on(first)
    assert 0 < len(whole.seen) <= 100
    assert whole.seen == second.seen
