"""Days as numbers since 1970 (UTC), as records are folded by them, and as text."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

DAY_US = 86_400_000_000
_EPOCH = dt.date(1970, 1, 1)


def day_of(number: int) -> dt.date | None:
    """The date of a day; None for what no calendar has."""
    try:
        return _EPOCH + dt.timedelta(days=number)
    except OverflowError:
        return None


def day_text(number: int) -> str:
    """`2026-11-23`; empty for a negative number, which stands for no time, and for what no calendar has."""
    day = day_of(number) if number >= 0 else None
    return day.isoformat() if day else ""


class Days(NamedTuple):
    """A run of UTC days, both ends included; None for no end."""

    since: dt.date | None = None
    until: dt.date | None = None

    def __str__(self) -> str:
        if self == (None, None):
            return "whole"
        since = f"from {self.since} on" if self.since else ""
        return f"{since} up to {self.until}".strip() if self.until else since

    def left_out(self, time_us: int) -> str:
        """Why a record with this time, 0 for none, is not counted; empty where it is."""
        if self.since is None and self.until is None:
            return ""
        day = day_of(time_us // DAY_US) if time_us else None
        if day is None:
            return "tells no day, and only some days were asked for"
        if self.since is not None and day < self.since:
            return f"before {self.since}, from which on was asked"
        return f"after {self.until}, up to which was asked" if self.until is not None and day > self.until else ""


ALL_DAYS = Days()
