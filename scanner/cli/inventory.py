"""`shadowledger inventory`: what was discovered, and what people say of it."""

from __future__ import annotations

import click

from shadowledger.db.decisions import decide
from shadowledger.db.discoveries import changes
from shadowledger.db.observations import indications
from shadowledger.db.transactions import writing
from shadowledger.scanner.cli.mute import day_option, exceptions, mute, tag_, unmute
from shadowledger.scanner.cli.options import format_option, print_rows
from shadowledger.scanner.cli.state import Present, present, thresholds_of
from shadowledger.scanner.discovery.thresholds import FILE_NAME
from shadowledger.scanner.output import as_text, clean
from shadowledger.scanner.reports.answer import discovered_rows, people_in_words
from shadowledger.scanner.reports.limits import COLUMNS as COLUMNS_OF_LIMITS
from shadowledger.scanner.reports.limits import threshold_rows, threshold_text
from shadowledger.scanner.reports.muting import Exceptions
from shadowledger.scanner.site import Site

COLUMNS = (
    "id", "initiative", "vendor", "units", "nature", "use", "presence", "people", "first_seen_on", "last_seen_on",
    "finding", "state", "tag",
)  # fmt: skip


@click.group("inventory")
def command() -> None:
    """The initiatives that were discovered."""


@command.command("list")
@click.option("--new-since", default="", metavar="DAY", help="Those first seen on this UTC day, or later.")
@click.option("--muted", "with_muted", is_flag=True, help="In the table too, those that are muted, and until when.")
@format_option
@click.pass_obj
def list_(site: Site, /, new_since: str, with_muted: bool, form: str) -> None:
    """List them, the most used first.

    What no source dates is as new as the day on which it was found here."""
    since = day_option(new_since, "--new-since").isoformat() if new_since else ""
    with present(site) as state:
        said = exceptions(state)
        new = {
            one.id
            for one, _ in state.reconciliation.discovered
            if (one.first_seen_on or _found_on(state, one.id)) >= since
        }
        rows = [row for row in discovered_rows(state.reconciliation, said) if row["id"] in new]
    muted_count = len(new & said.mutes.keys())
    if form != "table":
        print_rows("discovered", rows, (*COLUMNS, "muted"), form, muted_count=muted_count)
        return
    shown = [
        {**row, "tag": said.tags[key].object if key in said.tags else "", "muted": _until(said, key)}
        for row in rows
        if (key := str(row["id"])) not in said.mutes or with_muted
    ]
    print_rows("discovered", shown, (*COLUMNS, "muted") if with_muted else COLUMNS, form)
    if muted_count:
        click.echo(f"\n{muted_count} muted{'' if with_muted else ' and left out; --muted shows them'}.")


def _until(said: Exceptions, key: str) -> str:
    return f"until {said.mutes[key].until_on}" if key in said.mutes else ""


def _found_on(state: Present, discovered_id: str) -> str:
    """The day on which it was found here first; empty for a part of what was split."""
    return next((at[:10] for at, _, _ in changes(state.connection, discovered_id)), "")


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
        more = next(row for row in discovered_rows(state.reconciliation, exceptions(state)) if row["id"] == one.id)
        if form == "table":
            people = people_in_words(one.people.low, one.people.high)
            click.echo(clean(f"{one.title} by {one.seen.vendor or 'this organization'}: {finding.kind}, {one.state}"))
            when = f"{one.first_seen_on} to {one.last_seen_on}" if one.first_seen_on else "days that nobody told"
            click.echo(f"  use {one.use or 'not shown'}, presence {one.presence or 'not shown'}, people {people}")
            counted = f"{as_text(one.records)} records" if one.records else "seen"
            click.echo(f"  {counted} on {one.day_count} days, {when}")
            if muted := exceptions(state).mutes.get(one.id):
                click.echo(clean(f"  muted until {muted.until_on}: {muted.reason}"))
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
command.add_command(mute)
command.add_command(unmute)
command.add_command(tag_)
