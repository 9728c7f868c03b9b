"""What was discovered, as faces may have it."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from shadowledger.db.settings import privacy_of
from shadowledger.scanner.consolidate import Consolidated
from shadowledger.scanner.privacy.groups import shown


def without_small_groups(connection: sqlite3.Connection, found: Consolidated) -> Consolidated:
    """Initiatives whose people are bounds that tell nothing of the few, in an order that does not either."""
    smallest = privacy_of(connection).smallest_group
    initiatives = [replace(one, people=shown(one.people, smallest)) for one in found.initiatives]
    initiatives.sort(key=lambda one: (-one.people.high, -one.seen.record_count, one.seen.service, one.id))
    return replace(found, initiatives=initiatives)
