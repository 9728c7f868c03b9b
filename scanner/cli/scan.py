"""`shadowledger scan`: read inputs into the inventory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import click

from shadowledger.collectors.reading import Census
from shadowledger.collectors.registry import BY_ID
from shadowledger.collectors.sources import InputNotFoundError, find
from shadowledger.scanner.cli.options import (
    choices_of,
    days_options,
    format_option,
    jobs_option,
    open_scan,
    print_rows,
    source_options,
)
from shadowledger.scanner.cli.progress import progress
from shadowledger.scanner.outcomes import Outcome, RunReport
from shadowledger.scanner.output import clean, near
from shadowledger.scanner.site import Site

COLUMNS = (
    "source",
    "input",
    "standing",
    "collector",
    "records",
    "hits",
    "no_hit",
    "not_examined",
    "ignored",
    "issues",
    "note",
)

_TOLD_SHARE = 0.001
"""From this upper bound on, what cannot be read is told of an input that was not examined whole."""


@click.command("scan")
@click.argument("inputs", nargs=-1, required=True)
@click.option("--explain", is_flag=True, help="Say of each input why its format was recognised.")
@click.option(
    "--census",
    type=click.Choice([census.value for census in Census]),
    default=Census.SAMPLE.value,
    show_default=True,
    help="How much is counted of domains that nobody wants, for `signatures retro`; daily is full once a day.",
)
@click.option("--no-prefilter", is_flag=True, help="Read every line; takes longer and finds the same.")
@jobs_option
@days_options
@source_options
@format_option
@click.pass_obj
def command(
    site: Site,
    /,
    inputs: tuple[str, ...],
    explain: bool,
    census: str,
    no_prefilter: bool,
    jobs: int | None,
    form: str,
    **told: str,
) -> int:
    """Read INPUTS (files, folders, globs, - for standard input) into the inventory.

    Formats are recognised by content. What was counted before is not counted again."""
    choices = replace(choices_of(told), census=Census(census), prefilter=not no_prefilter)
    try:
        paths = find(inputs)
    except InputNotFoundError as error:
        raise click.UsageError(str(error)) from error
    scan = open_scan(site, jobs, create=True)
    try:
        with progress() as scan.progress:
            report = scan.run(paths, choices)
    finally:
        scan.close()
    print_report(report, form, explain=explain)
    return exit_code(report)


def exit_code(report: RunReport) -> int:
    """0 where everything was read, 3 where something was not."""
    return 0 if report.status == "complete" else 3


def print_report(report: RunReport, form: str, *, explain: bool) -> None:
    """Print what became of each input, and, below a table, what it amounts to."""
    rows = [_row(outcome) for outcome in report.outcomes]
    screened = any(outcome.counts is not None and outcome.counts.not_examined_count for outcome in report.outcomes)
    columns = [name for name in COLUMNS if screened or name != "not_examined"] + ["why"] * explain
    print_rows("sources", rows, columns, form, run=report.run_id, status=report.status)
    if form == "table":
        for outcome in report.outcomes:
            for one in outcome.misunderstood:
                click.echo(f"  {near(outcome.name)}:{one.position}: {clean(one.reason)}: {one.shape}")
            share, counts = outcome.unreadable, outcome.counts
            if share is not None and counts is not None and counts.issue_count and share.high >= _TOLD_SHARE:
                click.echo(
                    f"  {near(outcome.name)}: {share.low:.2%} to {share.high:.2%} of its records cannot be read (95 %; "
                    f"from {share.cells} samples of what was not examined)"
                )
            if counts is not None and counts.blind_spots:
                click.echo(f"  {near(outcome.name)} hides: {_in_words(counts.blind_spots)}")
        click.echo(_summary(report))


def _row(outcome: Outcome) -> dict[str, object]:
    counts = outcome.counts
    title = BY_ID[outcome.collector].title if outcome.collector in BY_ID else outcome.collector
    return {
        "source": outcome.source_id or None,
        "input": outcome.name,
        "standing": outcome.standing,
        "collector": title or None,
        "records": counts.record_count if counts else None,
        "hits": counts.hit_count if counts else None,
        "no_hit": counts.no_hit_count if counts else None,
        "not_examined": counts.not_examined_count if counts else None,
        "ignored": counts.ignored_count if counts else None,
        "issues": counts.issue_count if counts else None,
        "repeated": [one._asdict() for one in outcome.repeated],
        "blind_spots": dict(counts.blind_spots) if counts else {},
        "unreadable": outcome.unreadable._asdict() if outcome.unreadable else None,
        "services": len(outcome.services),
        "note": outcome.problem or outcome.remark,
        "why": outcome.reason,
        "misunderstood": [one._asdict() for one in outcome.misunderstood],
    }


def _in_words(blind_spots: Mapping[str, int]) -> str:
    return ", ".join(f"{what} ({count})" for what, count in sorted(blind_spots.items()))


def _summary(report: RunReport) -> str:
    counted = [outcome for outcome in report.outcomes if outcome.counts is not None]
    hits = sum(outcome.counts.hit_count for outcome in counted if outcome.counts)
    services = {service for outcome in counted for service in outcome.services}
    assumed = sum(outcome.counts.zones.get("assumed", 0) for outcome in counted if outcome.counts)
    lines = [f"\nRun {report.run_id} is {report.status}: {hits} hits of {len(services)} services."]
    if assumed:
        lines.append(
            f"{assumed} of these hits do not tell their whole time: the zone is assumed to be UTC, a missing year or "
            "date that of the file; --tz and --year say otherwise."
        )
    if report.status != "complete":
        lines.append("Not everything could be read; see the notes above. What was read is stored.")
    lines.append("Next: shadowledger reconcile")
    return "\n".join(lines)
