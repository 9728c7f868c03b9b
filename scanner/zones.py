"""Time zones as users name them."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})\Z")


def zone_of(name: str) -> dt.tzinfo:
    """`Europe/Berlin`, `UTC`, `+02:00`. Raises ValueError with a sentence for anything else."""
    if name.upper() in ("UTC", "Z"):
        return dt.UTC
    if found := _OFFSET.match(name):
        sign = -1 if found[1] == "-" else 1
        minutes = int(found[2]) * 60 + int(found[3])
        if minutes < 24 * 60:
            return dt.timezone(sign * dt.timedelta(minutes=minutes))
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"'{name}' is no time zone; write one such as Europe/Berlin, UTC or +02:00.") from error
