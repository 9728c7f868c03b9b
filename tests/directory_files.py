"""What an identities store knows, in clear, for tests to compare with."""

from __future__ import annotations

import datetime as dt

from shadowledger.db.identities import ALWAYS_US, Identities


def clear(store: Identities, one: str) -> str:
    """An id as kind and name."""
    name = store.reveal(one)
    assert name is not None
    return f"{name.kind}:{name.text}"


def moment(time_us: int) -> str:
    """A time in UTC to the minute; of always, its two ends."""
    if time_us in (0, ALWAYS_US):
        return "always" if time_us else ""
    return dt.datetime.fromtimestamp(time_us / 1e6, dt.UTC).strftime("%m-%d %H:%M")


def ties(store: Identities) -> set[str]:
    """All links, each as `from > to`, and from when until when where that is not always."""
    rows = store.connection.execute(
        "select from_id, to_id, valid_from_us, valid_to_us from link where origin != 'bare form'"
    )
    return {f"{clear(store, a)} > {clear(store, b)}{_span(since, until)}" for a, b, since, until in rows}


def places(store: Identities, table: str = "membership") -> set[str]:
    """Who belongs, or which address lies, where and when."""
    rows = store.connection.execute(f"select id, unit, site, valid_from_us, valid_to_us from {table}")  # noqa: S608 - our own names
    return {f"{clear(store, one)} @ {unit}/{site}{_span(since, until)}" for one, unit, site, since, until in rows}


def _span(since: int, until: int) -> str:
    return "" if (since, until) == (0, ALWAYS_US) else f" {moment(since)}..{moment(until)}"
