"""The collectors, named one by one, and how content finds the one that reads it."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import NamedTuple

from shadowledger.collectors.accounts.cost_explorer import AWS_COST_EXPLORER
from shadowledger.collectors.capture.captures import CAPTURE
from shadowledger.collectors.collector import Collector, Head
from shadowledger.collectors.dns.bind import BIND_QUERY
from shadowledger.collectors.dns.dnstap import DNSTAP
from shadowledger.collectors.dns.pihole import PIHOLE_FTL
from shadowledger.collectors.endpoint.exports import export_of
from shadowledger.collectors.endpoint.listings import (
    POWERSHELL_LIST,
    POWERSHELL_TABLE,
    TASKLIST_LIST,
    WMIC_CSV,
    WMIC_LIST,
)
from shadowledger.collectors.endpoint.osquery import OSQUERY, OSQUERY_ROWS
from shadowledger.collectors.endpoint.ps import PS_AUX, PS_COLUMNS
from shadowledger.collectors.endpoint.runs import ENDPOINT_RUN
from shadowledger.collectors.endpoint.snapshots import PROCESS_SNAPSHOT
from shadowledger.collectors.endpoint.tasklist import TASKLIST, TASKLIST_CSV
from shadowledger.collectors.engines.mapped import collector_of
from shadowledger.collectors.engines.mapping import MAPPINGS, load
from shadowledger.collectors.layers import Layers, glimpses
from shadowledger.collectors.proxy.clf import SQUID_COMBINED, SQUID_COMMON, SQUID_CUSTOM
from shadowledger.collectors.proxy.squid import SQUID_NATIVE
from shadowledger.collectors.zeek import ZEEK_TSV
from shadowledger.collectors.zeek_json import ZEEK_JSON
from shadowledger.signatures.compiled import compiled

_HERE = Path(__file__).parent


def _mapped(name: str) -> tuple[Collector, ...]:
    """The collectors of a folder beside this module: every TOML file in it is the mapping of one product's stream."""
    folder = _HERE / name
    sources = (folder, _HERE / "engines/mapping.py", _HERE / "stamps.py")
    mappings = compiled(
        f"mappings-{name.replace('/', '-')}",
        sources,
        lambda: [load(path) for path in sorted(folder.glob("*.toml"))],
        MAPPINGS,
    )
    return tuple(collector_of(mapping) for mapping in mappings)


GROUPS: dict[str, tuple[Collector, ...]] = {
    "capture": (CAPTURE,),  # first: packets may carry whole logs, and no text begins as captures do
    "proxy": (SQUID_NATIVE, SQUID_COMMON, SQUID_COMBINED, SQUID_CUSTOM, *_mapped("proxy")),
    "dns": (ZEEK_TSV, ZEEK_JSON, BIND_QUERY, DNSTAP, PIHOLE_FTL, *_mapped("dns")),
    "endpoint": (
        ENDPOINT_RUN,
        PROCESS_SNAPSHOT,
        OSQUERY,
        OSQUERY_ROWS,
        PS_AUX,
        PS_COLUMNS,
        TASKLIST,
        TASKLIST_CSV,
        TASKLIST_LIST,
        POWERSHELL_LIST,
        POWERSHELL_TABLE,
        WMIC_CSV,
        WMIC_LIST,
        *_mapped("endpoint"),
        *map(export_of, _mapped("endpoint/exported")),
    ),
    "accounts": (AWS_COST_EXPLORER, *_mapped("accounts")),
}
COLLECTORS = tuple(collector for group in GROUPS.values() for collector in group)
_OF_OBJECTS = tuple(collector for collector in COLLECTORS if collector.reads_objects)
_NOT_OF_LINES = tuple(collector for collector in COLLECTORS if collector.framing != "line")
"""Asked of what is a document or a table: a line in it is a part of something."""
BY_ID = {collector.id: collector for collector in COLLECTORS}


class Detected(NamedTuple):
    """A collector, why an input is its own, and what stands between the input's bytes and its records."""

    collector: Collector
    reason: str
    layers: Layers = Layers()


def claims(data: bytes) -> list[Detected]:
    """Every collector that recognises these first bytes, with its reason, in the plainest of the ways in which an input
    may hold records. More than one is a bug of ours."""
    ways = list(glimpses(data))
    are_lines = all(layers.begin_with_lines for layers, _ in ways)
    for is_last, (layers, head) in product((False, True), ways):
        all_asked = COLLECTORS if not layers.begin_with_lines else _asked(head) if are_lines else _NOT_OF_LINES
        asked = [one for one in all_asked if one.is_last == is_last]
        if found := [Detected(one, _told(why, layers), layers) for one in asked if (why := one.detect(head))]:
            return found
    return []


def _asked(head: Head) -> tuple[Collector, ...]:
    """Who is asked about lines: where these are objects of JSON, whoever reads objects."""
    objects = sum(line.startswith("{") for line in head.lines)
    return _OF_OBJECTS if objects and objects * 4 >= len(head.lines) * 3 else COLLECTORS


def detect(data: bytes) -> Detected | None:
    """The collector for an input that begins with these bytes, or None."""
    found = claims(data)
    return found[0] if found else None


def layers_for(collector: Collector, data: bytes) -> Layers:
    """How a collector that the user named reaches its records: as it would recognise them, or else as lines."""
    return next((layers for layers, head in glimpses(data) if collector.detect(head)), Layers())


def _told(why: str, layers: Layers) -> str:
    return f"{why} ({layers.reason})" if layers.reason else why
