"""How many different ones there were, in little room: exact where they are few, and within known bounds where they are
many."""

from __future__ import annotations

import math
from hashlib import blake2b

MOST_EXACT = 16
_INDEX_BITS = 9
_REGISTERS = 1 << _INDEX_BITS
_RANKS = 64 - _INDEX_BITS
_ERROR = 1.04 / math.sqrt(_REGISTERS)
"""The standard error of the estimate, 4.6 %."""
_MOST_MARKS = 1 << 16
_NO_RANKS = bytearray()


class Marks(dict[str, int]):
    """Of texts that come over and over, 64 bits that are as good as drawn: `marks[text]`."""

    def __missing__(self, text: str) -> int:
        if len(self) >= _MOST_MARKS:
            self.clear()
        digest = blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest()
        mark = self[text] = int.from_bytes(digest, "big")
        return mark


class Distinct:
    """A set that is only asked how large it is. In whatever order and parts it is filled, it is the same.

    What is more than MOST_EXACT is a HyperLogLog (Flajolet, Fusy, Gandouet, Meunier: HyperLogLog, 2007)."""

    __slots__ = ("_few", "_has_nameless", "_ranks", "times")

    def __init__(self) -> None:
        self.times = 0
        """How often anybody came."""
        self._few: tuple[int, ...] = ()
        """Each once: less than a set takes, and most hosts have one client."""
        self._ranks = _NO_RANKS
        """By register, once they are many."""
        self._has_nameless = False

    def add(self, mark: int | None) -> None:
        """Take in one by its mark; None for somebody without a name, who is one of the others, or not."""
        self.times += 1
        if mark is None:
            self._has_nameless = True
        elif self._ranks:
            self._rank(mark)
        elif mark not in self._few:
            self._few += (mark,)
            if len(self._few) > MOST_EXACT:
                self._spread()

    def go_on(self, other: Distinct) -> None:
        """Take in all of another's."""
        self.times += other.times
        self._has_nameless |= other._has_nameless
        if other._ranks:
            self._spread()
            self._ranks = bytearray(map(max, self._ranks, other._ranks))
        elif self._ranks:
            for mark in other._few:
                self._rank(mark)
        else:
            self._few = tuple({*self._few, *other._few})
            if len(self._few) > MOST_EXACT:
                self._spread()

    def bounds(self) -> tuple[int, int | None]:
        """The fewest and the most that there can be, of estimates with 95 % confidence; None where nobody can say."""
        if not self._ranks:
            few = len(self._few)
            return (few, few) if not self._has_nameless else (max(few, 1), None)
        about = _estimate(self._ranks)
        low = max(math.floor(about * (1 - 2 * _ERROR)), MOST_EXACT + 1)
        return low, None if self._has_nameless else max(math.ceil(about * (1 + 2 * _ERROR)), low)

    def _spread(self) -> None:
        if not self._ranks:
            self._ranks = bytearray(_REGISTERS)
            for mark in self._few:
                self._rank(mark)
            self._few = ()

    def _rank(self, mark: int) -> None:
        register = mark & (_REGISTERS - 1)
        rank = _RANKS + 1 - (mark >> _INDEX_BITS).bit_length()
        if rank > self._ranks[register]:
            self._ranks[register] = rank


def _estimate(ranks: bytearray) -> float:
    """Without a bias anywhere: Ertl, New cardinality estimation algorithms for HyperLogLog sketches, 2017, section 2.4
    (https://arxiv.org/abs/1702.01284)."""
    z = _REGISTERS * _tau(1 - ranks.count(_RANKS + 1) / _REGISTERS)
    for rank in range(_RANKS, 0, -1):
        z = (z + ranks.count(rank)) / 2
    z += _REGISTERS * _sigma(ranks.count(0) / _REGISTERS)
    return _REGISTERS * _REGISTERS / (2 * math.log(2) * z)


def _sigma(x: float) -> float:
    total, before, weight = x, -1.0, 1.0
    while total != before:
        x *= x
        before = total
        total += x * weight
        weight *= 2
    return total


def _tau(x: float) -> float:
    if x in (0.0, 1.0):
        return 0.0
    total, before, weight = 1 - x, -1.0, 1.0
    while total != before:
        x = math.sqrt(x)
        before = total
        weight /= 2
        total -= (1 - x) ** 2 * weight
    return total / 3
