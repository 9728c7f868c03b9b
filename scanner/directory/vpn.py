"""Whose session had which address of a VPN's pool.

- a CSV of `user, address, start, end`;
- syslog of Cisco ASA and Firepower (https://www.cisco.com/c/en/us/td/docs/security/asa/syslog/asa-syslog.html): 722051
  and 713228 say who gets which address, 113019 that the session is over. 113039 names no address;
- OpenVPN's status file, versions 1 to 3 (https://build.openvpn.net/man/openvpn-2.6/openvpn.8.html, --status)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shadowledger.db.identities import ALWAYS_US
from shadowledger.db.names import address_name, user_name
from shadowledger.scanner.directory.dhcp import stamp_of
from shadowledger.scanner.directory.export import Export
from shadowledger.scanner.directory.facts import ASSUMED, TOLD, Fact, FlawedDirectoryError, Lease

SESSION_HOURS = 24
"""How long a session is taken to last whose end nobody tells; the next of its address ends it too."""
COLUMNS = ("user", "address", "start", "end")
_SECOND_US = 1_000_000
_ASSIGNED = re.compile(
    r"(?P<stamp>.{0,120}?)%(?:ASA|FTD|PIX)-\d-722051: Group <[^>]*> User <(?P<user>[^>]{1,255})> IP <(?P<peer>[^>]*)> "
    r"IPv4 Address <(?P<address>[^>]*)>(?: IPv6 address <(?P<address6>[^>]*)>)? assigned to session"
)
_ASSIGNED_IPSEC = re.compile(
    r"(?P<stamp>.{0,120}?)%(?:ASA|FTD|PIX)-\d-713228: Group = [^,]*, Username = (?P<user>[^,]{1,255}), "
    r"IP = (?P<peer>[^,]*), Assigned private IP address (?P<address>\S{2,45}) to remote user"
)
_OVER = re.compile(
    r"(?P<stamp>.{0,120}?)%(?:ASA|FTD|PIX)-\d-113019: Group = [^,]*, Username = (?P<user>[^,]{1,255}), "
    r"IP = (?P<peer>[^,]*), Session disconnected\."
)
_ASA = re.compile(r"%(?:ASA|FTD|PIX)-\d-(?:113039|722051|113019|713228):")
_STATUS = re.compile(r"(?:OpenVPN CLIENT LIST|TITLE[,\t]OpenVPN|HEADER[,\t]CLIENT_LIST[,\t])")
_UNSET = ("0.0.0.0", "::", "")  # noqa: S104 - no address


def is_vpn(export: Export) -> str:
    """Why a file tells of sessions of a VPN; empty where it does not."""
    if _ASA.search(export.head):
        return "has VPN sessions of Cisco ASA"
    if _STATUS.match(export.head.lstrip()):
        return "is a status file of OpenVPN"
    if export.has("user") and export.has("address") and not export.has("device", "mac", "hwaddr"):
        return "has the columns user and address"
    return ""


def read_vpn(export: Export) -> Iterator[Fact]:
    """Sessions, each as a lease to an account."""
    if _ASA.search(export.head):
        yield from _asa(export)
    elif _STATUS.match(export.head.lstrip()):
        yield from _openvpn(export)
    else:
        yield from _table(export)


def _table(export: Export) -> Iterator[Fact]:
    if not (export.has("user") and export.has("address")):
        raise FlawedDirectoryError(f"{export.path} has no header with user and address.")
    lasts_us = export.lease_us(SESSION_HOURS)
    for number, (user, address, first, last) in export.rows(*COLUMNS):
        if not user_name(user).kind or not address_name(address).kind:
            raise FlawedDirectoryError(f"Row {number}: a session needs a user and an address.")
        since, until, _ = export.span(number, ("start", first), ("end", last))
        if last or not first:
            yield Lease(address, max(since, 0), min(until, ALWAYS_US), TOLD, account=user)
        else:
            yield Lease(address, since, since + lasts_us, ASSUMED, account=user)


def _asa(export: Export) -> Iterator[Fact]:
    """The end of a session names the user and where from, not the address; so it is looked for among those begun."""
    lasts_us = export.lease_us(SESSION_HOURS)
    begun: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for number, line in export.lines():
        if "-7" in line and (found := _ASSIGNED.search(line) or _ASSIGNED_IPSEC.search(line)):
            since = stamp_of(export, number, found["stamp"])
            addresses = [found["address"], found.groupdict().get("address6") or ""]
            key = found["user"].lower(), found["peer"]
            for address in addresses:
                if address not in _UNSET:
                    begun.setdefault(key, []).append((address, since))
        elif "-113019:" in line and (found := _OVER.search(line)):
            until = stamp_of(export, number, found["stamp"])
            for address, since in begun.pop((found["user"].lower(), found["peer"]), ()):
                yield Lease(address, since, until, TOLD, account=found["user"])
    for (user, _), sessions in begun.items():
        for address, since in sessions:
            yield Lease(address, since, since + lasts_us, ASSUMED, account=user)


def _openvpn(export: Export) -> Iterator[Fact]:
    """Sessions are known until the moment that the file was written."""
    columns: list[str] = []
    written, where = 0, ""
    since_of: dict[tuple[str, str], int] = {}
    for number, line in export.lines():
        cells = line.rstrip("\r\n").split("\t" if "\t" in line else ",")
        word = cells[0]
        if word == "TIME" and len(cells) > 2:
            written = int(cells[2]) * _SECOND_US if cells[2].isdigit() else 0
        elif word == "HEADER" and cells[1:2] == ["CLIENT_LIST"]:
            columns = cells[1:]
        elif word == "CLIENT_LIST" and columns:
            yield from _client(dict(zip(columns, cells, strict=False)), written)
        elif word == "Updated" and len(cells) > 1:
            written = export.stamp(number, cells[1])
        elif word in ("Common Name", "Virtual Address"):
            where = word
        elif where == "Common Name" and len(cells) == 5:
            since_of[cells[0], cells[1]] = export.stamp(number, cells[4])
        elif where == "Virtual Address" and len(cells) == 4 and (since := since_of.get((cells[1], cells[2]), 0)):
            yield from _session(cells[0], cells[1], since, written)


def _client(told: dict[str, str], written: int) -> Iterator[Fact]:
    user = told.get("Username", "")
    account = told.get("Common Name", "") if user in ("", "UNDEF") else user
    since = told.get("Connected Since (time_t)", "")
    for column in ("Virtual Address", "Virtual IPv6 Address"):
        if since.isdigit():
            yield from _session(told.get(column, ""), account, int(since) * _SECOND_US, written)


def _session(address: str, account: str, since: int, written: int) -> Iterator[Fact]:
    """A route to a network behind a client, or to a MAC, is no session of a person."""
    plain = address.rstrip("C").partition("@")[0]
    if plain not in _UNSET and "/" not in plain and user_name(account).kind and written > since:
        yield Lease(plain, since, written, TOLD, account=account)
