"""`shadowledger evidence`: from a finding to the raw lines."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from shadowledger.db import audit
from shadowledger.db.identities import Identities
from shadowledger.db.settings import Profile, privacy_of
from shadowledger.db.transactions import writing
from shadowledger.scanner.cli.leave import approver, names_at_hand, token_option
from shadowledger.scanner.cli.options import format_option, open_signatures, print_rows
from shadowledger.scanner.cli.state import Present, present
from shadowledger.scanner.evidence import proofs
from shadowledger.scanner.output import clean, near
from shadowledger.scanner.privacy.groups import is_hidden
from shadowledger.scanner.site import Site

COLUMNS = ("source_id", "source", "position", "day_on", "indicator", "who", "line")


@click.command("evidence")
@click.argument("finding_id", metavar="ID")
@click.option("--most", default=5, show_default=True, type=click.IntRange(1, 16), help="Records shown of each source.")
@click.option("--reveal", is_flag=True, help="Show lines as they are; needs --reason, is audited.")
@click.option("--reason", default="", help="Why names are to be shown.")
@token_option
@format_option
@click.pass_obj
def command(site: Site, /, finding_id: str, most: int, reveal: bool, reason: str, token: str, form: str) -> None:
    """Follow a discovered initiative, or a declared one, to the records that betrayed it.

    Records are shown without people, machines, addresses and paths; --reveal shows the lines themselves, and whose they
    are: ids, under the profile `named` names too."""
    if reveal and not reason.strip():
        raise click.UsageError("--reveal needs a --reason.")
    with present(site) as state, names_at_hand(site, state.connection) as names:
        if reveal:
            with writing(state.connection):
                leave = approver(state.connection, token)
                audit.record(state.connection, "reveal evidence", {"id": finding_id, "reason": reason, **leave})
        rows: list[dict[str, Any]] = []
        opens = names if reveal and privacy_of(state.connection).profile is Profile.NAMED else None
        for discovered_id in _discovered_ids(state, finding_id):
            one, _ = state.need(discovered_id)
            words = open_signatures(site, None).command_words
            is_wanted = state.reconciliation.consolidated.belongs_to(state.connection, one)
            for seen in one.products:
                of = (seen.service_id, seen.instance)
                found = proofs(state.connection, names, *of, words, most=most, reveal=reveal, is_wanted=is_wanted)
                told = [{"initiative": one.id, "service": seen.service, **asdict(proof)} for proof in found]
                rows += [_without_who(row) for row in told] if is_hidden(one.people) and not reveal else told
        if opens is not None:
            rows = [{**row, "name": _name(opens, row["who"])} for row in rows]
        if form == "table":
            _explain(state, finding_id)
            rows = [
                {**row, "source": near(row["source"]), "line": row["line"] or f"({row['missing']})"} for row in rows
            ]
        print_rows("evidence", rows, (*COLUMNS, "name") if opens else COLUMNS, form)


def _without_who(row: dict[str, Any]) -> dict[str, Any]:
    """Whoever counted the ids would know how small a group is that is too small to be shown."""
    return {**row, "who": ""}


def _name(names: Identities, who: str) -> str:
    found = names.reveal(who) if who else None
    return found.text if found else ""


def _discovered_ids(state: Present, finding_id: str) -> list[str]:
    for line, finding in state.reconciliation.declared:
        if line.id == finding_id:
            return [proposal.discovered_id for proposal in finding.proposals]
    return [state.need(finding_id)[0].id]


def _explain(state: Present, finding_id: str) -> None:
    for line, finding in state.reconciliation.declared:
        if line.id == finding_id:
            click.echo(clean(f"{line.name}: {finding.kind}"))
            for reason in finding.reasons:
                click.echo(clean(f"  {reason}"))
            return
    one, finding = state.need(finding_id)
    sources = f"{one.seen.source_count} source{'s' if one.seen.source_count > 1 else ''}"
    click.echo(clean(f"{one.title}: {finding.kind}, seen in {sources}"))
    for reason in finding.reasons:
        click.echo(clean(f"  {reason}"))
    click.echo()
