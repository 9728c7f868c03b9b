"""What the official list says of an initiative, and what was seen contradicts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from shadowledger.db.declared import Declared
from shadowledger.scanner.discovery.consolidate import Discovered
from shadowledger.scanner.discovery.gathering import DEPLOYMENT
from shadowledger.scanner.discovery.natures import PRODUCTION
from shadowledger.signatures.overlay import DECLARED_PREFIX

_ALIVE_DAYS = 30
"""What was used within so many days before the last day of all logs is in use."""


def conflicts_of(line: Declared, seen: Sequence[Discovered], last_on: str) -> list[str]:
    """Every contradiction, in words; `last_on` is the last day that any source tells of."""
    return [*_alive(line, seen, last_on), *_expired(line, seen), *_further(line, seen), *_going_round(line, seen)]


def _alive(line: Declared, seen: Sequence[Discovered], last_on: str) -> Iterator[str]:
    if line.status != "stopped":
        return
    for one in seen:
        if one.use and _days_between(one.last_seen_on, last_on) <= _ALIVE_DAYS:
            when = f", last on {one.last_seen_on}" if one.last_seen_on else ""
            yield f"declared as stopped, and {one.title} is still used{when}"
        elif one.presence:
            yield f"declared as stopped, and {one.title} is still on machines"


def _expired(line: Declared, seen: Sequence[Discovered]) -> Iterator[str]:
    if line.approved_until is None:
        return
    for one in seen:
        if one.use and one.last_seen_on > line.approved_until.isoformat():
            yield f"approved until {line.approved_until}, and {one.title} was used until {one.last_seen_on}"


def _further(line: Declared, seen: Sequence[Discovered]) -> Iterator[str]:
    if line.status == "idea":
        for one in seen:
            if one.nature == PRODUCTION:
                yield f"declared as an idea, and {one.title} runs in production"


def _going_round(line: Declared, seen: Sequence[Discovered]) -> Iterator[str]:
    """A line that says it runs on the organization's platform, and names its host there."""
    if not line.on_platform:
        return
    own = {one.id for one in seen if any(told.service_id.startswith(DECLARED_PREFIX) for told in one.products)}
    if not own and not line.hosts:
        return
    for one in seen:
        hosts = {told.instance.partition(DEPLOYMENT)[0] for told in one.products}
        if one.id not in own and not hosts.intersection(line.hosts):
            yield f"declared to run on the platform, and {one.title} is reached going round it"


def _days_between(first_on: str, last_on: str) -> int:
    if not first_on or not last_on:
        return 0
    return (dt.date.fromisoformat(last_on) - dt.date.fromisoformat(first_on)).days
