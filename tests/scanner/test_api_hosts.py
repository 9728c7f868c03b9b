"""An API that only its shape betrays is at its host, unless that is somebody's machine."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from commands import set_up, shadowledger
from scanner_inputs import DAY_S, write_snapshot, write_squid

from shadowledger.scanner import api_hosts, fold

PEOPLE = "person,upn,unit\n" + "".join(
    f"P-{number},user{number}@corp.example,{'HR' if number < 4 else 'IT'}\n" for number in range(8)
)
GATEWAY, STRANGER = "llm-gw.corp.example", "chat.strange-startup.example"


def asked(*hosts: str) -> Iterator[str]:
    """Eight people of two units ask each host for ten days."""
    for day in range(10):
        for number in range(8):
            for place, host in enumerate(hosts):
                at_s = DAY_S + day * 86_400 + 9 * 3600 + number * 60 + place
                yield (
                    f"{at_s}.000 120 10.0.0.{number} TCP_MISS/200 5120 POST http://{host}/v1/chat/completions "
                    f"user{number}@corp.example HIER_DIRECT/192.0.2.1 text/event-stream\n"
                )


def site(folder: Path, log: Iterable[str]) -> Path:
    path = write_squid(folder / "access.log", log)
    return set_up(folder, official="id,name\nA1,Nothing of that\n", people=PEOPLE, log=path)


def instances(db: Path) -> set[str]:
    with closing(sqlite3.connect(db)) as connection:
        return {one for (one,) in connection.execute("select distinct instance from service_instance")}


def test_each_host_is_one_initiative_of_all_its_units(tmp_path: Path) -> None:
    found = shadowledger("reconcile", "--format", "json", db=site(tmp_path, asked(GATEWAY, STRANGER))).json
    assert {(*one["instances"], *one["units"]) for one in found["discovered"]} == {
        (GATEWAY, "HR", "IT"),
        (STRANGER, "HR", "IT"),
    }


@pytest.mark.parametrize("host", ["10.9.9.9", "ada-laptop", "ada-laptop.fritz.box", "[2001:db8::1]"])
def test_what_is_no_name_for_all_is_no_instance(tmp_path: Path, host: str) -> None:
    assert instances(site(tmp_path, asked(host))) == {""}


def test_a_machine_that_is_known_is_none_either(tmp_path: Path) -> None:
    db = tmp_path / "inventory.db"
    snapshot = write_snapshot(tmp_path / "ada.json", "ada-laptop", ["ollama"], "user1@corp.example")
    assert shadowledger("scan", snapshot, db=db).code == 0
    db = site(tmp_path, asked("ada-laptop.corp.example", GATEWAY))
    assert instances(db) == {"", GATEWAY}
    assert b"ada-laptop" not in db.read_bytes()
    (one,) = (
        one for one in shadowledger("reconcile", "--format", "json", db=db).json["discovered"] if one["instances"]
    )
    done = shadowledger("evidence", one["id"], db=db)
    assert done.code == 0
    assert "ada-laptop" not in done.stdout


def test_a_site_that_stores_nobody_knows_no_machine(tmp_path: Path) -> None:
    db = tmp_path / "inventory.db"
    assert shadowledger("init", db=db).code == 0
    assert shadowledger("privacy", "profile", "aggregate", db=db).code == 0
    assert shadowledger("scan", write_squid(tmp_path / "access.log", asked(GATEWAY)), db=db).code == 0
    assert instances(db) == {""}


def test_of_too_many_some_stay_and_all_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_hosts, "MOST", 3)
    db = site(tmp_path, asked(*(f"gw{number}.corp.example" for number in range(9))))
    assert len(instances(db)) == 4
    with closing(sqlite3.connect(db)) as connection:
        assert connection.execute("select sum(record_count) from posting").fetchone() == (10 * 8 * 9,)
    assert shadowledger("db", "check", db=db).code == 0


def test_a_flood_of_hosts_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fold, "_MOST_APART", 5)
    db = site(tmp_path, asked(*(f"gw{number}.corp.example" for number in range(9))))
    assert 1 < len(instances(db)) <= 6
