"""How many people stand behind observations: a lower and an upper bound, never a wrong name.

Ids are followed along dated links: an address to the machine that held it, the machine to its owner, an account to its
person. One person met in four channels is one."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from shadowledger.db.identities import ACCOUNTS, PERSON, all_links, all_memberships, bare_forms

_DAY_US = 86_400_000_000
_HOUR_US = 3_600_000_000
_FURTHEST = 8
_SOMEBODY = (PERSON, *ACCOUNTS)
_EPOCH = dt.date(1970, 1, 1)


class People(NamedTuple):
    """Bounds on a number of distinct people."""

    low: int
    high: int


class Trace(NamedTuple):
    """Whom one observation names, and when."""

    actor_id: str
    device_id: str
    client_id: str
    day_on: str
    hours: int


class Directory:
    """The links of an identities store, ready to be followed. An empty one knows nobody."""

    def __init__(self, identities: sqlite3.Connection | None = None) -> None:
        self._links = all_links(identities) if identities is not None else {}
        self._bare = bare_forms(identities) if identities is not None else {}
        self._units = all_memberships(identities) if identities is not None else {}

    def count(self, traces: Iterable[Trace]) -> People:
        """Bounds over observations. Certain are those to whom an id leads without a choice; an address or machine that
        leads to nobody, or to several at that time, may hide one more person, or one of the others. Accounts of
        different kinds that no directory joins (`ada`, `ada@x.example`), or of one shorter form (`corp\\ada`, `ada`),
        may be one person's."""
        certain: set[str] = set()
        possible: set[str] = set()
        nobodies: set[str] = set()
        for trace in set(traces):
            found = self.people_of(trace)
            if found and all(one[0] in _SOMEBODY for one in found):
                (certain if len(found) == 1 else possible).update(found)
            else:
                nobodies |= found
        high = len(certain | possible | nobodies)
        kinds = Counter(one[0] for one in {self._bare.get(one, one) for one in certain})
        low = kinds[PERSON] + max(kinds[account] for account in ACCOUNTS)
        return People(max(low, 1 if high else 0), high)

    def units(self, traces: Iterable[Trace]) -> tuple[str, ...]:
        """The business units of those who are certain, in order."""
        found = set()
        for trace in set(traces):
            whom = self.people_of(trace)
            since, until = _span(trace)
            for unit, begin, stop in self._units.get(next(iter(whom)), ()) if len(whom) == 1 else ():
                if begin < until and stop > since:
                    found.add(unit)
        return tuple(sorted(found))

    def people_of(self, trace: Trace) -> set[str]:
        """Where the first id that names somebody leads: ids of people or accounts, or of the machine or address itself
        where nothing is known behind it. System accounts are nobody; their machine is asked instead."""
        since, until = _span(trace)
        for start in (trace.actor_id, trace.device_id, trace.client_id):
            if start and not start.startswith("s-"):
                return self._follow(start, since, until)
        return set()

    def _follow(self, start: str, since: int, until: int) -> set[str]:
        ends: set[str] = set()
        seen = {start}
        edge = [start]
        for _ in range(_FURTHEST):
            following = []
            for one in edge:
                targets = {end for end, begin, stop in self._links_of(one) if begin < until and stop > since}
                if targets:
                    following += sorted(targets - seen)
                    seen |= targets
                else:
                    ends.add(one)
            edge = following
        return ends or {start}

    def _links_of(self, one: str) -> list[tuple[str, int, int]]:
        """An id's own links, or those of its shorter form (`ada` of `corp\\ada`) where a directory knows only that."""
        return self._links.get(one) or self._links.get(self._bare.get(one, ""), [])


def _span(trace: Trace) -> tuple[int, int]:
    """The time of an observation in microseconds, as narrow as its mask of hours allows."""
    if not trace.day_on:
        return 0, 1 << 62
    start = (dt.date.fromisoformat(trace.day_on) - _EPOCH).days * _DAY_US
    if not trace.hours:
        return start, start + _DAY_US
    first = (trace.hours & -trace.hours).bit_length() - 1
    return start + first * _HOUR_US, start + trace.hours.bit_length() * _HOUR_US
