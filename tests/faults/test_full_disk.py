"""A disk that fills up ends a scan with a sentence and 1, keeps what was stored before, and nothing half; when there is
room again, the next scan makes up for it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from commands import PROGRAM
from forked import Forked
from growing import Growing
from held import held
from kills import expect, sound
from small_disk import SmallDisk, small_disk

from shadowledger.db.errors import ailment
from shadowledger.scanner.choices import Choices
from shadowledger.scanner.knowledge import Signatures
from shadowledger.scanner.pipeline import Scan
from shadowledger.scanner.site import Site

DISK_BYTES = 4 << 20
STEPS = 14


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Growing:
    logs = Growing(tmp_path_factory.mktemp("logs") / "logs", Random(9), 1500)  # noqa: S311 - repeatable
    logs.finish()
    return logs


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", DISK_BYTES) as disk:
        yield disk


def test_a_disk_that_fills_up_at_any_moment(disk: SmallDisk, logs: Growing) -> None:
    assert Forked("scan", logs.folder, db=disk.place / "whole.db", first=disk.enter).wait().code == 0
    needed_bytes = 3 * sum(file.stat().st_size for file in disk.seen.iterdir())  # a log of changes lies beside each
    stored = set()
    for free_bytes in (*(needed_bytes * step // STEPS for step in range(STEPS)), DISK_BYTES):
        for file in disk.seen.iterdir():
            file.unlink()
        filler = disk.fill(free_bytes)
        db = "inventory.db"
        done = Forked("scan", logs.folder, db=disk.place / db, first=disk.enter).wait()
        if done.code:
            assert (done.code, done.stdout, done.stderr.count("\n")) == (1, "", 1), done
            assert "full" in done.stderr or "No space left" in done.stderr, done
        state = held(disk.seen / db)
        sound(state)
        stored.add(len(state.sources))
        filler.unlink()
        assert Forked("scan", logs.folder, db=disk.place / db, first=disk.enter).wait().code == 0
        expect(held(disk.seen / db), logs)
    assert stored > {0, 1, 4}, "no disk was full behind a stored source"


def test_commands_that_only_read_tell_that_there_is_no_room_or_do_without(disk: SmallDisk, logs: Growing) -> None:
    db = disk.place / "inventory.db"
    assert Forked("scan", logs.folder, db=db, first=disk.enter).wait().code == 0
    before = held(disk.seen / "inventory.db")
    for free_bytes in (0, 4096, 40_960):
        for words in (("sources", "list"), ("reconcile",), ("inventory", "list")):
            disk.fill(free_bytes)
            done = Forked(*words, db=db, first=disk.enter).wait()
            is_told = "its disk is full" in done.stderr
            assert (done.code, bool(done.stdout), is_told) in ((0, True, False), (1, False, True)), done
            assert held(disk.seen / "inventory.db") == before


def in_inventory(scan: Scan) -> sqlite3.Connection:
    return scan.connection


def in_identities(scan: Scan) -> sqlite3.Connection:
    return scan.identities.connection


@pytest.fixture(params=[in_inventory, in_identities])
def store(request: pytest.FixtureRequest) -> Callable[[Scan], sqlite3.Connection]:
    found: Callable[[Scan], sqlite3.Connection] = request.param
    return found


def limited(site: Site, signatures: Signatures, store: Callable[[Scan], sqlite3.Connection], more_pages: int) -> Scan:
    """A scan with a database that may not become longer than so many pages more."""
    connection = site.inventory(create=True)
    scan = Scan(connection, site.names(connection, create=True), signatures)
    (pages,) = store(scan).execute("pragma page_count").fetchone()
    store(scan).execute(f"pragma max_page_count = {pages + more_pages}")
    return scan


def test_a_database_that_may_not_grow_keeps_nothing_half(
    tmp_path: Path, signatures: Signatures, logs: Growing, store: Callable[[Scan], sqlite3.Connection]
) -> None:
    paths = sorted(logs.folder.iterdir())
    stored = set()
    for pages in (0, 1, 2, 3, 5, 8, 12, 17, 23, 30, 38, 47):
        site = Site(tmp_path / str(pages) / "inventory.db")
        with closing(limited(site, signatures, store, pages)) as scan:
            try:
                scan.run(paths, Choices())
            except sqlite3.OperationalError:
                state = held(site.inventory_path)
                sound(state)
                stored.add(len(state.sources))
            store(scan).execute("pragma max_page_count = 1000000")
            assert scan.run(paths, Choices()).status == "complete"
        expect(held(site.inventory_path), logs)
    assert stored > {0}, "nothing was full behind a stored source"


def test_a_database_that_may_not_grow_is_told_as_full(
    tmp_path: Path, signatures: Signatures, logs: Growing, store: Callable[[Scan], sqlite3.Connection]
) -> None:
    scan = limited(Site(tmp_path / "inventory.db"), signatures, store, 8)
    with closing(scan), pytest.raises(sqlite3.OperationalError) as caught:
        scan.run(sorted(logs.folder.iterdir()), Choices())
    assert "its disk is full" in ailment(caught.value)


def scan_with_cache(disk: SmallDisk, free_bytes: int, logs: Growing, db: Path) -> subprocess.CompletedProcess[bytes]:
    """A scan whose cache folder is on a disk with so much room."""
    cache = disk.seen / "cache"
    cache.mkdir(mode=0o700)
    disk.fill(free_bytes)
    command = [*disk.entered, PROGRAM, "--db", db, "scan", logs.folder]
    return subprocess.run(command, env={**os.environ, "XDG_CACHE_HOME": str(disk.place / "cache")}, capture_output=True)


@pytest.mark.parametrize("free_bytes", [0, 4096, 100_000, 1_000_000])
def test_a_cache_without_room_is_done_without(disk: SmallDisk, logs: Growing, tmp_path: Path, free_bytes: int) -> None:
    db = tmp_path / "inventory.db"
    done = scan_with_cache(disk, free_bytes, logs, db)
    assert (done.returncode, done.stderr) == (0, b"")
    expect(held(db), logs)


def test_a_cache_without_room_is_not_littered(disk: SmallDisk, logs: Growing, tmp_path: Path) -> None:
    scan_with_cache(disk, 100_000, logs, tmp_path / "inventory.db")
    kept = [file.name for file in (disk.seen / "cache").rglob("*") if file.is_file()]
    assert [name for name in kept if not name.endswith(".msgpack")] == []
