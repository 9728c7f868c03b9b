"""`directory import`, `list`, `show` and `coverage` as an administrator meets them."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import Done, shadowledger

NAMES = ("ada", "bo-pc", "10.0.0.5", "corp.example", "p-1")
FILES = {
    "people.csv": "person,upn,unit,site\nP-1,ada@corp.example,HR,Berlin\n",
    "devices.csv": "device,owner\nbo-pc,\n",
    "kea-leases4.csv": "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,hostname,state\n"
    "10.0.0.5,00:1a:2b:3c:4d:5e,,28800,1793898000,1,bo-pc,0\n",
    "subnets.csv": "cidr,unit,site,shared\n10.0.0.0/8,IT,Wien,\n10.9.0.0/16,IT,Wien,nat\n",
}


@pytest.fixture
def db(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)
        done = shadowledger("directory", "import", tmp_path / name, db=tmp_path / "inventory.db")
        assert (done.code, done.stderr) == (0, "")
    return tmp_path / "inventory.db"


def told(done: Done) -> Done:
    assert (done.code, done.stderr) == (0, "")
    assert not [name for name in NAMES if name in done.stdout.lower()]
    return done


def test_what_a_directory_holds_is_counted_without_names(db: Path) -> None:
    rows = told(shadowledger("directory", "list", "--format", "json", db=db)).json["holdings"]
    assert [tuple(row.values()) for row in rows] == [("HR", "Berlin", 1, 0, 0), ("IT", "Wien", 0, 0, 2)]
    found = told(shadowledger("directory", "coverage", "--format", "json", db=db)).json["coverage"]
    counts = {row["name"]: row["count"] for row in found}
    assert counts == {
        "people": 1, "accounts": 1, "accounts_without_person": 0, "devices": 2, "devices_without_owner": 1, "shared": 1,
        "addresses": 1, "addresses_without_lease": 0, "addresses_without_lease_or_subnet": 0, "addresses_not_placed": 0,
    }  # fmt: skip


def test_a_pseudonym_is_followed_with_its_confidence(db: Path) -> None:
    found = shadowledger("identities", "find", "10.0.0.5", "--reason", "a test", db=db).stdout.split()[0]
    at = ("--at", "2026-11-05T12:00")
    shown = told(shadowledger("directory", "show", found, *at, "--format", "json", db=db)).json
    assert (shown["units"], shown["confidence"]["words"]) == (["IT"], "unit only")
    assert {row["fact"] for row in shown["facts"]} == {"leads to", "lies in"}
    assert "unit only: nothing explains" in told(shadowledger("directory", "show", found, *at, db=db)).stdout


REFUSED = [
    (("show", "a-0000"), 1, "knows nothing of a-0000"),
    (("show", "a-0000", "--at", "noon"), 2, "--at takes a time"),
    (("list", "--at", "noon"), 2, "--at takes a day"),
    (("import", "{}/people.csv", "--as-of", "noon"), 2, "--as-of takes a day"),
    (("import", "{}/people.csv", "--tz", "Mars"), 2, "is no time zone"),
    (("import", "{}/people.csv", "--kind", "kea"), 2, "looks like people, not kea"),
    (("import", "{}/inventory.key"), 2, "looks like no directory file"),
    (("import", "{}/none.csv"), 2, "does not exist"),
]


@pytest.mark.parametrize(("words", "code", "said"), REFUSED)
def test_what_cannot_be_done_is_told(db: Path, words: tuple[str, ...], code: int, said: str) -> None:
    done = shadowledger("directory", *(word.format(db.parent) for word in words), db=db)
    assert (done.code, said in done.stderr) == (code, True), done
