"""What was discovered, as faces may have it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace

from shadowledger.db.settings import privacy_of
from shadowledger.db.unnamed import Bounds, unnamed_by_instance
from shadowledger.scanner.discovery.consolidate import Consolidated, Discovered
from shadowledger.scanner.discovery.headcount import People
from shadowledger.scanner.privacy.groups import shown


def without_small_groups(connection: sqlite3.Connection, found: Consolidated) -> Consolidated:
    """Initiatives with those of whom only the number is known, and their people as bounds that tell nothing of the few,
    in an order that does not either."""
    smallest, unnamed = privacy_of(connection).smallest_group, unnamed_by_instance(connection)
    whole = (_with_unnamed(one, unnamed) for one in found.initiatives)
    initiatives = [replace(one, people=shown(one.people, smallest)) for one in whole]
    initiatives.sort(key=lambda one: (-one.people.high, -one.seen.record_count, one.seen.service, one.id))
    return replace(found, initiatives=initiatives)


def _with_unnamed(one: Discovered, unnamed: Mapping[tuple[str, str], Bounds]) -> Discovered:
    """There were as many as on any day, and it was seen on these days too, unless that may be another initiative's."""
    found = [bounds for seen in one.products if (bounds := unnamed.get((seen.service_id, seen.instance)))]
    high = one.people.high + sum(bounds.high for bounds in found)
    if not found or not one.is_only:
        return replace(one, people=People(one.people.low, high))
    days = max(bounds.day_count for bounds in found)
    firsts = [day for day in (one.first_seen_on, *(bounds.first_on for bounds in found)) if day]
    return replace(
        one,
        people=People(max(one.people.low, *(bounds.low for bounds in found)), high),
        first_seen_on=min(firsts, default=""),
        last_seen_on=max(one.last_seen_on, *(bounds.last_on for bounds in found)),
        day_count=max(days, one.day_count + days if one.people.high else one.day_count),
    )
