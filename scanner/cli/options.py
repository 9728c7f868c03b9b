"""Options that many commands share, and how they print."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click
from shadowledger.scanner.output import FORMATS, Row, render

Command = TypeVar("Command", bound=Callable[..., Any])


def format_option(command: Command) -> Command:
    """`--format table|json|jsonl|csv`."""
    return click.option(
        "--format", "form", type=click.Choice(FORMATS), default="table", show_default=True, help="How to print it."
    )(command)


def print_rows(name: str, rows: Sequence[Row], columns: Sequence[str], form: str, **more: object) -> None:
    """Print rows to standard output in the form asked for; tables fit the terminal, where there is one."""
    width = shutil.get_terminal_size((120, 24)).columns if sys.stdout.isatty() else None
    click.echo(render(name, rows, columns, form, width=width, **more), nl=False)
