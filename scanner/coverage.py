"""What the sources could have seen: the difference between nobody using a thing and nobody looking."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from shadowledger.collectors.registry import BY_ID
from shadowledger.db.runs import Knowledge
from shadowledger.db.sources import count_stale, totals
from shadowledger.signatures.schema import Service, Strength

_NEEDS = {"host": "host", "host_exact": "host", "host_pattern": "host", "url_path": "path", "api_path": "path",
          "user_agent": "user_agent"}  # fmt: skip
"""The field of Traffic that an indicator needs; artifacts need a source of their own kind."""
_IN_WORDS = {
    "host": "a proxy, DNS or TLS source",
    "path": "a proxy or HTTP source that shows paths",
    "user_agent": "a proxy or HTTP source that shows user agents",
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

    def judge(self, services: list[Service]) -> tuple[str, list[str]]:
        """`unseen` where one of the services could have been seen, otherwise `not_observable`; with the reasons."""
        needs = {
            _NEEDS.get(indicator.kind, indicator.kind)
            for service in services
            for indicator in service.indicators
            if indicator.strength > Strength.HINT
        }
        names = ", ".join(service.name for service in services[:3])
        could = sorted(needs & self.fills)
        if not self.source_count:
            return "not_observable", ["nothing was scanned yet"]
        if self.stale_count == self.source_count and all(service.origin == "declared" for service in services):
            return "not_observable", [
                "every source was scanned before the list named its hosts and processes",
                "`shadowledger sources rescan --all` looks for them",
            ]
        if not could:
            missing = sorted({_IN_WORDS.get(need, f"an endpoint source with {need}") for need in needs})
            return "not_observable", [
                f"{names} shows only in {' or '.join(missing)}, and none was scanned"
                if missing
                else f"no signature of {names} is strong enough to be a hit"
            ]
        days = f", whose hits lie between {self.first_on} and {self.last_on}" if self.first_on else ""
        count = f"{self.source_count} sources" if self.source_count > 1 else "1 source"
        blind = sorted(needs - self.fills)
        reasons = [f"{names} could have been seen by {', '.join(could)} in {count}{days}, and was not"]
        if blind:
            more = f" and {len(blind) - 3} more" if len(blind) > 3 else ""
            reasons.append(f"no source showed {', '.join(blind[:3])}{more}, by which it could be known too")
        return "unseen", reasons


def coverage_of(connection: sqlite3.Connection, knowledge: Knowledge) -> Coverage:
    """The coverage of everything in the inventory, seen with what is known now."""
    known = totals(connection)
    fills: set[str] = set()
    for source in known:
        collector = BY_ID.get(str(source["collector"]))
        if collector is not None and source["record_count"]:
            fills.update(collector.fills)
    days = [str(source[key]) for source in known for key in ("first_on", "last_on") if source[key]]
    stale = count_stale(connection, knowledge.catalogue_digest, knowledge.overlay_digest)
    return Coverage(frozenset(fills), len(known), min(days, default=""), max(days, default=""), stale)
