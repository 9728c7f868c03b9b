"""`shadowledger formats`: what can be read, and what becomes of a file."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import click

from shadowledger.collectors.collector import Collector
from shadowledger.collectors.registry import BY_ID, COLLECTORS
from shadowledger.collectors.sources import InputNotFoundError, find, open_source
from shadowledger.scanner.cli.options import (
    choices_of,
    format_option,
    open_signatures,
    print_rows,
    source_options,
)
from shadowledger.scanner.output import as_json, clean, near
from shadowledger.scanner.recognise import recognise
from shadowledger.scanner.trial import Trial, try_out

COLUMNS = ("id", "title", "framing", "tells")


@click.group("formats")
def command() -> None:
    """The formats that can be read: list, show, test a file."""


@command.command("list")
@format_option
def list_(form: str) -> None:
    """List the formats, each with the fields that it can tell."""
    rows = [{"id": one.id, "title": one.title, "framing": one.framing, "tells": list(one.fills)} for one in COLLECTORS]
    print_rows("formats", rows, COLUMNS, form)


@command.command("show")
@click.argument("format_id", metavar="FORMAT")
def show(format_id: str) -> None:
    """Show one FORMAT: how to export it, what it tells, and what it cannot."""
    collector = BY_ID.get(format_id)
    if collector is None:
        raise click.UsageError(f"There is no format '{format_id}'. `formats list` names them.")
    for name, text in described(collector):
        click.echo(f"{name + ':':13}{clean(text)}")


def described(collector: Collector) -> list[tuple[str, str]]:
    """A format in words, by heading."""
    mapping = collector.mapping
    told = [
        ("id", collector.id),
        ("title", collector.title),
        ("record", _RECORDS.get(collector.framing, collector.framing)),
        ("tells", ", ".join(collector.fills)),
        ("cannot", collector.cannot),
        ("export", collector.export),
        ("shapes", ", ".join(mapping.engines) if mapping else ""),
        ("reference", collector.reference),
    ]
    return [(name, " ".join(text.split())) for name, text in told if text]


_RECORDS = {
    "line": "a line",
    "csv": "a data row",
    "array": "an element",
    "document": "an element of the document",
    "packets": "a packet",
    "rows": "a row of the database",
    "frames": "a frame",
    "live": "a process",
}


@command.command("test")
@click.argument("inputs", metavar="FILE...", nargs=-1, required=True)
@source_options
@click.option(
    "--format", "form", type=click.Choice(("text", "jsonl")), default="text", show_default=True, help="How to print it."
)
def test(inputs: tuple[str, ...], form: str, **told: str) -> int:
    """Say of each FILE what it was recognised as, why, and what its records tell. Nothing is stored.

    Names nobody: lines that were not understood are shown by their shape alone."""
    choices = choices_of(told)
    try:
        paths = find(inputs)
    except InputNotFoundError as error:
        raise click.UsageError(str(error)) from error
    words = open_signatures(None, None).command_words
    code = 0
    for path in paths:
        try:
            with open_source(path) as opened:
                found, problem = recognise(opened, choices)
                trial = try_out(opened, found, choices, words) if found is not None else None
        except OSError as error:
            trial, problem = None, f"cannot be opened: {error.strerror or error}"
        if trial is None or trial.damage or trial.issues * 5 > trial.records:
            code = 3
        _print(path, trial, problem, form)
    return code


def _print(path: Path, trial: Trial | None, problem: str, form: str) -> None:
    if form == "jsonl":
        told = {"input": str(path)} | ({"problem": problem} if trial is None else _told(trial))
        click.echo(as_json(told))
    elif trial is None:
        click.echo(clean(f"{near(str(path))} {problem}."))
    else:
        click.echo("\n".join(clean(line) for line in _lines(path, trial)))


def _told(trial: Trial) -> dict[str, object]:
    told = {one.name: getattr(trial, one.name) for one in fields(trial)}
    return told | {"first": [one._asdict() for one in trial.first]}


def _lines(path: Path, trial: Trial) -> list[str]:
    """The text for people."""
    lines = [
        f"{near(str(path))}",
        f"  recognised as  {trial.title} ({trial.collector})",
        f"  because        {trial.reason}",
        f"  records        {trial.records}: {_parts(trial)}",
    ]
    found = trial.contacts + trial.artifacts
    if found:
        lines.append(f"  seen by        {_counted(trial.via)}")
        lines.append(f"  they tell      {_shares(trial, found)}")
        lines.append(f"  zone of times  {_counted(trial.zones)}{_zone_advice(trial)}")
    lines += [f"  not for us     {count} {reason}" for reason, count in trial.ignored.most_common(5)]
    lines += [f"  not understood {count} {reason}" for reason, count in trial.not_understood.most_common(5)]
    lines += [f"    {one.position}: {one.shape or one.reason}" for one in trial.first]
    if trial.damage:
        lines.append(f"  incomplete     {trial.damage}")
    return lines


def _parts(trial: Trial) -> str:
    found = f"{trial.contacts} contacts, {trial.artifacts} artifacts"
    return f"{found}, {sum(trial.ignored.values())} not for us, {trial.issues} not understood"


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def _shares(trial: Trial, found: int) -> str:
    return ", ".join(f"{name} {100 * count // found} %" for name, count in trial.told.most_common())


def _zone_advice(trial: Trial) -> str:
    return "; UTC is assumed, --tz says otherwise" if trial.zones["assumed"] else ""
