"""The command line: one module per group of commands, imported when it is asked for."""

from __future__ import annotations

import sys
import traceback
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from shadowledger.db.errors import UnusableError

COMMANDS = {
    "demo": "Show the whole job on bundled inputs.",
    "init": "Make an empty inventory.",
    "scan": "Read logs, captures and process lists into the inventory.",
    "declare": "The official list: template, import, list.",
    "directory": "Who is who: people, devices, subnets, leases.",
    "reconcile": "Discovered against declared.",
    "inventory": "What was discovered: list, show, confirm, dismiss.",
    "evidence": "Follow a finding to the raw lines.",
    "sources": "What was read: list, forget, rescan.",
    "identities": "Open a pseudonym, with a reason, audited.",
    "collect": "Print what a collector makes of inputs, or of this machine.",
    "signatures": "The catalogue: lint, list, show, match.",
}
"""Command to its line in the help; each lives in a module of its own name. Kept here so that `--help` imports none."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"{__name__}.{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101 - a slip of ours, not of a user
        return command

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

    ctx.obj = Site(db or _default_inventory())


def main() -> None:
    """Run the command line. Exit codes: docs/exit-codes.md."""
    try:
        code = cli.main(prog_name="shadowledger", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except UnusableError as error:
        click.echo(f"Error: {error}", err=True)
        code = 4
    except (KeyboardInterrupt, click.Abort):
        click.echo("Stopped.", err=True)
        code = 130
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    except Exception:  # noqa: BLE001 - the one place: a bug of ours is told as one
        traceback.print_exc()
        click.echo("This is a bug of shadowledger; please report it with the lines above.", err=True)
        code = 70
    sys.exit(code if isinstance(code, int) else 0)
