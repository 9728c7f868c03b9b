"""A log that is cut, rotated, replaced or removed while it is read: all is accounted for, and when it is scanned again
every line that is there is counted once."""

from __future__ import annotations

import gzip
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from growing import AI, Fact, a_log
from held import held
from kills import sound
from scanner_inputs import DAY_S

from shadowledger.collectors.sources import BLOCK_BYTES
from shadowledger.scanner.choices import Choices
from shadowledger.scanner.knowledge import Signatures
from shadowledger.scanner.outcomes import RunReport
from shadowledger.scanner.pipeline import WORTH_A_PROCESS_BYTES, Scan
from shadowledger.scanner.progress import Silent
from shadowledger.scanner.site import Site

RANDOM = Random(5)  # noqa: S311 - the same bytes each time
OLD, OLD_TRUTH = a_log(RANDOM, 11_500, 0)
NEW, NEW_TRUTH = a_log(RANDOM, 3_000, 1)
LONG, LONG_TRUTH = a_log(RANDOM, 13_000, 2)
MORE, MORE_TRUTH = a_log(RANDOM, 2_000, 3)
BEHIND, AHEAD = 50_000, len(OLD) - 50_000
"""Bytes: of what was read before any change, and of what was not."""
assert 4 * BLOCK_BYTES < AHEAD < len(OLD) < len(LONG)


class Meddler(Silent):
    """Changes the log when so many blocks of it were read; 0 for when it was opened and looked at."""

    def __init__(self, path: Path, change: Callable[[Path], object], after_blocks: int) -> None:
        self.path = path
        self.change = change
        self.left = after_blocks
        self.is_done = False

    def begin(self, name: str, size_bytes: int) -> None:
        self._meddle()

    def reached(self, read_bytes: int, lines: int, hits: int) -> None:
        self.left -= 1
        self._meddle()

    def _meddle(self) -> None:
        if self.left <= 0 and not self.is_done:
            self.is_done = True
            self.change(self.path)


def rotated(path: Path) -> Path:
    return path.with_name("access.log.1")


def cut_to_nothing(path: Path) -> None:
    os.truncate(path, 0)


def cut_behind(path: Path) -> None:
    os.truncate(path, len(upto(OLD, BEHIND)))


def cut_ahead(path: Path) -> None:
    os.truncate(path, len(upto(OLD, AHEAD)))


def rename(path: Path) -> None:
    path.rename(rotated(path))


def rotate(path: Path) -> None:
    path.rename(rotated(path))
    path.write_bytes(NEW)


def rotate_and_pack(path: Path) -> None:
    path.with_name("access.log.1.gz").write_bytes(gzip.compress(path.read_bytes(), 1))
    path.unlink()
    path.write_bytes(NEW)


def copy_and_cut(path: Path) -> None:
    shutil.copy(path, rotated(path))
    os.truncate(path, 0)
    with path.open("ab") as file:
        file.write(NEW)


def copy_cut_and_outgrow(path: Path) -> None:
    shutil.copy(path, rotated(path))
    os.truncate(path, 0)
    with path.open("ab") as file:
        file.write(LONG)


def replace(path: Path) -> None:
    path.with_name("draft").write_bytes(NEW)
    path.with_name("draft").replace(path)


def overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(upto(LONG, len(OLD)))
        file.truncate()


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(MORE)


def remove(path: Path) -> None:
    path.unlink()


def become_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def upto(log: bytes, most_bytes: int) -> bytes:
    """The whole lines of a log up to a byte."""
    return log[: log.rindex(b"\n", 0, most_bytes) + 1]


def of(content: bytes) -> Counter[Fact]:
    """The truth of some lines."""
    found: Counter[Fact] = Counter()
    for line in content.decode().splitlines():
        at, _, _, _, _, _, target, user, *_ = line.split()
        host = target.partition(":")[0]
        if host in AI:
            found[AI[host], f"2026-11-{5 + int((float(at) - DAY_S) // 86_400):02}", user] += 1
    return found


CHANGES: list[tuple[Callable[[Path], object], bool, Counter[Fact]]] = [
    (cut_to_nothing, True, Counter()),
    (cut_behind, True, of(upto(OLD, BEHIND))),
    (cut_ahead, True, of(upto(OLD, AHEAD))),
    (overwrite, True, of(upto(LONG, len(OLD)))),
    (copy_and_cut, True, OLD_TRUTH + NEW_TRUTH),
    (copy_cut_and_outgrow, True, OLD_TRUTH + LONG_TRUTH),
    (rename, False, OLD_TRUTH),
    (rotate, False, OLD_TRUTH + NEW_TRUTH),
    (rotate_and_pack, False, OLD_TRUTH + NEW_TRUTH),
    (replace, False, OLD_TRUTH + NEW_TRUTH),
    (grow, False, OLD_TRUTH + MORE_TRUTH),
    (remove, False, OLD_TRUTH),
    (become_a_folder, False, OLD_TRUTH),
]
"""A change, whether the scan that meets it has to say so, and what is true when the folder was scanned again: of a file
that is only moved, what was open is read to its end."""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "site" / "inventory.db")


@pytest.fixture
def scan(site: Site, signatures: Signatures) -> Iterator[Scan]:
    connection = site.inventory(create=True)
    with closing(Scan(connection, site.names(connection, create=True), signatures)) as scan:
        yield scan


def scan_folder(scan: Scan, folder: Path) -> RunReport:
    return scan.run(sorted(file for file in folder.iterdir() if file.is_file()), Choices())


@pytest.mark.parametrize("after_blocks", [0, 1, 3])
@pytest.mark.parametrize(("change", "is_told", "truth"), CHANGES, ids=[change.__name__ for change, *_ in CHANGES])
def test_a_log_changes_while_it_is_read(
    scan: Scan,
    site: Site,
    tmp_path: Path,
    change: Callable[[Path], object],
    is_told: bool,
    truth: Counter[Fact],
    after_blocks: int,
) -> None:
    path = tmp_path / "logs" / "access.log"
    path.parent.mkdir()
    path.write_bytes(OLD)
    if not after_blocks and change in (rename, remove):  # then it is gone before it is read
        is_told, truth = True, truth if change is rename else Counter()
    scan.progress = meddler = Meddler(path, change, after_blocks)
    (outcome,) = scan.run([path], Choices()).outcomes
    assert (meddler.is_done, bool(outcome.problem)) == (True, is_told), outcome.problem
    sound(held(site.inventory_path))
    scan.progress = Silent()
    scan_folder(scan, path.parent)
    state = held(site.inventory_path)
    sound(state)
    assert state.facts == truth
    assert {one.standing for one in scan_folder(scan, path.parent).outcomes} <= {"known", "unreadable"}


def overwrite_packed(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(gzip.compress(NEW, mtime=0))
        file.truncate()


def replace_packed(path: Path) -> None:
    path.with_name("draft").write_bytes(gzip.compress(NEW, mtime=0))
    path.with_name("draft").replace(path)


@pytest.mark.parametrize(
    ("change", "is_told", "truth"),
    [
        (overwrite_packed, True, NEW_TRUTH),
        (replace_packed, False, OLD_TRUTH + NEW_TRUTH),
        (remove, False, OLD_TRUTH),
    ],
    ids=["overwrite", "replace", "remove"],
)
def test_a_packed_log_changes_while_it_is_read(
    scan: Scan, site: Site, tmp_path: Path, change: Callable[[Path], object], is_told: bool, truth: Counter[Fact]
) -> None:
    path = tmp_path / "logs" / "access.log.gz"
    path.parent.mkdir()
    path.write_bytes(gzip.compress(OLD, mtime=0))
    scan.progress = meddler = Meddler(path, change, 1)
    (outcome,) = scan.run([path], Choices()).outcomes
    assert (meddler.is_done, bool(outcome.problem)) == (True, is_told), outcome.problem
    scan.progress = Silent()
    scan_folder(scan, path.parent)
    state = held(site.inventory_path)
    sound(state)
    assert state.facts == truth


@pytest.mark.parametrize("number", range(3))
def test_a_log_changes_while_another_process_reads_it(
    site: Site, signatures: Signatures, tmp_path: Path, number: int
) -> None:
    """Whenever that is: the process has not begun, is reading, or is done."""
    before, truth_before = a_log(Random(20 + number), 48_000, 0)  # noqa: S311 - repeatable
    after, truth_after = a_log(Random(30 + number), 50_000, 1)  # noqa: S311 - repeatable
    assert WORTH_A_PROCESS_BYTES < len(before) < len(after)

    def rotate_at_once(path: Path) -> None:
        shutil.copy(path, rotated(path))
        path.write_bytes(after)

    path = tmp_path / "logs" / "access.log"
    path.parent.mkdir()
    path.write_bytes(before)
    connection = site.inventory(create=True)
    with closing(Scan(connection, site.names(connection, create=True), signatures, jobs=2)) as scan:
        scan.progress = meddler = Meddler(path, rotate_at_once, number)
        scan.run([path], Choices())
        if not meddler.is_done:
            rotate_at_once(path)
        sound(held(site.inventory_path))
        scan.progress = Silent()
        scan_folder(scan, path.parent)
        state = held(site.inventory_path)
    sound(state)
    assert state.facts == truth_before + truth_after
