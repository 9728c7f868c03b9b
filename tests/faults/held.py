"""What an inventory holds, read from a copy of its files: looking at what a killed process left behind repairs
nothing for the one that comes next."""

from __future__ import annotations

import re
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from growing import Fact

from shadowledger.db.audit import first_broken_row
from shadowledger.db.checking import wrong_entries, wrong_rollups
from shadowledger.db.identities import Identities, read_key

_SIDES = ("", "-wal", "-journal")
"""Not -shm: after a crash it is made anew."""


class Held(NamedTuple):
    """One state of an inventory."""

    ailments: list[str]
    """What SQLite finds wrong with both databases, and we with what follows from what in the inventory."""
    runs: list[str]
    """The states of all runs."""
    sources: list[tuple[int, int, int]]
    """Of each source: its records, its hits, and the records that nothing accounts for."""
    hits: int
    """Of all observations."""
    facts: Counter[Fact]
    nameless: int
    """Ids that nobody has in the identities store."""

    @property
    def records(self) -> list[int]:
        """Of each source."""
        return [records for records, *_ in self.sources]


def held(db: Path) -> Held:
    """Look at an inventory and the identities beside it. One that does not exist yet holds nothing."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with _copy(db, folder) as inventory, _copy(db.with_suffix(".identities.db"), folder) as names:
            return _held(inventory, names, db.with_suffix(".key"))


@contextmanager
def _copy(path: Path, folder: Path) -> Iterator[sqlite3.Connection | None]:
    for side in _SIDES:
        if (part := path.with_name(path.name + side)).exists():
            shutil.copy(part, folder)
    if not path.exists():
        yield None
        return
    with closing(sqlite3.connect(folder / path.name, isolation_level=None)) as connection:
        yield connection


def _held(inventory: sqlite3.Connection | None, names: sqlite3.Connection | None, key: Path) -> Held:
    ill = [word for one in (inventory, names) if one is not None for word in ailments(one)]
    if inventory is None:
        return Held(ill, [], [], 0, Counter(), 0)
    ill += [*wrong_entries(inventory), *wrong_rollups(inventory)]
    if row := first_broken_row(inventory):
        ill.append(f"row {row} of the audit chain")
    runs = [status for (status,) in inventory.execute("select status from run order by id")]
    sources = inventory.execute(
        "select record_count, hit_count, record_count - hit_count - no_hit_count - ignored_count - issue_count "
        "- not_examined_count from source_total where state = 'known' order by id"
    ).fetchall()
    seen = inventory.execute(
        "select service_id, day_on, actor_id, client_id, sum(record_count) from observation group by 1, 2, 3, 4"
    ).fetchall()
    known = _names(names, key) if names is not None and seen else {}
    facts: Counter[Fact] = Counter()
    for service, day, actor, _, count in seen:
        facts[service, day, known.get(actor, "")] += count
    ids = {one for _, _, actor, client, _ in seen for one in (actor, client) if one}
    return Held(ill, runs, sources, sum(row[4] for row in seen), facts, len(ids - known.keys()))


def ailments(connection: sqlite3.Connection) -> list[str]:
    """What SQLite finds wrong with a database. SQLite 3.40 takes columns of tables without rowid for NULL where a key's
    order is not the table's (https://sqlite.work/?p=5029): such a claim is looked into."""
    told = [str(word) for (word,) in connection.execute("pragma integrity_check")]
    return [word for word in told if word != "ok" and not _is_mistaken(connection, word)]


def _is_mistaken(connection: sqlite3.Connection, word: str) -> bool:
    found = re.fullmatch(r"NULL value in (\w+)\.(\w+)", word)
    if found is None:
        return False
    table, column = found.groups()
    return not connection.execute(f"select 1 from {table} where {column} is null").fetchone()  # noqa: S608 - SQLite's words


def _names(connection: sqlite3.Connection, key: Path) -> dict[str, str]:
    """Every id with the name that is sealed under it."""
    store = Identities(connection, read_key(key, create=False))
    ids = [one for (one,) in connection.execute("select id from name")]
    return {one: name.text for one in ids if (name := store.reveal(one)) is not None}
