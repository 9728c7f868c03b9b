"""`shadowledger inventory`: what was discovered, and what people say of it."""

from __future__ import annotations

import click

from shadowledger.db.decisions import decide
from shadowledger.db.discoveries import changes
from shadowledger.db.observations import indications
from shadowledger.db.transactions import writing
from shadowledger.scanner.cli.options import format_option, print_rows
from shadowledger.scanner.cli.state import present, thresholds_of
from shadowledger.scanner.output import as_text, clean
from shadowledger.scanner.reports.answer import discovered_rows, people_in_words
from shadowledger.scanner.reports.limits import COLUMNS as COLUMNS_OF_LIMITS
from shadowledger.scanner.reports.limits import threshold_rows, threshold_text
from shadowledger.scanner.site import Site
from shadowledger.scanner.thresholds import FILE_NAME

COLUMNS = (
    "id", "initiative", "vendor", "units", "nature", "use", "presence", "people", "first_seen_on", "last_seen_on",
    "finding", "state",
)  # fmt: skip


@click.group("inventory")
def command() -> None:
    """The initiatives that were discovered."""


@command.command("list")
@format_option
@click.pass_obj
def list_(site: Site, /, form: str) -> None:
    """List them, the most used first."""
    with present(site) as state:
        print_rows("discovered", discovered_rows(state.reconciliation), COLUMNS, form)


@command.command("show")
@click.argument("discovered_id", metavar="ID")
@format_option
@click.pass_obj
def show(site: Site, /, discovered_id: str, form: str) -> None:
    """Show one: why it is one, what it was over time, and the indicators that betrayed it."""
    with present(site) as state:
        one, finding = state.need(discovered_id)
        rows = [
            {
                "channel": told.channel,
                "indicator": told.indicator,
                "strength": told.strength,
                "records": told.record_count,
                "sources": list(told.source_ids),
            }
            for seen in one.products
            for told in indications(state.connection, seen.service_id, seen.instance)
        ]
        history = [
            {"since": at, "nature": nature, "units": list(units)}
            for at, nature, units in changes(state.connection, discovered_id)
        ]
        more = next(row for row in discovered_rows(state.reconciliation) if row["id"] == one.id)
        if form == "table":
            people = people_in_words(one.people.low, one.people.high)
            click.echo(clean(f"{one.title} by {one.seen.vendor or 'this organization'}: {finding.kind}, {one.state}"))
            when = f"{one.first_seen_on} to {one.last_seen_on}" if one.first_seen_on else "days that nobody told"
            click.echo(f"  use {one.use or 'not shown'}, presence {one.presence or 'not shown'}, people {people}")
            counted = f"{as_text(one.records)} records" if one.records else "seen"
            click.echo(f"  {counted} on {one.day_count} days, {when}")
            for reason in finding.reasons:
                click.echo(clean(f"  {reason}"))
            if history:
                click.echo()
                print_rows("history", history, ("since", "nature", "units"), form)
            click.echo()
        more = {**more, "because": list(one.reasons)}
        columns = ("channel", "indicator", "strength", "records", "sources")
        print_rows("indicators", rows, columns, form, initiative=more, history=history)


@command.command("thresholds")
@format_option
@click.pass_obj
def thresholds(site: Site, /, form: str) -> None:
    """Print from when on something counts as what, and where a site's own values belong."""
    limits, own = thresholds_of(site), site.overlay_path / FILE_NAME
    if form != "table":
        print_rows(
            "thresholds", threshold_rows(limits), COLUMNS_OF_LIMITS, form, own_file=str(own), exists=own.exists()
        )
        return
    told = "A site's own values are in" if own.exists() else "A site's own values would be in"
    click.echo(clean(f"# {told} {own}"))
    click.echo()
    click.echo(threshold_text(limits), nl=False)


def _statement(verb: str, result: str, text: str) -> None:
    """Add the command by which a person states something of a discovered initiative."""

    @command.command(verb, help=text)
    @click.argument("discovered_id", metavar="ID")
    @click.option("--reason", required=True, help="Why; it is kept.")
    @click.pass_obj
    def state_it(site: Site, /, discovered_id: str, reason: str) -> None:
        if not reason.strip():
            raise click.UsageError("--reason must say why.")
        with present(site) as state:
            state.need(discovered_id)
            with writing(state.connection):
                decide(state.connection, verb, discovered_id, reason=reason)
        click.echo(f"{discovered_id} is {result}.")


_statement("confirm", "confirmed", "State that it is an AI initiative.")
_statement("dismiss", "dismissed", "State that it is none; it is counted no more, and stays in the list.")
_statement("propose", "proposed again", "Take a confirmation or a dismissal back.")
