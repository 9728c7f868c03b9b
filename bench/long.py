"""Whether memory grows with the input: one log of BENCH_LONG_GB, the same kind of lines on one day after the other."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from subprocess import DEVNULL

import generate
import psutil
from generate import Truth
from scans import Scans, jobs

LONG_GB = float(os.environ.get("BENCH_LONG_GB", "0"))
LINES_A_DAY = 5_000_000
FIRST_BYTES = 100_000_000
"""What a process may take to come to its size."""
_PAUSE_S = 0.2


def measure(folder: Path, layout: str) -> dict[str, object]:
    """Megabytes that a process grows by after its first FIRST_BYTES; nothing where no long log was asked for."""
    if not LONG_GB:
        return {}
    log = folder / f"long-{layout}.log"
    scans = Scans(log, _write(log, layout))
    grown: dict[int, int] = {}
    start: dict[int, int] = {}
    peak = 0
    with psutil.Popen(scans.command(*jobs(1)), stdout=DEVNULL) as process:
        while process.poll() is None:
            for pid, read_bytes, held_bytes in _processes(process):
                peak = max(peak, held_bytes)
                if read_bytes >= FIRST_BYTES:
                    grown[pid] = max(grown.get(pid, 0), held_bytes - start.setdefault(pid, held_bytes))
            time.sleep(_PAUSE_S)
    if process.returncode:
        raise SystemExit(f"The scan of {log} failed.")
    scans.compare()
    size_gb = round(log.stat().st_size / 1e9, 1)
    log.unlink()
    told = {"long_gb": size_gb, "long_peak_mb": round(peak / 2**20), "long_exact": int(scans.is_exact)}
    return {"growth_mb": round(max(grown.values()) / 2**20) if grown else "too short to tell", **told}


def _write(log: Path, layout: str) -> Truth:
    truth = Truth(Counter(), Counter())
    day = 0
    while day == 0 or log.stat().st_size < LONG_GB * 1e9:
        # Two midnights apart, so that a day is never begun by one and ended by another.
        some = generate.write(log, layout, LINES_A_DAY, day=2 * day, seed=day + 1, mode="a" if day else "w")
        truth.services.update(some.services)
        truth.days.update(some.days)
        day += 1
    return truth


def _processes(top: psutil.Process) -> Iterator[tuple[int, int, int]]:
    """Of a process and its descendants: number, bytes read, bytes held."""
    try:
        family = [top, *top.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for one in family:
        try:
            yield one.pid, one.io_counters().read_chars, one.memory_info().rss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
