"""The identities store: the only place with names, and even there sealed."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shadowledger.db.errors import UnusableError
from shadowledger.db.identities import (
    ALWAYS_US,
    Identities,
    add_links,
    all_links,
    is_empty,
    read_key,
)
from shadowledger.db.names import NOBODY, Name
from shadowledger.db.opening import open_identities
from shadowledger.db.transactions import writing

ADA = Name("upn", "ada.canary@corp.example")
NAMES = [ADA, Name("sam", "ada.canary"), Name("device", "canary-laptop"), Name("address", "10.99.98.97")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    open_identities(tmp_path / "i.db", create=True).close()
    return tmp_path


@pytest.fixture
def store(folder: Path) -> Iterator[Identities]:
    store = Identities(open_identities(folder / "i.db", create=False), read_key(folder / "i.key", create=True))
    yield store
    store.connection.close()


def test_ids_are_stable_distinct_and_tell_their_kind_only(store: Identities, folder: Path) -> None:
    ids = store.ids_of([*NAMES, NOBODY])
    assert ids.pop(NOBODY) == ""
    assert sorted(one[:2] for one in ids.values()) == ["a-", "d-", "u-", "w-"]
    assert len(set(ids.values())) == len(NAMES)
    again = Identities(open_identities(folder / "i.db", create=False), read_key(folder / "i.key", create=False))
    assert again.ids_of(reversed(NAMES)) == ids
    assert [again.known_id(name) for name in NAMES] == [ids[name] for name in NAMES]
    assert again.known_id(Name("upn", "bo@corp.example")) == ""
    again.connection.close()


def test_ids_are_random_and_follow_from_no_name(store: Identities, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "i.key").write_bytes((tmp_path / "i.key").read_bytes())
    other = Identities(
        open_identities(tmp_path / "other" / "i.db", create=True),
        read_key(tmp_path / "other" / "i.key", create=False),
    )
    assert store.ids_of([ADA]) != other.ids_of([ADA])
    other.connection.close()


def test_the_files_hold_no_name_in_clear(store: Identities, folder: Path) -> None:
    store.ids_of(NAMES)
    store.connection.execute("pragma wal_checkpoint(truncate)")
    held = b"".join(path.read_bytes() for path in folder.iterdir())
    for canary in (b"canary", b"10.99.98.97"):
        assert canary not in held.lower()


def test_equal_names_are_not_sealed_equal(store: Identities) -> None:
    """The same text under two kinds would otherwise show that it is the same."""
    store.ids_of([Name("upn", "x"), Name("email", "x")])
    rows = store.connection.execute("select digest, sealed from name").fetchall()
    assert len({digest for digest, _ in rows}) == len({sealed for _, sealed in rows}) == 2


def test_reveal_opens_what_was_sealed_and_nothing_else(store: Identities) -> None:
    ids = store.ids_of(NAMES)
    assert [store.reveal(ids[name]) for name in NAMES] == NAMES
    assert store.reveal("u-0000000000000000") is None


def test_a_sealed_name_moved_to_another_id_does_not_open(store: Identities) -> None:
    one, other = store.ids_of(NAMES[:2]).values()
    (sealed,) = store.connection.execute("select sealed from name where id = ?", (one,)).fetchone()
    store.connection.execute("update name set sealed = ? where id = ?", (sealed, other))
    with pytest.raises(UnusableError):
        store.reveal(other)


def test_names_that_no_encoding_knows_are_kept_apart(store: Identities) -> None:
    broken = [Name("sam", "ad\udcff"), Name("sam", "ad\udcfe"), Name("sam", "ad\0a"), Name("sam", "")]
    assert len(set(store.ids_of(broken).values())) == 4


def test_a_wrong_key_is_told_and_changes_nothing(store: Identities, folder: Path) -> None:
    store.ids_of(NAMES)
    wrong = Identities(store.connection, bytes(32))
    with pytest.raises(UnusableError, match="key does not fit"):
        wrong.check_key()
    assert not is_empty(store.connection)


@pytest.mark.parametrize("content", ["", "no key\n", "ab" * 31, "ab" * 33, "\N{SNOWMAN}"])
def test_what_is_no_key_is_told(tmp_path: Path, content: str) -> None:
    path = tmp_path / "i.key"
    path.write_text(content)
    for create in (True, False):
        with pytest.raises(UnusableError, match="64 hexadecimal digits"):
            read_key(path, create=create)
    assert path.read_text() == content


def test_a_key_is_made_once_privately_and_missed_when_gone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "i.key"
    with pytest.raises(UnusableError, match="is missing"):
        read_key(path, create=False)
    key = read_key(path, create=True)
    assert len(key) == 32
    assert read_key(path, create=True) == key
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["i.key"]


def test_a_key_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnusableError, match="cannot be made"):
        read_key(tmp_path / "file" / "i.key", create=True)


TWO = """
import sys
from pathlib import Path
from shadowledger.db.identities import Identities, read_key
from shadowledger.db.names import Name
from shadowledger.db.opening import open_identities
folder = Path(sys.argv[1])
store = Identities(open_identities(folder / "both.db", create=True), read_key(folder / "both.key", create=True))
print("ready", flush=True)
sys.stdin.readline()
for count in range(40):
    print(*store.ids_of(Name("sam", f"user{10 * count + one}") for one in range(10)).values())
"""


def test_two_processes_that_begin_at_once_agree_on_every_id(tmp_path: Path) -> None:
    both = [
        subprocess.Popen(
            [sys.executable, "-c", TWO, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for one in both:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in both:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    told = [set(one.communicate()[0].split()) for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert len(told[0]) == 400
    assert told[0] == told[1]


def test_links_are_dated_kept_once_and_need_known_ids(store: Identities) -> None:
    one, other = store.ids_of(NAMES[:2]).values()
    link = (one, other, 5, ALWAYS_US, "people")
    with writing(store.connection):
        assert add_links(store.connection, [link, (other, one, 0, 9, "leases")]) == 2
        assert add_links(store.connection, [link]) == 0
    assert all_links(store.connection) == {one: [(other, 5, ALWAYS_US)], other: [(one, 0, 9)]}
    with pytest.raises(sqlite3.IntegrityError), writing(store.connection):
        add_links(store.connection, [(one, "p-nobody", 0, 1, "people"), ("x", one, 0, 1, "people")])
    assert len(all_links(store.connection)) == 2
