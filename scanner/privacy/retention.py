"""What has grown old loses its people: entries become daily counts, and names that nothing uses any more go."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from shadowledger.db import audit
from shadowledger.db.days import NO_DAY, day_number
from shadowledger.db.forgetting import drop_ended, forget_everybody, forget_unused
from shadowledger.db.retention import (
    Age,
    Named,
    drop_old_addresses,
    fold_old,
    ids_in_use,
    is_scanned,
    mark_old,
    named_by_old,
)
from shadowledger.db.runs import now_iso
from shadowledger.db.sealed_lines import drop_all, drop_older
from shadowledger.db.settings import Profile, privacy_of
from shadowledger.db.transactions import writing
from shadowledger.db.unnamed import ALL_SOURCES, UnnamedDay, add_together
from shadowledger.scanner.days import DAY_US
from shadowledger.scanner.discovery.crowd import ALWAYS
from shadowledger.scanner.discovery.headcount import People, Tally
from shadowledger.scanner.people import Directory

_LONGEST_SCAN_DAYS = 2


class Purged(NamedTuple):
    """What went."""

    entry_count: int
    """Entries that named somebody, and are counts now."""
    name_count: int
    line_count: int
    """Sealed lines."""
    names_wait: bool
    """Whether a scan is under way, so that no name was touched."""


class _NotMeantError(Exception):
    """Ends a transaction of which only the outcome was wanted."""


def age_of(days: int) -> Age:
    """What is older than so many days today."""
    today = dt.date.fromisoformat(now_iso()[:10])
    first = today - dt.timedelta(days=days)
    return Age(day_number(first.isoformat()) - 1, first.isoformat())


def purge(
    inventory: sqlite3.Connection,
    store: sqlite3.Connection | None,
    days: int | None,
    *,
    dry: bool = False,
) -> Purged:
    """Take people out of what is older than so many days, or out of all that there is (None). With `dry`, nothing is
    changed."""
    purged = Purged(0, 0, 0, names_wait=False)
    for connection in filter(None, (inventory, store)):
        connection.execute("pragma secure_delete = on")  # or what is deleted stays in the file
    try:
        with writing(inventory):
            purged = _purge_inventory(inventory, store, days)
            if store is not None and not purged.names_wait:
                with writing(store):
                    purged = purged._replace(name_count=_purge_names(inventory, store, days))
                    if dry:
                        raise _NotMeantError
            if dry:
                raise _NotMeantError
            audit.record(inventory, "purge", {"days": days, **purged._asdict()})
    except _NotMeantError:
        pass
    return purged


def _purge_inventory(inventory: sqlite3.Connection, store: sqlite3.Connection | None, days: int | None) -> Purged:
    privacy = privacy_of(inventory)
    entries = 0
    if days != 0:
        age = Age(1 << 31, "9999-12-31") if days is None else age_of(days)
        mark_old(inventory, age)
        for together, *by_source in list(_counted(named_by_old(inventory), Directory(store))):
            add_together(inventory, together, by_source)
        drop_old_addresses(inventory, age)
        entries = fold_old(inventory)
    lines = drop_all(inventory) if days is None else 0
    if privacy.seal_days and days is not None:
        lines = drop_older(inventory, age_of(privacy.seal_days).last_on)
    since = (dt.datetime.fromisoformat(now_iso()) - dt.timedelta(days=_LONGEST_SCAN_DAYS)).isoformat()
    return Purged(entries, 0, lines, names_wait=is_scanned(inventory, since))


def _purge_names(inventory: sqlite3.Connection, store: sqlite3.Connection, days: int | None) -> int:
    if days is None and privacy_of(inventory).profile is Profile.AGGREGATE:
        return forget_everybody(store)
    if days:
        drop_ended(store, (age_of(days).last_day + 1) * DAY_US)
    return forget_unused(store, ids_in_use(inventory))


def _counted(named: Iterable[Named], directory: Directory) -> Iterator[list[UnnamedDay]]:
    """Bounds of the people whom a day's entries named, of all sources together and of each."""
    for (day, instance), some in groupby(named, key=attrgetter("day", "service_instance")):
        span = ALWAYS if day == NO_DAY else (day * DAY_US, (day + 1) * DAY_US)
        seen = list(some)
        sources = sorted({one.source_id for one in seen})
        rows = []
        for source in (ALL_SOURCES, *sources):
            own = [one for one in seen if source in (ALL_SOURCES, one.source_id)]
            low = _count({one.id for one in own if one.is_use}, directory, span).low
            rows.append(UnnamedDay(instance, day, source, low, _count({one.id for one in own}, directory, span).high))
        yield rows


def _count(ids: set[str], directory: Directory, span: tuple[int, int]) -> People:
    tally = Tally()
    for one in ids:
        tally.take(directory.lead(one, *span))
    return tally.count(directory)
