"""`shadowledger directory`: who is who. Names go into the identities store and nowhere else."""

from __future__ import annotations

from pathlib import Path

import click

from shadowledger.scanner.directory import KINDS, FlawedDirectoryError, import_directory
from shadowledger.scanner.site import Site


@click.group("directory")
def command() -> None:
    """Who is who: people, devices, subnets and leases."""


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", type=click.Choice(tuple(KINDS)), required=True, help="What the file lists.")
@click.pass_obj
def import_(site: Site, /, file: Path, kind: str) -> None:
    """Import a CSV FILE. Columns, of which any may be missing:

    \b
    people   person, upn, sam, email, name, unit, site, role, valid_from, valid_to
    devices  device, owner, unit
    subnets  cidr, unit, site
    leases   address, device, mac, start, end      (ISO 8601; UTC where no zone is named)

    What was scanned before is joined too: nothing has to be read again."""
    inventory = site.inventory(create=True)
    store = site.names(inventory, create=True)
    inventory.close()
    try:
        count, new = import_directory(store, file, kind)
    except FlawedDirectoryError as error:
        raise click.UsageError(str(error)) from error
    finally:
        store.connection.close()
    click.echo(f"{count} {kind} read, {new} links are new.")
