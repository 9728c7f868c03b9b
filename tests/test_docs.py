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


def test_the_reference_of_commands_is_up_to_date() -> None:
    assert (CHECKOUT / "docs" / "cli.md").read_text() == GENERATOR["reference"](), "make docs"


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
