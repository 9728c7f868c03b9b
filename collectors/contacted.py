"""Which hosts were contacted on which days, how often and by how many, whether anybody wants them or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import nlargest

from shadowledger.collectors.distinct import Distinct, Marks

MOST = 400_000
"""Hosts and days that are told apart. Where there are more, the rare ones go."""
_NAMELESS = -1

HostDay = tuple[str, int]
"""A host, and the day since 1970; 0 where the source tells no time."""


class Contacted:
    """Filled contact by contact. Most hosts of a day have a single one, and of these only the client's mark is kept."""

    __slots__ = ("_count", "_days", "_marks", "is_trimmed")

    def __init__(self) -> None:
        self._days: dict[int, dict[str, Distinct | int]] = {}
        self._count = 0
        self.is_trimmed = False
        self._marks = Marks()

    def add(self, host: str, day: int, client: str) -> None:
        """Take in one contact; `client` is empty where nobody is named."""
        mark = self._marks[client] if client else _NAMELESS
        hosts = self._days.get(day)
        if hosts is None:
            hosts = self._days[day] = {}
        seen = hosts.get(host)
        if seen is None:
            hosts[host] = mark
            self._count += 1
            self._bound()
        else:
            clients = hosts[host] = _distinct(seen)
            clients.add(mark if mark != _NAMELESS else None)

    def go_on(self, other: Contacted) -> None:
        """Take in those of what follows."""
        self.is_trimmed |= other.is_trimmed
        for day, others in other._days.items():
            hosts = self._days.setdefault(day, {})
            before = len(hosts)
            for host, seen in others.items():
                mine = hosts.get(host)
                if mine is None:
                    hosts[host] = seen
                else:
                    hosts[host] = clients = _distinct(mine)
                    clients.go_on(_distinct(seen))
            self._count += len(hosts) - before
        self._bound()

    def leave_out(self, days: Iterable[int]) -> None:
        """Forget some days."""
        for day in days:
            self._count -= len(self._days.pop(day, ()))

    def __iter__(self) -> Iterator[tuple[HostDay, Distinct]]:
        """Each host of each day, with its clients: accounts, or else machines, or else addresses."""
        for day, hosts in self._days.items():
            for host, seen in hosts.items():
                yield (host, day), _distinct(seen)

    @property
    def days(self) -> set[int]:
        return {day for day, hosts in self._days.items() if hosts}

    def _bound(self) -> None:
        if self._count > MOST:
            every = ((day, host, seen) for day, hosts in self._days.items() for host, seen in hosts.items())
            kept = nlargest(MOST // 2, every, key=lambda one: one[2].times if isinstance(one[2], Distinct) else 1)
            self._days = {day: {} for day in self._days}
            for day, host, seen in kept:
                self._days[day][host] = seen
            self._count, self.is_trimmed = len(kept), True


def _distinct(seen: Distinct | int) -> Distinct:
    if isinstance(seen, Distinct):
        return seen
    clients = Distinct()
    clients.add(seen if seen != _NAMELESS else None)
    return clients
