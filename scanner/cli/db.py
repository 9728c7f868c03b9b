"""`shadowledger db`: the inventory's own file."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path

import click

from shadowledger.db import rollups
from shadowledger.db.checking import check_inventory, check_store
from shadowledger.db.copying import copy_all
from shadowledger.db.errors import UnusableError
from shadowledger.db.numbering import forget_unnamed
from shadowledger.db.opening import open_identities, open_inventory
from shadowledger.db.transactions import writing
from shadowledger.scanner.cli.options import format_option, print_rows
from shadowledger.scanner.site import Site


@click.group("db")
def command() -> None:
    """The inventory's file: back it up, check it, make what follows from it anew."""


@command.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--identities", is_flag=True, help="Also the identities store, beside FILE. Its key is not copied.")
@click.pass_obj
def backup(site: Site, /, file: Path, identities: bool) -> None:
    """Copy the inventory to FILE as it stands now, also while a scan writes to it.

    The copy is whole and readable by you alone, or there is none. Nothing is overwritten."""
    copy = Site(file)
    wanted = [(copy.inventory_path, "inventory"), (copy.identities_path, "identities")][: 2 if identities else 1]
    for path, _ in wanted:
        if path.exists():
            raise click.UsageError(f"{path} exists already; nothing was copied.")
        if not path.parent.is_dir():
            raise click.UsageError(f"There is no folder {path.parent}; nothing was copied.")
    with ExitStack() as opened:
        databases = [opened.enter_context(closing(open_inventory(site.inventory_path, create=False, as_it_is=True)))]
        if identities:
            store = open_identities(site.identities_path, create=False, as_it_is=True)
            databases.append(opened.enter_context(closing(store)))
        copy_all(zip(databases, (path for path, _ in wanted), strict=True))
    for path, what in wanted:
        click.echo(f"{what:<12}{path}   ({path.stat().st_size / 1e6:.1f} MB)")


@command.command("check")
@format_option
@click.pass_obj
def check(site: Site, /, form: str) -> None:
    """Read all of it, and say whether it is in order: pages, references, entries, rollups, the audit chain, and the
    identities store. Takes about a minute for ten million contributions."""
    with closing(site.inventory()) as connection:
        rows = [{"database": "inventory", "check": what, "wrong": wrong} for what, wrong in check_inventory(connection)]
    if site.identities_path.exists():
        with closing(site.identities()) as store:
            rows += [{"database": "identities", "check": what, "wrong": wrong} for what, wrong in check_store(store)]
    shown = [{**row, "result": row["wrong"] or "in order"} for row in rows]
    print_rows("checks", shown, ("database", "check", "result"), form)
    wrong = [row for row in rows if row["wrong"]]
    if all(row["check"] == "rollups" for row in wrong) and wrong:
        raise UnusableError("The rollups are wrong, and what they follow from is whole: `shadowledger db rebuild`.")
    if wrong:
        raise UnusableError("The database is damaged, or was changed by another program; restore it from a backup.")


@command.command("rebuild")
@click.option("--compact", is_flag=True, help="Also forget ids that nothing names any more, and free unused space.")
@click.pass_obj
def rebuild(site: Site, /, compact: bool) -> None:
    """Make anew what follows from what was stored: sums, days and head counts by service."""
    with closing(site.inventory()) as connection:
        with writing(connection):
            rollups.rebuild(connection)
            forgotten = forget_unnamed(connection) if compact else 0
        if compact:
            before = site.inventory_path.stat().st_size
            connection.execute("vacuum")
            connection.execute("pragma wal_checkpoint(truncate)")
            freed = before - site.inventory_path.stat().st_size
            click.echo(f"{forgotten} ids forgotten, {max(freed, 0) / 1e6:.1f} MB freed.")
    click.echo("The rollups are new.")
