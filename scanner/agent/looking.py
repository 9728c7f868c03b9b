"""The one document there is: what a look finds, and what the agent adds to its summary."""

from __future__ import annotations

from collections.abc import Iterator

from shadowledger.collectors.endpoint.local.snapshot import take
from shadowledger.scanner.agent import VERSION
from shadowledger.scanner.agent.memory import Facts, is_due
from shadowledger.scanner.agent.settings import Enrolment, Place, Settings, lesser
from shadowledger.scanner.agent.words import kept_words


def document(place: Place, settings: Settings, enrolment: Enrolment | None, facts: Facts, now: int) -> Iterator[str]:
    """The lines of what is sent. The counts of runs that were dropped or refused are those since the device was
    installed, so that none is lost with a run that is dropped itself."""
    words = kept_words(place.state)
    return take(
        lesser(facts.profile, settings.at_most),
        place.root,
        device=enrolment.name if enrolment else "",
        walk=walks(facts, now),
        words=words,
        summary={
            "device_id": enrolment.device if enrolment else "",
            "agent": VERSION,
            "pack": words.version if words else "",
            "dropped_runs": facts.dropped_runs,
            "quarantined_runs": facts.quarantined_runs,
            "at_most": settings.at_most,
        },
    )


def walks(facts: Facts, now: int) -> bool:
    """Whether the daily look through homes is due; never where the server sets no time for it."""
    return bool(facts.walk_every_s) and is_due(facts.walk_at, facts.walk_every_s, now)
