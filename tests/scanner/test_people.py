"""How many people: one met in many channels is one, and what nobody can know is a bound and no name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from contributed import ROW, SOURCE, Chat

from shadowledger.db.contributions import add_contributions
from shadowledger.db.identities import Identities, add_links
from shadowledger.db.names import Name, address_name, device_name, user_name
from shadowledger.db.runs import Knowledge, start_run
from shadowledger.db.services import save_services
from shadowledger.db.sources import save_source
from shadowledger.db.transactions import writing
from shadowledger.scanner.directory import import_directory
from shadowledger.scanner.discovery.headcount import People
from shadowledger.scanner.discovery.pieces import pieces
from shadowledger.scanner.people import Directory
from shadowledger.scanner.pipeline import Scan

PEOPLE = (
    "person,upn,sam,unit,valid_from,valid_to\n"
    "P-1,ada@corp.example,CORP\\ada,HR,,\n"
    "P-2,bo@corp.example,CORP\\bo,IT,,\n"
    "P-3,cy@corp.example,cy,Law,,2026-11-03\n"
    "P-3,cy@corp.example,cy,Audit,2026-11-04,\n"
)
DEVICES = "device,owner,unit\nada-laptop,P-1,\nbo-pc.corp.example,CORP\\bo,\nkiosk,,Lobby\n"
LEASES = (
    "address,device,start,end\n"
    "10.0.0.5,ada-laptop,2026-11-05T09:00:00Z,2026-11-05T17:00:00Z\n"
    "10.0.0.5,bo-pc,2026-11-05T17:00:00Z,2026-11-06T09:00:00Z\n"
    "10.0.0.9,kiosk,,\n"
)
FILES = {"people": PEOPLE, "devices": DEVICES, "leases": LEASES}
Seen = tuple[str, str, str, str, int]
"""user, device, client, day, hour (-1: none)."""


def load(store: Identities, folder: Path, *kinds: str) -> None:
    for kind in kinds:
        file = folder / f"{kind}.csv"
        file.write_text(FILES[kind])
        import_directory(store, file, kind)


def meet(scan: Scan, *seen: Seen) -> None:
    """Store one contribution to a service for each, each an observation of its own."""
    found = []
    for number, (user, device, client, day, hour) in enumerate(seen):
        names = [user_name(user), device_name(device), address_name(client)]
        ids = scan.identities.ids_of(names)
        actor_id, device_id, client_id = (ids[name] for name in names)
        hours = 1 << hour if hour >= 0 else 0
        row = ROW._replace(day_on=day, actor_id=actor_id, device_id=device_id, client_id=client_id, hours=hours)
        found.append(row._replace(channel=f"channel {number}"))
    with writing(scan.connection):
        save_services(scan.connection, [Chat()])
        run_id = start_run(scan.connection, "scan", Knowledge("1", "a", "b"))
        add_contributions(scan.connection, run_id, save_source(scan.connection, SOURCE), found)


class HeadCount(NamedTuple):
    """Who stands behind what was observed."""

    people: People
    units: tuple[str, ...]


def counted(scan: Scan, directory: Directory | None = None) -> HeadCount:
    found = pieces(scan.connection, directory or Directory(scan.identities.connection))
    return HeadCount(found.count(found.all), tuple(sorted({unit for one in found.all for unit in one.units})))


DAY = "2026-11-05"
CASES: list[tuple[str, list[Seen], People, tuple[str, ...]]] = [
    ("nobody", [], People(0, 0), ()),
    ("an account", [("ada@corp.example", "", "", DAY, 9)], People(1, 1), ("HR",)),
    (
        "one person in four channels",
        [
            ("ADA@CORP.example", "", "10.7.7.7", DAY, 9),
            ("CORP\\ada", "", "", DAY, 10),
            ("ada", "ada-laptop", "", DAY, 11),
            ("", "ada-laptop", "", DAY, 12),
            ("", "", "10.0.0.5", DAY, 13),
            ("", "ADA-LAPTOP.corp.example.", "", DAY, 14),
            ("", "", "::ffff:10.0.0.5", DAY, 16),
        ],
        People(1, 1),
        ("HR",),
    ),
    ("a lease in its time", [("", "", "10.0.0.5", DAY, 16)], People(1, 1), ("HR",)),
    ("the next holder", [("", "", "10.0.0.5", DAY, 17)], People(1, 1), ("IT",)),
    ("both holders", [("", "", "10.0.0.5", DAY, 16), ("", "", "10.0.0.5", DAY, 17)], People(2, 2), ("HR", "IT")),
    ("an address of no hour has two holders", [("", "", "10.0.0.5", DAY, -1)], People(1, 2), ()),
    ("an address of no day too", [("", "", "10.0.0.5", "", -1)], People(1, 2), ()),
    ("before any lease", [("", "", "10.0.0.5", DAY, 8)], People(1, 1), ()),
    (
        "a bound that one of two fills",
        [("", "", "10.0.0.5", DAY, -1), ("ada", "", "", DAY, 9)],
        People(1, 2),
        ("HR",),
    ),
    (
        "a system account is its machine's owner",
        [("NT AUTHORITY\\SYSTEM", "ada-laptop", "", DAY, 9)],
        People(1, 1),
        ("HR",),
    ),
    ("a system account is its address's holder", [("root", "", "10.0.0.5", DAY, 9)], People(1, 1), ("HR",)),
    ("a system account of nothing known is nobody", [("root", "", "", DAY, 9)], People(0, 0), ()),
    ("a machine that nobody owns", [("", "kiosk", "", DAY, 9)], People(1, 1), ("Lobby",)),
    (
        "its address is the same machine",
        [("", "kiosk", "", DAY, 9), ("", "", "10.0.0.9", DAY, 9)],
        People(1, 1),
        ("Lobby",),
    ),
    (
        "somebody known may sit at an unknown address",
        [("ada", "", "", DAY, 9), ("", "", "10.9.9.9", DAY, 9)],
        People(1, 2),
        ("HR",),
    ),
    (
        "an account of another domain is another",
        [("ada", "", "", DAY, 9), ("dee", "", "", DAY, 9)],
        People(2, 2),
        ("HR",),
    ),
    ("a directory of bare names knows them with a domain", [("CORP\\cy", "", "", DAY, 9)], People(1, 1), ("Audit",)),
    ("a unit of the time", [("cy", "", "", "2026-11-03", 23)], People(1, 1), ("Law",)),
    ("no time is every unit", [("cy", "", "", "", -1)], People(1, 1), ("Audit", "Law")),
]


@pytest.mark.parametrize(("seen", "people", "units"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
@pytest.mark.parametrize("late", [False, True], ids=["directory first", "directory late"])
def test_people_are_counted(
    scan: Scan, tmp_path: Path, seen: list[Seen], people: People, units: tuple[str, ...], *, late: bool
) -> None:
    if late:
        meet(scan, *seen)
    load(scan.identities, tmp_path, *(reversed(FILES) if late else FILES))
    if not late:
        meet(scan, *seen)
    assert counted(scan) == (people, units)


def test_without_a_directory_each_account_and_address_stands_for_itself(scan: Scan) -> None:
    meet(scan, ("ada", "", "", DAY, 9), ("", "pc", "", DAY, 9), ("", "", "10.0.0.5", DAY, 9))
    assert counted(scan, Directory()) == counted(scan) == (People(1, 3), ())


def test_accounts_of_different_kinds_may_be_one_persons(scan: Scan) -> None:
    meet(scan, ("ada", "", "", DAY, 9), ("ada@corp.example", "", "", DAY, 9), ("bo", "", "", DAY, 9))
    assert counted(scan).people == People(2, 3)


def test_accounts_of_one_shorter_form_may_be_one_persons(scan: Scan) -> None:
    meet(scan, ("ada", "", "", DAY, 9), ("CORP\\ada", "", "", DAY, 9), ("SUB\\ada", "", "", DAY, 9))
    assert counted(scan).people == People(1, 3)


@pytest.mark.parametrize(
    ("names", "people"),
    [(["ada"], People(1, 2)), (["SUB\\ada"], People(1, 1)), (["ada", "SUB\\ada"], People(1, 2))],
)
def test_a_name_shared_by_two_people_gives_bounds(scan: Scan, tmp_path: Path, names: list[str], people: People) -> None:
    file = tmp_path / "people.csv"
    for person, sam in (("P-1", "CORP\\ada"), ("P-2", "SUB\\ada")):
        file.write_text(f"person,sam\n{person},{sam}\n")
        import_directory(scan.identities, file, "people")
    meet(scan, *[(name, "", "", DAY, 9) for name in names])
    assert counted(scan).people == people


def ring(length: int) -> Callable[[list[str]], list[tuple[str, str, int, int, str]]]:
    return lambda ids: [(ids[at], ids[(at + 1) % length], 0, 1 << 62, "people") for at in range(length)]


@pytest.mark.parametrize("length", [1, 2, 3, 30])
def test_links_in_a_circle_come_to_an_end_and_hide_nobody(scan: Scan, length: int) -> None:
    ids = list(scan.identities.ids_of(Name("sam", f"user{number}") for number in range(length)).values())
    with writing(scan.identities.connection):
        add_links(scan.identities.connection, ring(length)(ids))
    meet(scan, ("user0", "", "", DAY, 1))
    assert counted(scan).people == People(1, 1)


def test_many_leases_of_one_address_are_followed_in_their_time(scan: Scan, tmp_path: Path) -> None:
    file = tmp_path / "leases.csv"
    days = [f"2026-{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 29)]
    file.write_text(
        "address,device,start,end\n" + "".join(f"10.0.0.5,pc-{number},{day},{day}\n" for number, day in enumerate(days))
    )
    import_directory(scan.identities, file, "leases")
    meet(scan, *[("", "", "10.0.0.5", day, 12) for day in days])
    assert counted(scan).people == People(1, len(days))
