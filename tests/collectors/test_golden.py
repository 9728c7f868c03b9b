"""Every collector has samples; each sample is claimed by its collector alone and gives what was recorded.

`make golden` writes the recordings anew: read the difference before you commit it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from shadowledger.collectors.collector import Collector
from shadowledger.collectors.reading import Reading, Settings
from shadowledger.collectors.records import Ignored, Issue
from shadowledger.collectors.registry import BY_ID, COLLECTORS, claims, layers_for
from shadowledger.collectors.sources import open_source
from shadowledger.collectors.telling import tell
from shadowledger.signatures.index import Index
from shadowledger.signatures.load import load_catalogue

GOLDEN = Path(__file__).parent.parent / "golden"
FILE_TIME = 1_763_892_000  # 2025-11-23 10:00:00 UTC
SAMPLES = sorted(
    path
    for folder in GOLDEN.iterdir()
    if folder.is_dir()
    for path in folder.iterdir()
    if path.suffix not in (".jsonl", ".py", ".json5", ".settings") or path.name.endswith(".in.jsonl")
)
INDEX = Index(load_catalogue()[0])


def words(command: str) -> str:
    found = INDEX.artifacts.command(command)
    return found.indicator.value if found is not None and found.is_hit else ""


def settings_of(sample: Path) -> Settings:
    told = sample.with_name(sample.name + ".settings")
    return Settings(**json.loads(told.read_text())) if told.exists() else Settings()


def read(sample: Path, folder: Path) -> list[dict[str, str | int]]:
    copy = Path(shutil.copy(sample, folder))
    os.utime(copy, (FILE_TIME, FILE_TIME))
    with open_source(copy) as opened:
        collector = BY_ID[sample.parent.name]
        reading = Reading(opened, settings_of(sample), None, words, layers_for(collector, opened.head))
        records = list(reading.records(collector))
    built = len({r.position for r in records if not isinstance(r, Issue | Ignored)})
    apart = sum(isinstance(r, Issue | Ignored) for r in records)
    assert built + apart + reading.ignored_count == reading.record_count, "every record is accounted for"
    return [tell(record) for record in records]


@pytest.mark.parametrize("collector", COLLECTORS, ids=lambda collector: collector.id)
def test_every_collector_has_a_sample(collector: Collector) -> None:
    assert any(sample.parent.name == collector.id for sample in SAMPLES)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_sample_is_claimed_by_its_collector_alone(sample: Path) -> None:
    with open_source(sample) as opened:
        claimed = [found.collector.id for found in claims(opened.head)]
    never_detected = BY_ID[sample.parent.name].id == "squid_custom"
    assert claimed == ([] if never_detected else [sample.parent.name])


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_sample_gives_what_was_recorded(sample: Path, tmp_path: Path) -> None:
    recorded = sample.with_name(sample.name + ".jsonl")
    told = read(sample, tmp_path)
    if os.environ.get("SHADOWLEDGER_RECORD_GOLDEN"):
        recorded.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in told), encoding="utf-8")
    assert told == [json.loads(line) for line in recorded.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_asking_the_index_first_loses_no_hit(sample: Path) -> None:
    collector = BY_ID[sample.parent.name]

    def hits(*, ask_first: bool) -> list[tuple[int, str]]:
        with open_source(sample) as opened:
            reading = Reading(opened, settings_of(sample), INDEX.wanted if ask_first else None, words,
                              layers_for(collector, opened.head))  # fmt: skip
            from shadowledger.scanner.match import match_record

            return [
                (record.position, found.service.id)
                for record in reading.records(collector)
                if not isinstance(record, Issue | Ignored) and (found := match_record(INDEX, record))
            ]

    assert hits(ask_first=True) == hits(ask_first=False)
