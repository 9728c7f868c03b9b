"""The command line: one module per group of commands, imported when it is asked for."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import traceback
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shadowledger.db.errors import UnusableError, ailment, is_damaged, is_of_the_disk

if TYPE_CHECKING:
    from shadowledger.scanner.site import Site

COMMANDS = {
    "demo": "Show the whole job on bundled inputs.",
    "init": "Make an empty inventory.",
    "scan": "Read logs, captures and process lists into the inventory.",
    "declare": "The official list: template, import, add, list.",
    "directory": "Who is who: people, devices, subnets, leases.",
    "reconcile": "Discovered against declared: review, link, split, merge.",
    "inventory": "What was discovered: list, show, confirm, dismiss, mute, tag.",
    "attest": "Ask a unit about what was seen there: export, import.",
    "adoption": "Who uses initiatives, by day or week, against licences.",
    "completeness": "How many more products there are at least.",
    "coverage": "What each channel saw, and what it did not: show, expect.",
    "evidence": "Follow a finding to the raw lines.",
    "sources": "What was read: list, forget, rescan.",
    "identities": "Open a pseudonym, with a reason, audited; erase a person.",
    "privacy": "What is kept of people, for how long, and who may see it.",
    "audit": "What was done and shown: list, verify.",
    "collect": "Print what a collector makes of inputs, or of this machine.",
    "agent": "Look at many machines: enroll, run, install, status, show-me.",
    "serve": "Receive what agents deliver.",
    "devices": "Who may deliver: token, list, revoke, profile.",
    "bundles": "What the server received, as signed files: list, key, seal, trust.",
    "import-bundle": "Take bundles of servers into the inventory.",
    "osquery-pack": "Queries for an osquery or a Fleet that is there.",
    "formats": "What can be read: list, show, test a file.",
    "signatures": "The catalogue: list, show, match, lint, packs.",
    "db": "The inventory's file: back up, check, rebuild.",
}
"""Command to its line in the help; each lives in a module of its name, as far as a hyphen. Kept here so that `--help`
imports none."""
_ELSEWHERE = {"import-bundle": ("bundles", "import_bundle")}
"""Commands that share a module with another group."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = _ELSEWHERE.get(cmd_name, (cmd_name.partition("-")[0], "command"))
        command = getattr(import_module(f"{__name__}.{module}"), name)
        assert isinstance(command, click.Command)  # noqa: S101 - a slip of ours, not of a user
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for word in args:
            if not _is_text(word) and not Path(word).exists():
                raise click.UsageError(f"'{word}' is not valid UTF-8, and names no file.")
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # whoever reads has seen enough
            _close_output()
            return 0

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def program_version() -> str:
    """The installed version; `unknown` in a checkout that is not installed."""
    try:
        return version("shadowledger")
    except PackageNotFoundError:
        return "unknown"


def _default_inventory() -> Path:
    from platformdirs import user_data_path

    return user_data_path("shadowledger", appauthor=False) / "inventory.db"


def _print_version(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"shadowledger {program_version()}")
        ctx.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--db",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="SHADOWLEDGER_DB",
    show_envvar=True,
    help="The inventory file. Default: inventory.db in your data folder.",
)
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version, help="Show it.")
@click.pass_context
def cli(ctx: click.Context, db: Path | None) -> None:
    """Find an organization's shadow AI: logs, captures and process lists in, discovered against declared out.

    Works offline: no command here opens a connection unless its name says so."""
    from shadowledger.scanner.site import Site

    sites, ctx.obj = ctx.obj, Site(db or _default_inventory())
    if isinstance(sites, list):
        sites.append(ctx.obj)


def main() -> None:
    """Run the command line. Exit codes: docs/exit-codes.md."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a character ends no report
    sites: list[Site] = []
    try:
        code = cli.main(prog_name="shadowledger", standalone_mode=False, obj=sites)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("Stopped.", err=True)
        code = 130
    except Exception as error:  # noqa: BLE001 - the one place: a bug of ours is told as one
        code = _told(error, sites)
    sys.exit(code if isinstance(code, int) else 0)


def _told(error: Exception, sites: list[Site]) -> int:
    """Say what is wrong with a database of the site or with this system, or that it is a bug of ours; returns the exit
    code."""
    if isinstance(error, UnusableError):
        click.echo(f"Error: {error}", err=True)
        return 1 if is_of_the_disk(error.__cause__) else 4
    if ill := ailment(error):
        click.echo(f"Error: The inventory, or its identities store, {ill}.", err=True)
        return 1 if is_of_the_disk(error) else 4
    if isinstance(error, OSError):
        _close_output()
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"Error: {where}{error.strerror or error}.", err=True)
        return 1
    for path in (path for site in sites for path in (site.inventory_path, site.identities_path)):
        if path.is_file() and is_damaged(path):
            click.echo(f"Error: {path} is damaged; restore it from a backup.", err=True)
            return 4
    traceback.print_exception(error)
    click.echo("This is a bug of shadowledger; please report it with the lines above.", err=True)
    return 70


def _is_text(word: str) -> bool:
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


def _close_output() -> None:
    """Drop what standard output still holds, which the interpreter would try to write again at its end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
