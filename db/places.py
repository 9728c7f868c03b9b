"""Where addresses lie: subnets in clear, and for each address the unit and site of the longest prefix of the time, so
that readers without the key know it by id.

Addresses are sealed. Whoever has the key brings placements up to date: of all addresses when subnets change, and of new
ones after a scan. An address without a row waits for that."""

from __future__ import annotations

import ipaddress
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from shadowledger.db.identities import ALWAYS_US, Identities
from shadowledger.db.transactions import writing

_PLACED_AT_ONCE = 20_000


class Subnet(NamedTuple):
    """A network, and whose it is for a time."""

    cidr: str
    since_us: int
    until_us: int
    unit: str
    site: str
    shared: str
    """nat, kiosk or vpn where an address of it stands for several people; empty otherwise."""


Segment = tuple[int, int, str, str, str]
"""from, until, unit, site, shared."""
_NOWHERE: list[Segment] = [(0, ALWAYS_US, "", "", "")]


def add_subnets(store: Identities, subnets: Iterable[Subnet]) -> int:
    """Record subnets; a network that is told again from the same moment is as it is told now. Returns how many are
    new or changed; addresses are placed anew then."""
    with writing(store.connection):
        known = {row[:2]: row for row in store.connection.execute("select * from subnet")}
        news = {one[:2]: one for one in subnets if known.get(one[:2]) != tuple(one)}
        store.connection.executemany("insert or replace into subnet values (?, ?, ?, ?, ?, ?)", news.values())
        if news:
            store.connection.execute("delete from placement")
    place_addresses(store)
    return len(news)


def place_addresses(store: Identities) -> int:
    """Place every address that waits for it. Returns how many did."""
    if not any_subnet(store.connection):
        return 0
    waiting = [one for (one,) in store.connection.execute(_WAITING)]
    networks = _Networks(store.connection)
    for start in range(0, len(waiting), _PLACED_AT_ONCE):
        rows: list[tuple[str, *Segment]] = []
        for one in waiting[start : start + _PLACED_AT_ONCE]:
            name = store.reveal(one)
            rows += ((one, *segment) for segment in (networks.segments(name.text) if name else ()))
        with writing(store.connection):
            store.connection.executemany("insert or ignore into placement values (?, ?, ?, ?, ?, ?)", rows)
    return len(waiting)


def any_subnet(connection: sqlite3.Connection) -> bool:
    """Whether there is anything to place addresses in."""
    return connection.execute("select 1 from subnet limit 1").fetchone() is not None


_WAITING = """
    select id from name
    where id >= 'a-' and id < 'a.' and not exists (select 1 from placement where placement.id = name.id)"""


class _Networks:
    """Subnets by version, length of prefix and number, the longest first."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        found: dict[tuple[int, int], dict[int, list[Segment]]] = defaultdict(lambda: defaultdict(list))
        for cidr, *segment in connection.execute("select * from subnet order by cidr, valid_from_us"):
            network = ipaddress.ip_network(cidr)
            shift = network.max_prefixlen - network.prefixlen
            found[network.version, shift][int(network.network_address) >> shift].append(tuple(segment))
        self._found = sorted((version, shift, numbers) for (version, shift), numbers in found.items())
        self._same: dict[tuple[Segment, ...], list[Segment]] = {}

    def segments(self, text: str) -> list[Segment]:
        """Where an address lies at each time; the times have no gaps."""
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return _NOWHERE
        number, version = int(address), address.version
        layers = tuple(
            segment
            for known, shift, numbers in self._found
            if known == version
            for segment in numbers.get(number >> shift, ())
        )
        if layers not in self._same:
            self._same[layers] = list(_laid(layers))
        return self._same[layers]


def _laid(layers: Iterable[Segment]) -> Iterator[Segment]:
    """Layers on each other: at each time the first that has it."""
    layers = list(layers)
    moments = sorted({0, ALWAYS_US, *(moment for layer in layers for moment in layer[:2])})
    last: Segment | None = None
    for since, until in pairwise(moments):
        told = next((layer[2:] for layer in layers if layer[0] <= since < layer[1]), ("", "", ""))
        if last is not None and last[2:] == told:
            last = (last[0], until, *told)
            continue
        if last is not None:
            yield last
        last = (since, until, *told)
    if last is not None:
        yield last
