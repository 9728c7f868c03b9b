"""What is written about the program is true of it."""

from __future__ import annotations

import ast
import runpy
from pathlib import Path

import click
import pytest
from checkout import CHECKOUT

GENERATOR = runpy.run_path(str(CHECKOUT / "docs" / "generate.py"))
FOLDERS = ("collectors", "db", "scanner", "signatures")
MODULES = sorted(path for folder in FOLDERS for path in (CHECKOUT / folder).rglob("*.py") if path.stat().st_size)
TARGETS = [line.partition(":")[0] for line in (CHECKOUT / "Makefile").read_text().splitlines() if "  ## " in line]


@pytest.mark.parametrize("name", ["cli.md", "formats.md", "catalogue.md"])
def test_generated_pages_are_up_to_date(name: str) -> None:
    page = CHECKOUT / "docs" / name
    assert page.read_text(encoding="utf-8") == GENERATOR["PAGES"][page](), "make docs"


def test_every_format_says_what_it_cannot_tell_and_how_to_export_it() -> None:
    assert [one.id for one in GENERATOR["COLLECTORS"] if not (one.export and one.cannot)] == []


def test_every_command_and_option_says_what_it_does() -> None:
    unsaid = []
    for context in GENERATOR["walk"](GENERATOR["cli"], "shadowledger"):
        options = [option for option in context.command.params if isinstance(option, click.Option) and not option.help]
        unsaid += [f"{context.command_path} --{option.name}" for option in options]
        unsaid += [] if context.command.help else [context.command_path]
    assert unsaid == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_every_module_says_what_it_knows(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_make_lists_its_targets() -> None:
    makefile = (CHECKOUT / "Makefile").read_text()
    phony = next(line for line in makefile.splitlines() if line.startswith(".PHONY:")).split()[1:]
    assert phony == TARGETS
