"""The tables that anybody can write: people, devices, subnets and leases as CSV, any column of which may be missing."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from shadowledger.db.identities import ALWAYS_US
from shadowledger.db.names import device_name, mac_name, user_name
from shadowledger.scanner.directory.export import Export
from shadowledger.scanner.directory.facts import (
    TOLD,
    Fact,
    FlawedDirectoryError,
    Lease,
    Machine,
    Network,
    Person,
    shared_word,
)
from shadowledger.scanner.directory.forms import cached_address, cached_device, cached_mac

PEOPLE = ("person", "upn", "sam", "email", "name", "unit", "site", "role", "valid_from", "valid_to")
DEVICES = ("device", "owner", "unit", "mac", "site", "shared", "valid_from", "valid_to")
SUBNETS = ("cidr", "unit", "site", "shared", "valid_from", "valid_to")
LEASES = ("address", "device", "mac", "start", "end")


def people(export: Export) -> Iterator[Fact]:
    """Who has which accounts, and belongs where, when."""
    _need(export, PEOPLE)
    for number, (key, upn, sam, email, name, unit, site, role, first, last) in export.rows(*PEOPLE):
        accounts = tuple(text for text in (upn, sam, email) if user_name(text).kind)
        if not (key or accounts or name):
            raise FlawedDirectoryError(f"Row {number}: names nobody; person, upn, sam, email and name are all empty.")
        span = export.span(number, ("valid_from", first), ("valid_to", last))
        yield Person(key, accounts, unit, site, role, span, name)


def devices(export: Export) -> Iterator[Fact]:
    """Whose which machine is, when; several hardware addresses are separated by `;` or blanks."""
    _need(export, DEVICES)
    names_owners, names_shared = export.has("owner"), export.has("shared")
    for number, (device, owner, unit, mac, site, shared, first, last) in export.rows(*DEVICES):
        macs = tuple(one for one in mac.replace(";", " ").split() if mac_name(one).kind)
        if not device_name(device).kind and not macs:
            raise FlawedDirectoryError(f"Row {number}: names no device.")
        owners = ((owner,) if owner else ()) if names_owners else None
        word = shared_word(shared, f"Row {number}") if names_shared else None
        span = export.span(number, ("valid_from", first), ("valid_to", last))
        yield Machine(device, macs, owners, unit, site, word, span)


def subnets(export: Export) -> Iterator[Fact]:
    """Whose which network is, when, and whether its addresses stand for several people."""
    _need(export, SUBNETS)
    for number, (cidr, unit, site, shared, first, last) in export.rows(*SUBNETS):
        try:
            network = str(ipaddress.ip_network(cidr, strict=False))
        except ValueError as error:
            raise FlawedDirectoryError(f"Row {number}: '{cidr}' is no network such as 10.1.0.0/16.") from error
        span = export.span(number, ("valid_from", first), ("valid_to", last))
        yield Network(network, unit, site, shared_word(shared, f"Row {number}"), span)


def leases(export: Export) -> Iterator[Fact]:
    """Which machine held which address, when."""
    _need(export, LEASES)
    for number, (address, device, mac, first, last) in export.rows(*LEASES):
        if not cached_address(address).kind or not (cached_device(device).kind or cached_mac(mac).kind):
            raise FlawedDirectoryError(f"Row {number}: a lease needs an address, and a device or a mac.")
        since, until, _ = export.span(number, ("start", first), ("end", last))
        yield Lease(address, max(since, 0), min(until, ALWAYS_US), TOLD, mac, device)


def _need(export: Export, columns: tuple[str, ...]) -> None:
    if not export.has(*columns):
        raise FlawedDirectoryError(f"{export.path} has no header with one of: {', '.join(columns)}.")
