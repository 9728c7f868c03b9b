"""`shadowledger init`: make the inventory, the identities store and its key."""

from __future__ import annotations

import click

from shadowledger.db.identities import read_key
from shadowledger.scanner.site import Site


@click.command("init")
@click.pass_obj
def command(site: Site) -> None:
    """Make an empty inventory, and beside it the identities store, its key and a folder for your own signatures."""
    if site.inventory_path.exists():
        raise click.UsageError(f"{site.inventory_path} exists already; nothing was changed.")
    site.inventory(create=True).close()
    site.identities(create=True).close()
    read_key(site.key_path, create=True)
    site.overlay_path.mkdir(exist_ok=True)
    click.echo(f"Inventory    {site.inventory_path}")
    click.echo(f"Identities   {site.identities_path}   (the only place with names)")
    click.echo(f"Their key    {site.key_path}   (keep a copy where another role can hold it)")
    click.echo(f"Signatures   {site.overlay_path}   (your own gateways, models and exceptions)")
    click.echo("Next: shadowledger declare template official.csv, then shadowledger scan LOGS")
