"""`shadowledger directory`: who is who. Names go into the identities store and nowhere else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from shadowledger.db.identities import ALWAYS_US, Identities
from shadowledger.db.places import place_addresses
from shadowledger.db.standing import Gaps, gaps, holdings, spans_of
from shadowledger.scanner.cli.options import format_option, print_rows
from shadowledger.scanner.directory import AUTO, KINDS, FlawedDirectoryError, Options, import_directory
from shadowledger.scanner.output import clean, near
from shadowledger.scanner.people import Directory
from shadowledger.scanner.site import Site
from shadowledger.scanner.zones import zone_of

_HOLDINGS = ("unit", "site", "people", "devices", "subnets")
_FACTS = ("fact", "what", "more", "from", "until")
_GAPS = {
    "people": "people",
    "accounts": "accounts",
    "accounts_without_person": "accounts that no list gives to a person",
    "devices": "devices",
    "devices_without_owner": "devices without an owner",
    "shared": "devices and networks that several people share",
    "addresses": "addresses",
    "addresses_without_lease": "addresses that no lease or session explains",
    "addresses_without_lease_or_subnet": "addresses that nothing explains",
    "addresses_not_placed": "addresses that wait for somebody with the key",
}
_DAY = dt.timedelta(days=1)
_EPOCH = dt.date(1970, 1, 1)
_DAY_US = 86_400_000_000


@click.group("directory")
def command() -> None:
    """Who is who: people, devices, subnets and leases."""


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--kind",
    type=click.Choice((AUTO, *sorted(KINDS))),
    default=AUTO,
    show_default=True,
    help="What the file is; auto goes by its content.",
)
@click.option(
    "--as-of", default="", metavar="DAY", help="From this UTC day on that holds which the file does not date."
)
@click.option("--tz", default="", help="Zone of stamps without one: Europe/Berlin, +02:00. Default: UTC.")
@click.option("--year", type=click.IntRange(1970, 9999), help="Year of stamps that name none. Default: the file's.")
@click.option("--date-order", type=click.Choice(("dmy", "mdy", "ymd")), help="Of all-numeric dates that leave it open.")
@click.option(
    "--lease-hours",
    type=click.IntRange(1, 24 * 366),
    help="How long leases and sessions last where the file does not say. Default: that of the program that wrote it.",
)
@click.pass_obj
def import_(
    site: Site,
    /,
    file: Path,
    kind: str,
    as_of: str,
    tz: str,
    year: int | None,
    date_order: str | None,
    lease_hours: int | None,
) -> None:
    """Import a FILE, as it is or gzipped. Tables of your own are CSV, with any of these columns:

    \b
    people   person, upn, sam, email, name, unit, site, role, valid_from, valid_to
    devices  device, owner, unit, mac, site, shared, valid_from, valid_to
    subnets  cidr, unit, site, shared, valid_from, valid_to
    leases   address, device, mac, start, end      (ISO 8601; UTC where no zone is named)
    vpn      user, address, start, end

    `shared` says that several people stand behind a machine or a network's addresses: nat, kiosk or vpn.

    Programs' own files:

    \b
    ldif           Active Directory or OpenLDAP: ldapsearch, slapcat, ldifde
    ad             Get-ADUser or Get-ADComputer -Filter * -Properties * | Export-Csv
    entra          user and device lists of the admin center, Get-MgUser | ConvertTo-Json, Intune's devices
    dhcp_windows   DhcpSrvLog-*.log, Get-DhcpServerv4Lease | Export-Csv
    dhcp_infoblox  leases and their history as CSV, the log
    dhcp_isc       dhcpd.leases, dhcpd's log
    dhcp_dnsmasq   dnsmasq.leases, its log
    kea            kea-leases4.csv, kea-leases6.csv
    vpn            Cisco ASA's log, OpenVPN's status file

    A row without dates holds always, and takes the place of what was said without dates before. With --as-of DAY it
    holds from that day on, until a later list says otherwise. What is scanned already is joined too: nothing has to be
    read again. The same file once more changes nothing."""
    options = Options(
        zone=_zone(tz),
        date_order=date_order or "",
        year=year or 0,
        as_of_us=_as_of_us(as_of, "--as-of"),
        lease_hours=lease_hours or 0,
    )
    inventory = site.inventory(create=True)
    store = site.names(inventory, create=True)
    inventory.close()
    try:
        found = import_directory(store, file, kind, options)
    except FlawedDirectoryError as error:
        raise click.UsageError(clean(str(error))) from error
    finally:
        store.connection.close()
    click.echo(
        clean(f"{near(str(file))} ({found.kind}): {found.fact_count} read, {found.new_count} things in it are new.")
    )


@command.command("list")
@click.option("--at", default="", metavar="DAY", help="As things stand on this UTC day. Default: today.")
@format_option
@click.pass_obj
def list_(site: Site, /, at: str, form: str) -> None:
    """Count people, devices and subnets by unit and site. No names: those are behind `identities reveal`."""
    at_us = _as_of_us(at, "--at") or _now_us()
    with _opened(site) as store:
        print_rows("holdings", [one._asdict() for one in holdings(store.connection, at_us)], _HOLDINGS, form)


@command.command("show")
@click.argument("id", metavar="ID")
@click.option("--at", default="", metavar="TIME", help="Follow it at this UTC time (ISO 8601). Default: now.")
@format_option
@click.pass_obj
def show(site: Site, /, id: str, at: str, form: str) -> int:  # noqa: A002 - what the user gives
    """Say what the directory knows of a pseudonym: where it leads, what it belongs to, and how sure that is. No
    names."""
    try:
        moment = dt.datetime.fromisoformat(at) if at else None
    except ValueError:
        raise click.UsageError(f"--at takes a time such as 2026-11-23T14:00, not '{at}'.") from None
    at_us = _us(moment if moment is None or moment.tzinfo else moment.replace(tzinfo=dt.UTC)) if moment else _now_us()
    with _opened(site) as store:
        rows = [
            {**row, "from": _day(row["since_us"]), "until": _day(row["until_us"])}
            for row in spans_of(store.connection, id)
        ]
        if not rows:
            click.echo(clean(f"The directory knows nothing of {id}."), err=True)
            return 1
        lead = Directory(store.connection).lead(id, at_us, at_us + 1)
    told = {
        "id": id,
        "leads_to": sorted(lead.ends),
        "units": lead.units,
        "sites": lead.sites,
        "shared": lead.shared,
        "confidence": lead.confidence._asdict(),
    }
    print_rows("facts", [{name: row[name] for name in _FACTS} for row in rows], _FACTS, form, **told)
    if form == "table":
        where = ", ".join((*lead.units, *lead.sites)) or "no unit"
        click.echo()
        click.echo(clean(f"Leads to {', '.join(sorted(lead.ends))} ({where})."))
        click.echo(f"{lead.confidence.words}: {lead.confidence.reason}.")
    return 0


@command.command("coverage")
@format_option
@click.pass_obj
def coverage(site: Site, /, form: str) -> None:
    """Count what the directory explains, of all that it lists and that was met, and what it does not."""
    with _opened(site) as store:
        found: Gaps = gaps(store.connection)
    rows = [{"name": name, "what": _GAPS[name], "count": count} for name, count in found._asdict().items()]
    print_rows("coverage", rows, ("what", "count") if form == "table" else ("name", "count"), form)


@contextmanager
def _opened(site: Site) -> Iterator[Identities]:
    """The identities store. Who has the key places addresses that are new, for those who have not."""
    inventory = site.inventory()
    try:
        store = site.names(inventory) if site.key_path.exists() else Identities(site.identities(), b"")
    finally:
        inventory.close()
    try:
        if site.key_path.exists():
            place_addresses(store)
        yield store
    finally:
        store.connection.close()


def _day(time_us: object) -> str:
    """A moment in UTC as it is shown; empty for the beginning and the end of always."""
    if not isinstance(time_us, int) or not 0 < time_us < ALWAYS_US:
        return ""
    return (dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=time_us)).strftime("%Y-%m-%d %H:%M")


def _us(moment: dt.datetime | None) -> int:
    return int(moment.timestamp() * 1_000_000) if moment else 0


def _now_us() -> int:
    return _us(dt.datetime.now(dt.UTC))


def _zone(name: str) -> dt.tzinfo | None:
    try:
        return zone_of(name) if name else None
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _as_of_us(day: str, option: str) -> int:
    """A day's beginning in microseconds since 1970; 0 where none is named."""
    if not day:
        return 0
    try:
        return (dt.date.fromisoformat(day) - _EPOCH) // _DAY * _DAY_US
    except ValueError:
        raise click.UsageError(f"{option} takes a day such as 2026-11-23, not '{day}'.") from None
