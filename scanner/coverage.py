"""What the sources could have seen: the difference between nobody using a thing and nobody looking."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from shadowledger.collectors.engines.mapped import collector_of
from shadowledger.collectors.engines.mapping import MappingError, load
from shadowledger.collectors.registry import BY_ID
from shadowledger.db.runs import Knowledge
from shadowledger.db.sources import stale_ids, totals
from shadowledger.scanner.reconciliation.units import same_units
from shadowledger.signatures.schema import Service, Strength

_NEEDS = {"host": "host", "host_exact": "host", "host_pattern": "host", "url_path": "path", "api_path": "path",
          "user_agent": "user_agent"}  # fmt: skip
"""The field of Traffic that an indicator needs; artifacts need a source of their own kind."""
_OF_TRAFFIC = frozenset(("host", "path", "user_agent"))
_IN_WORDS = {
    "host": "a proxy, DNS or TLS source",
    "path": "a proxy or HTTP source that shows paths",
    "user_agent": "a proxy or HTTP source that shows user agents",
    "merchant": "an expense or payables list",
    "account_domain": "an audit log of accounts",
    "oauth_app": "an audit log of consents and sign-ins",
    "cloud_resource": "an export of cloud resources or costs",
}


@dataclass(frozen=True, slots=True)
class Coverage:
    """What all known sources together can show, and the days between which they had hits."""

    fills: frozenset[str]
    """Fields of Traffic and kinds of Artifact."""
    source_count: int
    first_on: str
    last_on: str
    stale_count: int = 0
    """Sources read under other signatures, or before the official list was as it is now."""
    stale_fills: frozenset[str] = frozenset()
    """What only such sources can show. They were not asked for what the list alone names."""
    units: frozenset[str] = frozenset()
    """Business units that the directory knows."""
    units_watched: frozenset[tuple[str, bool]] = frozenset()
    """Those of whom sources saw enough, each with whether that was on machines or in accounts."""

    def judge(self, services: list[Service], units: Sequence[str] = ()) -> tuple[str, list[str]]:
        """`unseen` where one of the services could have been seen in one of the units, if any are named, otherwise
        `not_observable`; with the reasons."""
        kind, reasons = self._judge(services)
        meant = same_units(units, self.units)
        if kind != "unseen" or not meant:
            return kind, reasons
        needs = {need in _OF_TRAFFIC for need in needs_of(services) & self.fills}
        if any((unit, not is_traffic) in self.units_watched for unit in meant for is_traffic in needs):
            return kind, reasons
        where = " or ".join("traffic" if is_traffic else "machines and accounts" for is_traffic in sorted(needs))
        return "not_observable", [f"no source of {where} saw enough people of {', '.join(sorted(meant))}"]

    def _judge(self, services: list[Service]) -> tuple[str, list[str]]:
        needs = needs_of(services)
        names = ", ".join(service.name for service in services[:3])
        declared = all(service.origin == "declared" for service in services)
        fills, count = self.fills, self.source_count
        if declared:
            fills, count = fills - self.stale_fills, count - self.stale_count
        could = sorted(needs & fills)
        if not self.source_count:
            return "not_observable", ["nothing was scanned yet"]
        if not could and (later := sorted(needs & self.fills)):
            old = "in sources read before the signatures or the official list were as they are now"
            return "not_observable", [
                f"{names} could be seen by {', '.join(later)}, but only {old}",
                "`shadowledger sources rescan --all` looks for it",
            ]
        if not could:
            missing = sorted({_IN_WORDS.get(need, f"an endpoint source with {need}") for need in needs})
            return "not_observable", [
                f"{names} shows only in {' or '.join(missing)}, and none was scanned"
                if missing
                else f"no signature of {names} is strong enough to be a hit"
            ]
        days = f", whose hits lie between {self.first_on} and {self.last_on}" if self.first_on else ""
        where = f"{count} sources" if count > 1 else "1 source"
        blind = sorted(needs - fills)
        reasons = [f"{names} could have been seen by {', '.join(could)} in {where}{days}, and was not"]
        if blind:
            more = f" and {len(blind) - 3} more" if len(blind) > 3 else ""
            reasons.append(f"no source showed {', '.join(blind[:3])}{more}, by which it could be known too")
        return "unseen", reasons


def needs_of(services: Iterable[Service]) -> set[str]:
    """Fields of Traffic and kinds of Artifact by which services can be known."""
    return {
        _NEEDS.get(indicator.kind, indicator.kind)
        for service in services
        for indicator in service.indicators
        if indicator.strength > Strength.HINT
    }


def coverage_of(
    connection: sqlite3.Connection,
    knowledge: Knowledge,
    units: frozenset[str] = frozenset(),
    units_watched: frozenset[tuple[str, bool]] = frozenset(),
) -> Coverage:
    """The coverage of everything in the inventory, seen with what is known now."""
    known = totals(connection)
    stale = stale_ids(connection, knowledge.catalogue_digest, knowledge.overlay_digest)
    fresh_fills: set[str] = set()
    stale_fills: set[str] = set()
    for source in known:
        if source["record_count"]:
            fills = fills_of(str(source["collector"]), str(source["settings"]))
            (stale_fills if source["id"] in stale else fresh_fills).update(fills)
    days = [str(source[key]) for source in known for key in ("first_on", "last_on") if source[key]]
    return Coverage(
        frozenset(fresh_fills | stale_fills),
        len(known),
        min(days, default=""),
        max(days, default=""),
        len(stale),
        frozenset(stale_fills - fresh_fills),
        units,
        units_watched,
    )


def fills_of(collector_id: str, settings: str) -> tuple[str, ...]:
    """What a source's format can show; nothing is known of one whose mapping is no longer there."""
    mapping = msgspec.json.decode(settings).get("mapping", "")
    try:
        collector = collector_of(load(Path(mapping))) if mapping else BY_ID.get(collector_id)
    except MappingError:
        collector = None
    return collector.fills if collector is not None else ()
