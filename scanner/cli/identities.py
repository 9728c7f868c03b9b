"""`shadowledger identities`: who is behind a pseudonym. Every answer leaves a row in the audit chain."""

from __future__ import annotations

from contextlib import closing

import click

from shadowledger.db import approvals, audit
from shadowledger.db.names import Name, address_name, device_name, user_name
from shadowledger.db.runs import now_iso
from shadowledger.db.transactions import writing
from shadowledger.scanner.cli.leave import approver, need_reason, token_option
from shadowledger.scanner.cli.options import format_option, print_rows
from shadowledger.scanner.output import clean
from shadowledger.scanner.privacy.erasure import NotErasedError, erase, find_person
from shadowledger.scanner.site import Site


@click.group("identities")
def command() -> None:
    """The only place where names are."""


@command.command("reveal")
@click.argument("ids", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why; it is kept in the audit chain.")
@token_option
@click.pass_obj
def reveal(site: Site, /, ids: tuple[str, ...], reason: str, token: str) -> int:
    """Say whom or what each of IDS stands for.

    Where the site asks for a second person, their token opens one id."""
    need_reason(reason)
    inventory = site.inventory()
    store = site.names(inventory)
    code = 0
    for wanted in ids:
        with writing(inventory):
            leave = approver(inventory, token)
            audit.record(inventory, "reveal", {"id": wanted, "reason": reason, **leave})
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
@token_option
@click.pass_obj
def find(site: Site, /, name: str, reason: str, token: str) -> int:
    """Say which ids a user name, machine or address has here."""
    need_reason(reason)
    inventory = site.inventory()
    store = site.names(inventory)
    forms: set[Name] = {user_name(name), device_name(name), address_name(name)}
    found = sorted((form.kind, known) for form in forms if form.kind and (known := store.known_id(form)))
    with writing(inventory):
        leave = approver(inventory, token)
        audit.record(inventory, "find", {"ids": [known for _, known in found], "reason": reason, **leave})
    for kind, known in found:
        click.echo(f"{known}  {kind}")
    if not found:
        click.echo("Nobody of that name was met.", err=True)
    return 0 if found else 1


@command.command("erase")
@click.argument("who", metavar="NAME-or-ID")
@click.option("--reason", required=True, help="Why; it is kept in the audit chain. Do not name the person in it.")
@token_option
@click.pass_obj
def erase_(site: Site, /, who: str, reason: str, token: str) -> None:
    """Erase one person: name, accounts, machines, links, and every id of theirs in the inventory.

    What was counted stays counted, as somebody nobody knows. Backups bring them back, and logs that are scanned
    again."""
    need_reason(reason)
    with closing(site.inventory()) as inventory:
        store = site.names(inventory)
        try:
            person = find_person(store, who)
            with writing(inventory):
                leave = approver(inventory, token)
            done = erase(inventory, store, person, {"reason": reason, **leave})
        except NotErasedError as error:
            raise click.UsageError(str(error)) from error
        finally:
            store.connection.close()
    click.echo(f"Erased: {done.name_count} names, in {done.entry_count} entries and {done.line_count} sealed lines.")


@command.group("approve-token")
def approve_token() -> None:
    """A second person's leave to open one name: made by them, good once, not for the account that made it."""


@approve_token.command("create")
@click.option("--by", "name", required=True, help="Who gives leave; it is kept in the audit chain.")
@click.option("--days", default=1, show_default=True, type=click.IntRange(1, 90), help="How long it is good.")
@click.pass_obj
def create(site: Site, /, name: str, days: int) -> None:
    """Make a token and print it, this once."""
    if not name.strip():
        raise click.UsageError("--by must say who gives leave.")
    with closing(site.inventory()) as inventory, writing(inventory):
        number, token = approvals.make(inventory, name.strip(), days)
    click.echo(token)
    click.echo(f"Token {number}, good for one name within {days} day{'s' if days > 1 else ''}.", err=True)


@approve_token.command("list")
@format_option
@click.pass_obj
def list_(site: Site, /, form: str) -> None:
    """List the tokens that were made, and what became of them. The tokens themselves are kept nowhere."""
    now = now_iso()
    with closing(site.inventory()) as inventory:
        rows = [{**one._asdict(), "state": one.state(now)} for one in approvals.all_approvals(inventory)]
    print_rows("tokens", rows, ("id", "approver", "made_by", "made_at", "expires_at", "state", "ended_at"), form)


@approve_token.command("revoke")
@click.argument("number", type=int)
@click.pass_obj
def revoke(site: Site, /, number: int) -> None:
    """Take a token back that nobody used yet."""
    with closing(site.inventory()) as inventory:
        try:
            with writing(inventory):
                approvals.revoke(inventory, number)
        except approvals.RefusedError as error:
            raise click.UsageError(str(error)) from error
    click.echo(f"Token {number} is taken back.")
