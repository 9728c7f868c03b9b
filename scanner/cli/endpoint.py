"""`shadowledger collect endpoint`: what AI there is on this machine, or on a copy of its files."""

from __future__ import annotations

import click

from shadowledger.collectors.endpoint.local.snapshot import PROFILES, take


@click.command("endpoint")
@click.option(
    "--profile",
    type=click.Choice(PROFILES),
    default="standard",
    show_default=True,
    help="What is looked at; token files and names of environment variables in `full` alone.",
)
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False),
    default="/",
    help="A folder that holds another machine's files. Default: this machine.",
)
@click.option("--walk", is_flag=True, help="Look through homes too, bounded: weights, Python environments, projects.")
@click.option("--device", default="", help="What the machine is called. Default: its host name.")
@click.option(
    "--format", "form", type=click.Choice(("jsonl",)), default="jsonl", show_default=True, help="How it is printed."
)
def endpoint(profile: str, root: str, walk: bool, device: str, form: str) -> None:
    """Print one JSON object for each thing on this machine that may be AI, and a summary, for `scan` to read.

    Reads only: nothing is started, no link is followed out of a home, and of files only what is listed is opened. Of
    accounts the domain is told, of MCP servers names and hosts, of variables names; of command lines nothing but the
    words that a signature names."""
    del form  # one there is
    from shadowledger.scanner.cli.options import open_signatures

    words = open_signatures(None, None).command_words
    for line in take(profile, root, device=device, walk=walk, words=words):
        click.echo(line, nl=False)
