"""Names of people, machines and addresses in the one written form per kind, fixed before anything is keyed."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from typing import NamedTuple


class Name(NamedTuple):
    """Whom or what a source names."""

    kind: str
    """upn, sam, email, device, address, person or system; empty where the source names nobody."""
    text: str


NOBODY = Name("", "")

_DOTTED = re.compile(r"(?:(?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})\Z", re.ASCII)
"""IPv4 as it is written nearly always, and then already in its form."""
_MAC = re.compile(
    r"(?:[0-9a-f]{1,2}:){5}[0-9a-f]{1,2}|(?:[0-9a-f]{1,2}-){5}[0-9a-f]{1,2}"
    r"|(?:[0-9a-f]{4}[.:-]){2}[0-9a-f]{4}|[0-9a-f]{6}[:-][0-9a-f]{6}",
    re.ASCII,
)
"""Hardware addresses in groups, in lower case: of two digits (https://www.rfc-editor.org/rfc/rfc9542#section-2.1, with
colons on Unix, which may leave leading zeros out), of four (Cisco) or of six (HPE)."""
_PLAIN_MAC = re.compile(r"[0-9a-f]{12}", re.ASCII)
_SHORTEST_MAC, _LONGEST_MAC = len("0:0:0:0:0:0"), len("00:00:00:00:00:00")
_NULLS = frozenset(("", "-", "none", "n/a", "na", "null", "(null)", "(empty)", "unknown", "unavailable", "anonymous"))
_SYSTEM_AUTHORITIES = ("nt authority\\", "nt-autorität\\", "autorite nt\\", "window manager\\", "font driver host\\")
_SYSTEM_ACCOUNTS = frozenset(
    (
        "root", "system", "local service", "network service", "daemon", "nobody", "www-data", "proxy", "bind", "bin",
        "sys", "messagebus", "systemd-network", "systemd-resolve", "systemd-timesync", "syslog", "polkitd", "_apt",
        "s-1-5-18", "s-1-5-19", "s-1-5-20",
    )
)  # fmt: skip
"""Accounts that no person signs in with, on Debian (https://www.debian.org/doc/debian-policy/ch-opersys.html#uid-and-gid-classes)
and on Windows (https://learn.microsoft.com/windows/security/identity-protection/access-control/local-accounts), by name
or by SID (https://learn.microsoft.com/windows-server/identity/ad-ds/manage/understand-security-identifiers)."""


def user_name(text: str) -> Name:
    """Who a source's user field means: a upn (`ada@corp.example`), a sam name with or without its domain
    (`corp\\ada`, `ada`), or a system account that is no person."""
    name = _plain(text).strip('"').strip()
    domain, slash, account = name.rpartition("\\")
    if account in _NULLS:
        return NOBODY
    machine = account.partition("@")[0].endswith("$")
    if machine or account in _SYSTEM_ACCOUNTS or name.startswith(_SYSTEM_AUTHORITIES):
        return Name("system", name)
    if "@" in account:
        return Name("upn", account)
    return Name("sam", f"{domain}\\{account}" if slash and domain and domain != "." else account)


def device_name(text: str) -> Name:
    """A machine's name or id, in lower case and without a final dot; a hardware address in groups in its one form."""
    name = _plain(text)
    while name != (shorter := name.rstrip(".").strip()):
        name = shorter
    if _SHORTEST_MAC <= len(name) <= _LONGEST_MAC and _MAC.fullmatch(name):
        return Name("device", _mac_form(name))
    return NOBODY if name in _NULLS else Name("device", name)


def mac_name(text: str) -> Name:
    """A machine's hardware address in the one form `00:1a:2b:3c:4d:5e`, also where it is written without groups, as
    twelve digits may be a name elsewhere. What is none is taken for another id of the machine; zeros are nobody's."""
    name = _plain(text)
    if _PLAIN_MAC.fullmatch(name) or _MAC.fullmatch(name):
        form = _mac_form(name)
        return NOBODY if form in ("00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff") else Name("device", form)
    return device_name(name)


def _mac_form(name: str) -> str:
    groups = re.split("[:.-]", name)
    digits = "".join(group.zfill(2) for group in groups) if len(groups) == 6 else "".join(groups)
    return ":".join(digits[start : start + 2] for start in range(0, 12, 2))


def address_name(text: str) -> Name:
    """An IP address in its shortest form, a mapped IPv4 as IPv4; what is no address is kept in lower case."""
    if _DOTTED.match(text):
        return Name("address", text)
    name = _plain(text)
    if name in _NULLS:
        return NOBODY
    try:
        address = ipaddress.ip_address(name.strip("[]").partition("%")[0])
    except ValueError:
        return Name("address", name)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return Name("address", str(address))


def _plain(text: str) -> str:
    """Full-width and other compatible characters as the plain ones (NFKC, https://www.unicode.org/reports/tr15/), in
    lower case."""
    if text.isascii():
        return text.lower().strip()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower()).strip()


def bare_form(name: Name) -> Name:
    """The shorter form under which other sources write the same thing: `corp\\ada` as `ada`, a machine without its
    DNS suffix. The same name where there is none."""
    if name.kind == "sam" and "\\" in name.text:
        return Name("sam", name.text.rpartition("\\")[2])
    if name.kind == "device" and "." in name.text and not _DOTTED.match(name.text):
        return Name("device", name.text.partition(".")[0])
    return name
