"""Files of DHCP servers and VPNs, as those write them: who held which address when."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from directory_files import ties
from lease_files import ADDRESS, FILES, MAC, WINDOWS

from shadowledger.db.identities import Identities
from shadowledger.scanner.directory import AUTO, FlawedDirectoryError, Options, import_directory
from shadowledger.scanner.zones import zone_of

WRITTEN = 1_793_962_800
"""2026-11-06 11:00 UTC: when the files were written last."""

IDS = [f"{kind} {what}" for kind, what, *_ in FILES]


def write(folder: Path, content: str | bytes) -> Path:
    file = folder / "export"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    os.utime(file, (WRITTEN, WRITTEN))
    return file


@pytest.mark.parametrize(("kind", "_what", "content", "told"), FILES, ids=IDS)
@pytest.mark.parametrize("named", [True, False], ids=["named", "recognised"])
def test_a_file_tells_who_held_which_address(
    store: Identities, tmp_path: Path, kind: str, _what: str, content: str, told: set[str], named: bool
) -> None:
    file = write(tmp_path, content)
    found = import_directory(store, file, kind if named else AUTO)
    assert (found.kind, ties(store)) == (kind, told)
    assert import_directory(store, file).new_count == 0
    assert ties(store) == told


@pytest.mark.parametrize(("kind", "_what", "content", "told"), FILES, ids=IDS)
def test_packing_and_encoding_do_not_matter(
    store: Identities, tmp_path: Path, kind: str, _what: str, content: str, told: set[str]
) -> None:
    for written in (gzip.compress(content.encode()), content.encode("utf-16"), b"\xef\xbb\xbf" + content.encode()):
        assert import_directory(store, write(tmp_path, written)).kind == kind
        assert ties(store) == told


@pytest.mark.parametrize("at", range(len(FILES)), ids=IDS)
def test_a_wrong_kind_is_told_with_the_right_one(store: Identities, tmp_path: Path, at: int) -> None:
    kind, _, content, _ = FILES[at]
    for other in {one for one, *_ in FILES} - {kind} | {"people", "ldif", "subnets"}:
        with pytest.raises(FlawedDirectoryError, match=f"looks like {kind}, not {other}: it .*Say --kind {kind}"):
            import_directory(store, write(tmp_path, content), other)


SERVER_TIMES = [
    ("+02:00", "11-05 07:00"),
    ("Europe/Berlin", "11-05 08:00"),
    ("UTC", "11-05 09:00"),
]


@pytest.mark.parametrize(("zone", "begins"), SERVER_TIMES)
def test_a_server_writes_its_own_time(store: Identities, tmp_path: Path, zone: str, begins: str) -> None:
    import_directory(store, write(tmp_path, WINDOWS), AUTO, Options(zone=zone_of(zone)))
    assert any(one.startswith(f"{ADDRESS} > {MAC} {begins}") for one in ties(store))


def test_how_long_leases_last_can_be_said(store: Identities, tmp_path: Path) -> None:
    import_directory(store, write(tmp_path, WINDOWS), AUTO, Options(lease_hours=4))
    assert "address:10.0.0.7 > device:0a:1a:2b:3c:4d:5e 11-05 18:00..11-05 22:00" in ties(store)


DATES = [
    ("11/5/2026", "", None),
    ("5/11/2026", "dmy", "11-05"),
    ("11/5/2026", "mdy", "11-05"),
    ("13/11/2026", "", "11-13"),
]


@pytest.mark.parametrize(("date", "order", "day"), DATES)
def test_dates_that_leave_the_day_open_are_asked_for(
    store: Identities, tmp_path: Path, date: str, order: str, day: str | None
) -> None:
    head = "IPAddress,AddressState,ClientId,HostName,LeaseExpiryTime\n"
    content = f"{head}10.0.0.5,Active,00-1a-2b-3c-4d-5e,x,{date} 09:00:00\n"
    file = write(tmp_path, content)
    if day is None:
        with pytest.raises(FlawedDirectoryError, match=r"line 2: .* --date-order says which"):
            import_directory(store, file)
    else:
        import_directory(store, file, AUTO, Options(date_order=order))
        assert any(one.endswith(f"{day} 09:00") for one in ties(store))


def lines(*events: str) -> str:
    return "ID,Date,Time,Description,IP Address,Host Name,MAC Address\n" + "\n".join(events) + "\n"


DAYS = [
    lines("10,11/02/26,09:00:00,Assign,10.0.0.5,a,001A2B3C4D01"),
    lines(
        "12,11/03/26,10:00:00,Release,10.0.0.5,a,001A2B3C4D01", "10,11/03/26,11:00:00,Assign,10.0.0.5,b,001A2B3C4D02"
    ),
    lines("17,11/04/26,16:00:00,Expired,10.0.0.5,,,", "10,11/04/26,16:00:00,Assign,10.0.0.5,a,001A2B3C4D01"),
    lines("11,11/05/26,09:00:00,Renew,10.0.0.5,a,001A2B3C4D01"),
]
HELD = {
    "address:10.0.0.5 > device:00:1a:2b:3c:4d:01 11-02 09:00..11-03 10:00",
    "address:10.0.0.5 > device:00:1a:2b:3c:4d:02 11-03 11:00..11-04 16:00",
    "address:10.0.0.5 > device:00:1a:2b:3c:4d:01 11-04 16:00..11-13 09:00",
}


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (3, 0, 2, 1), (0, 3, 1, 2, 0, 1)])
def test_logs_of_days_may_come_in_any_order(store: Identities, tmp_path: Path, order: tuple[int, ...]) -> None:
    for day in order:
        import_directory(store, write(tmp_path, DAYS[day]))
    assert {one for one in ties(store) if one.startswith("address")} == HELD


OVERLAPPING = [
    ("two at once", ["a,09:00,17:00", "b,12:00,18:00"], {"a 09:00..17:00", "b 12:00..18:00"}),
    ("a renewal", ["a,09:00,17:00", "a,13:00,21:00"], {"a 09:00..21:00"}),
    ("touching", ["a,09:00,12:00", "a,12:00,21:00"], {"a 09:00..21:00"}),
    ("a gap", ["a,09:00,12:00", "a,13:00,21:00"], {"a 09:00..12:00", "a 13:00..21:00"}),
    ("one inside", ["a,09:00,21:00", "a,13:00,14:00"], {"a 09:00..21:00"}),
    ("nothing long", ["a,09:00,09:00"], set()),
]


@pytest.mark.parametrize(("rows", "held"), [case[1:] for case in OVERLAPPING], ids=[case[0] for case in OVERLAPPING])
def test_leases_may_overlap(store: Identities, tmp_path: Path, rows: list[str], held: set[str]) -> None:
    cells = [row.split(",") for row in rows]
    body = "".join(f"10.0.0.5,{device},2026-11-05T{since},2026-11-05T{until}\n" for device, since, until in cells)
    for content in (body, "".join(reversed(body.splitlines(keepends=True)))):
        import_directory(store, write(tmp_path, "address,device,start,end\n" + content))
        assert {one.removeprefix(f"{ADDRESS} > device:").replace("11-05 ", "") for one in ties(store)} == held


def test_a_newer_file_that_tells_the_end_ends_a_lease(store: Identities, tmp_path: Path) -> None:
    head = "address,device,start,end\n10.0.0.5,a,2026-11-05T09:00,"
    for end, told in (("", "always"), ("2026-11-05T17:00", "11-05 17:00"), ("", "11-05 17:00")):
        import_directory(store, write(tmp_path, head + end + "\n"))
        assert ties(store) == {f"{ADDRESS} > device:a 11-05 09:00..{told}"}


def test_a_flaw_in_the_last_line_stores_nothing(store: Identities, tmp_path: Path) -> None:
    rows = "".join(f"10.0.{at >> 8}.{at & 255},pc-{at}\n" for at in range(60_000))
    with pytest.raises(FlawedDirectoryError, match="Row 60002"):
        import_directory(store, write(tmp_path, "address,device\n" + rows + "10.0.0.5,\n"))
    assert store.connection.execute("select count(*) from name").fetchone() == (0,)


FLAWED = [
    ("kea", b"\x1f\x8b\x08\0\0\0\0\0\0\3cut", "cannot be read"),
    ("vpn", "user,address\nada,\n", "Row 2: a session needs"),
    ("auto", "Dear all,\nplease find attached\n", "looks like no directory file"),
    ("auto", "", "looks like no directory file"),
    ("auto", "address,device\n10.0.0.5,a\n" + "x" * 2_000_000, "line 3 is longer"),
    (
        "dhcp_isc",
        "lease 10.0.0.5 {\n  starts 4 yesterday;\n  hardware ethernet 00:1a:2b:3c:4d:5e;\n}\n",
        "line 4: '4 yester",
    ),
    ("dhcp_windows", "10,13/45/26,09:00:00,Assign,10.0.0.5,a,001A2B3C4D01\n", "line 1: '13/45/26 09:00:00' is no time"),
]


@pytest.mark.parametrize(("kind", "content", "words"), FLAWED)
def test_what_cannot_be_read_is_told(
    store: Identities, tmp_path: Path, kind: str, content: str | bytes, words: str
) -> None:
    with pytest.raises(FlawedDirectoryError) as caught:
        import_directory(store, write(tmp_path, content), kind)
    assert words in str(caught.value)
    assert ties(store) == set()
