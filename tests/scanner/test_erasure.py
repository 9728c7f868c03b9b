"""One person is erased: the numbers stay right, and nobody finds the person any more."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from commands import Done, shadowledger
from scanner_inputs import DAY_S, squid_line, write_snapshot, write_squid

from shadowledger.db import rollups
from shadowledger.db.checking import check_inventory, check_store
from shadowledger.db.identities import Identities
from shadowledger.db.names import Name
from shadowledger.db.transactions import writing
from shadowledger.scanner.discovery.pieces import pieces
from shadowledger.scanner.people import Directory
from shadowledger.scanner.site import Site

PEOPLE = (
    "person,upn,sam,email,unit\n"
    "P-1,ada@corp.example,CORP\\ada,ada.l@corp.example,HR\n"
    "P-2,bo@corp.example,CORP\\bo,,HR\n"
)
DEVICES = "device,owner,unit\nada-laptop,P-1,HR\nbo-pc,P-2,HR\n"
LEASES = (
    "address,device,mac,start,end\n"
    "10.1.0.7,ada-laptop,,2026-11-04T00:00:00Z,2026-11-07T00:00:00Z\n"
    "10.1.0.7,bo-pc,,2026-11-07T00:00:00Z,2026-11-09T00:00:00Z\n"
)
DAY = 86_400
ADA = (
    Name("person", "p-1"), Name("upn", "ada@corp.example"), Name("sam", "corp\\ada"), Name("sam", "ada"),
    Name("upn", "ada.l@corp.example"), Name("device", "ada-laptop"),
)  # fmt: skip
LINES = [
    squid_line("claude.ai", "CORP\\ada", "10.1.0.7", DAY_S + 3600),
    squid_line("claude.ai", "ada@corp.example", "10.1.0.7", DAY_S + DAY + 3600),
    squid_line("claude.ai", "-", "10.1.0.7", DAY_S + 7200),
    squid_line("claude.ai", "-", "10.1.0.7", DAY_S + 3 * DAY + 7200),
    squid_line("claude.ai", "bo", "10.1.0.9", DAY_S + 3600),
    squid_line("chatgpt.com", "ada", "10.1.0.7", DAY_S + 3600),
    squid_line("chatgpt.com", "cy", "10.1.0.7", DAY_S + 3600),
]


@pytest.fixture
def db(tmp_path: Path) -> Path:
    path = tmp_path / "site" / "inventory.db"
    for kind, text in (("people", PEOPLE), ("devices", DEVICES), ("leases", LEASES)):
        (tmp_path / f"{kind}.csv").write_text(text)
        assert shadowledger("directory", "import", tmp_path / f"{kind}.csv", "--kind", kind, db=path).code == 0
    inputs = [
        write_squid(tmp_path / "access.log", LINES),
        write_snapshot(tmp_path / "snapshot.json", "ada-laptop", ["ollama"]),
        write_snapshot(tmp_path / "other.json", "bo-pc", ["ollama"], "ada"),
    ]
    done = shadowledger("scan", *inputs, db=path)
    assert done.code == 0, done
    return path


def ids(db: Path, names: tuple[Name, ...]) -> dict[Name, str]:
    site = Site(db)
    with closing(site.inventory()) as inventory, closing(site.names(inventory).connection) as connection:
        store = Identities(connection, bytes.fromhex(site.key_path.read_text()))
        return {name: store.known_id(name) for name in names}


def counted(db: Path) -> tuple[dict[str, tuple[int, int]], list[tuple[object, ...]]]:
    """People by service, and records by service and day."""
    site = Site(db)
    with closing(site.inventory()) as inventory, closing(site.identities()) as identities:
        found = pieces(inventory, Directory(identities))
        services = {piece.strand.service_id for piece in found.all}
        people = {one: found.count([p for p in found.all if p.strand.service_id == one]) for one in services}
        asked = "select service_id, day_on, sum(record_count), count(*) from contribution group by 1, 2 order by 1, 2"
        records = inventory.execute(asked).fetchall()
    return {service: (*bounds,) for service, bounds in people.items()}, records


def store_findings(db: Path) -> list[tuple[str, str]]:
    with closing(Site(db).identities()) as identities:
        return list(check_store(identities))


def erase(db: Path, who: str) -> Done:
    return shadowledger("identities", "erase", who, "--reason", "asked for it", db=db)


@pytest.mark.parametrize("who", ["P-1", "corp\\ADA", "ada@corp.example", "ada", "ada-laptop", "ID"])
def test_numbers_stay_right_and_the_person_is_not_found(db: Path, who: str) -> None:
    before, theirs = counted(db), ids(db, ADA)
    assert all(theirs.values())
    assert before[0] == {"claude": (2, 2), "chatgpt": (2, 2), "ollama": (1, 1)}
    done = erase(db, theirs[ADA[0]] if who == "ID" else who)
    assert (done.code, done.stderr) == (0, ""), done
    people, records = counted(db)
    assert records == before[1]
    for service, (low, high) in before[0].items():
        assert people[service][0] <= low <= people[service][1] == high
    assert set(ids(db, ADA).values()) == {""}
    held = b"".join(path.read_bytes() for path in db.parent.iterdir())
    assert [one for one in theirs.values() if one.encode() in held] == []
    assert shadowledger("identities", "find", "corp\\ada", "--reason", "test", db=db).code == 1


def test_others_stay_who_they_are_and_all_is_in_order(db: Path) -> None:
    others = (Name("person", "p-2"), Name("sam", "bo"), Name("device", "bo-pc"), Name("address", "10.1.0.7"))
    before, store_before = ids(db, others), store_findings(db)
    assert erase(db, "P-1").code == 0
    assert (ids(db, others), store_findings(db)) == (before, store_before)
    site = Site(db)
    with closing(site.inventory()) as inventory, closing(site.identities()) as identities:
        assert [wrong for _, wrong in check_inventory(inventory) if wrong] == []
        kept = [inventory.execute(f"select * from {table}").fetchall() for table in rollups.TABLES]  # noqa: S608
        with writing(inventory):
            rollups.rebuild(inventory)
        assert [inventory.execute(f"select * from {table}").fetchall() for table in rollups.TABLES] == kept  # noqa: S608
        held = inventory.execute("select client_id, day_on from contribution where client_id != ''").fetchall()
        lead = Directory(identities).lead(before[others[3]], 0, 1 << 62)
    assert (before[others[3]], "2026-11-08") in held
    assert lead.ends == {before[others[0]]}


def test_it_is_told_without_the_name(db: Path) -> None:
    assert erase(db, "P-1").code == 0
    (row,) = shadowledger("audit", "list", "--action", "erase", "--format", "jsonl", db=db).lines
    assert row["detail"] == {"reason": "asked for it", "name_count": 6, "entry_count": 7, "line_count": 5}
    assert shadowledger("audit", "verify", db=db).code == 0
    with closing(sqlite3.connect(db)) as connection:
        assert connection.execute("select count(*) from sealed_line").fetchone()[0] > 0


@pytest.mark.parametrize("who", ["nobody", "10.1.0.7", "", "u-0000000000000000"])
def test_who_is_nobody_is_not_erased(db: Path, who: str) -> None:
    before = counted(db)
    done = erase(db, who)
    assert (done.code, done.stdout) == (2, "")
    assert counted(db) == before
    assert shadowledger("audit", "list", "--action", "erase", "--format", "jsonl", db=db).lines == []


def test_who_is_scanned_again_is_somebody_new(db: Path, tmp_path: Path) -> None:
    before = counted(db)
    assert erase(db, "P-1").code == 0
    assert shadowledger("sources", "rescan", "--all", db=db).code == 0
    people, records = counted(db)
    assert records == before[1]
    assert all(low <= before[0][service][0] <= high for service, (low, high) in people.items())
