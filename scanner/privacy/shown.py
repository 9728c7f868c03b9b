"""What was discovered, as faces may have it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace

from shadowledger.db.settings import privacy_of
from shadowledger.db.unnamed import Bounds, unnamed_by_instance
from shadowledger.scanner.consolidate import Consolidated, Discovered
from shadowledger.scanner.headcount import People
from shadowledger.scanner.privacy.groups import shown


def without_small_groups(connection: sqlite3.Connection, found: Consolidated) -> Consolidated:
    """Initiatives whose people are bounds that tell nothing of the few, in an order that does not either."""
    smallest = privacy_of(connection).smallest_group
    unnamed = unnamed_by_instance(connection)
    initiatives = [replace(one, people=shown(_with_unnamed(one, unnamed), smallest)) for one in found.initiatives]
    initiatives.sort(key=lambda one: (-one.people.high, -one.seen.record_count, one.seen.service, one.id))
    return replace(found, initiatives=initiatives)


def _with_unnamed(one: Discovered, unnamed: Mapping[tuple[str, str], Bounds]) -> People:
    """With those of whom only the number is known: as many as on any day, unless they may be another initiative's."""
    found = [bounds for seen in one.products if (bounds := unnamed.get((seen.service_id, seen.instance)))]
    low = max((bounds.low for bounds in found), default=0) if one.is_whole else 0
    return People(max(one.people.low, low), one.people.high + sum(bounds.high for bounds in found))
