"""Who stands behind an id that a record names, as far as a directory knows, at a given time.

Ids are followed along dated links: an address to the machine that held it, the machine to its owner, an account to its
person. An address that nothing explains belongs to its network's unit; what several people share leads to nobody."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from shadowledger.db import following
from shadowledger.db.following import ADDRESS, Place, Tie
from shadowledger.db.identities import ACCOUNTS, PERSON, bare_forms
from shadowledger.db.leases import ASSUMED_LEASES

_FURTHEST = 8
_SOMEBODY = (PERSON, *ACCOUNTS)
_EXPLAINED = "vpn"
"""What is shared only while no session says whose it is."""


class Confidence(NamedTuple):
    """How sure it is who, or what unit, an id leads to."""

    words: str
    rank: float
    """From 0 to 1, to order by; no probability."""
    reason: str


CONFIDENCES = {
    "account": Confidence("sure", 0.95, "the log names the account of somebody whom the directory knows"),
    "session": Confidence("sure", 0.9, "a VPN session of one account had the address"),
    "unknown account": Confidence("sure", 0.85, "the log names an account; the directory does not know whose"),
    "owner": Confidence("likely", 0.8, "the log names a machine with one owner"),
    "lease": Confidence("likely", 0.75, "a lease gave the address to a machine with one owner"),
    "assumed": Confidence("likely", 0.6, "a lease whose end is assumed gave the address to a machine with one owner"),
    "several": Confidence("one of several", 0.4, "several people come into question at that time"),
    "machine": Confidence("unit only", 0.35, "the machine has no owner, and belongs to a unit"),
    "subnet": Confidence("unit only", 0.3, "nothing explains the address but its network, which belongs to a unit"),
    "shared": Confidence("shared", 0.2, "several people stand behind the address or machine"),
    "nobody": Confidence("unknown", 0.0, "the directory knows nothing of it"),
}
"""By what a lead rests on, the surest first."""


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
    sites: tuple[str, ...] = ()
    """Likewise; where they belong to none, those of the address's network."""
    basis: str = "nobody"
    """What it rests on: a key of CONFIDENCES."""
    shared: str = ""
    """nat, kiosk or vpn where several people stand behind the one end."""
    most: int = 1
    """How many people stand behind each end at most; 0 where nobody knows."""

    @property
    def is_to_somebody(self) -> bool:
        """Whether all ends are people or accounts."""
        return all(end[0] in _SOMEBODY for end in self.ends)

    @property
    def confidence(self) -> Confidence:
        """How sure this is, in words, and why."""
        return CONFIDENCES[self.basis]


class Directory:
    """The links of an identities store, ready to be followed; it has to stay open. An empty one knows nobody.

    No key is needed: where addresses lie was written down by id, by whoever has it (`db.places`)."""

    def __init__(self, identities: sqlite3.Connection | None = None) -> None:
        self._identities = identities
        self._links: dict[str, list[Tie]] = {}
        self._bare: dict[str, str] = {}
        self._members: dict[str, list[Place]] = {}
        self._places: dict[str, tuple[Place, ...]] = {}
        self._shared: dict[str, str] = {}
        self._held: set[str] = set()
        if identities is not None:
            self._links = following.lasting_links(identities)
            self._bare = bare_forms(identities)
            self._members = following.members(identities)
            self._places = following.placements(identities)
            self._shared = following.shared_machines(identities)
            self._held = following.held_addresses(identities)

    @cached_property
    def _known_ids(self) -> frozenset[str]:
        targets = {tie.end for ties in self._links.values() for tie in ties}
        bare = (self._bare, self._bare.values())
        if self._identities is not None:
            targets |= following.holders(self._identities)
        return frozenset(targets.union(self._links, self._members, self._places, self._shared, self._held, *bare))

    def known_ids(self) -> frozenset[str]:
        """All ids of which anything is known. The others lead to themselves."""
        return self._known_ids

    @cached_property
    def units(self) -> frozenset[str]:
        """All business units that are known."""
        known = {place.unit for places in self._members.values() for place in places if place.unit}
        return frozenset(known | (following.units_of_subnets(self._identities) if self._identities else set()))

    def size_of(self, unit: str) -> int:
        """How many people belong to a unit, at any time."""
        return len(self._people_at.get((unit, ""), ()))

    def bare_form(self, one: str) -> str:
        """The id of the shorter form of a name, or the same id."""
        return self._bare.get(one, one)

    def lead(self, start: str, since_us: int, until_us: int) -> Lead:
        """Follow an id as things stand from `since_us` until `until_us`, also where they do for a part of that time."""
        changes: set[int] = set()
        lies = _within(self._places.get(start, ()), since_us, until_us, changes)
        shared = next((place.shared for place in lies if place.shared), "")
        ends, met, hops = [start], {start}, list[Tie]()
        if not shared or shared == _EXPLAINED:
            ends, hops = self._follow(start, since_us, until_us, met, changes)
        belong = {
            one: _within(self._members.get(one, ()), since_us, until_us, changes) for one in met
        }  # ends of a part
        own = belong[ends[0]] if len(ends) == 1 else []
        shared = "" if len(ends) > 1 else self._shared.get(ends[0], "") or (shared if ends[0] == start else "")
        is_lost = len(ends) == 1 and ends[0][0] not in _SOMEBODY and not any(one.unit or one.site for one in own)
        belongs = lies if is_lost else own
        units = _told(place.unit for place in belongs)
        sites = _told(place.site for place in belongs) or _told(place.site for place in lies)
        return Lead(
            frozenset(ends),
            units,
            frozenset(met),
            frozenset(moment for moment in changes if since_us < moment < until_us),
            sites,
            _basis(start, ends, hops, shared, "subnet" if is_lost else "machine", units),
            shared,
            self._most(belongs) if shared else 1,
        )

    def _follow(
        self, start: str, since_us: int, until_us: int, met: set[str], changes: set[int]
    ) -> tuple[list[str], list[Tie]]:
        """The ends, and the first links on the way; `met` and `changes` are added to."""
        ends: list[str] = []
        hops: list[Tie] = []
        edge = [start]
        for _ in range(_FURTHEST):
            reached: list[str] = []
            for one in edge:
                ties = [] if one in self._shared else self._links_of(one)
                ties = [tie for tie in ties if tie.since_us < until_us and tie.until_us > since_us]
                for tie in ties:
                    changes.update(tie[1:3])
                if ties:
                    hops = hops or ties
                    reached += sorted({tie.end for tie in ties} - met)
                    met.update(tie.end for tie in ties)
                else:
                    ends.append(one)
            if not reached:
                break
            edge = reached
        return list(dict.fromkeys(ends)) or [start], hops

    def _links_of(self, one: str) -> list[Tie]:
        """An id's own links, or those of its shorter form (`ada` of `corp\\ada`) where a directory knows only that."""
        if one[0] == ADDRESS:
            is_held = self._identities is not None and one in self._held
            return following.links_of_address(self._identities, one) if is_held and self._identities else []
        return self._links.get(one) or self._links.get(self._bare.get(one, ""), [])

    def _most(self, places: Sequence[Place]) -> int:
        """How many people belong where these places are, at any time; all whom the directory knows where they are
        nowhere."""
        some: set[str] = set()
        for place in places:
            found = self._people_at.get((place.unit, place.site), set())
            some |= found if place.unit or place.site else self._people_at["", ""]
        return len(some or (self._people_at["", ""] if not places else ()))

    @cached_property
    def _people_at(self) -> dict[tuple[str, str], set[str]]:
        """People by unit and site, each also by one of them alone, and all."""
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        found["", ""] = {one for one in self.known_ids() if one[0] == PERSON and one not in self._links}
        for one, places in self._members.items():
            if one[0] == PERSON:
                for place in places:
                    for key in ((place.unit, place.site), (place.unit, ""), ("", place.site)):
                        if any(key):
                            found[key].add(one)
        return found


def _within(places: Iterable[Place], since_us: int, until_us: int, changes: set[int]) -> list[Place]:
    """The places of a time; `changes` is added to."""
    found = [place for place in places if place.since_us < until_us and place.until_us > since_us]
    for place in found:
        changes.update(place[:2])
    return found


def _told(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({word for word in words if word}))


def _basis(start: str, ends: list[str], hops: list[Tie], shared: str, otherwise: str, units: tuple[str, ...]) -> str:
    if shared:
        return "shared"
    if len(ends) > 1:
        return "several"
    if ends[0][0] not in _SOMEBODY:
        return otherwise if units else "nobody"
    if start[0] in _SOMEBODY:
        return "account" if ends[0][0] == PERSON else "unknown account"
    if start[0] != ADDRESS:
        return "owner"
    if any(tie.end[0] in _SOMEBODY for tie in hops):
        return "session"
    return "assumed" if any(tie.origin == ASSUMED_LEASES for tie in hops) else "lease"
