"""`shadowledger attest`: ask a unit about what was seen there, and bring its answers back."""

from __future__ import annotations

import hashlib
import secrets
from collections import defaultdict
from pathlib import Path

import click

from shadowledger.db import audit
from shadowledger.db.declared import Declared
from shadowledger.db.transactions import writing
from shadowledger.scanner.cli.mute import exceptions
from shadowledger.scanner.cli.new_file import write_new
from shadowledger.scanner.cli.state import Present, present
from shadowledger.scanner.discovery.consolidate import Discovered
from shadowledger.scanner.initiatives.adding import Kept, Links, Said, is_of_units, keep, lines_of
from shadowledger.scanner.initiatives.form import Answer, Form, form_of, mark_of, number_of
from shadowledger.scanner.initiatives.mistakes import ListError, quoted
from shadowledger.scanner.initiatives.values import text_of
from shadowledger.scanner.output import clean
from shadowledger.scanner.reconciliation.reconcile import Finding
from shadowledger.scanner.reports.answer import people_in_words
from shadowledger.scanner.reports.form_book import form_book
from shadowledger.scanner.site import Site

_EXPORTED, _IMPORTED = "attest export", "attest import"


@click.group()
def command() -> None:
    """Ask a unit what it knows of the AI that was seen there."""


@command.command("export")
@click.option("--unit", required=True, help="The business unit, as reports have it.")
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="A new FILE.xlsx.")
@click.pass_obj
def export(site: Site, /, unit: str, output: Path) -> None:
    """Write a form for a unit: what was seen there, with blanks for name, purpose, owner and status.

    What is dismissed or muted is not asked about. That a form was written is kept, with who did it and when."""
    if output.suffix.casefold() != ".xlsx":
        raise click.BadParameter("The name must end in .xlsx.", param_hint="--output")
    with present(site) as state:
        unit = _unit(state, unit)
        left_out = exceptions(state).mutes
        rows = [
            _shown(state, one, finding, unit)
            for one, finding in state.reconciliation.discovered
            if unit in one.units and one.state != "dismissed" and one.id not in left_out
        ]
        number = secrets.token_hex(8)
        marks = {row[0]: mark_of(row) for row in rows}
        with writing(state.connection):
            audit.record(state.connection, _EXPORTED, {"form": number, "unit": unit, "marks": marks})
            write_new(output, form_book(number, unit, rows))
    click.echo(clean(f"{output} asks {unit} about {len(rows)}; `shadowledger attest import` brings the answers back."))


def _unit(state: Present, unit: str) -> str:
    """A unit as reports have it. Raises UsageError where nothing was seen in it."""
    units = {told for one, _ in state.reconciliation.discovered for told in one.units}
    found = unit if unit in units else next((told for told in units if told.casefold() == unit.casefold()), None)
    if found is None:
        there = ", ".join(sorted(units)) or "none; `shadowledger directory import` says who is where"
        raise click.UsageError(clean(f"Nothing was seen in a unit {quoted(unit)}. Units: {there}."))
    return found


def _shown(state: Present, one: Discovered, finding: Finding, unit: str) -> tuple[str, ...]:
    """What a form shows of an initiative, as it comes back. Of a line that is other units' nothing is said: it is not
    this one's by its own word."""
    lines = [line for line, _ in state.reconciliation.declared if line.id in finding.declared_ids]
    is_theirs = len(lines) == 1 and is_of_units(lines[0], (unit,))
    people = people_in_words(one.people.low, one.people.high)
    shown = (one.id, one.title, people, one.first_seen_on, lines[0].name if is_theirs else "")
    return tuple(text_of(clean(text)) for text in shown)


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def import_(site: Site, /, file: Path) -> None:
    """Bring a unit's answers back: declared lines, linked to what was discovered.

    A row that is filled in becomes a line of the official list, or changes the line that it is. The form is imported
    whole or not at all; one that shows another thing than it did when it was written is refused."""
    data = file.read_bytes()
    number, rows = number_of(data)
    with present(site) as state:
        exported = [one for one in audit.all_rows(state.connection) if one.action == _EXPORTED]
        asked = next((one.detail for one in exported if one.detail["form"] == number), None)
        if asked is None:
            raise ListError("The form was not written from this inventory, or its number was changed.")
        form = form_of(number, rows, asked["marks"])
        links = links_of(state)
        lines = [line for line, _ in state.reconciliation.declared]
        said = [_said(state, form, one, asked["unit"], lines) for one in form.answers]
        about = {
            "action": _IMPORTED,
            "form": number,
            "unit": asked["unit"],
            "file": file.name,
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        kept = keep(state.connection, lines_of(said, lines, links), links, about)
    click.echo(f"{told_of(kept)}; {form.blank_count} without an answer.")


def links_of(state: Present) -> Links:
    """What people linked: discovered ids to ids of lines."""
    links: dict[str, set[str]] = defaultdict(set)
    for line, finding in state.reconciliation.declared:
        for proposal in finding.proposals:
            if proposal.decided:
                links[proposal.discovered_id].add(line.id)
    return links


def told_of(kept: Kept) -> str:
    """`2 declared, 1 changed, 0 unchanged, 2 linked`."""
    return (
        f"{len(kept.added)} declared, {len(kept.changed)} changed, {kept.unchanged_count} unchanged, "
        f"{kept.linked_count} linked"
    )


def _said(state: Present, form: Form, answer: Answer, unit: str, lines: list[Declared]) -> Said:
    by = f", answered by {form.answered_by}" if form.answered_by else ""
    one = next((one for one, _ in state.reconciliation.discovered if one.id == answer.discovered_id), None)
    products = tuple(dict.fromkeys(seen.service for seen in one.products)) if one else ()
    shown_as = [line.id for line in lines if answer.listed_as and line.name == answer.listed_as]
    else_name = f"{answer.service} ({unit})"
    return Said(
        name=answer.name or ("" if answer.discovered_id else else_name),
        else_name=else_name,
        purpose=answer.purpose,
        owner=answer.owner,
        status=answer.status,
        units=(unit,),
        products=products or ((answer.service,) if answer.service and not answer.discovered_id else ()),
        discovered_id=answer.discovered_id,
        line_id=shown_as[0] if len(shown_as) == 1 else "",
        reason=f"form {form.number} of {unit}{by}",
    )
