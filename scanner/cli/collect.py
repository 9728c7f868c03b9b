"""`shadowledger collect`: what collectors make of inputs or of this machine, printed and stored nowhere."""

from __future__ import annotations

import gc
import sys
from functools import cache
from importlib import import_module
from itertools import islice

import click

from shadowledger.collectors.reading import Reading
from shadowledger.collectors.registry import Detected
from shadowledger.collectors.sources import InputNotFoundError, Opened, find, open_source
from shadowledger.collectors.telling import tell
from shadowledger.db.identities import Identities
from shadowledger.scanner.choices import Choices
from shadowledger.scanner.cli.options import choices_of, open_signatures, source_options
from shadowledger.scanner.output import as_json, clean
from shadowledger.scanner.pseudonyms import pseudonymous
from shadowledger.scanner.recognise import recognise
from shadowledger.scanner.site import Site

RECORDS_AT_ONCE = 2048


_ELSEWHERE = {"dns": "live", "endpoint": "endpoint"}
"""Commands in modules of their own, which are imported when they are asked for."""


class _FilesByDefault(click.Group):
    """`collect access.log` is `collect files access.log`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted((*super().list_commands(ctx), *_ELSEWHERE))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        command = getattr(import_module(f"shadowledger.scanner.cli.{_ELSEWHERE[cmd_name]}"), cmd_name)
        assert isinstance(command, click.Command)  # noqa: S101 - a slip of ours, not of a user
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.list_commands(ctx) and args[0] not in ctx.help_option_names:
            args = ["files", *args]
        return super().parse_args(ctx, args)


@click.group("collect", cls=_FilesByDefault)
def command() -> None:
    """Print what a collector makes of INPUTS (`collect access.log`), or of this machine (`collect endpoint`).

    Nothing is stored. Names are clear: whoever runs this holds the files."""


@command.command("files")
@click.argument("inputs", nargs=-1, required=True)
@source_options
@click.option("--explain", is_flag=True, help="Say of each input, on stderr, why its format was recognised.")
@click.option(
    "--format", "form", type=click.Choice(("jsonl",)), default="jsonl", show_default=True, help="One object a record."
)
@click.option("--pseudonyms", is_flag=True, help="Ids for users, machines and addresses, and no paths.")
@click.pass_obj
def files(site: Site, /, inputs: tuple[str, ...], explain: bool, form: str, pseudonyms: bool, **told: str) -> int:
    """Print one JSON object per record of INPUTS, in order (the default of `collect`)."""
    del form  # one there is
    choices = choices_of(told)
    try:
        paths = find(inputs)
    except InputNotFoundError as error:
        raise click.UsageError(str(error)) from error
    store = site.names(site.inventory(create=True), create=True) if pseudonyms else None
    code = 0
    for path in paths:
        try:
            opened = open_source(path)
        except OSError as error:
            problem = f"cannot be opened: {error.strerror or error}"
        else:
            with opened:
                found, problem = recognise(opened, choices)
                if found is not None:
                    if explain:
                        click.echo(clean(f"{path}: {found.collector.id}: {found.reason}"), err=True)
                    problem = _print(opened, choices, store, found)
        if problem:
            click.echo(clean(f"{path} {problem}."), err=True)
            code = 3
    return code


def _print(opened: Opened, choices: Choices, store: Identities | None, found: Detected) -> str:
    """Print the records of one input; returns why it is incomplete, or nothing."""
    reading = Reading(opened, choices.settings, None, _command_words, found.layers)
    if store is None and found.collector.text is not None:
        gc.freeze()
        gc.disable()  # none of what is kept meanwhile is a cycle
        try:
            for text in found.collector.text(reading, as_json):
                sys.stdout.write(text)  # click would look through all of it for colours
        finally:
            gc.enable()
            gc.unfreeze()
        return opened.damage
    records = reading.records(found.collector)
    while some := list(islice(records, RECORDS_AT_ONCE)):
        shown = pseudonymous(some, store) if store is not None else some
        click.echo("\n".join(as_json(tell(record)) for record in shown))
    return opened.damage


@command.command("processes")
def processes() -> None:
    """Print the processes of this machine as a snapshot that `scan` reads.

    Names, executables and accounts only: of a command line nothing but the words that a signature names."""
    from shadowledger.collectors.endpoint.live import snapshot

    click.echo(as_json(snapshot(_command_words)))


def _command_words(command: str) -> str:
    """Those that a signature names. Few logs have command lines, and signatures take a tenth of a second to load."""
    found: str = _signatures().command_words(command)
    return found


_signatures = cache(lambda: open_signatures(None, None))
