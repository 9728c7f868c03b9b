"""Ctrl-C at any moment is told as such, leaves nothing half, and nothing running."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from random import Random

import pytest
from commands import Done
from forked import Forked
from growing import Growing, a_log
from held import held
from kills import expect, sound

MOMENTS = 24
DEADLINE_S = 10
"""For what takes a second."""


def test_ctrl_c_at_random_moments_leaves_nothing_half(tmp_path: Path) -> None:
    rng = Random(7)  # noqa: S311 - repeatable
    logs = Growing(tmp_path / "logs", rng, 3000)
    logs.finish()
    began = time.monotonic()
    assert Forked("scan", logs.folder, db=tmp_path / "whole" / "inventory.db").wait().code == 0
    took_s = time.monotonic() - began
    stored = set()
    for number in range(MOMENTS):
        db = tmp_path / str(number // 4) / "inventory.db"
        running = Forked("scan", logs.folder, db=db)
        if not running.ends_within(rng.uniform(0, took_s)):
            running.send(signal.SIGINT)
        done = running.wait()
        assert done.code in (0, 130), done
        if done.code:
            assert (done.stdout, done.stderr.strip()) == ("", "Stopped.")
        state = held(db)
        sound(state)
        stored.add(len(state.sources))
    assert {0, 4} < stored, "none was interrupted between two sources"
    for number in range(MOMENTS // 4):
        db = tmp_path / str(number) / "inventory.db"
        assert Forked("scan", logs.folder, db=db).wait().code == 0
        expect(held(db), logs)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log that a process of its own reads, and that gives more than fits into a pipe."""
    path = tmp_path_factory.mktemp("large") / "large.log"
    path.write_bytes(a_log(Random(8), 48_000, 0, users=3000)[0])  # noqa: S311 - repeatable
    assert path.stat().st_size > 4 << 20
    return path


def at_the_first_fork(number: signal.Signals, log: Path, db: Path) -> tuple[bool, Done]:
    """A scan that gets a signal when it has just begun the process that reads the log: whether it and that process
    ended by then, and what it said."""

    def begin() -> None:
        os.register_at_fork(after_in_parent=lambda: os.kill(os.getpid(), number))

    running = Forked("scan", log, "--jobs", "2", db=db, first=begin)
    is_over = running.ends_within(DEADLINE_S)
    running.sweep()
    return is_over, running.wait()


def test_nothing_goes_on_when_a_scan_was_killed(large: Path, tmp_path: Path) -> None:
    assert at_the_first_fork(signal.SIGKILL, large, tmp_path / "inventory.db")[0]


def test_ctrl_c_while_a_process_is_begun_stops_the_scan(large: Path, tmp_path: Path) -> None:
    _, done = at_the_first_fork(signal.SIGINT, large, tmp_path / "inventory.db")
    assert (done.code, done.stdout, done.stderr.strip()) == (130, "", "Stopped.")
