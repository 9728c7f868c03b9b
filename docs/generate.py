"""Write docs/cli.md, the reference of commands, from the program's own help.

python docs/generate.py"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from shadowledger.scanner.cli import cli

TARGET = Path(__file__).with_name("cli.md")
WIDTH = 100
"""Characters in a line of help."""
TOP = """# Commands

What `--help` says, command by command. Written by `make docs`.
"""


def walk(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[click.Context]:
    """A command and all below it, each with the context that its help needs, in the order of the help."""
    widths = {"terminal_width": WIDTH, "max_content_width": WIDTH}
    context = command.make_context(name, [], parent, resilient_parsing=True, **widths)
    yield context
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            if found is not None:
                yield from walk(found, below, context)


def reference() -> str:
    """The whole document."""
    parts = [TOP]
    for context in walk(cli, "shadowledger"):
        depth = "##" if context.parent is None or context.parent.parent is None else "###"
        parts.append(f"{depth} {context.command_path}\n\n```\n{context.get_help()}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    TARGET.write_text(reference())
