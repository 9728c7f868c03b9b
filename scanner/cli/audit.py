"""`shadowledger audit`: the chain of what was done to the inventory and shown of people."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import click

from shadowledger.db import audit
from shadowledger.db.arrivals import open_arrivals
from shadowledger.db.errors import UnusableError
from shadowledger.scanner.bundles import arrivals_path
from shadowledger.scanner.cli.options import format_option, print_rows
from shadowledger.scanner.site import Site

COLUMNS = ("id", "at", "who", "action", "detail")


@click.group("audit")
def command() -> None:
    """What was done to the inventory, and shown of people."""


@command.command("list")
@click.option("--action", default="", help="Only rows of this action, such as reveal.")
@format_option
@click.pass_obj
def list_(site: Site, /, action: str, form: str) -> None:
    """List the rows of the chain, the oldest first."""
    with closing(site.inventory()) as connection:
        rows = [row._asdict() for row in audit.all_rows(connection) if action in ("", row.action)]
    print_rows("audit", rows, COLUMNS, form)


@command.command("verify")
@click.pass_obj
def verify(site: Site, /) -> None:
    """Say whether every row of the chain is as it was written; exit code 4 where one is not. A server beside the
    inventory has a chain of its own, which is verified too.

    A copy of the last row's hash, kept elsewhere, also shows whether rows at the end are missing."""
    with closing(site.inventory()) as connection:
        _verify(connection, "the audit chain", "")
    if arrivals_path(site).exists():
        with closing(open_arrivals(arrivals_path(site), create=False)) as connection:
            _verify(connection, "the server's audit chain", "The server's: ")


def _verify(connection: sqlite3.Connection, name: str, begin: str) -> None:
    broken = audit.first_broken_row(connection)
    if broken is not None:
        raise UnusableError(f"Row {broken} of {name} is not as it was written, or follows another row.")
    count, last = audit.last_hash(connection)
    click.echo(f"{begin}{count} rows, each as it was written. The last one's hash: {last or 'none'}")
