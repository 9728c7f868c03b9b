"""`shadowledger identities`: who is behind a pseudonym. Every answer leaves a row in the audit chain."""

from __future__ import annotations

import click

from shadowledger.db import audit
from shadowledger.db.names import Name, address_name, device_name, user_name
from shadowledger.db.transactions import writing
from shadowledger.scanner.output import clean
from shadowledger.scanner.site import Site


@click.group("identities")
def command() -> None:
    """The only place where names are."""


@command.command("reveal")
@click.argument("ids", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why; it is kept in the audit chain.")
@click.pass_obj
def reveal(site: Site, /, ids: tuple[str, ...], reason: str) -> int:
    """Say whom or what each of IDS stands for."""
    if not reason.strip():
        raise click.UsageError("--reason must say why.")
    inventory = site.inventory()
    store = site.names(inventory)
    code = 0
    for wanted in ids:
        with writing(inventory):
            audit.record(inventory, "reveal", {"id": wanted, "reason": reason})
        name = store.reveal(wanted)
        if name is None:
            click.echo(clean(f"{wanted}: nobody has this id"), err=True)
            code = 1
        else:
            click.echo(clean(f"{wanted}  {name.kind}  {name.text}"))
    return code


@command.command("find")
@click.argument("name")
@click.option("--reason", required=True, help="Why; it is kept in the audit chain.")
@click.pass_obj
def find(site: Site, /, name: str, reason: str) -> int:
    """Say which ids a user name, machine or address has here."""
    inventory = site.inventory()
    store = site.names(inventory)
    forms: set[Name] = {user_name(name), device_name(name), address_name(name)}
    found = sorted((form.kind, known) for form in forms if form.kind and (known := store.known_id(form)))
    with writing(inventory):
        audit.record(inventory, "find", {"ids": [known for _, known in found], "reason": reason})
    for kind, known in found:
        click.echo(f"{known}  {kind}")
    if not found:
        click.echo("Nobody of that name was met.", err=True)
    return 0 if found else 1
