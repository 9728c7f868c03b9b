"""Kill scans at random moments for as long as is wanted: `make soak`, `make soak KILLS=1000 SEED=7`.

What a folder holds and how it grows follows from the seed; when a kill falls follows from it and from how fast the
machine is. What broke is kept in the folder that is named."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent.parent / ".ns")]

from forked import get_ready  # noqa: E402 - it lies beside this file
from kills import Campaign  # noqa: E402

SHOWN_EVERY = 100


def main() -> None:
    """Kill, and say now and then where the kills fell."""
    parser = argparse.ArgumentParser(prog="make soak")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="shadowledger-soak-"))
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    print(f"seed {told.seed}, in {folder}", flush=True)
    get_ready(folder)
    campaign = Campaign(folder, told.seed)
    for kills in (*range(SHOWN_EVERY, told.kills, SHOWN_EVERY), told.kills):
        campaign.kill(kills)
        moments = ", ".join(f"{count} {moment}" for moment, count in sorted(campaign.moments.items()))
        print(f"{campaign.moments.total()} kills harmed nothing: {moments}", flush=True)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
