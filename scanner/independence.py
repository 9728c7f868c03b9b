"""Which channels see on their own: each list of products that `completeness` compares is what such channels saw."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Set
from dataclasses import dataclass
from itertools import combinations

from shadowledger.db.channels import clients_of, products_by_channel, sources_by_channel
from shadowledger.db.sources import totals
from shadowledger.db.together import Product
from shadowledger.scanner.coverage import fills_of, needs_of
from shadowledger.scanner.discovery.gathering import CATALOGUE, DEPLOYMENT
from shadowledger.signatures.schema import Service

OF_ARTIFACTS = frozenset(("endpoint", "accounts"))
_BARELY_IN_TRAFFIC = frozenset(("local", "self_hosted", "sdk"))
"""Kinds of AI that machines show and traffic hardly does: beside browsers, where it is the other way round, they would
look like channels that miss a lot."""
_SAME = ({"proxy", "http"},)
"""Two views of one exchange, whatever names them."""


@dataclass(frozen=True, slots=True)
class Lists:
    """What independent channels saw of the products that each of them could have seen."""

    channels: tuple[tuple[str, ...], ...]
    """Those that make each list."""
    products: tuple[frozenset[Product], ...]
    left_out_count: int
    """Products that not all of them could have seen, or hardly."""
    by_service: bool
    """Whether services are counted and not their instances, which no machine or account tells."""
    joined: tuple[str, ...]
    """Why channels are one list, in words."""


def independent_lists(connection: sqlite3.Connection, services: Mapping[str, Service]) -> Lists:
    """The lists of an inventory. Channels are one list where one source feeds both, where they show the same exchange,
    and where both are of traffic and may be of the same clients: behind an explicit proxy, clients look up no names."""
    seen = products_by_channel(connection, CATALOGUE)
    sources = sources_by_channel(connection)
    joined: list[str] = []
    groups = [{channel} for channel in sorted(seen)]
    clients: dict[str, set[int]] = {}
    for one, other in combinations(sorted(seen), 2):
        if any({one, other} <= group for group in groups):
            continue
        if why := _why_one(connection, one, other, sources, clients):
            joined.append(f"{one} and {other} are one: {why}")
            groups = _united(groups, one, other)
    by_service = any(channel in OF_ARTIFACTS for channel in seen)
    wanted = {key: one for key, one in services.items() if not (by_service and one.ai_kind in _BARELY_IN_TRAFFIC)}
    could = _could_be_seen(connection, groups, sources, wanted)
    found, left = [], set[Product]()
    for group in groups:
        products = {_counted(product, by_service=by_service) for channel in group for product in seen[channel]}
        left |= {product for product in products if product[0] not in could}
        found.append(frozenset(product for product in products if product[0] in could))
    return Lists(tuple(tuple(sorted(group)) for group in groups), tuple(found), len(left), by_service, tuple(joined))


def _counted(product: Product, *, by_service: bool) -> Product:
    """A product as every channel can tell it: of a deployment its resource, which DNS sees too."""
    service_id, instance = product
    return service_id, "" if by_service else instance.partition(DEPLOYMENT)[0]


def _united(groups: list[set[str]], one: str, other: str) -> list[set[str]]:
    apart = [group for group in groups if not group & {one, other}]
    return [*apart, {channel for group in groups if group & {one, other} for channel in group}]


def _why_one(
    connection: sqlite3.Connection, one: str, other: str, sources: Mapping[str, Set[int]], clients: dict[str, set[int]]
) -> str:
    """Why two channels are not independent; empty where nothing speaks against it. `clients` is filled."""
    if {one, other} in _SAME:
        return "both show the same exchange"
    if sources[one] & sources[other]:
        return "one source tells both"
    if {one, other} & OF_ARTIFACTS:
        return ""
    for channel in (one, other):
        if channel not in clients:
            clients[channel] = clients_of(connection, channel)
        if 0 in clients[channel]:
            return f"not all records of {channel} name a client, so they may be of the same ones"
    return "the same clients are in both, and a proxy silences their DNS" if clients[one] & clients[other] else ""


def _could_be_seen(
    connection: sqlite3.Connection,
    groups: list[set[str]],
    sources: Mapping[str, Set[int]],
    services: Mapping[str, Service],
) -> frozenset[str]:
    """The services that each group has a source for."""
    fills = {
        int(str(row["id"])): frozenset(fills_of(str(row["collector"]), str(row["settings"])))
        for row in totals(connection)
    }
    shown = [
        frozenset[str]().union(*(fills.get(source, frozenset()) for channel in group for source in sources[channel]))
        for group in groups
    ]
    return frozenset(
        key
        for key, service in services.items()
        if service.origin == CATALOGUE and all(needs_of((service,)) & some for some in shown)
    )
