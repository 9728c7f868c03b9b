"""Scans of growing folders, killed at random moments and started again until they are done."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections import Counter
from pathlib import Path
from random import Random

from forked import Forked
from growing import Growing
from held import Held, held

LINES = 4000
LARGE_LINES = 45_000
"""So many are over 4 MiB, which processes of their own read."""
ONE_LARGE_IN = 8
ROUNDS = 3
RESCANS = 2
_EARLY = 0.2
"""The share of kills that may fall where a process has only begun."""
MOMENTS = BEFORE, READING, BETWEEN, AFTER, REPLACING = (
    "before the run began",
    "before anything was stored",
    "between two sources",
    "after all was stored",
    "in a rescan",
)


class Campaign:
    """So many kills, spread over as many folders as that takes. Raises AssertionError at the first that harms."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.moments: Counter[str] = Counter()
        """Where the kills fell."""
        self._folder = folder
        self._seed = seed
        self._number = 0
        self._spans_s = {first_lines: self._measured(first_lines) for first_lines in (0, LARGE_LINES)}

    def _measured(self, first_lines: int) -> tuple[float, float]:
        """How long a scan takes in which all is known, and one in which all is new."""
        folder = self._folder / f"{first_lines}"
        logs = Growing(folder / "logs", Random(self._seed), LINES, first_lines)  # noqa: S311 - repeatable
        logs.finish()
        took = []
        for _ in range(2):
            began = time.monotonic()
            done = Forked("scan", logs.folder, db=folder / "inventory.db").wait()
            took.append(time.monotonic() - began)
            assert done.code == 0, done
        return min(took), max(took)

    def kill(self, kills: int) -> None:
        """Go on until at least so many processes were killed, and some at each of the moments: where a machine is slow
        to begin, up to four times as many."""
        while self.moments.total() < kills or (len(+self.moments) < len(MOMENTS) and self.moments.total() < 4 * kills):
            self._number += 1
            name = f"{self._seed}-{self._number}"
            self._one_folder(self._folder / name, Random(name))  # noqa: S311 - repeatable
            shutil.rmtree(self._folder / name)

    def _one_folder(self, folder: Path, rng: Random) -> None:
        first_lines = LARGE_LINES if self._number % ONE_LARGE_IN == 1 else 0
        self._span_s = self._spans_s[first_lines]
        logs = Growing(folder / "logs", rng, LINES, first_lines)
        db = folder / "inventory.db"
        for number in range(ROUNDS):
            logs.grow() if number < ROUNDS - 1 else logs.finish()
            self._scan_until_done(rng, db, logs)
        expect(held(db), logs)
        for _ in range(RESCANS):
            self.moments[REPLACING] += self._killed(rng, db, 0, "sources", "rescan", "--all")
            expect(held(db), logs)
        done = Forked("scan", logs.folder, "--format", "json", db=db).wait()
        assert (done.code, {one["standing"] for one in done.json["sources"]}) == (0, {"known"}), done
        expect(held(db), logs)

    def _scan_until_done(self, rng: Random, db: Path, logs: Growing) -> None:
        before, attempts = held(db), 0
        while self._killed(rng, db, attempts, "scan", str(logs.folder)):
            attempts += 1
            after = held(db)
            moment = _moment(before, after)
            self.moments[moment] += 1
            sound(after)
            assert sum(after.records) >= sum(before.records), (before, after)
            before = after

    def _killed(self, rng: Random, db: Path, attempts: int, *words: str) -> bool:
        """Run the program; False where it came to its end before it was killed. The more often it was, the longer it
        is left. Some runs have nobody who reads what they say, and wait for that with everything stored."""
        running = Forked(*words, db=db, first=nobody_reads if rng.random() < 0.25 else None)
        shortest_s, longest_s = self._span_s
        earliest_s = 0 if rng.random() < _EARLY else shortest_s / 2
        if not running.ends_within(rng.uniform(earliest_s, longest_s * max(1, attempts / 8))):
            running.send(signal.SIGKILL)
        done = running.wait()
        running.sweep()
        assert done.code in (0, -signal.SIGKILL), done
        return done.code != 0


def nobody_reads() -> None:
    """Make standard output a pipe that is full."""
    _, full = os.pipe()
    os.set_blocking(full, False)
    try:
        while os.write(full, bytes(1 << 16)):
            pass
    except BlockingIOError:
        os.set_blocking(full, True)
    os.dup2(full, 1)


def sound(state: Held) -> None:
    """What must hold at every moment: both databases are whole, all adds up, nothing is half there, and everybody has
    a name."""
    assert not state.ailments
    assert state.hits == sum(hits for _, hits, _ in state.sources), state
    assert not any(unaccounted for *_, unaccounted in state.sources), state
    assert state.nameless == 0


def expect(state: Held, logs: Growing) -> None:
    """What must hold where all is read: every number is the true one."""
    sound(state)
    read, there = (sum(state.records), len(state.sources)), (logs.line_count, len(logs.names))
    assert read == there, state.sources
    assert state.facts == logs.truth


def _moment(before: Held, after: Held) -> str:
    if len(after.runs) == len(before.runs):
        return BEFORE
    if after.runs[-1] != "running":
        return AFTER
    return BETWEEN if after.records != before.records else READING
