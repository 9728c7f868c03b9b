"""Addresses that no lease explains, what several people share, how sure a lead is, and one person in four channels."""

from __future__ import annotations

from pathlib import Path

import pytest
from directory_files import places
from scanner_inputs import squid_line, write_snapshot, write_squid

from shadowledger.db.identities import Identities
from shadowledger.db.names import Name, address_name, device_name, user_name
from shadowledger.db.standing import gaps, holdings
from shadowledger.scanner.choices import Choices
from shadowledger.scanner.directory import import_directory
from shadowledger.scanner.discovery.pieces import pieces
from shadowledger.scanner.people import Directory, Lead
from shadowledger.scanner.pipeline import Scan

HOUR_US = 3_600_000_000
NOON_US = 1_793_880_000_000_000
"""2026-11-05 12:00 UTC."""
SUBNETS = """cidr,unit,site,shared,valid_from,valid_to
10.0.0.0/8,Corp,,,,
10.1.0.0/16,HR,Berlin,,,2026-11-04
10.1.0.0/16,IT,Wien,,2026-11-05,
10.1.2.0/24,,Paris,nat,,
10.9.0.0/16,Field,,vpn,,
2001:db8::/32,Lab,,,,
"""
PEOPLE = """person,upn,sam,unit,site
P-1,ada@corp.example,CORP\\ada,HR,Berlin
P-2,bo@corp.example,CORP\\bo,IT,Wien
P-3,cy@corp.example,CORP\\cy,IT,Paris
"""
DEVICES = """device,owner,unit,mac,shared
ada-laptop.corp.example,P-1,,00:1A:2B:3C:4D:5E,
kiosk,,HR,,yes
bo-pc,P-2,,,no
pool-pc,,IT,,
"""
LEASES = """address,device,mac,start,end
10.1.0.5,,001a.2b3c.4d5e,2026-11-05T09:00,2026-11-05T17:00
10.1.0.6,bo-pc,,2026-11-05T09:00,2026-11-05T17:00
10.1.0.6,ada-laptop,,2026-11-05T11:00,2026-11-05T17:00
10.1.0.7,kiosk,,,
10.1.0.8,pool-pc,,,
10.1.0.9,byod,,,
10.1.2.5,bo-pc,,,
"""
WINDOWS = """ID,Date,Time,Description,IP Address,Host Name,MAC Address
10,11/05/26,09:00:00,Assign,10.1.0.10,bo-pc,0A1A2B3C4D5E
"""
VPN = "user,address,start,end\ncy@corp.example,10.9.0.5,2026-11-05T09:00,2026-11-05T17:00\n"
FILES = {
    "subnets": SUBNETS,
    "people": PEOPLE,
    "devices": DEVICES,
    "leases": LEASES,
    "dhcp_windows": WINDOWS,
    "vpn": VPN,
}


def load(store: Identities, folder: Path, *kinds: str) -> None:
    for kind in kinds:
        file = folder / kind
        file.write_text(FILES[kind])
        import_directory(store, file, kind)


def lead(store: Identities, name: Name, at_us: int = NOON_US) -> Lead:
    return Directory(store.connection).lead(store.ids_of([name])[name], at_us, at_us + 1)


LEADS: list[tuple[str, Name, tuple[str, ...], str, tuple[str, ...], tuple[str, ...], int]] = [
    ("an account", user_name("ada@corp.example"), ("p-1",), "account", ("HR",), ("Berlin",), 1),
    ("an account that nobody knows", user_name("dee"), ("dee",), "unknown account", (), (), 1),
    ("a machine", device_name("bo-pc"), ("p-2",), "owner", ("IT",), ("Wien",), 1),
    ("a lease to a hardware address", address_name("10.1.0.5"), ("p-1",), "lease", ("HR",), ("Berlin",), 1),
    ("two leases at once", address_name("10.1.0.6"), ("p-1", "p-2"), "several", (), ("Wien",), 1),
    ("a lease whose end is assumed", address_name("10.1.0.10"), ("p-2",), "assumed", ("IT",), ("Wien",), 1),
    ("a lease to a kiosk", address_name("10.1.0.7"), ("kiosk",), "shared", ("HR",), ("Wien",), 1),
    ("a kiosk", device_name("kiosk"), ("kiosk",), "shared", ("HR",), (), 1),
    ("a machine of a unit", address_name("10.1.0.8"), ("pool-pc",), "machine", ("IT",), ("Wien",), 1),
    ("a lease to somebody's own machine", address_name("10.1.0.9"), ("byod",), "subnet", ("IT",), ("Wien",), 1),
    ("no lease", address_name("10.1.77.7"), ("10.1.77.7",), "subnet", ("IT",), ("Wien",), 1),
    ("the longest prefix but one", address_name("10.77.7.7"), ("10.77.7.7",), "subnet", ("Corp",), (), 1),
    ("many people behind one address", address_name("10.1.2.6"), ("10.1.2.6",), "shared", (), ("Paris",), 1),
    ("those, whatever a lease says", address_name("10.1.2.5"), ("10.1.2.5",), "shared", (), ("Paris",), 1),
    ("a session", address_name("10.9.0.5"), ("p-3",), "session", ("IT",), ("Paris",), 1),
    ("a pool without a session", address_name("10.9.0.6"), ("10.9.0.6",), "shared", ("Field",), (), 0),
    ("of the other version", address_name("2001:db8::7"), ("2001:db8::7",), "subnet", ("Lab",), (), 1),
    ("outside of all", address_name("192.0.2.1"), ("192.0.2.1",), "nobody", (), (), 1),
    ("no address at all", address_name("proxy-a"), ("proxy-a",), "nobody", (), (), 1),
]


@pytest.mark.parametrize("late", [False, True], ids=["met before", "met after"])
@pytest.mark.parametrize("backwards", [False, True])
def test_leads_have_their_confidence(scan: Scan, tmp_path: Path, *, late: bool, backwards: bool) -> None:
    store = scan.identities
    names = [name for _, name, *_ in LEADS]
    if not late:
        store.meet(names)
    load(store, tmp_path, *(reversed(FILES) if backwards else FILES))
    if late:
        store.meet(names)
        scan.run([], Choices())
    for what, name, ends, basis, units, sites, most in LEADS:
        found = lead(store, name)
        told = tuple(sorted(one.text for end in found.ends if (one := store.reveal(end))))
        assert (told, found.basis, found.units, found.sites, found.most) == (ends, basis, units, sites, most), what
        assert found.is_to_somebody == (basis in ("account", "unknown account", "owner", "lease", "several", "assumed",
                                                  "session")), what  # fmt: skip


def test_the_surer_goes_before() -> None:
    ranks = {
        basis: Lead(frozenset(), (), frozenset(), frozenset(), basis=basis).confidence.rank
        for _, _, _, basis, *_ in LEADS
    }
    assert ranks["account"] > ranks["session"] > ranks["lease"] > ranks["assumed"] > ranks["several"] > ranks["subnet"]
    assert ranks["subnet"] > ranks["shared"] > ranks["nobody"] == 0


def test_a_network_changes_hands(store: Identities, tmp_path: Path) -> None:
    load(store, tmp_path, "subnets")
    name = address_name("10.1.77.7")
    store.meet([name])
    load(store, tmp_path, "subnets", "people")
    assert lead(store, name).units == ("IT",)
    assert lead(store, name, NOON_US - 24 * HOUR_US).units == ("HR",)
    whole = Directory(store.connection).lead(store.id_of(name), NOON_US - 48 * HOUR_US, NOON_US)
    assert (whole.units, whole.changes_us) == (("HR", "IT"), {NOON_US - 12 * HOUR_US})
    assert places(store, "placement") == {
        "address:10.1.77.7 @ HR/Berlin ..11-05 00:00",
        "address:10.1.77.7 @ IT/Wien 11-05 00:00..always",
    }


def test_later_subnets_place_anew_and_the_same_ones_do_not(store: Identities, tmp_path: Path) -> None:
    file = tmp_path / "subnets.csv"
    store.meet([address_name("10.1.77.7")])
    for content, unit, new in (
        ("cidr,unit\n10.0.0.0/8,Corp\n", "Corp", 1),
        ("cidr,unit\n10.1.77.0/24,Law\n", "Law", 1),
        ("cidr,unit\n10.1.77.0/24,Law\n", "Law", 0),
        ("cidr,unit\n10.1.77.0/24,Audit\n", "Audit", 1),
    ):
        file.write_text(content)
        assert import_directory(store, file).new_count == new
        assert lead(store, address_name("10.1.77.7")).units == (unit,)


def test_who_has_no_key_knows_units_by_id(scan: Scan, tmp_path: Path) -> None:
    load(scan.identities, tmp_path, "subnets")
    log = write_squid(tmp_path / "access.log", [squid_line("chatgpt.com", client="10.77.7.7")])
    assert scan.run([log], Choices()).status == "complete"
    (own,) = scan.connection.execute("select id from pseudonym").fetchone()
    assert Directory(scan.identities.connection).lead(own, 0, NOON_US).units == ("Corp",)


def test_gaps_and_holdings_are_counted(store: Identities, tmp_path: Path) -> None:
    store.meet([user_name("CORP\\ada"), user_name("dee"), device_name("lost"), address_name("10.1.0.5")])
    store.meet([address_name("10.1.77.7"), address_name("192.0.2.1")])
    load(store, tmp_path, "people", "devices", "leases", "subnets")
    found = gaps(store.connection)
    assert (found.people, found.accounts, found.accounts_without_person) == (3, 7, 1)
    assert (found.addresses, found.addresses_without_lease, found.addresses_without_lease_or_subnet) == (8, 2, 1)
    assert (found.shared, found.addresses_not_placed) == (3, 0)
    told = {(one.unit, one.site): (one.people, one.devices) for one in holdings(store.connection, NOON_US)}
    assert told["IT", "Wien"] == (1, 0)
    assert told["HR", ""] == (0, 1)
    assert ("HR", "") not in {(one.unit, one.site) for one in holdings(store.connection, 1) if one.subnets}


def test_one_person_in_four_channels_with_late_leases_is_one(scan: Scan, tmp_path: Path) -> None:
    log = write_squid(
        tmp_path / "access.log",
        [
            squid_line("chatgpt.com", "ada@corp.example", client="10.1.0.5"),
            squid_line("chatgpt.com", "CORP\\ada", client="10.77.1.1"),
            squid_line("chatgpt.com", client="10.1.0.5"),
            squid_line("chatgpt.com", client="10.1.0.5", at_s=NOON_US / 1e6),
        ],
    )
    dns = tmp_path / "query.log"
    dns.write_text(
        "05-Nov-2026 10:00:00.000 queries: info: client @0x7f 10.1.0.5#5353 (chatgpt.com): "
        "query: chatgpt.com IN A + (10.0.0.1)\n"
    )
    endpoint = write_snapshot(tmp_path / "processes.json", "ADA-LAPTOP", ["ChatGPT"], "")
    for file in (log, dns, endpoint):
        assert scan.run([file], Choices()).status == "complete", file
    before = pieces(scan.connection, Directory(scan.identities.connection))
    assert {one.strand.service_id for one in before.all} == {"chatgpt"}
    assert before.count(before.all).high > 1
    load(scan.identities, tmp_path, "leases", "devices", "people")
    after = pieces(scan.connection, Directory(scan.identities.connection))
    assert after.count(after.all) == (1, 1)
    assert {unit for one in after.all for unit in one.units} == {"HR"}
