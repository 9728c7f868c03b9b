"""Observations brought together into what the auditor counts: discovered initiatives.

Today's rule is the plainest: one instance of one service is one initiative. The richer model (units, natures, chains of
services) belongs here too."""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass

from shadowledger.db.decisions import Decision
from shadowledger.db.observations import Seen, seen_services
from shadowledger.scanner.headcount import NOBODY, People, head_counts
from shadowledger.scanner.ladders import PRESENCE_WORDS, USE_WORDS
from shadowledger.scanner.people import Directory

STATES = {"confirm": "confirmed", "dismiss": "dismissed", "propose": "proposed"}


@dataclass(frozen=True, slots=True)
class Discovered:
    """An AI initiative as it was found."""

    id: str
    """Follows from service and instance, so that it is the same in every inventory and after every rescan."""
    seen: Seen
    people: People
    units: tuple[str, ...]
    state: str
    """proposed, confirmed or dismissed: only a person makes it more than proposed."""
    state_reason: str

    @property
    def title(self) -> str:
        return f"{self.seen.service} ({self.seen.instance})" if self.seen.instance else self.seen.service

    @property
    def use(self) -> str:
        return USE_WORDS[self.seen.use_rung]

    @property
    def presence(self) -> str:
        return PRESENCE_WORDS[self.seen.presence_rung]


def discovered_id(service_id: str, instance: str) -> str:
    """The stable id of an instance of a service."""
    return "ai-" + hashlib.sha256(f"{service_id}\0{instance}".encode()).hexdigest()[:8]


def consolidate(connection: sqlite3.Connection, directory: Directory, decisions: list[Decision]) -> list[Discovered]:
    """Every discovered initiative, the most used first."""
    counts = head_counts(connection, directory)
    states = {d.subject: (STATES[d.verb], d.reason) for d in decisions if d.verb in STATES}
    found = []
    for seen in seen_services(connection):
        key = discovered_id(seen.service_id, seen.instance)
        state, reason = states.get(key, ("proposed", ""))
        people, units = counts.get((seen.service_id, seen.instance), NOBODY)
        found.append(Discovered(key, seen, people, units, state, reason))
    return sorted(found, key=lambda one: (-one.people.high, -one.seen.record_count, one.seen.service, one.id))
