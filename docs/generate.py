"""Write the generated pages: docs/cli.md from the program's own help, docs/formats.md from its collectors.

python docs/generate.py"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from shadowledger.collectors.collector import Collector
from shadowledger.collectors.registry import COLLECTORS, GROUPS
from shadowledger.scanner.cli import cli
from shadowledger.scanner.cli.formats import described

HERE = Path(__file__).parent
WIDTH = 100
"""Characters in a line of help."""
CLI_TOP = """# Commands

What `--help` says, command by command. Written by `make docs`.
"""
FORMATS_TOP = """# Formats

What each of the {count} formats tells, what it cannot, and how to export it. Written by `make docs` from the
collectors; `shadowledger formats test FILE` says the same of your own file. Inputs are recognised by content, packed or
not (gz, zst, bz2, xz, zip, tar), as they are or inside what SIEMs and forwarders put round them (syslog, Splunk HEC and
exports, Elastic documents, Event Hub and CloudTrail lists, CSV with a raw column). A format that is missing:
[mappings.md](mappings.md).

`●` the format has it, `-` it cannot. Bytes are `s` sent by the client, `r` received by it.
"""
HEADINGS = {
    "proxy": "Proxies, gateways and firewalls",
    "dns": "DNS and network sensors",
    "endpoint": "Endpoints",
    "accounts": "Accounts, expenses and clouds",
    "capture": "Captures",
}
TOLD = {
    "host": ("host",), "URL": ("path",), "user": ("user",), "client": ("client",), "device": ("device",),
    "method": ("method",), "status": ("status",), "agent": ("user_agent",), "process": ("process",),
    "action": ("action",),
}  # fmt: skip


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


def commands() -> str:
    """The reference of commands."""
    parts = [CLI_TOP]
    for context in walk(cli, "shadowledger"):
        depth = "##" if context.parent is None or context.parent.parent is None else "###"
        parts.append(f"{depth} {context.command_path}\n\n```\n{context.get_help()}\n```\n")
    return "\n".join(parts)


def formats() -> str:
    """The reference of formats: a table for each group, then each format in words."""
    parts = [FORMATS_TOP.format(count=len(COLLECTORS))]
    for group, heading in HEADINGS.items():
        collectors = sorted(GROUPS[group], key=lambda one: one.title.lower())
        if collectors:
            parts += [f"## {heading}\n", _table(collectors), *(_section(one) for one in collectors)]
    return "\n".join(parts)


def _table(collectors: list[Collector]) -> str:
    rows = [["format", *TOLD, "bytes", "time"], ["---"] * (len(TOLD) + 3)]
    for one in collectors:
        told = ["●" if set(fields) & set(one.fills) else "-" for fields in TOLD.values()]
        sizes = ("s" if "sent_bytes" in one.fills else "") + ("r" if "received_bytes" in one.fills else "")
        rows.append([f"[{one.title}](#{one.id})", *told, sizes or "-", "●" if "time" in one.fills else "-"])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


def _section(collector: Collector) -> str:
    lines = [f'<a id="{collector.id}"></a>\n\n### {collector.title}\n']
    lines += [f"- **{name}**: {text}" for name, text in described(collector) if name != "title"]
    return "\n".join(lines) + "\n"


PAGES = {HERE / "cli.md": commands, HERE / "formats.md": formats}

if __name__ == "__main__":
    for path, page in PAGES.items():
        path.write_text(page(), encoding="utf-8")
