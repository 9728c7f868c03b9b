"""`shadowledger signatures`: look at the catalogue, check it, and ask it."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from shadowledger.scanner.cli import packs, unknown
from shadowledger.scanner.cli.options import format_option, open_signatures, print_rows
from shadowledger.scanner.output import as_json, clean
from shadowledger.scanner.site import Site
from shadowledger.signatures.lint import lint, stale
from shadowledger.signatures.load import load_catalogue, load_files
from shadowledger.signatures.queries import answer, ask
from shadowledger.signatures.risks import NAMES, UNKNOWN, lint_risk, load_risk
from shadowledger.signatures.schema import Service

LINES_AT_ONCE = 4096
LONGEST_LINE_BYTES = 1 << 16


@click.group("signatures")
def command() -> None:
    """The catalogue: what AI looks like."""


@command.command("list")
@click.option("--category", default="", help="Only this category.")
@click.option("--vendor", default="", help="Only this vendor.")
@format_option
@click.pass_obj
def list_(site: Site, /, category: str, vendor: str, form: str) -> None:
    """List the services that are known."""
    rows = [
        _row(service)
        for service in open_signatures(site, None).index.services.values()
        if category in ("", service.category) and vendor.lower() in ("", service.vendor.lower())
    ]
    print_rows("services", rows, ("id", "name", "vendor", "category", "ai_kind", "indicators", "reviewed_on"), form)
    if form == "table":
        click.echo(f"\n{len(rows)} services, {sum(int(str(row['indicators'])) for row in rows)} indicators.")


def _row(service: Service) -> dict[str, object]:
    return {
        "id": service.id,
        "name": service.name,
        "vendor": service.vendor,
        "category": service.category,
        "ai_kind": service.ai_kind,
        "indicators": len(service.indicators),
        "reviewed_on": service.reviewed_on.isoformat() if service.reviewed_on else None,
    }


@command.command("show")
@click.argument("service_id")
@format_option
@click.pass_obj
def show(site: Site, /, service_id: str, form: str) -> None:
    """Show one service with every indicator and the page that justifies it."""
    service = open_signatures(site, None).index.services.get(service_id)
    if service is None:
        raise click.UsageError(f"There is no service '{service_id}'; `shadowledger signatures list` names them all.")
    rows = [
        {
            "kind": one.kind,
            "value": one.value,
            "role": one.role,
            "strength": one.strength.word,
            "reference": one.reference,
        }
        for one in service.indicators
    ]
    risk = _risk_rows(service.id)
    if form == "table":
        click.echo(clean(f"{service.name} by {service.vendor} ({service.category}, {service.ai_kind})") + "\n")
    columns = ("kind", "value", "role", "strength", "reference")
    print_rows("indicators", rows, columns, form, service=_row(service), risk=risk)
    if form == "table":
        click.echo("\nRisk facts\n")
        print_rows("risk", risk, RISK_COLUMNS, form)


RISK_COLUMNS = ("name", "plan", "value", "reference", "checked", "note")


def _risk_rows(service_id: str) -> list[dict[str, object]]:
    """Every risk fact in the order of names, and one row with `unknown` for each name that nothing is told of."""
    facts = load_risk()[0].get(service_id, ())
    rows: list[dict[str, object]] = []
    for name in NAMES:
        told = [one for one in facts if one.name == name]
        for one in told:
            cells = (name, one.plan, one.value, one.reference, one.checked_on.isoformat(), one.note or None)
            rows.append(dict(zip(RISK_COLUMNS, cells, strict=True)))
        if not told:
            rows.append({**dict.fromkeys(RISK_COLUMNS), "name": name, "value": UNKNOWN})
    return rows


@command.command("lint")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def lint_(files: tuple[Path, ...]) -> int:
    """Check signature FILES, or the whole catalogue: every flaw at once, with its file and key.

    What was last reviewed more than twelve months ago is listed, and is no flaw."""
    catalogue, flaws = load_files(files, origin="catalogue") if files else load_catalogue()
    flaws = [*flaws, *lint(catalogue)]
    if not files:
        risks, wrong = load_risk()
        flaws += [*wrong, *lint_risk(risks, {service.id for service in catalogue})]
    old = stale(catalogue, dt.datetime.now(dt.UTC).date())
    for told in (*flaws, *old):
        click.echo(clean(str(told)))
    click.echo(f"{len(catalogue)} services, {len(flaws)} flaws, {len(old)} to be reviewed.", err=True)
    return 5 if flaws else 0


def _lines() -> Iterator[str]:
    """The lines of standard input, each cut at LONGEST_LINE_BYTES."""
    source = sys.stdin.buffer
    while line := source.readline(LONGEST_LINE_BYTES):
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = source.readline(LONGEST_LINE_BYTES)
        yield line.decode("utf-8", "replace").rstrip("\r\n")


@command.command("match")
@click.argument("lines", nargs=-1, required=True)
@format_option
@click.pass_obj
def match(site: Site, /, lines: tuple[str, ...], form: str) -> None:
    """Say which service each line betrays: hosts, URLs, kind:value, JSON objects. `-` reads standard input."""
    index = open_signatures(site, None).index
    if lines != ("-",):
        columns = ("input", "service", "vendor", "category", "strength", "role", "indicator")
        print_rows("matches", [answer(line, ask(index, line)) for line in lines], columns, form)
        return
    if form in ("json", "csv"):
        raise click.UsageError("Lines of standard input are answered as JSON Lines; leave --format out.")
    told: list[str] = []
    for line in _lines():
        told.append(as_json(answer(line, ask(index, line))))
        if len(told) >= LINES_AT_ONCE:
            click.echo("\n".join(told))
            told.clear()
    if told:
        click.echo("\n".join(told))


for one in (*packs.COMMANDS, *unknown.COMMANDS):
    command.add_command(one)
