"""Who stands behind an id that a record names, as far as a directory knows, at a given time.

Ids are followed along dated links: an address to the machine that held it, the machine to its owner, an account to its
person."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from shadowledger.db.identities import ACCOUNTS, PERSON, all_links, all_memberships, bare_forms

_FURTHEST = 8
_SOMEBODY = (PERSON, *ACCOUNTS)


class Lead(NamedTuple):
    """Where an id leads at some time."""

    ends: frozenset[str]
    """Ids of people or accounts, or of the machine or address itself where nothing is known behind it."""
    units: tuple[str, ...]
    """Business units of the one it leads to; empty where those are several."""
    met: frozenset[str]
    """All ids on the way. A part of the time leads to some of them, and to no other."""
    changes_us: frozenset[int]
    """When, within that time, anything of this begins or ends."""

    @property
    def is_to_somebody(self) -> bool:
        """Whether all ends are people or accounts."""
        return all(end[0] in _SOMEBODY for end in self.ends)


class Directory:
    """The links of an identities store, ready to be followed. An empty one knows nobody."""

    def __init__(self, identities: sqlite3.Connection | None = None) -> None:
        self._links = all_links(identities) if identities is not None else {}
        self._bare = bare_forms(identities) if identities is not None else {}
        self._units = all_memberships(identities) if identities is not None else {}

    def known_ids(self) -> set[str]:
        """All ids of which anything is known. The others lead to themselves."""
        targets = {end for links in self._links.values() for end, _, _ in links}
        return targets.union(self._links, self._units, self._bare, self._bare.values())

    @property
    def units(self) -> frozenset[str]:
        """All business units that are known."""
        return frozenset(unit for told in self._units.values() for unit, *_ in told)

    def bare_form(self, one: str) -> str:
        """The id of the shorter form of a name, or the same id."""
        return self._bare.get(one, one)

    def lead(self, start: str, since_us: int, until_us: int) -> Lead:
        """Follow an id as things stand from `since_us` until `until_us`, also where they do for a part of that time."""
        ends: list[str] = []
        met = {start}
        changes: set[int] = set()
        edge = [start]
        for _ in range(_FURTHEST):
            following: list[str] = []
            for one in edge:
                targets = set()
                for end, begin, stop in self._links_of(one):
                    if begin < until_us and stop > since_us:
                        targets.add(end)
                        changes.update((begin, stop))
                if targets:
                    following += sorted(targets - met)
                    met |= targets
                else:
                    ends.append(one)
            if not following:
                break
            edge = following
        whom = ends or [start]
        units = set()
        for one in met:
            for unit, begin, stop in self._units.get(one, ()):
                if begin < until_us and stop > since_us:
                    changes.update((begin, stop))
                    if whom == [one]:
                        units.add(unit)
        within = frozenset(moment for moment in changes if since_us < moment < until_us)
        return Lead(frozenset(whom), tuple(sorted(units)), frozenset(met), within)

    def _links_of(self, one: str) -> list[tuple[str, int, int]]:
        """An id's own links, or those of its shorter form (`ada` of `corp\\ada`) where a directory knows only that."""
        return self._links.get(one) or self._links.get(self._bare.get(one, ""), [])
