"""How fast a packed log is read: bytes unpacked by `collectors.sources` per CPU second, on one core.

`python gz.py LOG.gz` prints bytes and CPU seconds as JSON."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from costs import run_told

from shadowledger.collectors.sources import open_source

PAIRS = int(os.environ.get("BENCH_PAIRS", "5"))


def measure(log: Path) -> dict[str, object]:
    """Raw megabytes a CPU second of a log as gzip packs it."""
    packed = log.with_name(f"{log.name}.gz")
    subprocess.run(["gzip", "--keep", "--force", str(log)], check=True)
    speeds = []
    for _ in range(PAIRS):
        read = json.loads(run_told([sys.executable, __file__, str(packed)])[1])
        speeds.append(read["bytes"] / 1e6 / read["cpu_s"])
    size = packed.stat().st_size
    packed.unlink()
    return {"mb_per_s": round(statistics.median(speeds)), "ratio": round(log.stat().st_size / size, 2)}


def read(path: Path) -> dict[str, float]:
    """Read a file to its end."""
    start = time.process_time()
    with open_source(path) as opened:
        size = sum(map(len, opened.chunks()))
    return {"bytes": size, "cpu_s": time.process_time() - start}


if __name__ == "__main__":
    print(json.dumps(read(Path(sys.argv[1]))))
