"""Our own runs over one log: what they take, and whether they come to the truth."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from subprocess import run as ask

from costs import Cost, console, run
from generate import Truth


class Scans:
    """Runs over one log, each into a new inventory."""

    def __init__(self, log: Path, truth: Truth) -> None:
        self._log = log
        self._truth = truth
        self._inventory = log.with_name("inventory.db")
        self.peak_mb = 0.0
        """The most that one process of any run held."""
        self.differences: list[str] = []
        """Where a run did not come to the truth."""

    def run(self, *options: str, is_pinned: bool = True) -> Cost:
        """Scan, and compare."""
        cost = run(self.command(*options), is_pinned=is_pinned)
        self.peak_mb = max(self.peak_mb, cost.peak_mb)
        self.compare(*options)
        return cost

    def command(self, *options: str) -> list[str]:
        """What starts a scan; the inventory of the one before is gone."""
        for path in self._inventory.parent.glob("inventory*"):
            path.unlink()
        return [console("shadowledger"), "--db", str(self._inventory), "scan", str(self._log), *options]

    def compare(self, *options: str) -> None:
        """Compare what the last run counted with the truth, to the digit."""
        connection = sqlite3.connect(self._inventory)
        for column, true in (("service_id", self._truth.services), ("day_on", self._truth.days)):
            query = f"select {column}, sum(record_count) from observation group by 1"  # noqa: S608 - names of our own
            counted = dict(connection.execute(query))
            wrong = sorted(key for key in counted.keys() | true.keys() if counted.get(key, 0) != true[key])
            told = " ".join(("scan", *options))
            self.differences += [f"{told}: {key}: {counted.get(key, 0)}, not {true[key]}" for key in wrong]
        connection.close()

    @property
    def is_exact(self) -> bool:
        return not self.differences


def jobs(count: int) -> list[str]:
    """The option for a number of processes; empty where `scan` has none."""
    told = ask([console("shadowledger"), "scan", "--help"], capture_output=True, text=True, check=True)
    return ["--jobs", str(count)] if "--jobs" in told.stdout else []
