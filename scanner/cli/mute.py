"""`shadowledger inventory mute|unmute|tag`: what people want to hear no more of for a while, and what they allow."""

from __future__ import annotations

import datetime as dt

import click

from shadowledger.db.decisions import all_decisions, decide
from shadowledger.db.transactions import writing
from shadowledger.scanner.cli.state import Present, present
from shadowledger.scanner.output import clean
from shadowledger.scanner.reports.muting import TAGS, Exceptions, exceptions_of
from shadowledger.scanner.site import Site


def exceptions(state: Present) -> Exceptions:
    """What is muted and tagged on this machine's present UTC day."""
    return exceptions_of(all_decisions(state.connection), _today())


def day_option(text: str, name: str) -> dt.date:
    """A day as an option gives it. Raises UsageError for anything else."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f"{name} takes a day such as 2026-11-23, not '{clean(text)}'.") from None


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


@click.command("mute")
@click.argument("initiative_id", metavar="ID")
@click.option("--reason", required=True, help="Why; it is kept.")
@click.option("--until", required=True, metavar="DAY", help="The last day, such as 2026-12-31.")
@click.pass_obj
def mute(site: Site, /, initiative_id: str, reason: str, until: str) -> None:
    """Leave a discovered or declared initiative out of tables and of --fail-on up to a day.

    Every report says how many are muted, and JSON has them all. It comes back when the day is over (UTC, by the clock
    of the machine that reports)."""
    if not reason.strip():
        raise click.UsageError("--reason must say why.")
    last = day_option(until, "--until")
    if last < _today():
        raise click.UsageError(f"--until {last} is over already, by the clock of this machine.")
    with present(site) as state:
        _need(state, initiative_id)
        with writing(state.connection):
            decide(state.connection, "mute", initiative_id, reason=reason, until_on=last.isoformat())
    click.echo(
        clean(f"{initiative_id} is muted up to the end of {last} (UTC, by the clock of the machine that reports).")
    )


@click.command("unmute")
@click.argument("initiative_id", metavar="ID")
@click.option("--reason", default="", help="Why; it is kept.")
@click.pass_obj
def unmute(site: Site, /, initiative_id: str, reason: str) -> None:
    """Take a mute back before its day."""
    with present(site) as state:
        if initiative_id not in exceptions(state).mutes:
            raise click.UsageError(f"'{clean(initiative_id)}' is not muted; `inventory list --muted` shows what is.")
        with writing(state.connection):
            decide(state.connection, "unmute", initiative_id, reason=reason)
    click.echo(clean(f"{initiative_id} is muted no more."))


@click.command("tag")
@click.argument("initiative_id", metavar="ID")
@click.argument("tag", type=click.Choice(TAGS))
@click.option("--reason", default="", help="Why; it is kept.")
@click.pass_obj
def tag_(site: Site, /, initiative_id: str, tag: str, reason: str) -> None:
    """State whether the organization allows a discovered initiative; the newest word counts."""
    with present(site) as state:
        state.need(initiative_id)
        with writing(state.connection):
            decide(state.connection, "tag", initiative_id, tag, reason)
    click.echo(f"{initiative_id} is tagged {tag}.")


def _need(state: Present, initiative_id: str) -> None:
    ids = {one.id for one, _ in state.reconciliation.discovered} | {
        line.id for line, _ in state.reconciliation.declared
    }
    if initiative_id not in ids:
        raise click.UsageError(
            f"Neither discovered nor declared is '{clean(initiative_id)}'; `shadowledger reconcile` tells all."
        )
