"""Days as numbers since 1970 (UTC), as records are folded by them, and as text."""

from __future__ import annotations

import datetime as dt

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
