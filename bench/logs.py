"""Squid's log, the whole job (scan, match, fold, store) beside `rg -F -i -f`, which only filters.

CPU seconds of whole processes, children counted; the two take turns, and the ratio is the median over the pairs."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import generate

LINES = int(os.environ.get("BENCH_LINES", "5000000"))
PAIRS = int(os.environ.get("BENCH_PAIRS", "5"))
GOAL_LINES_A_SECOND = 400_000
GOAL_PEAK_MB = 150
HELP_RUNS = 9


class Cost(NamedTuple):
    """What a process took."""

    cpu_s: float
    peak_mb: float


def run(command: list[str]) -> Cost:
    """Run a command to its end on one core, its output thrown away."""
    pinned = ["taskset", "-c", "0", *command] if shutil.which("taskset") else command
    process = subprocess.Popen(pinned, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None  # noqa: S101 - for the reader: it was asked for
    while process.stdout.read(1 << 20):  # a program that knows its output goes nowhere stops early
        pass
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (
        0,
        1,
        3,
    ):  # 1: ripgrep found nothing; 3: some lines are no records, as in the golden ones
        raise SystemExit(f"{command[0]} failed")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def measure(folder: Path) -> dict[str, object]:
    """Squid lines a second, peak memory, exactness, the ratio to ripgrep, and what `--help` takes."""
    log, inventory, names = folder / "squid.log", folder / "inventory.db", folder / "names.txt"
    truth = generate.write(log, LINES)
    names.write_text("".join(f"{host}\n" for host, _ in generate.ai_hosts()))
    ours_command = [console("shadowledger"), "--db", str(inventory), "scan", str(log)]
    theirs_command = ["rg", "--no-config", "-F", "-i", "-N", "-f", str(names), str(log)]
    has_rival = shutil.which("rg") is not None
    ours, theirs = [], []
    for _ in range(PAIRS):
        for path in folder.glob("inventory*"):
            path.unlink()
        ours.append(run(ours_command))
        if has_rival:
            theirs.append(run(theirs_command))
    cpu_s = statistics.median(cost.cpu_s for cost in ours)
    told: dict[str, object] = {
        "lines": LINES,
        "input_sha256": _sha256(log),
        "input_mb": round(log.stat().st_size / 1e6),
        "hits": sum(truth.values()),
        "exact": int(_counted(inventory) == truth),
        "cpu_s": round(cpu_s, 2),
        "lines_per_s": round(LINES / cpu_s),
        "goal_lines_per_s": GOAL_LINES_A_SECOND,
        "peak_mb": round(max(cost.peak_mb for cost in ours)),
        "goal_peak_mb": GOAL_PEAK_MB,
        "help_ms": _help_ms(),
    }
    if has_rival:
        ratios = [one.cpu_s / other.cpu_s for one, other in zip(ours, theirs, strict=True)]
        told["rg_cpu_s"] = round(statistics.median(cost.cpu_s for cost in theirs), 2)
        told["time_ratio_rg"] = round(statistics.median(ratios), 2)
    else:
        told["time_ratio_rg"] = "ripgrep is missing: apt-get install ripgrep"
    return {"squid": told}


def _counted(inventory: Path) -> dict[str, int]:
    connection = sqlite3.connect(inventory)
    rows = connection.execute("select service_id, sum(record_count) from observation group by 1").fetchall()
    connection.close()
    return dict(rows)


def _help_ms() -> int:
    """Wall milliseconds of `shadowledger --help`, the median of several."""
    taken = []
    for _ in range(HELP_RUNS):
        start = time.perf_counter()
        run([console("shadowledger"), "--help"])
        taken.append(time.perf_counter() - start)
    return round(statistics.median(taken) * 1000)


def console(name: str) -> str:
    """The path of a command of this environment."""
    return str(Path(sys.executable).with_name(name))


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
