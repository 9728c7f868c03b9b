"""Fuzz every collector from its golden samples: `make fuzz`, `make fuzz SECONDS=240 SEED=7`.

What must hold of any input: a collector gives records, Ignored and Issues, and never raises; every record is accounted
for; what it gives can be printed; no line and no packet takes longer than WORST_LINE_S. The first input that breaks it
is kept in fuzz-found/. The same seed gives the same inputs in the same order."""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import cast

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / ".ns")]

import captures  # noqa: E402 - they lie beside this file
from mutations import mutated  # noqa: E402

from shadowledger.collectors.capture.captures import CAPTURE  # noqa: E402
from shadowledger.collectors.capture.engine import Engine  # noqa: E402
from shadowledger.collectors.collector import Collector  # noqa: E402
from shadowledger.collectors.reading import Reading, Settings  # noqa: E402
from shadowledger.collectors.records import Artifact, Ignored, Issue, Traffic  # noqa: E402
from shadowledger.collectors.registry import BY_ID, claims, layers_for  # noqa: E402
from shadowledger.collectors.sources import Opened  # noqa: E402
from shadowledger.collectors.telling import tell  # noqa: E402
from shadowledger.scanner.output import as_json  # noqa: E402
from shadowledger.signatures.index import Index  # noqa: E402
from shadowledger.signatures.load import load_catalogue  # noqa: E402
from shadowledger.signatures.wanted import Wanted  # noqa: E402

GOLDEN = HERE.parent / "golden"
FOUND = Path("fuzz-found")
WORST_LINE_S = 0.05
BIGGEST_SAMPLE_BYTES = 1 << 16
_SETTINGS = Settings(year=2026, log_format="%ts.%03tu %>a %rm %ru %>Hs")


class BrokenError(Exception):
    """A collector did what none may do; the message says what."""


def read(collector: Collector, data: bytes, wanted: Wanted | None) -> None:
    """Read bytes as a collector would. Raises BrokenError, or whatever the collector raised."""
    claims(data[: 1 << 16])
    with Opened("fuzz", io.BytesIO(data)) as opened:
        reading = Reading(opened, _SETTINGS, wanted, str.lower, layers_for(collector, opened.head))
        seen: set[int] = set()
        apart = 0
        last = 0
        for record in reading.records(collector):
            if not isinstance(record, Traffic | Artifact | Issue | Ignored):
                raise BrokenError(f"gave {record!r}")
            if record.position < 1:
                raise BrokenError(f"position {record.position}")
            as_json(tell(record)).encode()
            last = max(last, record.position)
            if isinstance(record, Issue | Ignored):
                apart += 1
            else:
                seen.add(record.position)
        given = len(seen) + apart + reading.ignored_count
        if wanted is None and collector.framing in ("line", "packets") and given < reading.record_count:
            raise BrokenError(f"{reading.record_count} records, and {given} are accounted for")


def slowest_line_s(collector: Collector, data: bytes) -> float:
    """The longest time that one line of the data takes, read alone; the best of three."""
    worst = 0.0
    for line in data.split(b"\n"):
        worst = max(worst, min(_timed(collector, line + b"\n") for _ in range(3)))
    return worst


def _timed(collector: Collector, data: bytes) -> float:
    with Opened("fuzz", io.BytesIO(data)) as opened:
        reading = Reading(opened, _SETTINGS, None, str.lower)
        start = time.process_time()
        for _ in collector.read(reading):
            pass
        return time.process_time() - start


def slowest_packet_s(data: bytes) -> float:
    """The longest time that one packet of a pcap takes; the best of three."""
    return max(map(min, zip(*(_timed_packets(data) for _ in range(3)), strict=True)), default=0.0)


def _timed_packets(data: bytes) -> list[float]:
    engine, taken, at = Engine(), [], 24
    while at + 16 <= len(data):
        size = int.from_bytes(data[at + 8 : at + 12], "little")
        start = time.process_time()
        engine.packet(1, 1, data, at + 16, min(at + 16 + size, len(data)))
        taken.append(time.process_time() - start)
        at += 16 + size
    return taken


def samples() -> list[tuple[Collector, bytes]]:
    """Golden samples by collector, in a fixed order."""
    found = []
    for path in sorted(GOLDEN.glob("*/*")):
        is_sample = path.suffix not in (".jsonl", ".settings", ".json5", ".py") or path.name.endswith(".in.jsonl")
        if path.is_file() and is_sample and path.parent.name in BY_ID:
            found.append((BY_ID[path.parent.name], path.read_bytes()[:BIGGEST_SAMPLE_BYTES]))
    return found + [(CAPTURE, data) for data in captures.samples()]


def main(seconds: float, seed: int, only: str) -> int:
    corpus = [(one, data) for one, data in samples() if not only or one.id.startswith(only)]
    wanted = Index(load_catalogue()[0]).wanted
    random, counts, until = Random(seed), Counter[str](), time.monotonic() + seconds  # noqa: S311 - no secret
    while time.monotonic() < until:
        for collector, sample in corpus:
            is_talk = collector is CAPTURE and random.random() < 0.5
            data = captures.conversation(random) if is_talk else mutated(sample, random)
            counts[collector.id] += 1
            try:
                start = time.process_time()
                read(collector, data, wanted if random.random() < 0.3 else None)
                taken = time.process_time() - start
                if (
                    taken > 4 * WORST_LINE_S
                    and collector.framing == "line"
                    and ((worst := slowest_line_s(collector, data)) > WORST_LINE_S)
                ):
                    raise BrokenError(f"a line took {worst * 1000:.0f} ms")
                if is_talk and taken > WORST_LINE_S and (worst := slowest_packet_s(data)) > WORST_LINE_S:
                    raise BrokenError(f"a packet took {worst * 1000:.0f} ms")
            except Exception as error:  # noqa: BLE001 - whatever it is, it is what this looks for
                return _report(collector, data, seed, cast(Exception, error))
            if time.monotonic() > until:
                break
    print(f"{sum(counts.values())} inputs to {len(counts)} collectors in {seconds:.0f} s, seed {seed}: nothing broke")
    return 0


def _report(collector: Collector, data: bytes, seed: int, error: Exception) -> int:
    FOUND.mkdir(exist_ok=True)
    path = FOUND / f"{collector.id}-{seed}.bin"
    path.write_bytes(data)
    print(f"{collector.id}: {type(error).__name__}: {error}\nThe input is {path}.")
    if not isinstance(error, BrokenError):
        raise error
    return 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="the beginning of a collector's id")
    told = parser.parse_args()
    sys.exit(main(told.seconds, told.seed, told.only))
