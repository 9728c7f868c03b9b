"""A database file is checked before it is trusted, private, and never met half made."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from rights import without_rights
from sqlite_utils import Database

from shadowledger.db.device_day_steps import inventory_steps
from shadowledger.db.errors import UnusableError, ailment
from shadowledger.db.opening import open_identities, open_inventory


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "inventory.db"
    open_inventory(path, create=True).close()
    return path


def test_a_new_inventory_is_private_whole_and_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "folder" / "inventory.db"
    with closing(open_inventory(path, create=True)) as connection:
        assert connection.execute("select count(*) from observation").fetchone() == (0,)
        assert connection.execute("pragma journal_mode").fetchone() == ("wal",)
        assert connection.execute("pragma foreign_keys").fetchone() == (1,)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [one.name for one in path.parent.iterdir()] == ["inventory.db"]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def other_program(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table moz_places (id)")


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "insert into _sqlite_migrations (migration_set, name, applied_at) "
            "values ('shadowledger.inventory', 'm999_later', '2030-01-01')"
        )


def newer_rollups(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma user_version = 999")


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    path.write_bytes(data)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def identities_instead(path: Path) -> None:
    path.unlink()
    open_identities(path, create=True).close()


WRONG: list[tuple[Callable[[Path], object], str]] = [
    (Path.unlink, "There is no inventory at .*`shadowledger init`"),
    (lambda path: path.write_bytes(b""), "is empty"),
    (lambda path: path.write_text("Dear all,\n" * 999), "is no database"),
    (cut, "is no database|is damaged"),
    (flip, "is no database"),
    (other_program, "not an inventory of shadowledger"),
    (identities_instead, "not an inventory of shadowledger"),
    (newer, "written by a newer shadowledger .*m999_later"),
    (newer_rollups, "written by a newer shadowledger; update"),
    (a_folder, "cannot be opened"),
]


@pytest.mark.parametrize(
    ("spoil", "words"),
    WRONG,
    ids=["missing", "empty", "text", "cut", "flipped", "stranger", "identities", "newer", "newer rollups", "folder"],
)
def test_what_is_no_inventory_is_told_and_stays_as_it_is(
    path: Path, spoil: Callable[[Path], object], words: str
) -> None:
    spoil(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(UnusableError, match=words):
        open_inventory(path, create=False)
    assert (path.read_bytes() if path.is_file() else None) == before
    if before is not None:
        with pytest.raises(UnusableError, match=words):
            open_inventory(path, create=True)
        assert path.read_bytes() == before


def test_a_database_that_another_run_holds_is_told_as_busy(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("begin exclusive")
        with closing(open_inventory_now(path)) as connection, pytest.raises(sqlite3.OperationalError) as caught:
            connection.execute("begin immediate")
    assert "another run" in ailment(caught.value)


def open_inventory_now(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("pragma busy_timeout = 0")
    return connection


def test_a_mistake_of_ours_is_no_ailment(path: Path) -> None:
    with closing(open_inventory(path, create=False)) as connection, pytest.raises(sqlite3.OperationalError) as caught:
        connection.execute("select nothing from nowhere")
    assert ailment(caught.value) == ailment(ValueError("x")) == ""


def test_a_folder_that_may_not_be_written_is_told(public_folder: Path) -> None:
    if os.geteuid():
        public_folder.chmod(0o555)
    told = r"cannot be made at .*: Permission denied"
    with without_rights(), pytest.raises(UnusableError, match=told):
        open_inventory(public_folder / "inventory.db", create=True)
    assert list(public_folder.iterdir()) == []


@pytest.mark.parametrize("mode", [0o000, 0o444])
def test_an_inventory_that_may_not_be_used_is_told(public_folder: Path, mode: int) -> None:
    path = public_folder / "inventory.db"
    open_inventory(path, create=True).close()
    path.chmod(mode)
    with without_rights(), pytest.raises(UnusableError, match=r"may not be written|cannot be opened"):
        open_inventory(path, create=False)


def test_half_a_file_is_never_visible(tmp_path: Path) -> None:
    """The process ends in the middle of making the tables: nothing stands at the place, and the next one succeeds."""
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom shadowledger.db import migrations, opening\n"
        "migrations.read_views = lambda db: os._exit(9)\n"
        "opening.open_inventory(Path(sys.argv[1]), create=True)\n"
    )
    path = tmp_path / "inventory.db"
    done = subprocess.run([sys.executable, "-c", program, str(path)])
    assert done.returncode == 9
    assert not path.exists()
    open_inventory(path, create=True).close()


RACE = """
import sys
from pathlib import Path
from shadowledger.db.opening import open_inventory
print("ready", flush=True)
sys.stdin.readline()
connection = open_inventory(Path(sys.argv[1]), create=True)
connection.execute("insert into list_mapping values (?, '', '')", (sys.argv[2],))
"""


def test_two_processes_make_one_inventory(tmp_path: Path) -> None:
    path = tmp_path / "inventory.db"
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, str(path), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(3)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        racer.communicate("go\n")
    assert [racer.returncode for racer in racers] == [0, 0, 0]
    with closing(open_inventory(path, create=False)) as connection:
        assert connection.execute("select count(*) from list_mapping").fetchone() == (3,)
    assert [one.name for one in tmp_path.iterdir() if one.name.endswith(".new")] == []


def test_days_of_devices_stay_when_bundles_come_to_them(tmp_path: Path) -> None:
    path = tmp_path / "inventory.db"
    with closing(sqlite3.connect(path)) as connection:
        inventory_steps.apply(Database(connection), stop_before="m014_device_days_by_bundle")
        connection.executemany("insert into device_day values (?, ?, ?)", [("d-1", 9, 0), ("d-1", 10, 1)])
        connection.commit()
    with closing(open_inventory(path, create=False)) as connection:
        assert connection.execute("select * from device_day").fetchall() == [("d-1", 9, 0, 0), ("d-1", 10, 0, 1)]
