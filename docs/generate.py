"""Write the generated pages: docs/cli.md from the program's own help, docs/formats.md from its collectors,
docs/catalogue.md from its signatures.

python docs/generate.py"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click

from shadowledger.collectors.collector import Collector
from shadowledger.collectors.registry import COLLECTORS, GROUPS
from shadowledger.scanner.cli import cli
from shadowledger.scanner.cli.formats import described
from shadowledger.signatures.load import load_catalogue, version_of, vocabulary
from shadowledger.signatures.risks import load_risk
from shadowledger.signatures.schema import KINDS, Strength

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
CATALOGUE_TOP = """# Catalogue

Version {version}: {services} services of {vendors} vendors, {indicators} indicators, each with the page that justifies
it; {facts} risk facts on {asked} services. Written by `make docs` from `signatures/services` and `signatures/risk`.
`shadowledger signatures show ID` tells everything of one service. A risk fact has the day on which a copy of its page
was read. Hosts were not checked against the live network: that a name stands here does
not say that it still answers.
"""
AI_KINDS = {
    "native": "AI is the product",
    "enabled": "AI inside a product bought for something else",
    "local": "runs on the device",
    "sdk": "a library that talks to models",
    "gateway": "stands before other people's models",
    "self_hosted": "a server that an organization runs itself",
}
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


def catalogue() -> str:
    """What the catalogue holds: counts by category, kind and age."""
    services = load_catalogue()[0]
    indicators = [one for service in services for one in service.indicators]
    titles = vocabulary()
    asked = load_risk()[0]
    facts = sum(len(told) for told in asked.values())
    by_category = Counter(service.category for service in services)
    by_ai_kind = Counter(service.ai_kind for service in services)
    by_kind = Counter(one.kind for one in indicators)
    hits = Counter(one.kind for one in indicators if one.strength > Strength.HINT)
    ages = Counter(f"{service.reviewed_on:%Y-%m}" for service in services if service.reviewed_on)
    return "\n".join((
        CATALOGUE_TOP.format(
            version=version_of(services),
            services=len(services),
            vendors=len({service.vendor for service in services}),
            indicators=len(indicators),
            facts=facts,
            asked=len(asked),
        ),
        "## By category\n",
        _counts(("category", "services"), [(titles[key], count) for key, count in by_category.most_common()]),
        "## By what kind of AI it is\n",
        _counts(("kind", "services", "meaning"), [(key, by_ai_kind[key], AI_KINDS[key]) for key in AI_KINDS]),
        "## By kind of indicator\n",
        _counts(("kind", "indicators", "that make a hit"), [(kind, by_kind[kind], hits[kind]) for kind in KINDS]),
        "## By the month of the last review\n",
        _counts(("reviewed in", "services"), sorted(ages.items())),
    ))  # fmt: skip


def _counts(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


PAGES = {HERE / "cli.md": commands, HERE / "formats.md": formats, HERE / "catalogue.md": catalogue}

if __name__ == "__main__":
    for path, page in PAGES.items():
        path.write_text(page(), encoding="utf-8")
