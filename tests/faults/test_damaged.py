"""Whatever is wrong with a database file: a sentence and 4, and the file stays as it is for whoever repairs it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest
from commands import Done, shadowledger
from growing import Growing
from pages import Region, free_pages, pages, regions
from scanner_inputs import squid_line, write_squid

INVENTORY, IDENTITIES, KEY = FILES = "inventory.db", "inventory.identities.db", "inventory.key"
FLIPS = {"header": 6, "page head": 6, "pointers": 5, "cells": 4, "free": 2}
"""How many in each region of each database."""


class Site(NamedTuple):
    """A site as it was, the commands to be tried on copies of it, and what each of them said of it."""

    folder: Path
    commands: dict[str, tuple[str, ...]]
    said: dict[str, Done]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Some hundred pages, some of them free, because a source was forgotten."""
    folder = tmp_path_factory.mktemp("damaged")
    logs = Growing(folder / "logs", Random(10), 1200)  # noqa: S311 - repeatable
    logs.finish()
    new = write_squid(folder / "new.log", [squid_line("claude.ai", "eve")] * 3)
    db = folder / "site" / INVENTORY
    assert shadowledger("scan", logs.folder, db=db).code == 0
    assert shadowledger("sources", "forget", "2", db=db).code == 0
    assert free_pages(db.read_bytes())
    found = shadowledger("reconcile", "--format", "json", db=db).json["discovered"][0]["id"]
    with closing(sqlite3.connect(db)) as connection:
        (who,) = connection.execute("select max(actor_id) from observation").fetchone()
    commands = {
        "sources list": ("sources", "list", "--format", "json"),
        "reconcile": ("reconcile", "--format", "json"),
        "evidence": ("evidence", found, "--format", "json"),
        "reveal": ("identities", "reveal", who, "--reason", "a test"),
        "scan": ("scan", str(new), "--format", "json"),
    }
    copies = Copies(db.parent, tmp_path_factory.mktemp("as it was"))
    said = {name: copies.run(words) for name, words in commands.items()}
    assert [done.code for done in said.values()] == [0] * len(commands), said
    return Site(db.parent, commands, said)


class Copies:
    """Copies of a site, each used once."""

    def __init__(self, folder: Path, place: Path) -> None:
        self.folder = folder
        self._place = place
        self._number = 0
        self.is_as_it_was = True
        """Whether the last command left all files as it met them."""

    def run(self, words: tuple[str, ...], name: str = "", content: bytes = b"") -> Done:
        """Run a command on a copy in which one file, where it is named, has another content."""
        self._number += 1
        copy = self._place / str(self._number)
        shutil.copytree(self.folder, copy)
        if name:
            (copy / name).write_bytes(content)
        before = {file: (copy / file).read_bytes() for file in FILES}
        done = shadowledger(*words, db=copy / INVENTORY)
        self.is_as_it_was = {file: (copy / file).read_bytes() for file in FILES} == before
        shutil.rmtree(copy)
        return done


@pytest.fixture
def copies(site: Site, tmp_path: Path) -> Iterator[Copies]:
    return Copies(site.folder, tmp_path / "copies")


def told(done: Done) -> str:
    """What a command that could not be carried out said; it must be one sentence, and all that it said."""
    assert done.stdout == "", done
    assert (done.stderr.count("\n"), done.stderr[:7]) == (1, "Error: "), done
    return done.stderr


def is_as_before(site: Site, name: str, done: Done) -> bool:
    """Whether a command said what it says of the undamaged site; of a scan, whether it counted what is new."""
    if name == "scan":
        return [(one["standing"], one["hits"]) for one in done.json["sources"]] == [("new", 3)]
    return done[:2] == site.said[name][:2]


def flips(data: bytes, rng: Random) -> Iterator[tuple[Region, bytes]]:
    """Copies of a database with one byte changed, in a bit or in several."""
    there: dict[str, list[Region]] = {}
    for region in regions(data):
        there.setdefault(region.kind, []).append(region)
    for kind, count in FLIPS.items():
        for _ in range(count if kind in there else 0):
            region = rng.choice(there[kind])
            spoilt = bytearray(data)
            spoilt[rng.randrange(region.start, region.stop)] ^= rng.choice(
                (1 << rng.randrange(8), rng.randrange(1, 256))
            )
            yield region, bytes(spoilt)


@pytest.mark.parametrize("file", [INVENTORY, IDENTITIES])
def test_a_changed_byte_is_told_or_does_no_harm(site: Site, copies: Copies, file: str) -> None:
    """A scan may have begun a run by then, and a reveal is audited before it reveals."""
    codes = set()
    for region, spoilt in flips((site.folder / file).read_bytes(), Random(11)):  # noqa: S311 - repeatable
        for name, words in site.commands.items():
            done = copies.run(words, file, spoilt)
            codes.add(done.code)
            if done.code == 0:
                assert region.kind not in ("header", "free") or is_as_before(site, name, done), (region, name)
            elif done.code == 4:
                told(done)
                assert copies.is_as_it_was or name in ("scan", "reveal"), (region, name)
            elif region.kind == "cells":  # what a row says SQLite cannot judge, and not every reader doubts it
                assert copies.is_as_it_was or name in ("scan", "reveal"), (region, name)
            else:  # what it was asked for is no more
                assert (name, done.code) in (("evidence", 2), ("reveal", 1)), (region, done)
    assert {0, 4} <= codes


def with_spoilt_roots(db: Path) -> Iterator[tuple[str, bytes]]:
    """Copies of a database in which the first page of one table or index is no page."""
    data = db.read_bytes()
    with closing(sqlite3.connect(db)) as connection:
        (size,) = connection.execute("pragma page_size").fetchone()
        roots = connection.execute("select name, rootpage from sqlite_master where rootpage > 1").fetchall()
    for name, root in roots:
        yield name, data[: (root - 1) * size] + b"\0" + data[(root - 1) * size + 1 :]


def test_a_table_that_cannot_be_read_is_told_where_it_is_needed(site: Site, copies: Copies) -> None:
    ends = {}
    for table, spoilt in with_spoilt_roots(site.folder / INVENTORY):
        for name in ("sources list", "reconcile"):
            done = copies.run(site.commands[name], INVENTORY, spoilt)
            ends[table, name] = done.code
            assert (told(done) and copies.is_as_it_was) if done.code == 4 else is_as_before(site, name, done), table
    assert [ends["source", "sources list"], ends["reading", "sources list"], ends["decision", "reconcile"]] == [4] * 3


@pytest.mark.xfail(reason="db/opening.py trusts what it has not looked at: a run is begun before the damage is met")
def test_a_scan_that_meets_damage_changes_nothing(site: Site, copies: Copies) -> None:
    for table, spoilt in with_spoilt_roots(site.folder / INVENTORY):
        done = copies.run(site.commands["scan"], INVENTORY, spoilt)
        assert done.code == 0 or (told(done) and copies.is_as_it_was), table


@pytest.mark.xfail(reason="db/opening.py trusts what it has not looked at: SQLite finds a row twice only when asked")
def test_a_row_that_is_there_twice_in_place_of_another_is_told(site: Site, copies: Copies) -> None:
    data = (site.folder / INVENTORY).read_bytes()
    for page in pages(data):
        if not page.is_leaf or len(page.pointers) < 2:
            continue
        first, second = page.pointers[:2]
        spoilt = data[:second] + data[first : first + 2] + data[second + 2 :]
        done = copies.run(site.commands["sources list"], INVENTORY, spoilt)
        assert (done.code == 4 and told(done)) or is_as_before(site, "sources list", done), page


@pytest.mark.parametrize("file", [INVENTORY, IDENTITIES])
def test_a_database_that_was_cut_is_told(site: Site, copies: Copies, file: str) -> None:
    data = (site.folder / file).read_bytes()
    rng = Random(12)  # noqa: S311 - repeatable
    for size in (1, 99, 100, 511, 4095, 4096, 8192, *rng.choices(range(len(data)), k=4), len(data) - 4096):
        for name, words in site.commands.items():
            if (file, name) == (IDENTITIES, "sources list"):
                continue
            done = copies.run(words, file, data[:size])
            assert (done.code, bool(told(done)), copies.is_as_it_was) == (4, True, True), (size, name)


def newer(data: bytes, folder: Path) -> bytes:
    """The same database after a step that this version does not know."""
    path = folder / "newer.db"
    path.write_bytes(data)
    with closing(sqlite3.connect(path)) as connection, connection:
        (steps,) = connection.execute("select max(migration_set) from _sqlite_migrations").fetchone()
        connection.execute(
            "insert into _sqlite_migrations (migration_set, name, applied_at) values (?, 'm999_later', '2030-01-01')",
            (steps,),
        )
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma journal_mode = delete")
    return path.read_bytes()


def anothers(data: bytes, folder: Path) -> bytes:
    """A browser's history."""
    path = folder / "places.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("create table moz_places (id)")
    return path.read_bytes()


WRONG: list[tuple[str, Callable[[bytes, Path], bytes], str]] = [
    ("nothing", lambda data, folder: b"", "is empty"),
    ("text", lambda data, folder: b"Dear all,\n" * 999, "is no database"),
    ("random", lambda data, folder: Random(13).randbytes(9999), "is no database"),  # noqa: S311 - repeatable
    ("newer", newer, "written by a newer shadowledger"),
    ("another program's", anothers, "of shadowledger; name another file"),
]


@pytest.mark.parametrize("file", [INVENTORY, IDENTITIES])
@pytest.mark.parametrize(("make", "why"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_is_no_database_of_ours_is_told(
    site: Site, copies: Copies, tmp_path: Path, file: str, make: Callable[[bytes, Path], bytes], why: str
) -> None:
    content = make((site.folder / file).read_bytes(), tmp_path)
    for name, words in site.commands.items():
        if (file, name) != (IDENTITIES, "sources list"):
            done = copies.run(words, file, content)
            assert (done.code, why in told(done), copies.is_as_it_was) == (4, True, True), (name, done)


def test_a_key_that_was_damaged_is_told_where_it_is_needed(site: Site, copies: Copies) -> None:
    key = (site.folder / KEY).read_bytes()
    rng = Random(14)  # noqa: S311 - repeatable
    spoilt = [key[:size] for size in (0, 32, 63)]
    for at in rng.sample(range(64), 5):
        changed = bytes([key[at] ^ 1 << rng.randrange(8)])
        spoilt += [key[:at] + changed + key[at + 1 :]]
    for content in spoilt:
        means_the_same = content.lower() == key
        for name, words in site.commands.items():
            done = copies.run(words, KEY, content)
            if name in ("reveal", "scan", "evidence") and not means_the_same:
                assert (done.code, bool(told(done)), copies.is_as_it_was) == (4, True, True), (name, content)
            else:
                assert (done.code, is_as_before(site, name, done)) == (0, True), (name, content)
    assert json.loads(site.said["sources list"].stdout)
