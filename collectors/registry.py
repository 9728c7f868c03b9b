"""The collectors, named one by one, and how content finds the one that reads it."""

from __future__ import annotations

from typing import NamedTuple

from shadowledger.collectors.capture.captures import CAPTURE
from shadowledger.collectors.collector import Collector, look
from shadowledger.collectors.dns.bind import BIND_QUERY
from shadowledger.collectors.endpoint.osquery import OSQUERY, OSQUERY_ROWS
from shadowledger.collectors.endpoint.ps import PS_AUX, PS_COLUMNS
from shadowledger.collectors.endpoint.snapshots import PROCESS_SNAPSHOT
from shadowledger.collectors.endpoint.tasklist import TASKLIST, TASKLIST_CSV
from shadowledger.collectors.proxy.clf import SQUID_COMBINED, SQUID_COMMON, SQUID_CUSTOM
from shadowledger.collectors.proxy.squid import SQUID_NATIVE
from shadowledger.collectors.zeek import ZEEK_TSV
from shadowledger.collectors.zeek_json import ZEEK_JSON

COLLECTORS: tuple[Collector, ...] = (
    CAPTURE,  # first: packets may carry whole logs, and no text begins as captures do
    SQUID_NATIVE,
    SQUID_COMMON,
    SQUID_COMBINED,
    SQUID_CUSTOM,
    ZEEK_TSV,
    ZEEK_JSON,
    BIND_QUERY,
    PROCESS_SNAPSHOT,
    OSQUERY,
    OSQUERY_ROWS,
    PS_AUX,
    PS_COLUMNS,
    TASKLIST,
    TASKLIST_CSV,
)
BY_ID = {collector.id: collector for collector in COLLECTORS}


class Detected(NamedTuple):
    """A collector, and why an input is its own."""

    collector: Collector
    reason: str


def claims(data: bytes) -> list[Detected]:
    """Every collector that recognises these first bytes, with its reason. More than one is a bug of ours."""
    head = look(data)
    return [Detected(collector, reason) for collector in COLLECTORS if (reason := collector.detect(head))]


def detect(data: bytes) -> Detected | None:
    """The collector for an input that begins with these bytes, or None."""
    found = claims(data)
    return found[0] if found else None
