"""`shadowledger osquery-pack`: queries for an osquery or a Fleet that is there already."""

from __future__ import annotations

import click

from shadowledger.collectors.endpoint.osquery_packs import fleet_queries, osquery_pack, queries
from shadowledger.scanner.cli.options import open_signatures
from shadowledger.scanner.site import Site


@click.command("osquery-pack")
@click.option(
    "--osquery", "form", flag_value="osquery", default="osquery", help="A pack of osquery, JSON (the default)."
)
@click.option("--fleet", "form", flag_value="fleet", help="Queries of Fleet, YAML for `fleetctl apply`.")
@click.option("--no-environment", is_flag=True, help="Leave out the query for names of environment variables.")
@click.pass_obj
def command(site: Site, /, form: str, no_environment: bool) -> None:
    """Print queries for osquery, made of the catalogue; `scan` reads their results log.

    They select names, paths, versions and keys of what a signature names; never an argument or a variable's value."""
    services = open_signatures(site, None).index.services.values()
    found = queries(services, with_environment=not no_environment)
    click.echo(fleet_queries(found) if form == "fleet" else osquery_pack(found), nl=False)
