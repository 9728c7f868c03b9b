"""How much any one may ask for: buckets that fill up again, of which only so many are remembered."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import NamedTuple


class Rate(NamedTuple):
    """So many at once, and so many a second for as long as it takes."""

    burst: float
    per_s: float


class Buckets:
    """One bucket for each key. At most `remembered` are kept: the one not asked for longest goes, which by then is full
    again unless more are asked for than that."""

    def __init__(self, rate: Rate, clock: Callable[[], float], remembered: int = 20_000) -> None:
        self._rate = rate
        self._clock = clock
        self._remembered = remembered
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()
        """What is left, and when that was."""

    def take(self, key: Hashable) -> int:
        """Take one; 0 where there was one to take, otherwise after how many seconds there is."""
        now = self._clock()
        left, then = self._left.pop(key, (self._rate.burst, now))
        left = min(self._rate.burst, left + (now - then) * self._rate.per_s)
        is_there = left >= 1
        self._left[key] = (left - 1 if is_there else left, now)
        if len(self._left) > self._remembered:
            self._left.popitem(last=False)
        return 0 if is_there else int((1 - left) / self._rate.per_s) + 1

    def __len__(self) -> int:
        return len(self._left)
