"""`shadowledger bundles` and `import-bundle`: what servers received, on its way to another machine."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shadowledger.db.arrivals import bundles, choice, open_arrivals
from shadowledger.scanner.bundles import BundleError, arrivals_path, seal, server_key
from shadowledger.scanner.bundles import trust as trust_server
from shadowledger.scanner.cli.options import format_option, jobs_option, open_scan, print_rows
from shadowledger.scanner.output import clean, near
from shadowledger.scanner.packs import public_line
from shadowledger.scanner.site import Site
from shadowledger.scanner.taking_in import folder_of, take_in, trusted_here
from shadowledger.signatures.pack import PackError, fingerprint

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_TAKEN = ("bundle", "site", "number", "standing", "runs", "repeated", "partial", "source", "missing", "note")


@click.group("bundles")
def command() -> None:
    """What the server here received, as signed files: list, key, seal; and whose are taken: trust."""


@command.command("list")
@format_option
@click.pass_obj
def list_(site: Site, /, form: str) -> None:
    """List the bundles of the server here, and how far each came."""
    with closing(_arrivals(site)) as connection:
        rows = [one._asdict() for one in bundles(connection)]
    print_rows("bundles", rows, ("number", "made_at", "run_count", "record_count", "state"), form)


@command.command("key")
@click.pass_obj
def key(site: Site, /) -> None:
    """Print the public key of the server here, and the name that goes with it, for `bundles trust` elsewhere."""
    with closing(_arrivals(site)) as connection:
        name = choice(connection, "site", "")
    public = _server_key(site).public_key()
    click.echo(f"{public_line(public)} --site {name}")
    click.echo(f"Its fingerprint, to be read to one another: {fingerprint(public)}", err=True)


@command.command("seal")
@click.option("--bundles", "folder", type=click.Path(file_okay=False, path_type=Path), help="Where to write them.")
@click.pass_obj
def seal_(site: Site, /, folder: Path | None) -> None:
    """Make bundles of what waits now, and print their paths. A server may be running."""
    with closing(_arrivals(site)) as connection:
        name = choice(connection, "site", "")
        if not name:
            raise click.UsageError("No server was ever run here, so nothing waits.")
        try:
            made = seal(connection, name, _server_key(site), (folder or folder_of(site)).absolute())
        except BundleError as error:
            raise click.ClickException(clean(f"{error}.")) from error
    for path in made:
        click.echo(str(path))


@command.command("trust")
@click.argument("key")
@click.option("--site", "name", required=True, help="The name of the site whose key it is, as `bundles key` says.")
@click.pass_obj
def trust(site: Site, /, key: str, name: str) -> None:
    """Take bundles of a site that are signed with this public KEY from now on."""
    if len(name.split()) != 1:
        raise click.UsageError("--site takes one word.")
    try:
        found = trust_server(site, key, name)
    except (PackError, BundleError) as error:
        click.echo(clean(f"Error: {error}."), err=True)
        raise click.exceptions.Exit(5) from error
    click.echo(clean(f"Bundles of {name}, signed with key {found}, are taken now."))


@click.command("import-bundle")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@jobs_option
@format_option
@click.pass_obj
def import_bundle(site: Site, /, files: tuple[Path, ...], jobs: int | None, form: str) -> int:
    """Take bundles of servers into the inventory: each once, and each run once.

    What is not trusted or was changed is refused (exit 5); the others are taken. Numbers that are missing are told."""
    try:
        trusted = trusted_here(site)
    except PackError as error:
        click.echo(clean(f"Error: {error}."), err=True)
        raise click.exceptions.Exit(5) from error
    rows, refused, is_whole = [], [], True
    with closing(open_scan(site, jobs, create=True)) as scan:
        for path in sorted(files, key=lambda path: path.name):
            try:
                taken = take_in(scan, site, path.absolute(), trusted)
            except BundleError as error:
                refused.append(f"{path} {error}.")
                continue
            is_whole &= not taken.problem
            rows.append({
                "bundle": near(str(path)), "site": taken.site, "number": taken.number, "standing": taken.standing,
                "runs": taken.runs, "repeated": taken.repeated, "partial": taken.partial, "source": taken.source_id,
                "missing": taken.missing, "note": taken.problem,
            })  # fmt: skip
    print_rows("bundles", rows, _TAKEN, form)
    for told in refused:
        click.echo(clean(f"Error: {told}"), err=True)
    if refused:
        return 5
    return 0 if is_whole else 3


def _server_key(site: Site) -> Ed25519PrivateKey:
    try:
        return server_key(site, create=False)
    except PackError as error:
        raise click.UsageError(f"No server was ever run beside {site.inventory_path}.") from error


def _arrivals(site: Site) -> sqlite3.Connection:
    path = arrivals_path(site)
    if not path.exists():
        raise click.UsageError(f"No server was ever run beside {site.inventory_path}.")
    return open_arrivals(path, create=False)
