"""`shadowledger directory`: who is who. Names go into the identities store and nowhere else."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from shadowledger.scanner.directory import AUTO, KINDS, FlawedDirectoryError, Options, import_directory
from shadowledger.scanner.output import clean, near
from shadowledger.scanner.site import Site
from shadowledger.scanner.zones import zone_of

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
        as_of_us=_as_of_us(as_of),
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
        clean(f"{near(str(file))} ({found.kind}): {found.fact_count} read, {found.new_count} say something new.")
    )


def _zone(name: str) -> dt.tzinfo | None:
    try:
        return zone_of(name) if name else None
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _as_of_us(day: str) -> int:
    """A day's beginning in microseconds since 1970; 0 where none is named."""
    if not day:
        return 0
    try:
        return (dt.date.fromisoformat(day) - _EPOCH) // _DAY * _DAY_US
    except ValueError:
        raise click.UsageError(f"--as-of takes a day such as 2026-11-23, not '{day}'.") from None
