"""Directory files: what they may look like, what they link, and what is said of a file that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from shadowledger.db.identities import ALWAYS_US, Identities, all_links, all_memberships
from shadowledger.db.names import Name
from shadowledger.scanner.directory import FlawedDirectoryError, import_directory

HOUR_US = 3_600_000_000
NOVEMBER_US = 1_793_491_200_000_000
"""2026-11-01 00:00 UTC in microseconds since 1970."""


def links(store: Identities) -> set[tuple[str, str]]:
    """Every link in clear: from, to."""

    def clear(one: str) -> str:
        name = store.reveal(one)
        assert name is not None
        return f"{name.kind}:{name.text}"

    return {(clear(start), clear(end)) for start, ends in all_links(store.connection).items() for end, *_ in ends}


def load(store: Identities, folder: Path, content: str | bytes, kind: str = "people") -> tuple[int, int]:
    file = folder / "directory.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return import_directory(store, file, kind)[1:]


ADA = {
    ("upn:ada@corp.example", "person:p-1"),
    ("sam:corp\\ada", "person:p-1"),
    ("sam:ada", "person:p-1"),
}
LINES = "person,upn,sam\nP-1,Ada@corp.example,CORP\\ada\n"
SAME = [
    LINES,
    LINES.replace(",", ";"),
    LINES.replace(",", "\t"),
    LINES.replace("\n", "\r\n"),
    "\ufeff" + LINES,
    LINES.encode("utf-16"),
    'person,upn,sam\n"P-1","Ada@corp.example","CORP\\ada"\n',
    "SAM , UPN,person,Büro\nCORP\\ada, ada@corp.example ,P-1,12;13;14\n",
    "person,upn,sam\n\n , ,\nP-1,ada@corp.example,CORP\\ada,surplus,cells\n",
    "person,upn,sam\nP-1,ada@corp.example,CORP\\ada\nP-1,ada@corp.example,CORP\\ada\n",
]


@pytest.mark.parametrize("content", SAME, ids=range(len(SAME)))
def test_delimiters_encodings_and_order_of_columns_do_not_matter(
    store: Identities, tmp_path: Path, content: str | bytes
) -> None:
    load(store, tmp_path, content)
    assert links(store) == ADA


def test_umlauts_of_spreadsheets_are_read(store: Identities, tmp_path: Path) -> None:
    load(store, tmp_path, "person,upn\nP-1,jörg@corp.example\n".encode("cp1252"))
    assert links(store) == {("upn:jörg@corp.example", "person:p-1")}


def test_the_same_file_again_changes_nothing(store: Identities, tmp_path: Path) -> None:
    assert load(store, tmp_path, LINES) == (1, 2)
    assert load(store, tmp_path, LINES) == (1, 0)


def test_a_bare_name_that_two_people_share_may_be_either(store: Identities, tmp_path: Path) -> None:
    load(store, tmp_path, "person,sam\nP-1,CORP\\ada\nP-2,SUB\\ada\nP-3,SUB\\bo\n")
    assert links(store) == {
        ("sam:corp\\ada", "person:p-1"),
        ("sam:sub\\ada", "person:p-2"),
        ("sam:ada", "person:p-1"),
        ("sam:ada", "person:p-2"),
        ("sam:sub\\bo", "person:p-3"),
        ("sam:bo", "person:p-3"),
    }


@pytest.mark.parametrize(
    ("row", "person"),
    [
        ("P-1,,,,Ada", "p-1"),
        (",ada@corp.example,,,Ada", "ada@corp.example"),
        (",,CORP\\ada,,Ada", "corp\\ada"),
        (",,,ada@mail.example,Ada", "ada@mail.example"),
        (",,,,Ada Example", "ada example"),
    ],
)
def test_a_person_is_known_by_the_first_thing_that_is_told(
    store: Identities, tmp_path: Path, row: str, person: str
) -> None:
    load(store, tmp_path, f"person,upn,sam,email,name,unit\n{row},HR\n")
    assert store.known_id(Name("person", person))
    assert list(all_memberships(store.connection).values()) == [[("HR", 0, ALWAYS_US)]]


@pytest.mark.parametrize("order", [("people", "devices"), ("devices", "people")])
@pytest.mark.parametrize("owner", ["P-1", "ada@corp.example", "CORP\\ada"])
def test_an_owner_may_be_named_by_key_or_account_and_before_or_after_the_people(
    store: Identities, tmp_path: Path, order: tuple[str, ...], owner: str
) -> None:
    files = {"people": LINES, "devices": f"device,owner,unit\nADA-Laptop.corp.example,{owner},HR\n"}
    for kind in order:
        load(store, tmp_path, files[kind], kind)
    known = all_links(store.connection)
    for device in ("ada-laptop.corp.example", "ada-laptop"):
        one = store.known_id(Name("device", device))
        while one in known:
            one = known[one][0][0]
        assert store.reveal(one) == Name("person", "p-1")
    assert all_memberships(store.connection) == {
        store.known_id(Name("device", device)): [("HR", 0, ALWAYS_US)]
        for device in ("ada-laptop.corp.example", "ada-laptop")
    }


LEASES = [
    ("2026-11-01T09:00:00Z", "2026-11-01T17:00:00Z", 9, 17),
    ("2026-11-01T09:00:00", "2026-11-01T17:00:00", 9, 17),
    ("2026-11-01T09:00:00+02:00", "2026-11-01 17:00", 7, 17),
    ("2026-11-01", "2026-11-02T00:00", 0, 24),
    ("2026-11-01", "2026-11-01", 0, 24),
    ("20261101", "20261102", 0, 48),
    ("1601-01-01", "", None, None),
    ("", "", None, None),
]


@pytest.mark.parametrize(("start", "end", "since", "until"), LEASES)
def test_leases_are_links_for_a_time(
    store: Identities, tmp_path: Path, start: str, end: str, since: int | None, until: int | None
) -> None:
    load(store, tmp_path, f"address,device,mac,start,end\n10.0.0.5,ada-laptop,,{start},{end}\n", "leases")
    ((links_of,),) = [all_links(store.connection).values()]
    ((device, begins, ends),) = links_of
    assert store.reveal(device) == Name("device", "ada-laptop")
    if since is None or until is None:
        assert (begins <= 0, ends) == (True, ALWAYS_US)
    else:
        assert (begins, ends) == (NOVEMBER_US + since * HOUR_US, NOVEMBER_US + until * HOUR_US)


def test_a_lease_without_a_name_is_its_mac(store: Identities, tmp_path: Path) -> None:
    load(store, tmp_path, "address,device,mac\n10.0.0.5,,00:1A:2b:3c:4d:5e\n", "leases")
    assert links(store) == {("address:10.0.0.5", "device:00:1a:2b:3c:4d:5e")}


def test_subnets_are_kept_by_their_network(store: Identities, tmp_path: Path) -> None:
    assert load(store, tmp_path, "cidr,unit,site\n10.1.2.3/16,HR,Berlin\n2001:db8::/32,IT,\n", "subnets")[0] == 2
    load(store, tmp_path, "cidr,unit\n10.1.0.0/16,Law\n", "subnets")
    assert store.connection.execute("select cidr, unit, site from subnet order by 1").fetchall() == [
        ("10.1.0.0/16", "Law", ""),
        ("2001:db8::/32", "IT", ""),
    ]


FLAWED: list[tuple[str, str | bytes, str]] = [
    ("people", "", "has no header with one of: person, upn"),
    ("people", "P-1,ada@corp.example\n", "has no header"),
    ("people", b"\x89PNG\r\n\x1a\n\0\0\0", "is no text"),
    ("people", b"person,upn\n\x81,x\n", "is no text"),
    ("people", "person,valid_from\nP-1,2026-11-05\nP-2,05.11.2026\n", "Row 3: valid_from '05.11.2026' is no ISO 8601"),
    ("people", "person,valid_to\n\nP-1,\n\nP-2,soon\n", "Row 5: valid_to 'soon'"),
    ("people", "person,valid_from,valid_to\nP-1,2026-11-05,2026-11-03\n", "Row 2: valid_to '2026-11-03' lies before"),
    ("people", "person,unit\n,HR\n", "Row 2: names nobody"),
    ("people", 'person,unit\nP-1,"HR\nP-2,IT\n', "line 3: unexpected end of data"),
    ("people", "person,unit\nP-1," + "x" * 200_000, "line 2: field larger"),
    ("devices", "device,owner\n-,ada\n", "Row 2: names no device"),
    ("leases", "address,device\n10.0.0.5,\n", "Row 2: a lease needs"),
    ("leases", "address,mac,end\n10.0.0.5,aa,2026-13-01\n", "Row 2: end '2026-13-01'"),
    ("subnets", "cidr\n10.0.0.0/8\n10.0.0/8\n", "Row 3: '10.0.0/8' is no network such as"),
]


@pytest.mark.parametrize(("kind", "content", "words"), FLAWED)
def test_a_flawed_file_is_told_in_a_sentence_and_stores_nothing(
    store: Identities, tmp_path: Path, kind: str, content: str | bytes, words: str
) -> None:
    with pytest.raises(FlawedDirectoryError) as caught:
        load(store, tmp_path, content, kind)
    assert words in str(caught.value)
    for table in ("name", "link", "membership", "subnet"):
        assert store.connection.execute(f"select count(*) from {table}").fetchone() == (0,)  # noqa: S608 - our own names


def test_a_file_that_cannot_be_read_is_told(store: Identities, tmp_path: Path) -> None:
    with pytest.raises(FlawedDirectoryError, match="cannot be read"):
        import_directory(store, tmp_path, "people")
