"""Every line format on the whole job (scan, match, fold, store), one core, 3 % hits, without any prefilter.

The lines are the golden ones of each collector under their first header, over and over, with other hosts in them; a
format whose hosts cannot be written by replacing text (a label's length stands before it) keeps its few. CPU seconds of
the whole process, less those of a scan of one line."""

from __future__ import annotations

import os
import re
from itertools import cycle, islice
from pathlib import Path
from random import Random

from costs import Cost, console, run

from shadowledger.collectors.collector import Collector
from shadowledger.collectors.engines.unwanted import authority_of
from shadowledger.collectors.reading import Reading, Settings
from shadowledger.collectors.records import Traffic
from shadowledger.collectors.registry import COLLECTORS, layers_for
from shadowledger.collectors.sources import open_source
from shadowledger.signatures.index import Index
from shadowledger.signatures.load import load_catalogue
from shadowledger.signatures.unknown import is_ai_label

LINES = int(os.environ.get("BENCH_FORMAT_LINES", "400000"))
GOAL_LINES_A_SECOND = 150_000
GOALS = {"squid_native": 600_000, "bind_query": 600_000}
HIT_SHARE = 0.03
HOSTS = 20_000
_INDEX = Index(load_catalogue()[0])
ORDINARY = {"cisco_meraki": "urls.log", "panos_cef": "template.log", "proxysg": "main_header_that_lies.log"}
"""The golden logs of what the products write by themselves, where the first shows what a relay or a missing header made
of it."""
GOLDEN = Path(__file__).parent.parent / "tests" / "golden"


def measure(folder: Path) -> dict[str, object]:
    """Lines a second by format, and which are below their goal."""
    told: dict[str, object] = {}
    slow = []
    for collector in COLLECTORS:
        log, small = folder / f"{collector.id}.log", folder / "small.log"
        if not _write(collector, log, small):
            continue
        base, whole = (_scan(folder, collector, path) for path in (small, log))
        if whole.cpu_s < 1.2 * base.cpu_s:  # its start-up would be what is measured
            told[collector.id] = "too few lines to tell"
            continue
        speed = round(LINES / (whole.cpu_s - base.cpu_s))
        goal = GOALS.get(collector.id, GOAL_LINES_A_SECOND)
        told[collector.id] = speed
        if speed < goal:
            slow.append(f"{collector.id} {speed} < {goal}")
        log.unlink()
    return {"formats": {"lines_per_s": dict(sorted(told.items())), "below_goal": slow}}


def _scan(folder: Path, collector: Collector, log: Path) -> Cost:
    for path in folder.glob("inventory*"):
        path.unlink()
    inventory = str(folder / "inventory.db")
    return run(
        [
            console("shadowledger"),
            "--db",
            inventory,
            "scan",
            str(log),
            "--no-prefilter",
            "--collector",
            collector.id,
            "--year",
            "2026",
        ]
    )


def _write(collector: Collector, log: Path, small: Path) -> bool:
    """LINES lines of a format, and one line of it; False where it has no golden lines that name a host."""
    if collector.framing not in ("line", "csv") or collector.check(Settings()):
        return False
    for sample in sorted(GOLDEN.glob(f"{collector.id}/{ORDINARY.get(collector.id, '*')}")):
        head, templates = _templates(collector, sample)
        if templates:
            random = Random(7)  # noqa: S311 - the same lines each time
            hosts = [f"h{number}.example{number % 997}.com" for number in range(HOSTS)]
            with log.open("w", encoding="utf-8") as file:
                file.writelines(head)
                for line, host in islice(cycle(templates), LINES):
                    rank = int(random.paretovariate(0.6))
                    name = "chatgpt.com" if random.random() < HIT_SHARE else hosts[min(rank, HOSTS - 1)]
                    file.write(re.sub(re.escape(host), name, line, flags=re.IGNORECASE))
            small.write_text("".join([*head, templates[0][0]]), encoding="utf-8")
            return True
    return False


def _templates(collector: Collector, sample: Path) -> tuple[list[str], list[tuple[str, str]]]:
    """What stands before the first record, and the lines that name a host, with the host."""
    if sample.suffix in (".jsonl", ".settings") and not sample.name.endswith(".in.jsonl"):
        return [], []
    with open_source(sample) as opened:
        layers = layers_for(collector, opened.head)
        if not layers.are_lines or layers.wrappers:
            return [], []
        reading = Reading(opened, Settings(year=2026), layers=layers)
        found = {one.position: one for one in reading.records(collector) if isinstance(one, Traffic) and _is_quiet(one)}
    lines = sample.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
    if not found or not lines:
        return [], []
    offset = _data_offset(collector, lines, found)
    if offset is None:
        return [], []
    numbered = {number + offset: one for number, one in found.items()}
    first = min(numbered) - 1
    last = next((n for n, line in enumerate(lines) if n > first and line.startswith("#")), len(lines))
    return lines[:first], [(_unlabelled(lines[n - 1], one), one.host) for n, one in numbered.items() if n <= last]


def _unlabelled(line: str, record: Traffic) -> str:
    """The line, called something else where its gateway calls it AI: that alone would make each a candidate."""
    for label in (record.app_label, record.category_label):
        if label and is_ai_label(label):
            line = line.replace(label, "Business and Economy")
    return line.rstrip("\n") + "\n"


def _is_quiet(record: Traffic) -> bool:
    """Whether nothing but its host can make a record a hit: no API's path, no SDK, no program."""
    wanted = _INDEX.wanted
    asked = record.path, record.method, record.port, record.user_agent, record.question_type
    is_asked_each_time = authority_of(record.path, frozenset(wanted.api_words)) is None
    is_program = bool(record.process) and wanted.program(record.process)
    return not is_asked_each_time and not is_program and not wanted("h1.example1.com", *asked)


def _data_offset(collector: Collector, lines: list[str], found: dict[int, Traffic]) -> int | None:
    """How far physical lines run before the numbers of records: of tables, the lines up to the header."""
    if collector.framing == "line":
        return 0
    first = min(found)
    for offset in range(1, len(lines)):
        if first + offset <= len(lines) and found[first].host.lower() in lines[first + offset - 1].lower():
            return offset
    return None
