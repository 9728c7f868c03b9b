"""Hosts that are somebody's machine, and not a service that anybody could mean."""

from __future__ import annotations

from shadowledger.collectors.engines.plan import is_address_shaped
from shadowledger.db.identities import Identities
from shadowledger.db.names import Name, address_name, device_name

_LOCAL = (".local", ".lan", ".localdomain", ".home.arpa", ".fritz.box")
"""RFC 6762, RFC 8375, and what home routers call their networks."""


def machine_name(host: str) -> Name | None:
    """Which machine a host is that nobody outside could mean: an address, a name without a dot, or one of a local
    network; None for all others."""
    if is_address_shaped(host):
        return address_name(host)
    return device_name(host) if host and ("." not in host or host.endswith(_LOCAL)) else None


def known_machine(host: str, identities: Identities) -> str:
    """The id of the machine that some source named so before; empty where none did."""
    names = Name("device", host), Name("device", host.partition(".")[0])
    return next(filter(None, map(identities.known_id, names)), "")
