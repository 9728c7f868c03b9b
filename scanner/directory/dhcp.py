"""What DHCP servers write of leases: their logs and databases.

A log says when a lease began and rarely when it is to end; the end is then assumed from how long leases last by default
(`--lease-hours` says otherwise), and the next holder of the address, a release or an expiry ends it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shadowledger.db.identities import ALWAYS_US
from shadowledger.scanner.directory.export import Export
from shadowledger.scanner.directory.facts import ASSUMED, FREED, TOLD, Fact, Lease

_WINDOWS_HOURS = 8 * 24
"""https://learn.microsoft.com/powershell/module/dhcpserver/add-dhcpserverv4scope: eight days."""
_ISC_HOURS = 12
"""https://kb.isc.org/docs/isc-dhcp-44-manual-pages-dhcpdconf: default-lease-time is 43200 seconds."""
_DNSMASQ_HOURS = 1
"""https://thekelleys.org.uk/dnsmasq/docs/dnsmasq-man.html: one hour."""
_SECOND_US = 1_000_000
_HEX_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}")

# Event IDs and columns, as each log's own head explains them: https://learn.microsoft.com/previous-versions/windows/
# it-pro/windows-server-2008-R2-and-2008/dd183591(v=ws.10); month first, whatever the country
_WINDOWS_ROW = re.compile(r"(\d\d),(\d\d/\d\d/\d\d),(\d\d:\d\d:\d\d),[^,]*,([^,]*),([^,]*),([^,\r\n]*)")
_WINDOWS_HEAD = re.compile(r"DHCP[^\n]{0,40}(?:Activity Log|Aktivit|activit)", re.IGNORECASE)
_GIVEN, _ENDED = ("10", "11", "20", "21"), ("12", "16", "17", "18")
_WINDOWS_LEASE = ("IPAddress", "AddressState", "ClientId", "HostName", "LeaseExpiryTime")
_HOLDS = ("active", "activereservation")

# https://kb.isc.org/docs/isc-dhcp-44-manual-pages-dhcpd; Infoblox adds how long the lease lasts, and who it was:
# https://docs.infoblox.com/space/nios85/35816704/Viewing+DHCP+Lease+Messages
_ACK = re.compile(
    r"(?P<stamp>.{1,80}?)\bdhcpd(?:\[\d+\])?: (?:[^ ]{1,40}: )?"
    r"(?P<what>DHCPACK|DHCPRELEASE|DHCPEXPIRE) (?:on|of) (?P<address>[0-9a-fA-F.:]{2,45})"
    r" (?:to|from) (?P<mac>[0-9a-fA-F:]{11,60})(?: \((?P<name>[^)]{1,255})\))?"
    r"(?:.*? lease-duration (?P<seconds>\d{1,10}))?"
)
# An address, what became of it, name, hardware address, and from when until when, as Infoblox logs leases
_RLE = re.compile(
    r"\br-l-e:(?P<address>[0-9a-fA-F.:]{2,45}),(?P<what>\w+),(?P<name>[^,]*),(?P<mac>[^,]*),(?P<since>\d*),(?P<until>\d*)"
)
_RLE_GIVEN = ("issued", "renewed", "fixed", "active")
_INFOBLOX_COLUMNS = (
    ("ip_address", "Lease IP", "IP Address", "address"),
    ("binding_state", "Action", "Lease State", "State"),
    ("mac_address", "MAC/DUID", "MAC Address", "hardware"),
    ("client_hostname", "Host Name", "Hostname", "server_host_name"),
    ("starts", "Lease Start", "Start", "Issue Time"),
    ("ends", "Lease End", "End", "Expiry Time"),
)
_INFOBLOX_ENDED = ("free", "freed", "released", "expired", "backup", "reset")
# https://thekelleys.org.uk/dnsmasq/docs/dnsmasq-man.html (dhcp-leasefile); its log as src/rfc2131.c writes it
_DNSMASQ_LEASE = re.compile(r"(\d{1,12}) (\S{1,60}) ([0-9a-fA-F.:]{2,45}) (\S{1,255}) (\S{1,600})\s*")
_DNSMASQ_LOG = re.compile(
    r"(?P<stamp>.{1,80}?)\bdnsmasq-dhcp(?:\[\d+\])?: (?:\d+ )?(?P<what>DHCPACK|DHCPRELEASE)\(\S{1,40}\) "
    r"(?P<address>[0-9.]{7,15}) (?P<mac>[0-9a-fA-F:]{11,60})(?: (?P<name>\S{1,255}))?"
)
_PRIORITY = re.compile(r"\s*(?:<\d{1,3}>)?(?:1 )?")
"""What may stand before a stamp: https://www.rfc-editor.org/rfc/rfc5424#section-6.2"""


def stamp_of(export: Export, number: int, text: str) -> int:
    """The stamp that a line of syslog begins with, in microseconds."""
    found = _PRIORITY.match(text)
    return export.stamp(number, text[found.end() if found else 0 :][:60], "syslog")


def is_windows(export: Export) -> str:
    """Why a file is of the DHCP server of Windows; empty where it is not."""
    if export.has("LeaseExpiryTime") and export.has("IPAddress"):
        return "has the columns of Get-DhcpServerv4Lease"
    lines = export.head.splitlines()
    if _WINDOWS_HEAD.search(export.head[:2000]) or any(_WINDOWS_ROW.match(line) for line in lines[:60]):
        return "is an audit log of Windows' DHCP server"
    return ""


def read_windows(export: Export) -> Iterator[Fact]:
    """DhcpSrvLog-*.log, and `Get-DhcpServerv4Lease | Export-Csv`
    (https://learn.microsoft.com/powershell/module/dhcpserver/get-dhcpserverv4lease). Both write the server's own time;
    of the list only the end of a lease is known."""
    lasts_us = export.lease_us(_WINDOWS_HOURS)
    if export.has("LeaseExpiryTime"):
        export.settle_dates("LeaseExpiryTime")
        for number, (address, state, client, name, end) in export.rows(*_WINDOWS_LEASE):
            if state.lower() in _HOLDS and address:
                until = export.stamp(number, end) if end else ALWAYS_US
                yield Lease(address, until - lasts_us if end else 0, until, TOLD, client, name)
        return
    for number, line in export.lines():
        found = _WINDOWS_ROW.match(line)
        if found and found[4] and found[1] in (*_GIVEN, *_ENDED):
            event, day, time, address, name, mac = found.groups()
            since = export.stamp(number, f"{day} {time}", "us")
            yield from _event(address, since, lasts_us, mac, name, ended=event in _ENDED)


def is_isc(export: Export) -> str:
    """Why a file is of ISC's dhcpd; empty where it is not."""
    if re.search(r"^lease [0-9.]{7,15} \{", export.head, re.MULTILINE):
        return "has leases as dhcpd.leases has them"
    return "is a log of dhcpd" if _ACK.search(export.head) and not is_infoblox(export) else ""


def read_isc(export: Export) -> Iterator[Fact]:
    """dhcpd.leases (https://kb.isc.org/docs/isc-dhcp-44-manual-pages-dhcpdleases; IPv4), or dhcpd's log."""
    if not re.search(r"^lease [0-9.]{7,15} \{", export.head, re.MULTILINE):
        yield from _read_dhcpd(export)
        return
    block: dict[str, str] = {}
    for number, line in export.lines():
        word, _, rest = line.strip().rstrip(";").partition(" ")
        if word == "lease":
            block = {"lease": rest.partition(" ")[0]}
        elif word == "}" and block:
            yield from _isc_lease(export, number, block)
            block = {}
        elif block and word in ("starts", "ends", "binding", "hardware", "client-hostname"):
            block[word] = rest.partition("#")[0].strip().rstrip(";").strip('"')


def _isc_lease(export: Export, number: int, block: dict[str, str]) -> Iterator[Fact]:
    """A lease that is not active any more was freed when it ended. What was only ever free names nobody."""
    mac = block.get("hardware", "").rpartition(" ")[2]
    state = block.get("binding", "state active").removeprefix("state ")
    if not mac or "starts" not in block or state == "abandoned":
        return
    since, until = (_isc_time(export, number, block.get(word, "never")) for word in ("starts", "ends"))
    yield Lease(block["lease"], since, until, TOLD, mac, block.get("client-hostname", ""))
    if state != "active" and until != ALWAYS_US:
        yield Lease(block["lease"], until, until, FREED, mac)


def _isc_time(export: Export, number: int, text: str) -> int:
    """`4 2026/11/05 09:00:00` in UTC, or `epoch 1793869200`; the day of the week goes before."""
    if text == "never":
        return ALWAYS_US
    kind, _, rest = text.partition(" ")
    if kind == "epoch" and rest.isdigit():
        return int(rest) * _SECOND_US
    time_us, _ = export.clock.read(rest, "iso", "utc")
    return time_us or export.stamp(number, text)


def is_infoblox(export: Export) -> str:
    """Why a file is of Infoblox; empty where it is not."""
    if export.has("header-lease") or (
        export.has("ip_address", "Lease IP") and export.has("ends", "Lease End") and not export.has("hwaddr")
    ):
        return "has the columns of Infoblox's leases"
    if _RLE.search(export.head) or re.search(r"dhcpd(?:\[\d+\])?: DHCPACK .* lease-duration \d", export.head):
        return "is a DHCP log of Infoblox"
    return ""


def read_infoblox(export: Export) -> Iterator[Fact]:
    """The export of leases and of their history (https://docs.infoblox.com/space/nios86/35893132/DHCP+Lease), and the
    log."""
    if not export.has("ends", "Lease End", "End"):
        yield from _read_dhcpd(export)
        return
    export.settle_dates("starts" if export.has("starts") else "Lease Start")
    for number, (address, state, mac, name, start, end) in export.rows(*_INFOBLOX_COLUMNS):
        if not address or not (mac or name) or not start:
            continue
        since = _infoblox_time(export, number, start)
        until = _infoblox_time(export, number, end) if end else ALWAYS_US
        yield Lease(address, since, until, TOLD, mac, name)
        if state.lower() in _INFOBLOX_ENDED and end:
            yield Lease(address, until, until, FREED, mac, name)


def _infoblox_time(export: Export, number: int, text: str) -> int:
    return int(text) * _SECOND_US if text.isdigit() else export.stamp(number, text)


def _read_dhcpd(export: Export) -> Iterator[Fact]:
    """The log of dhcpd, Infoblox's included."""
    lasts_us = export.lease_us(_ISC_HOURS)
    for number, line in export.lines():
        if "DHCP" in line and (found := _ACK.match(line)):
            since = stamp_of(export, number, found["stamp"])
            seconds = found["seconds"]
            ended = found["what"] != "DHCPACK"
            if seconds and not ended:
                until = since + int(seconds) * _SECOND_US
                yield Lease(found["address"], since, until, TOLD, found["mac"], found["name"] or "")
            else:
                yield from _event(found["address"], since, lasts_us, found["mac"], found["name"] or "", ended=ended)
        elif (rle := _RLE.search(line)) and rle["since"] and rle["until"]:
            since, until = int(rle["since"]) * _SECOND_US, int(rle["until"]) * _SECOND_US
            if rle["what"].lower() in _RLE_GIVEN:
                yield Lease(rle["address"], since, until, TOLD, rle["mac"], rle["name"])
            else:
                at_us = stamp_of(export, number, line)
                yield Lease(rle["address"], at_us, at_us, FREED, rle["mac"], rle["name"])


def is_dnsmasq(export: Export) -> str:
    """Why a file is of dnsmasq; empty where it is not."""
    first = next((line for line in export.head.splitlines() if line.strip()), "")
    if _DNSMASQ_LEASE.fullmatch(first):
        return "has leases as dnsmasq.leases has them"
    return "is a log of dnsmasq's DHCP" if _DNSMASQ_LOG.search(export.head) else ""


def read_dnsmasq(export: Export) -> Iterator[Fact]:
    """dnsmasq.leases, which has the ends of leases alone (0 where there is none), or dnsmasq's log."""
    lasts_us = export.lease_us(_DNSMASQ_HOURS)
    for number, line in export.lines():
        if found := _DNSMASQ_LEASE.fullmatch(line):
            end, mac, address, name, _ = found.groups()
            until = int(end) * _SECOND_US or ALWAYS_US
            since = until - lasts_us if int(end) else 0
            if _HEX_MAC.fullmatch(mac.rpartition("-")[2]):
                yield Lease(address, since, until, TOLD, mac.rpartition("-")[2], "" if name == "*" else name)
        elif "dnsmasq-dhcp" in line and (found := _DNSMASQ_LOG.match(line)):
            since = stamp_of(export, number, found["stamp"])
            ended = found["what"] == "DHCPRELEASE"
            yield from _event(found["address"], since, lasts_us, found["mac"], found["name"] or "", ended=ended)


def is_kea(export: Export) -> str:
    """Why a file is a lease file of Kea; empty where it is not."""
    columns = ("address", "valid_lifetime", "expire", "subnet_id")
    return "has the columns of Kea's lease file" if all(export.has(one) for one in columns) else ""


def read_kea(export: Export) -> Iterator[Fact]:
    """kea-leases4.csv and kea-leases6.csv, as the memfile backend writes them
    (https://kea.readthedocs.io/en/latest/arm/dhcp4-srv.html#memfile-basic-storage-for-leases). A lifetime of 0 says
    that a lease was removed, and not when; a state but 0 that the address was declined, reclaimed or released."""
    for _, (address, mac, duid, lifetime, expire, name, state) in export.rows(
        "address", "hwaddr", "duid", "valid_lifetime", "expire", "hostname", "state"
    ):
        if not (lifetime.isdigit() and expire.isdigit()) or int(lifetime) == 0 or state == "1":
            continue
        ends_us = int(expire) * _SECOND_US
        is_endless = int(lifetime) == 0xFFFFFFFF
        holder = mac or duid
        host = name.replace("&#x2c", ",").rstrip(".")
        if state in ("", "0") and (holder or host):
            since = max(ends_us - int(lifetime) * _SECOND_US, 0) if not is_endless else 0
            yield Lease(address, since, ALWAYS_US if is_endless else ends_us, TOLD, holder, host)


def _event(address: str, at_us: int, lasts_us: int, mac: str, name: str, *, ended: bool) -> Iterator[Fact]:
    if ended:
        yield Lease(address, at_us, at_us, FREED, mac, name)
    elif mac or name:
        yield Lease(address, at_us, at_us + lasts_us, ASSUMED, mac, name)
