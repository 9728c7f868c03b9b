"""What each channel saw of an organization: units, sites, subnets, devices and people, against what its directory has.

Seen is whom records name, with AI or without; of the latter a part, where records were counted in a sample."""

from __future__ import annotations

import ipaddress
import sqlite3
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from shadowledger.db.bystanders import ids_by_channel
from shadowledger.db.channels import days_by_channel, names_by_channel
from shadowledger.db.following import ADDRESS
from shadowledger.db.identities import PERSON, Identities
from shadowledger.scanner.days import DAY_US
from shadowledger.scanner.people import Directory

DEVICE = "d"
"""What the ids of machines begin with."""
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Known:
    """What a directory has: the denominators."""

    people: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()
    subnets: frozenset[str] = frozenset()


@dataclass(slots=True)
class Sight:
    """What one channel saw."""

    channel: str
    people: set[str] = field(default_factory=set)
    units: set[str] = field(default_factory=set)
    sites: set[str] = field(default_factory=set)
    devices: set[str] = field(default_factory=set)
    subnets: set[str] | None = None
    """None where the key is not here that opens addresses."""
    days: frozenset[int] = frozenset()
    names: int = 0
    """How many accounts, machines and addresses it named at all."""


def known_to(identities: sqlite3.Connection, now_us: int) -> Known:
    """The directory as it stands at a moment."""
    units, sites, people, devices = set[str](), set[str](), set[str](), set[str]()
    for one, unit, site in identities.execute(
        "select id, unit, site from membership where valid_from_us <= ? and valid_to_us > ?", (now_us, now_us)
    ):
        units.add(unit)
        sites.add(site)
        if one[0] in (PERSON, DEVICE):
            (people if one[0] == PERSON else devices).add(one)
    for one, other in identities.execute("select from_id, to_id from link where origin = 'directory'"):
        devices.update(name for name in (one, other) if name[0] == DEVICE)
        people.update(name for name in (one, other) if name[0] == PERSON)
    subnets = set[str]()
    for cidr, unit, site in identities.execute(
        "select cidr, unit, site from subnet where valid_from_us <= ? and valid_to_us > ?", (now_us, now_us)
    ):
        subnets.add(cidr)
        units.add(unit)
        sites.add(site)
    return Known(*(frozenset(some) - {""} for some in (people, units, sites, devices, subnets)))


def sights(
    connection: sqlite3.Connection,
    directory: Directory,
    known: Known,
    names: Identities | None,
    days: tuple[int, int],
) -> list[Sight]:
    """What each channel saw on some days, by channel; `names` opens addresses, where the key is here."""
    by_day = days_by_channel(connection)
    named = names_by_channel(connection, *days)
    others = ids_by_channel(connection, *days)
    networks = _Networks(known.subnets) if names is not None else None
    found = []
    span = days[0] * DAY_US, (days[1] + 1) * DAY_US
    for channel in sorted(by_day.keys() | named.keys() | others.keys()):
        accounts, machines, addresses = named.get(channel, (set(), set(), set()))
        for own in others.get(channel, ()):
            (machines if own[0] == DEVICE else addresses if own[0] == ADDRESS else accounts).add(own)
        one = Sight(channel, days=frozenset(by_day.get(channel, ())))
        one.names = len(accounts) + len(machines) + len(addresses)
        _follow(one, directory, accounts | machines | addresses, span)
        one.devices |= machines
        one.devices &= known.devices
        if networks is not None and names is not None:
            one.subnets = {cidr for name in names_of(names, addresses) if (cidr := networks.of(name))}
        found.append(one)
    return found


def _follow(sight: Sight, directory: Directory, ids: Iterable[str], span: tuple[int, int]) -> None:
    for own in ids:
        lead = directory.lead(own, *span)
        sight.units.update(lead.units)
        sight.sites.update(lead.sites)
        sight.devices.update(one for one in lead.met if one[0] == DEVICE)
        if len(lead.ends) == 1:
            sight.people.update(end for end in lead.ends if end[0] == PERSON)


def names_of(names: Identities, ids: Iterable[str]) -> Iterable[str]:
    """The clear text of ids; only to be looked up, never shown."""
    for one in ids:
        if (name := names.reveal(one)) is not None:
            yield name.text


class _Networks:
    """Networks by version, length of prefix and number."""

    def __init__(self, cidrs: Set[str]) -> None:
        self._known: dict[tuple[int, int, int], str] = {}
        for cidr in cidrs:
            network: Network = ipaddress.ip_network(cidr, strict=False)
            self._known[network.version, network.prefixlen, int(network.network_address)] = cidr
        self._lengths = sorted({(version, length) for version, length, _ in self._known}, reverse=True)

    def of(self, text: str) -> str:
        """The narrowest network of an address; empty where there is none."""
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return ""
        number, bits = int(address), address.max_prefixlen
        for version, length in self._lengths:
            if version == address.version:
                start = number >> bits - length << bits - length
                if cidr := self._known.get((version, length, start)):
                    return cidr
        return ""


def blind_spots(found: Iterable[Sight], known: Known) -> list[str]:
    """What the directory has and a channel did not see, in sentences; of what no channel saw, once."""
    sights_ = list(found)
    told = []
    for what, all_of, seen in (
        ("units", known.units, {one.channel: one.units for one in sights_}),
        ("sites", known.sites, {one.channel: one.sites for one in sights_}),
        ("subnets", known.subnets, {one.channel: one.subnets for one in sights_ if one.subnets is not None}),
    ):
        told += _blind(what, all_of, seen)
    return told


def _blind(what: str, all_of: Set[str], seen: Mapping[str, Set[str]]) -> list[str]:
    if not seen:
        return []
    nowhere = all_of - set().union(*seen.values())
    told = [f"no channel saw {what} {', '.join(sorted(nowhere))}"] if nowhere else []
    for channel, some in seen.items():
        if left := all_of - some - nowhere:
            told.append(f"{channel} saw nobody of {what} {', '.join(sorted(left))}")
    return told
