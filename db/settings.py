"""What a site decided on privacy, kept in its inventory. Who changes a setting writes it into the audit chain too."""

from __future__ import annotations

import enum
import sqlite3
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from shadowledger.db import audit

SMALLEST_GROUP = 5
"""People; the views show no smaller one, whatever the setting says."""


_FOREVER = sys.maxsize


class Profile(enum.StrEnum):
    """How much of people a site keeps, the least first."""

    AGGREGATE = "aggregate"
    """Counts by day; nobody is stored, not even as an id."""
    PSEUDONYMOUS = "pseudonymous"
    """Random ids; who holds the key may open one, with a reason."""
    NAMED = "named"
    """Reports may show names to those who hold the key."""

    @property
    def width(self) -> int:
        return list(Profile).index(self)


class Privacy(NamedTuple):
    """The settings, each with what holds where nobody decided."""

    profile: Profile = Profile.PSEUDONYMOUS
    smallest_group: int = SMALLEST_GROUP
    second_person: bool = False
    """Whether a name is only opened with a second person's token."""
    retain_days: int = 0
    """After so many, entries become counts without people; 0 for never."""
    seal_days: int = 365
    """After so many, sealed lines go; 0 for never."""
    seal_lines: int = 3
    """How many lines are sealed of each service's instance in each source; 0 for none."""


def privacy_of(connection: sqlite3.Connection) -> Privacy:
    """The settings of an inventory."""
    told = dict(connection.execute("select name, value from setting"))
    usual = Privacy()
    return Privacy(
        Profile(told.get("profile", usual.profile)),
        max(int(told.get("smallest_group", usual.smallest_group)), SMALLEST_GROUP),
        bool(int(told.get("second_person", usual.second_person))),
        int(told.get("retain_days", usual.retain_days)),
        int(told.get("seal_days", usual.seal_days)),
        int(told.get("seal_lines", usual.seal_lines)),
    )


def change(
    connection: sqlite3.Connection, name: str, value: str | int, reason: str, more: Mapping[str, object] | None = None
) -> None:
    """Set one of the fields of Privacy, and say so in the audit chain. To be called inside a transaction."""
    before = getattr(privacy_of(connection), name)
    text = str(int(value)) if isinstance(value, int) else str(value)
    connection.execute("insert or replace into setting (name, value) values (?, ?)", (name, text))
    audit.record(
        connection, "privacy setting", {"setting": name, "from": before, "to": value, "reason": reason, **(more or {})}
    )


def is_wider(name: str, before: Any, after: Any) -> bool:  # noqa: ANN401 - of any field
    """Whether a change lets more be kept, longer, or be seen by fewer eyes."""
    if name == "profile":
        return Profile(after).width > Profile(before).width
    if name in ("retain_days", "seal_days"):
        return (after or _FOREVER) > (before or _FOREVER)
    return bool(after > before if name == "seal_lines" else after < before)
