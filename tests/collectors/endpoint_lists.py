"""Lists of processes as tests hand them to a collector."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable

from shadowledger.collectors.collector import Collector, look
from shadowledger.collectors.endpoint.osquery import OSQUERY, OSQUERY_ROWS
from shadowledger.collectors.endpoint.ps import PS_AUX, PS_COLUMNS
from shadowledger.collectors.endpoint.snapshots import PROCESS_SNAPSHOT
from shadowledger.collectors.endpoint.tasklist import TASKLIST, TASKLIST_CSV
from shadowledger.collectors.reading import Reading, Settings
from shadowledger.collectors.records import Artifact, Ignored, Issue, Record
from shadowledger.collectors.sources import Opened

COLLECTORS = (OSQUERY, OSQUERY_ROWS, PROCESS_SNAPSHOT, PS_AUX, PS_COLUMNS, TASKLIST, TASKLIST_CSV)

Words = Callable[[str], str]


def words_of(command: str) -> str:
    """A catalogue of three signatures."""
    found = (word for word in ("@anthropic-ai/claude-code", "aider", "vllm") if word in command)
    return next(found, "")


def read(
    collector: Collector, data: bytes | str, words: Words | None = words_of, settings: Settings | None = None
) -> list[Record]:
    """All records, after checking that they add up with what the collector says it examined."""
    reading = Reading(
        Opened("list", io.BytesIO(data if isinstance(data, bytes) else data.encode())), settings, None, words
    )
    records = list(reading.records(collector))
    assert len({record.position for record in records}) == reading.record_count
    alone = [record.position for record in records if not isinstance(record, Artifact)]
    assert len(alone) == len(set(alone))
    assert not set(alone) & {record.position for record in records if isinstance(record, Artifact)}
    return records


def values(records: Iterable[Record]) -> list[str]:
    """What each record comes to: `kind:value`, or the reason why it came to nothing."""
    return [
        f"{record.kind}:{record.value}" if isinstance(record, Artifact) else f"{type(record).__name__}: {record.reason}"
        for record in records
        if isinstance(record, Artifact | Ignored | Issue)
    ]


def claimed_by(data: bytes | str) -> list[str]:
    """The ids of the collectors of process lists that recognise this content."""
    head = look(Opened("list", io.BytesIO(data if isinstance(data, bytes) else data.encode())).head)
    return [collector.id for collector in COLLECTORS if collector.detect(head)]
