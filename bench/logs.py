"""Three formats, the whole job (scan, match, fold, store), beside what only filters and what only aggregates.

Ripgrep filters by the same suffixes; Polars and DuckDB answer the same question in one query, each on one thread. CPU
seconds of whole processes, children counted; all take turns, and a ratio is the median over the turns."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import statistics
import sys
from collections.abc import Iterable
from pathlib import Path

import generate
import gz
import long
from costs import Cost, console, run, run_told
from generate import Truth
from layouts import LAYOUTS
from scans import Scans, jobs

LINES = int(os.environ.get("BENCH_LINES", "5000000"))
PAIRS = int(os.environ.get("BENCH_PAIRS", "5"))
FORMATS = os.environ.get("BENCH_FORMATS", "squid,csv,zeek_json").split(",")
HELP_RUNS = 9
_RIVALS = Path(__file__).parent / "rivals"
_MISSING = {
    "rg": "ripgrep is missing: apt-get install ripgrep",
    "polars": "polars is missing: pip install 'shadowledger[bench]'",
    "duckdb": "duckdb is missing: pip install 'shadowledger[bench]'",
}


def measure(folder: Path) -> dict[str, object]:
    """By format what it takes beside each rival, and whether it is exact; of Squid also what the prefilter saves and
    how fast gzip is unpacked."""
    if strange := set(FORMATS) - LAYOUTS.keys():
        raise SystemExit(f"BENCH_FORMATS: there is no {', '.join(strange)}; there are {', '.join(LAYOUTS)}.")
    (folder / "names.txt").write_text("".join(f"{host}\n" for host, _ in generate.ai_hosts()))
    (folder / "suffixes.tsv").write_text("".join(f"{host}\t{service}\n" for host, service in generate.ai_hosts()))
    told: dict[str, object] = {}
    others: dict[str, object] = {}
    for layout in FORMATS:
        log = folder / f"{layout}.log"
        truth = generate.write(log, layout, LINES)
        scans = Scans(log, truth)
        found = _input(log, truth) | _beside_rivals(layout, log, scans, truth) | _two_processes(scans)
        if layout == "squid":
            others = {"plain": _plain(scans), "gz": gz.measure(log)}
            found["help_ms"] = _help_ms()
        log.unlink()
        found |= {"peak_mb": round(scans.peak_mb), "exact": int(scans.is_exact)}
        found |= {"differences": scans.differences[:20]} if scans.differences else {}
        told[layout] = found | long.measure(folder, layout)
    return {"logs": told, **others}


def _input(log: Path, truth: Truth) -> dict[str, object]:
    with log.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    size_mb = round(log.stat().st_size / 1e6)
    return {"lines": LINES, "input_sha256": digest, "input_mb": size_mb, "hits": truth.services.total()}


def _beside_rivals(layout: str, log: Path, scans: Scans, truth: Truth) -> dict[str, object]:
    """Ours and every rival that is there, in turns."""
    rivals = _rivals(layout, log)
    alone = jobs(1)
    ours: list[Cost] = []
    theirs: dict[str, list[Cost]] = {name: [] for name in rivals}
    told: dict[str, object] = {}
    for _ in range(PAIRS):
        ours.append(scans.run(*alone))
        for name, command in rivals.items():
            cost, printed = run_told(command)
            theirs[name].append(cost)
            if name != "rg":
                told[f"{name}_exact"] = int(json.loads(printed) == truth.services)
    cpu_s = statistics.median(cost.cpu_s for cost in ours)
    told |= {"cpu_s": round(cpu_s, 2), "lines_per_s": round(LINES / cpu_s)}
    told["mb_per_s"] = round(log.stat().st_size / 1e6 / cpu_s)
    for name, missing in _MISSING.items():
        if name in theirs:
            told[f"{name}_cpu_s"] = round(statistics.median(cost.cpu_s for cost in theirs[name]), 2)
            told[f"{name}_peak_mb"] = round(max(cost.peak_mb for cost in theirs[name]))
        told[f"time_ratio_{name}"] = _ratio(ours, theirs[name]) if name in theirs else missing
    return told


def _rivals(layout: str, log: Path) -> dict[str, list[str]]:
    """The commands of those that are there."""
    names, suffixes = str(log.with_name("names.txt")), str(log.with_name("suffixes.tsv"))
    found = {}
    if shutil.which("rg"):
        found["rg"] = ["rg", "--no-config", "-F", "-i", "-N", "-f", names, str(log)]
    for name in ("polars", "duckdb"):
        if importlib.util.find_spec(name):
            found[name] = [sys.executable, str(_RIVALS / f"in_{name}.py"), layout, str(log), suffixes]
    return found


def _ratio(ours: Iterable[Cost], theirs: Iterable[Cost]) -> float:
    return round(statistics.median(one.cpu_s / other.cpu_s for one, other in zip(ours, theirs, strict=True)), 2)


def _two_processes(scans: Scans) -> dict[str, object]:
    """How much sooner two processes are done than one, on all cores."""
    if not jobs(2):
        return {"speedup_two_processes": "`scan` has no --jobs"}
    ratios = []
    for _ in range(PAIRS):
        one, two = (scans.run(*jobs(count), is_pinned=False) for count in (1, 2))
        ratios.append(one.wall_s / two.wall_s)
    return {"speedup_two_processes": round(statistics.median(ratios), 2)}


def _plain(scans: Scans) -> dict[str, object]:
    """How much longer it takes where every line is read."""
    alone = jobs(1)
    plain, fast = [], []
    for _ in range(PAIRS):
        plain.append(scans.run("--no-prefilter", *alone))
        fast.append(scans.run(*alone))
    cpu_s = statistics.median(cost.cpu_s for cost in plain)
    return {"cpu_s": round(cpu_s, 2), "lines_per_s": round(LINES / cpu_s), "time_ratio_fast": _ratio(plain, fast)}


def _help_ms() -> int:
    """Wall milliseconds of `shadowledger --help`, the median of several."""
    taken = [run([console("shadowledger"), "--help"]).wall_s for _ in range(HELP_RUNS)]
    return round(statistics.median(taken) * 1000)
