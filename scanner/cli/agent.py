"""`shadowledger agent`: handed on to the lean program that agents are built of."""

from __future__ import annotations

import click


@click.command("agent", context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("words", nargs=-1, metavar="COMMAND [WORDS]...", type=click.UNPROCESSED)
def command(words: tuple[str, ...]) -> int:
    """The agent for many machines, which looks and tells the organization's own server.

    enroll makes this device known with a token, run looks once and delivers, install and uninstall have the system
    start it at times, status says what it is up to, and show-me prints exactly what would be sent. `shadowledger agent
    COMMAND --help` tells of each, and docs/agent.md of all."""
    from shadowledger.scanner.agent.commands import main

    return main(words or ("--help",))
