"""`shadowledger reconcile`: discovered against declared, both ways."""

from __future__ import annotations

from pathlib import Path

import click

from shadowledger.db.decisions import decide
from shadowledger.db.declared import current
from shadowledger.db.transactions import writing
from shadowledger.scanner.cli.accounts import accounts, with_accounts
from shadowledger.scanner.cli.mute import exceptions
from shadowledger.scanner.cli.new_file import write_new
from shadowledger.scanner.cli.options import terminal_width
from shadowledger.scanner.cli.parting import merge, split, unmerge, unsplit
from shadowledger.scanner.cli.review import review
from shadowledger.scanner.cli.state import Present, present
from shadowledger.scanner.output import FORMATS, as_csv, as_json, as_table
from shadowledger.scanner.reports.answer import (
    DECLARED_COLUMNS,
    DECLARED_GLANCE,
    DISCOVERED_COLUMNS,
    DISCOVERED_GLANCE,
    answer,
    declared_rows,
    discovered_rows,
    headline,
    unmuted_count,
)
from shadowledger.scanner.reports.answer_book import answer_book
from shadowledger.scanner.reports.muting import Exceptions
from shadowledger.scanner.site import Site

FAIL_ON = ("undeclared", "unseen", "not_observable")
MET = 10


@click.group("reconcile", invoke_without_command=True)
@click.option(
    "--fail-on",
    type=click.Choice(FAIL_ON),
    help="Exit with 10 where there is at least one such finding that is not muted.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice((*FORMATS, "xlsx")),
    default="table",
    show_default=True,
    help="How to print it.",
)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write it to a new FILE; a workbook needs one."
)
@click.pass_context
def command(ctx: click.Context, fail_on: str | None, form: str, output: Path | None) -> int:
    """Say what was discovered, what of it the official list does not know, and what the list knows and nobody sees."""
    if ctx.invoked_subcommand is not None:
        return 0
    if form == "xlsx" and output is None:
        raise click.UsageError("A workbook is not for a terminal: --output FILE.xlsx says where it belongs.")
    with present(ctx.obj) as state:
        said = exceptions(state)
        if output is None:
            click.echo(_rendered(ctx.obj, state, said, form), nl=False)
        elif form == "xlsx":
            write_new(output, answer_book(state.reconciliation, state.coverage, said))
        else:
            write_new(output, _rendered(ctx.obj, state, said, form).encode())
        return MET if fail_on and unmuted_count(state.reconciliation, said, fail_on) else 0


def _rendered(site: Site, state: Present, said: Exceptions, form: str) -> str:
    if form == "json":
        told = answer(state.reconciliation, state.coverage, said)
        return as_json(with_accounts(told, accounts(site, state))) + "\n"
    discovered, declared = discovered_rows(state.reconciliation, said), declared_rows(state.reconciliation, said)
    sides = [{"side": "discovered", **row} for row in discovered] + [{"side": "declared", **row} for row in declared]
    if form == "jsonl":
        return "".join(as_json(row) + "\n" for row in sides)
    if form == "csv":
        return as_csv(sides, ("side", *dict.fromkeys((*DISCOVERED_COLUMNS, *DECLARED_COLUMNS))))
    for row in discovered:
        if row["state"] == "dismissed":
            row["finding"] = "dismissed"  # as the headline counts it
    return "\n".join(
        (
            headline(state.reconciliation, state.coverage, said),
            "DISCOVERED",
            as_table((row for row in discovered if not row["muted"]), DISCOVERED_GLANCE, width=terminal_width()),
            "DECLARED",
            as_table((row for row in declared if not row["muted"]), DECLARED_GLANCE, width=terminal_width()),
            "Evidence of any of them: shadowledger evidence ID\n",
        )
    )


@command.command("link")
@click.argument("discovered_id")
@click.argument("declared_id")
@click.option("--reason", default="", help="Why; it is kept.")
@click.pass_obj
def link(site: Site, /, discovered_id: str, declared_id: str, reason: str) -> None:
    """State that a discovered initiative is a declared one."""
    _state(site, "link", discovered_id, declared_id, reason)


@command.command("unlink")
@click.argument("discovered_id")
@click.argument("declared_id")
@click.option("--reason", default="", help="Why; it is kept.")
@click.pass_obj
def unlink(site: Site, /, discovered_id: str, declared_id: str, reason: str) -> None:
    """State that a discovered initiative is not a declared one."""
    _state(site, "unlink", discovered_id, declared_id, reason)


def _state(site: Site, verb: str, discovered_id: str, declared_id: str, reason: str) -> None:
    with present(site) as state:
        state.need(discovered_id)
        if declared_id not in {line.id for line in current(state.connection)}:
            raise click.UsageError(f"The official list has no '{declared_id}'; `shadowledger declare list` names all.")
        with writing(state.connection):
            decide(state.connection, verb, discovered_id, declared_id, reason)
    click.echo(f"{discovered_id} is {'' if verb == 'link' else 'not '}{declared_id}: kept.")


command.add_command(review)
command.add_command(split)
command.add_command(unsplit)
command.add_command(merge)
command.add_command(unmerge)
