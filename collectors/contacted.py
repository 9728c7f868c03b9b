"""Which hosts were contacted on which days, how often and by how many, whether anybody wants them or not."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import nlargest

from shadowledger.collectors.distinct import Distinct, Marks

MOST = 400_000
"""Hosts and days that are told apart. Where there are more, the rare ones go."""

HostDay = tuple[str, int]
"""A host, and the day since 1970; 0 where the source tells no time."""


class Contacted:
    """Filled contact by contact."""

    __slots__ = ("_marks", "clients", "is_trimmed")

    def __init__(self) -> None:
        self.clients: dict[HostDay, Distinct] = {}
        """Accounts, or else machines, or else addresses."""
        self.is_trimmed = False
        self._marks = Marks()

    def add(self, host: str, day: int, client: str) -> None:
        """Take in one contact; `client` is empty where nobody is named."""
        clients = self.clients.get((host, day))
        if clients is None:
            clients = self.clients[host, day] = Distinct()
            self._bound()
        clients.add(self._marks[client] if client else None)

    def go_on(self, other: Contacted) -> None:
        """Take in those of what follows."""
        self.is_trimmed |= other.is_trimmed
        for key, clients in other.clients.items():
            if key in self.clients:
                self.clients[key].go_on(clients)
            else:
                self.clients[key] = clients
        self._bound()

    def leave_out(self, days: Iterable[int]) -> None:
        """Forget some days."""
        gone = set(days)
        self.clients = {key: clients for key, clients in self.clients.items() if key[1] not in gone}

    @property
    def days(self) -> set[int]:
        return {day for _, day in self.clients}

    def _bound(self) -> None:
        if len(self.clients) > MOST:
            kept = nlargest(MOST // 2, self.clients.items(), key=lambda one: one[1].times)
            self.clients = dict(kept)
            self.is_trimmed = True
