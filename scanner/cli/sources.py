"""`shadowledger sources`: what was read, and how to take it back or read it anew."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace

import click

from shadowledger.db import audit
from shadowledger.db.sources import Source, get_source, known_ids, totals
from shadowledger.db.transactions import writing
from shadowledger.scanner.choices import Choices, kept_choices
from shadowledger.scanner.cli.leave import approver, need_reason, token_option
from shadowledger.scanner.cli.options import (
    choices_of,
    days_options,
    format_option,
    jobs_option,
    open_scan,
    print_rows,
    source_options,
)
from shadowledger.scanner.cli.scan import exit_code, print_report
from shadowledger.scanner.days import Days
from shadowledger.scanner.output import near
from shadowledger.scanner.pipeline import Scan, forget
from shadowledger.scanner.places import place_of
from shadowledger.scanner.site import Site

COLUMNS = (
    "id", "name", "label", "collector", "settings", "first_on", "last_on", "record_count", "hit_count", "no_hit_count",
    "ignored_count", "issue_count", "not_examined_count", "damage", "last_run_id",
)  # fmt: skip


@click.group("sources")
def command() -> None:
    """What was read, how far, and how it adds up."""


@command.command("list")
@click.option("--reveal", is_flag=True, help="Show where they lie; needs --reason, is audited.")
@click.option("--reason", default="", help="Why paths are to be shown, which may name people.")
@token_option
@format_option
@click.pass_obj
def list_(site: Site, /, reveal: bool, reason: str, token: str, form: str) -> None:
    """List the sources, each with its accounting: records = hits + no hits + ignored + issues + not examined.

    Of files' names only words are shown that name nobody."""
    if reveal:
        need_reason(reason)
    connection = site.inventory()
    rows = totals(connection)
    if reveal:
        with writing(connection):
            audit.record(connection, "reveal sources", {"reason": reason, **approver(connection, token)})
        rows = _with_places(site, connection, rows, near if form == "table" else str)
    print_rows("sources", rows, COLUMNS, form)
    connection.close()


def _with_places(
    site: Site, connection: sqlite3.Connection, rows: list[dict[str, object]], told: Callable[[str], str]
) -> list[dict[str, object]]:
    names = site.names(connection)
    found = []
    for row in rows:
        source = get_source(connection, int(str(row["id"])))
        found.append({**row, "name": told(place_of(source, names)) if source else row["name"]})
    names.connection.close()
    return found


@command.command("forget")
@click.argument("source_ids", nargs=-1, required=True, type=int)
@click.pass_obj
def forget_(site: Site, /, source_ids: tuple[int, ...]) -> None:
    """Withdraw everything that sources added. Scanned again, they are new."""
    connection = site.inventory()
    unknown = [number for number in source_ids if get_source(connection, number) is None]
    if unknown:
        raise click.UsageError(f"There is no source {unknown[0]}; nothing was forgotten. `sources list` names them.")
    for number in source_ids:
        forget(connection, number)
        click.echo(f"Source {number} is forgotten, with all that it added.")
    connection.close()


@command.command("rescan")
@click.argument("source_ids", nargs=-1, type=int)
@click.option("--all", "all_", is_flag=True, help="Every source.")
@jobs_option
@days_options
@source_options
@format_option
@click.pass_obj
def rescan(site: Site, /, source_ids: tuple[int, ...], all_: bool, jobs: int | None, form: str, **told: str) -> int:
    """Read sources again from the start, under the present signatures, overlay and official list.

    What they added before is replaced, in one step. Options not given stay as they were at the last scan."""
    if all_ == bool(source_ids):
        raise click.UsageError("Name sources by number, or give --all.")
    given = choices_of(told)
    scan = open_scan(site, jobs, create=False)
    try:
        wanted = source_ids or tuple(known_ids(scan.connection))
        for number in wanted:
            _check(get_source(scan.connection, number), number, given)
        report = scan.rescan([(number, _merged(scan, number, given)) for number in wanted])
    finally:
        scan.close()
    print_report(report, form, explain=False)
    return exit_code(report)


def _check(source: Source | None, number: int, given: Choices) -> None:
    if source is None:
        raise click.UsageError(f"There is no source {number}; nothing was read. `sources list` names them.")
    collector_id, label = given.collector_id or source.collector, given.label or source.label
    if (collector_id, label) != (source.collector, source.label):
        raise click.UsageError(
            f"Source {number} is one of {source.collector} named '{source.label}', and a rescan leaves that as it is; "
            "nothing was read. `sources forget` it, and scan it again with the other collector or name."
        )


def _merged(scan: Scan, number: int, given: Choices) -> Choices:
    """The choices kept with a source, with those given now in their place."""
    source = get_source(scan.connection, number)
    assert source is not None  # noqa: S101 - checked by the caller
    kept = kept_choices(source, scan.identities)
    settings = kept.settings._replace(**{k: v for k, v in given.settings._asdict().items() if v})
    days = Days(given.days.since or kept.days.since, given.days.until or kept.days.until)
    return replace(kept, settings=settings, zone_name=given.zone_name or kept.zone_name,
                   mapping=given.mapping or kept.mapping, days=days)  # fmt: skip
