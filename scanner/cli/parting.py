"""`shadowledger reconcile split|unsplit|merge|unmerge`: what people say is several initiatives, or one."""

from __future__ import annotations

from contextlib import closing

import click

from shadowledger.db.decisions import all_decisions, decide
from shadowledger.db.transactions import writing
from shadowledger.scanner.cli.state import present
from shadowledger.scanner.discovery.parting import SPLITS, leading_part, parts_of, standing
from shadowledger.scanner.output import clean
from shadowledger.scanner.site import Site

_reason = click.option("--reason", default="", help="Why; it is kept.")


@click.command("split")
@click.argument("discovered_id", metavar="ID")
@click.option("--by", required=True, type=click.Choice(tuple(SPLITS)), help="What each part has of its own.")
@_reason
@click.pass_obj
def split(site: Site, /, discovered_id: str, by: str, reason: str) -> None:
    """State that a discovered initiative is several: one for each unit, product or instance.

    The most visited part keeps the id, and what was said of it."""
    with present(site) as state:
        one, _ = state.need(discovered_id)
        parts = parts_of(one.gathering, by)
        if len(parts) < 2:
            raise click.UsageError(f"{discovered_id} has one {by} only; there is nothing to split.")
        keeper = leading_part(parts)
        with writing(state.connection):
            decide(state.connection, "split", discovered_id, f"{by}={keeper}", reason)
    others = ", ".join(name or f"those without {by}" for name in sorted(parts) if name != keeper)
    click.echo(clean(f"{discovered_id} is {keeper}; of their own are now {others}: kept."))


@click.command("unsplit")
@click.argument("discovered_id", metavar="ID")
@_reason
@click.pass_obj
def unsplit(site: Site, /, discovered_id: str, reason: str) -> None:
    """Take the splits of an initiative back."""
    with closing(site.inventory()) as connection:
        splits = [
            one for one in standing(all_decisions(connection)) if (one.verb, one.subject) == ("split", discovered_id)
        ]
        if not splits:
            raise click.UsageError(f"Nobody split '{discovered_id}'; `unsplit` takes the id that was split.")
        with writing(connection):
            for one in splits:
                decide(connection, "unsplit", discovered_id, one.object, reason)
    click.echo(f"{discovered_id} is one again: kept.")


@click.command("merge")
@click.argument("first_id", metavar="ID")
@click.argument("second_id", metavar="ID")
@_reason
@click.pass_obj
def merge(site: Site, /, first_id: str, second_id: str, reason: str) -> None:
    """State that two discovered initiatives are one, which keeps the first one's id."""
    if first_id == second_id:
        raise click.UsageError("An initiative is one with itself already; name two.")
    with present(site) as state:
        state.need(first_id)
        state.need(second_id)
        with writing(state.connection):
            decide(state.connection, "merge", first_id, second_id, reason)
    click.echo(f"{second_id} is a part of {first_id}: kept.")


@click.command("unmerge")
@click.argument("first_id", metavar="ID")
@click.argument("second_id", metavar="ID")
@_reason
@click.pass_obj
def unmerge(site: Site, /, first_id: str, second_id: str, reason: str) -> None:
    """Take the merge of two initiatives back."""
    with closing(site.inventory()) as connection:
        pair = {first_id, second_id}
        merges = [
            one
            for one in standing(all_decisions(connection))
            if one.verb == "merge" and {one.subject, one.object} == pair
        ]
        if not merges:
            raise click.UsageError(f"Nobody merged '{first_id}' and '{second_id}'.")
        with writing(connection):
            for one in merges:
                decide(connection, "unmerge", one.subject, one.object, reason)
    click.echo(f"{first_id} and {second_id} are two again: kept.")
