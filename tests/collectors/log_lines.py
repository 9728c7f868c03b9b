"""Logs as tests hand them to a collector."""

from __future__ import annotations

import io

from shadowledger.collectors.collector import Collector, look
from shadowledger.collectors.dns.bind import BIND_QUERY
from shadowledger.collectors.proxy.clf import SQUID_COMBINED, SQUID_COMMON, SQUID_CUSTOM
from shadowledger.collectors.proxy.squid import SQUID_NATIVE
from shadowledger.collectors.reading import Reading, Settings
from shadowledger.collectors.records import Ignored, Issue, Record, Traffic
from shadowledger.collectors.sources import Opened
from shadowledger.collectors.zeek import ZEEK_TSV
from shadowledger.collectors.zeek_json import ZEEK_JSON
from shadowledger.signatures.wanted import Wanted

COLLECTORS = (BIND_QUERY, SQUID_COMBINED, SQUID_COMMON, SQUID_CUSTOM, SQUID_NATIVE, ZEEK_JSON, ZEEK_TSV)
CUSTOM = Settings(log_format="%ts.%03tu %>a %rm %ru")


def read(
    collector: Collector, data: bytes | str, settings: Settings | None = None, wanted: Wanted | None = None
) -> list[Record]:
    """All records. Where all are built, they add up to what the collector says it examined."""
    reading = reading_of(data, settings, wanted)
    records = list(reading.records(collector))
    if wanted is None:
        positions = [record.position for record in records]
        assert len(positions) == reading.record_count
        assert positions == sorted(set(positions))
    return records


def reading_of(data: bytes | str, settings: Settings | None = None, wanted: Wanted | None = None) -> Reading:
    return Reading(Opened("log", io.BytesIO(data if isinstance(data, bytes) else data.encode())), settings, wanted)


def only(collector: Collector, line: str, settings: Settings | None = None) -> Record:
    (record,) = read(collector, line + "\n", settings)
    return record


def traffic(collector: Collector, line: str, settings: Settings | None = None) -> Traffic:
    record = only(collector, line, settings)
    assert isinstance(record, Traffic), record
    return record


def reason(collector: Collector, line: str, settings: Settings | None = None) -> str:
    """Why a line gives no Traffic."""
    record = only(collector, line, settings)
    assert isinstance(record, Issue | Ignored), record
    return record.reason


def claimed_by(data: str) -> list[str]:
    head = look(data.encode())
    return [collector.id for collector in COLLECTORS if collector.detect(head)]
