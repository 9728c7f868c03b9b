"""Whom records name, whatever they betray: only of those who were looked at silence tells anything."""

from __future__ import annotations

from zlib import crc32

MOST = 1 << 17

Bystander = tuple[str, str, str, str]
"""The channel, and user, device and client as the source writes them."""


class Bystanders:
    """Of one reading. Bounded: where there are many, only those are kept whose digest ends in zeros, the same ones
    however an input is cut."""

    __slots__ = ("_halvings", "seen")

    def __init__(self) -> None:
        self.seen: set[Bystander] = set()
        self._halvings = 0

    def add(self, one: Bystander) -> None:
        """Take in one."""
        if one not in self.seen and self._is_kept(one):
            self.seen.add(one)
            self._halve()

    def go_on(self, other: Bystanders) -> None:
        """Take in those of what follows."""
        self._halvings = max(self._halvings, other._halvings)
        self.seen |= other.seen
        self._drop()
        self._halve()

    def _halve(self) -> None:
        while len(self.seen) > MOST:
            self._halvings += 1
            self._drop()

    def _drop(self) -> None:
        if self._halvings:
            self.seen = set(filter(self._is_kept, self.seen))

    def _is_kept(self, one: Bystander) -> bool:
        if not self._halvings:
            return True
        return crc32("\n".join(one).encode(errors="surrogatepass")) & ((1 << self._halvings) - 1) == 0
