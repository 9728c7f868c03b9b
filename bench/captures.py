"""Two captures of two million packets, a resolver's and a gateway's, read whole beside tshark and nDPI.

`all_names` is `collect`, every name written, as tshark is asked to; `ai_only` is `scan`, hits stored. CPU seconds of
whole processes on one core, children counted; all take turns, and a ratio is the median over the turns."""

from __future__ import annotations

import hashlib
import os
import shutil
import statistics
import subprocess
from collections import Counter
from pathlib import Path

import capture_live
import capture_traffic
import msgspec
from capture_traffic import Truth
from costs import Cost, console, run
from scans import Scans, jobs

PACKETS = int(os.environ.get("BENCH_PACKETS", "2000000"))
PAIRS = int(os.environ.get("BENCH_PAIRS", "3"))
_FIELDS = (
    "frame.number",
    "frame.time_epoch",
    "ip.src",
    "ipv6.src",
    "dns.qry.name",
    "tls.handshake.extensions_server_name",
)
_TSHARK_MISSING = "tshark is missing: apt-get install tshark"
_NDPI_MISSING = "ndpiReader is missing: apt-get install libndpi-bin"


def measure(folder: Path) -> dict[str, object]:
    """By capture what it takes beside each rival, whether it is exact, and the most memory."""
    told: dict[str, object] = {}
    for kind in ("dns", "mixed"):
        path = folder / f"{kind}.pcap"
        truth = capture_traffic.write(path, kind, PACKETS)
        told[kind] = _input(path, truth) | _exactness(path, truth) | _beside_rivals(path, truth)
        if kind == "dns":
            told |= capture_live.measure(path)
        path.unlink()
    return {"captures": told}


def _input(path: Path, truth: Truth) -> dict[str, object]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    size_mb = round(path.stat().st_size / 1e6)
    names, hits = truth.names.total(), truth.services.total()
    return {"packets": PACKETS, "input_sha256": digest, "input_mb": size_mb, "names": names, "hits": hits}


def _exactness(path: Path, truth: Truth) -> dict[str, object]:
    """How many of the names are told, and how many that nobody asked for, by client and name."""
    found: Counter[tuple[str, str]] = Counter()
    decode = msgspec.json.Decoder().decode
    with subprocess.Popen(_collect(path), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None  # noqa: S101 - for the reader: it was asked for
        for line in process.stdout:
            told = decode(line)
            if "host" in told:
                found[told.get("client", ""), told["host"]] += 1
    recall = (truth.names & found).total() / truth.names.total()
    return {"recall": round(recall, 6), "wrong": (found - truth.names).total()}


def _beside_rivals(path: Path, truth: Truth) -> dict[str, object]:
    """Ours and every rival that is there, in turns."""
    rivals, scans = _rivals(path), Scans(path, truth)
    costs: dict[str, list[Cost]] = {name: [] for name in ("all_names", "ai_only", *rivals)}
    for _ in range(PAIRS):
        costs["all_names"].append(run(_collect(path)))
        costs["ai_only"].append(scans.run(*jobs(1)))
        for name, command in rivals.items():
            costs[name].append(run(command))
    told: dict[str, object] = {}
    for ours in ("all_names", "ai_only"):
        cpu_s = _median(costs[ours])
        found: dict[str, object] = {"cpu_s": round(cpu_s, 2), "packets_per_s": round(PACKETS / cpu_s)}
        found["speedup_tshark"] = _speedup(costs[ours], costs.get("tshark")) or _TSHARK_MISSING
        if ours == "ai_only":
            found["speedup_ndpi"] = _speedup(costs[ours], costs.get("ndpi")) or _NDPI_MISSING
            found["exact"] = int(scans.is_exact)
        told[ours] = found
    for name in rivals:
        told[f"{name}_cpu_s"] = round(_median(costs[name]), 2)
        told[f"{name}_peak_mb"] = round(max(cost.peak_mb for cost in costs[name]))
    told["peak_extra_mb"] = round(max(cost.peak_mb for ours in ("all_names", "ai_only") for cost in costs[ours]))
    return told | ({"differences": scans.differences[:20]} if scans.differences else {})


def _collect(path: Path) -> list[str]:
    return [console("shadowledger"), "collect", str(path), "--format", "jsonl"]


def _rivals(path: Path) -> dict[str, list[str]]:
    """The commands of those that are there; each writes the names that it finds."""
    found = {}
    if tshark := shutil.which("tshark"):
        fields = [word for field in _FIELDS for word in ("-e", field)]
        found["tshark"] = [tshark, "-n", "-r", str(path), "-T", "fields", *fields]
    if ndpi := shutil.which("ndpiReader"):
        found["ndpi"] = [ndpi, "-q", "-i", str(path), "-C", str(path.with_suffix(".csv"))]
    return found


def _median(costs: list[Cost]) -> float:
    return statistics.median(cost.cpu_s for cost in costs)


def _speedup(ours: list[Cost], theirs: list[Cost] | None) -> float | None:
    if theirs is None:
        return None
    return round(statistics.median(other.cpu_s / one.cpu_s for one, other in zip(ours, theirs, strict=True)), 2)
