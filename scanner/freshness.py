"""How fresh is what servers received of devices: a device is as its last complete run has it, and stale after a while.

Stale is not clean: nobody knows what is on such a device. Days are those on which the server received runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Set
from typing import NamedTuple

from shadowledger.db.deliveries import device_days
from shadowledger.db.enrolments import STALE_DAYS

CURRENT, STALE, PARTIAL, NEVER = "current", "stale", "never_seen_whole", "never"
STATES = (CURRENT, STALE, PARTIAL, NEVER)


class Fleet(NamedTuple):
    """The devices of an organization, by how they were seen."""

    as_of: int
    """The newest day on which anything was received, since 1970: what is stale is so by then."""
    first: int
    """The first of the days that are looked at."""
    counts: dict[str, int]
    """By STATES: with a complete run within STALE_DAYS; without one since; with partial runs alone; devices of the
    directory that no server received anything of."""
    seen_days: int
    """Days of devices with a complete run, over all that were ever received of."""
    of_days: int


def fleet_of(connection: sqlite3.Connection, listed: Set[str], days: int) -> Fleet | None:
    """What is known over so many days up to the newest; None where no bundle was taken in. `listed` has the ids of the
    directory's devices."""
    newest = connection.execute("select max(day) from device_day").fetchone()[0]
    if newest is None:
        return None
    first = newest - days + 1
    counts = dict.fromkeys(STATES, 0)
    seen_days, found = 0, device_days(connection, min(first, newest - STALE_DAYS), newest)
    for one in found:
        whole = [day for day in one.days if day >= first]
        seen_days += len(whole)
        if any(day >= newest - STALE_DAYS for day in one.days):
            counts[CURRENT] += 1
        else:
            counts[STALE if one.is_known else PARTIAL] += 1
    counts[NEVER] = len(listed - {one.device_id for one in found})
    return Fleet(newest, first, counts, seen_days, len(found) * days)
