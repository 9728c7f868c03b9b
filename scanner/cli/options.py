"""Options that many commands share, what they mean, and how commands print."""

from __future__ import annotations

import datetime as dt
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from shadowledger.scanner.output import FORMATS, Row, render

if TYPE_CHECKING:
    import sqlite3

    from shadowledger.scanner.choices import Choices
    from shadowledger.scanner.pipeline import Scan
    from shadowledger.scanner.site import Site

Command = TypeVar("Command", bound=Callable[..., Any])


def format_option(command: Command) -> Command:
    """`--format table|json|jsonl|csv`."""
    return click.option(
        "--format", "form", type=click.Choice(FORMATS), default="table", show_default=True, help="How to print it."
    )(command)


def source_options(command: Command) -> Command:
    """What only the user can say about an input: collector, zone, year, device, log format, source name."""
    for option in reversed(
        (
            click.option("--collector", default="", help="Read with this collector, whatever it looks like."),
            click.option("--tz", default="", help="Zone of stamps without one: Europe/Berlin, +02:00. Default: UTC."),
            click.option("--year", default="", help="Year of stamps that name none. Default: the file's."),
            click.option("--device", default="", help="The machine that a process list was taken on."),
            click.option("--date-order", default="", help="Of all-numeric dates that leave it open: dmy, mdy or ymd."),
            click.option("--mapping", default="", help="A mapping file of your own: docs/mappings.md."),
            click.option("--log-format", default="", help="A Squid logformat line of your own."),
            click.option(
                "--bytes",
                "with_bytes",
                flag_value="yes",
                default="",
                help="Of captures, count the bytes and sessions of connections; takes five times as long.",
            ),
            click.option(
                "--source-name", default="", help="Keeps identical exports of two devices apart. Kept as written."
            ),
        )
    ):
        command = option(command)
    return command


def jobs_option(command: Command) -> Command:
    """`--jobs N`."""
    return click.option(
        "--jobs", type=click.IntRange(1, 256), help="Processes that read at once. Default: the usable cores."
    )(command)


def days_options(command: Command) -> Command:
    """`--since DAY`, `--until DAY`."""
    for name, side in (("--until", "after"), ("--since", "before")):
        command = click.option(
            name, default="", metavar="DAY", help=f"Count no record from {side} this UTC day, such as 2026-11-23."
        )(command)
    return command


def choices_of(told: Mapping[str, str]) -> Choices:
    """The values of `source_options`, checked. Raises UsageError with a sentence."""
    from shadowledger.collectors.engines.mapping import MappingError
    from shadowledger.collectors.reading import Settings
    from shadowledger.collectors.registry import BY_ID
    from shadowledger.scanner.choices import Choices
    from shadowledger.scanner.days import Days
    from shadowledger.scanner.zones import zone_of

    if told["collector"] and told["collector"] not in BY_ID:
        raise click.UsageError(f"There is no collector '{told['collector']}'. There are: {', '.join(BY_ID)}.")
    if told["year"] and not (told["year"].isdigit() and len(told["year"]) == 4):
        raise click.UsageError("--year takes four digits.")
    try:
        zone = zone_of(told["tz"]) if told["tz"] else None
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if told["date_order"] not in ("", "dmy", "mdy", "ymd"):
        raise click.UsageError("--date-order takes dmy, mdy or ymd.")
    settings = Settings(
        zone=zone,
        year=int(told["year"] or 0),
        device=told["device"],
        log_format=told["log_format"],
        with_bytes=bool(told["with_bytes"]),
        date_order=told["date_order"],
    )
    collector = told["collector"] or ("squid_custom" if settings.log_format else "")
    if collector and (problem := BY_ID[collector].check(settings)):
        raise click.UsageError(problem)
    days = Days(_day(told, "since"), _day(told, "until"))
    if days.since and days.until and days.until < days.since:
        raise click.UsageError("--until is a day before --since; nothing would be counted.")
    choices = Choices(settings, told["tz"], collector, told["source_name"], told["mapping"], days)
    try:
        choices.collector()
    except MappingError as error:
        raise click.UsageError(str(error)) from error
    return choices


def _day(told: Mapping[str, str], name: str) -> dt.date | None:
    if not (text := told.get(name, "")):
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f"--{name} takes a day such as 2026-11-23, not '{text}'.") from None


def open_scan(site: Site, jobs: int | None = None, *, create: bool) -> Scan:
    """Everything a run needs, opened and checked. The caller closes it."""
    from shadowledger.scanner.pipeline import Scan
    from shadowledger.scanner.places import seal_places
    from shadowledger.scanner.sealing import drop_expired
    from shadowledger.scanner.workers import usable_cores

    connection = site.inventory(create=create)
    identities = site.names(connection, create=create)
    seal_places(connection, identities)
    drop_expired(connection)
    return Scan(connection, identities, open_signatures(site, connection), jobs or usable_cores())


def open_signatures(site: Site | None, connection: sqlite3.Connection | None) -> Any:  # noqa: ANN401 - Signatures, imported late
    """The signatures of a site; exit 5 with every flaw where a file is wrong."""
    from shadowledger.scanner.cli import program_version
    from shadowledger.scanner.knowledge import FlawedSignaturesError, load_signatures

    try:
        return load_signatures(site, connection, program_version())
    except FlawedSignaturesError as error:
        click.echo(f"Error: signature files cannot be used; nothing was done.\n{error}", err=True)
        raise click.exceptions.Exit(5) from error


def terminal_width() -> int | None:
    """Of the terminal that standard output is; None where it is none."""
    return shutil.get_terminal_size((120, 24)).columns if sys.stdout.isatty() else None


def print_rows(name: str, rows: Sequence[Row], columns: Sequence[str], form: str, **more: object) -> None:
    """Print rows to standard output in the form asked for; tables fit the terminal, where there is one."""
    click.echo(render(name, rows, columns, form, width=terminal_width(), **more), nl=False)
