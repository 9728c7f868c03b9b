"""The kinds of directory files, each recognised by what is in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from shadowledger.scanner.directory import dhcp, ldif, microsoft, plain, vpn
from shadowledger.scanner.directory.export import Export
from shadowledger.scanner.directory.facts import Fact, FlawedDirectoryError

AUTO = "auto"


class Kind(NamedTuple):
    """What a file may be."""

    title: str
    shows: Callable[[Export], str]
    """Why a file is of this kind; empty where it is not."""
    read: Callable[[Export], Iterator[Fact]]


def _columns(needed: str, *one_of: str) -> Callable[[Export], str]:
    def shows(export: Export) -> str:
        has = export.has(needed) and (not one_of or export.has(*one_of))
        return f"has the column {needed}" if has else ""

    return shows


def _is_people(export: Export) -> str:
    names = [one for one in ("person", "upn", "sam", "email") if export.has(one)]
    names += ["name"] * export.has("name") if export.has("unit", "role") else []
    return f"has the column {names[0]}" if names else ""


KINDS: dict[str, Kind] = {
    "ldif": Kind("LDIF of Active Directory or OpenLDAP", ldif.is_ldif, ldif.read_ldif),
    "ad": Kind("Get-ADUser or Get-ADComputer as CSV", microsoft.is_ad, microsoft.read_ad),
    "entra": Kind("Users or devices of Entra, CSV or JSON", microsoft.is_entra, microsoft.read_entra),
    "kea": Kind("Kea's lease file", dhcp.is_kea, dhcp.read_kea),
    "dhcp_windows": Kind("DhcpSrvLog-*.log, or Get-DhcpServerv4Lease as CSV", dhcp.is_windows, dhcp.read_windows),
    "dhcp_infoblox": Kind("Infoblox's leases as CSV, or its DHCP log", dhcp.is_infoblox, dhcp.read_infoblox),
    "dhcp_isc": Kind("dhcpd.leases, or dhcpd's log", dhcp.is_isc, dhcp.read_isc),
    "dhcp_dnsmasq": Kind("dnsmasq.leases, or dnsmasq's log", dhcp.is_dnsmasq, dhcp.read_dnsmasq),
    "leases": Kind("Table of leases", _columns("address", "device", "mac"), plain.leases),
    "vpn": Kind("Sessions: a table, Cisco ASA's log, OpenVPN's status", vpn.is_vpn, vpn.read_vpn),
    "subnets": Kind("Table of networks", _columns("cidr"), plain.subnets),
    "devices": Kind("Table of machines", _columns("device"), plain.devices),
    "people": Kind("Table of people", _is_people, plain.people),
}
"""In the order in which a file is asked."""
PLAIN = {"people": plain.PEOPLE, "devices": plain.DEVICES, "subnets": plain.SUBNETS, "leases": plain.LEASES}
"""The kinds that are tables of our own, and their columns, any of which may be missing."""


def kind_of(export: Export, told: str) -> str:
    """The kind that a file is of. Raises FlawedDirectoryError where it is not of the kind told, or of none."""
    if told in KINDS:
        if KINDS[told].shows(export) or (told in PLAIN and export.has(*PLAIN[told]) and not _native(export)):
            return told
        found, why = _found(export)
        if found:
            raise FlawedDirectoryError(
                f"{export.path} looks like {found}, not {told}: it {why}. Say --kind {found}, or leave --kind out."
            )
        if told in PLAIN:
            raise FlawedDirectoryError(f"{export.path} has no header with one of: {', '.join(PLAIN[told])}.")
        raise FlawedDirectoryError(f"{export.path} does not look like {told} ({KINDS[told].title}).")
    found, _ = _found(export)
    if not found:
        raise FlawedDirectoryError(
            f"{export.path} looks like no directory file that is known; "
            "`shadowledger directory import --help` lists them."
        )
    return found


def _found(export: Export) -> tuple[str, str]:
    return next(((name, why) for name, kind in KINDS.items() if (why := kind.shows(export))), ("", ""))


def _native(export: Export) -> bool:
    """Whether a file is surely of a program, whatever columns it shares with our own tables."""
    found, _ = _found(export)
    return found not in (*PLAIN, "vpn", "")
