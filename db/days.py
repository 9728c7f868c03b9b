"""Days as the inventory's tables hold them: numbers since 1970, UTC."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

NO_DAY = -1
"""Of what a source without times told."""
_EPOCH = dt.date(1970, 1, 1)


@lru_cache(maxsize=4096)
def day_number(day_on: str) -> int:
    """`2026-11-23` as days since 1970; NO_DAY where it is empty."""
    return (dt.date.fromisoformat(day_on) - _EPOCH).days if day_on else NO_DAY


@lru_cache(maxsize=4096)
def day_on(number: int | None) -> str:
    """Days since 1970 as `2026-11-23`; empty where there is none."""
    return "" if number is None or number == NO_DAY else (_EPOCH + dt.timedelta(days=number)).isoformat()
