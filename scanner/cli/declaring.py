"""`shadowledger declare add`: one line of the official list, said by a person."""

from __future__ import annotations

import click

from shadowledger.db.declared import STATUSES
from shadowledger.scanner.cli.attest import links_of
from shadowledger.scanner.cli.state import present
from shadowledger.scanner.initiatives.adding import Said, keep, lines_of
from shadowledger.scanner.initiatives.mistakes import ListError, quoted
from shadowledger.scanner.initiatives.values import text_of
from shadowledger.scanner.output import clean
from shadowledger.scanner.site import Site


@click.command("add")
@click.option("--from", "discovered_id", default="", metavar="ID", help="The discovered initiative that it is.")
@click.option("--name", default="", help="What it is called. Default: as what was discovered.")
@click.option("--purpose", default="", help="What it is for.")
@click.option("--owner", default="", help="Who answers for it.")
@click.option("--status", default="", type=click.Choice(("", *STATUSES)), show_choices=True, help="How far it is.")
@click.option("--unit", "units", multiple=True, help="A unit that it serves. Default: where it was seen. Repeatable.")
@click.option("--reason", default="", help="Why, or who said so; it is kept.")
@click.pass_obj
def add(
    site: Site,
    /,
    discovered_id: str,
    name: str,
    purpose: str,
    owner: str,
    status: str,
    units: tuple[str, ...],
    reason: str,
) -> None:
    """Add a line to the official list; with --from, it is linked to what was discovered.

    It stays when a list is imported that does not have it."""
    if not discovered_id and not name.strip():
        raise click.UsageError("Say --from ID, --name NAME or both.")
    with present(site) as state:
        one = state.need(discovered_id)[0] if discovered_id else None
        name = text_of(name) or (clean(one.title) if one else "")
        lines = [line for line, _ in state.reconciliation.declared]
        if same := next((line for line in lines if line.name == name), None):
            hint = f"; `reconcile link {discovered_id} {same.id}` says that it is that one" if one else ""
            raise ListError(f"The list has {quoted(name)} already, as {same.id}{hint}. Or say another --name.")
        said = Said(
            name=name,
            purpose=text_of(purpose),
            owner=text_of(owner),
            status=status,
            units=tuple(map(text_of, units)) or (one.units if one else ()),
            products=tuple(dict.fromkeys(seen.service for seen in one.products)) if one else (),
            discovered_id=discovered_id,
            reason=reason,
        )
        links = links_of(state)
        told = lines_of([said], lines, links)
        about = {"action": "declare add", "file": "", "sha256": "", "reason": reason}
        keep(state.connection, told, links, about)
    linked = f", linked to {discovered_id}" if discovered_id else ""
    click.echo(clean(f"{told[0][0].id} is declared as {quoted(name)}{linked}."))
