"""kill -9 at any moment loses nothing, doubles nothing, and leaves nothing to repair. `make soak` is the long form."""

from __future__ import annotations

import resource
import signal
from pathlib import Path
from random import Random

import pytest
from forked import Forked
from growing import Growing
from held import held
from kills import MOMENTS, Campaign, expect, sound

KILLS = 100
SEED = 1


def test_scans_killed_at_random_moments_amount_to_the_truth(
    tmp_path: Path, record_property: pytest.RecordProperty
) -> None:
    campaign = Campaign(tmp_path, SEED)
    campaign.kill(KILLS)
    record_property("moments", dict(campaign.moments))
    print(dict(campaign.moments))
    assert set(+campaign.moments) == set(MOMENTS), "the kills were not spread over a run"


def limit_files(most_bytes: int) -> None:
    """From here on the system ends this process, as hard as kill -9 does, in the write that makes a file longer
    (https://man7.org/linux/man-pages/man2/getrlimit.2.html)."""
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))


def test_a_process_that_ends_in_the_middle_of_a_write_harms_nothing(tmp_path: Path) -> None:
    rng = Random(SEED)  # noqa: S311 - repeatable
    logs = Growing(tmp_path / "logs", rng, 2000)
    logs.finish()
    whole = tmp_path / "whole" / "inventory.db"
    grown = Forked("scan", logs.folder, db=whole, first=lambda: limit_files(1 << 30)).wait()
    assert grown.code == 0, grown
    stored = set()
    for number in range(12):
        db = tmp_path / str(number) / "inventory.db"
        limit = rng.randrange(1 << 10, 2 * whole.stat().st_size)
        done = Forked("scan", logs.folder, db=db, first=lambda limit=limit: limit_files(limit)).wait()
        assert done.code in (0, -signal.SIGXFSZ), done
        state = held(db)
        sound(state)
        stored.add(len(state.sources))
        assert Forked("scan", logs.folder, db=db).wait().code == 0
        expect(held(db), logs)
    assert stored > {0}, "no write was cut behind a stored source"
