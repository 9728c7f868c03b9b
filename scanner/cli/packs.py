"""`shadowledger signatures pack|keygen|trust|update|diff|current`: the catalogue as a signed file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shadowledger.scanner.cli.options import format_option, print_rows
from shadowledger.scanner.output import clean

if TYPE_CHECKING:
    from collections.abc import Callable

    from shadowledger.scanner.site import Site

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _refused(work: Callable[[], object]) -> None:
    """Do it; exit 5 with a sentence where a pack or a key is not taken."""
    from shadowledger.signatures.pack import PackError

    try:
        work()
    except PackError as error:
        click.echo(clean(f"Error: {error}."), err=True)
        raise click.exceptions.Exit(5) from error


@click.command("keygen")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
def keygen(path: Path) -> None:
    """Make a signing key in the new file PATH, and print what others give to `signatures trust`."""
    from shadowledger.scanner.packs import new_key

    try:
        click.echo(new_key(path))
    except FileExistsError as error:
        raise click.UsageError(f"{path} exists already; a key is never overwritten.") from error


@click.command("trust")
@click.argument("key")
@click.option("--name", default="", help="Whose it is.")
@click.pass_obj
def trust(site: Site, /, key: str, name: str) -> None:
    """Take packs signed with this public KEY from now on."""
    from shadowledger.scanner import packs

    _refused(lambda: click.echo(f"Packs of key {packs.trust(site, key, name)} are taken now."))


@click.command("pack")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--key", "key_path", type=_FILE, required=True, help="The signing key: `signatures keygen`.")
@click.option("--as", "version", default="", help="The pack's version. Default: the catalogue's own.")
@click.option("--add", "added", type=_FILE, multiple=True, help="A signature file to put in, or in the place of ours.")
@click.option("--made-on", type=click.DateTime(["%Y-%m-%d"]), help="The day to write into it. Default: today's.")
@click.pass_obj
def pack(
    site: Site, /, out: Path, key_path: Path, version: str, added: tuple[Path, ...], made_on: dt.datetime | None
) -> None:
    """Write the catalogue in use as a signed pack to OUT."""
    from shadowledger.scanner.packs import in_use, private_key
    from shadowledger.signatures.lint import lint
    from shadowledger.signatures.load import load_files
    from shadowledger.signatures.pack import PackError, seal

    def work() -> None:
        now = in_use(site)
        more, flaws = load_files(added, origin="catalogue")
        services = {service.id: service for service in (*now.services, *more)}
        if found := [*flaws, *lint(services.values())]:
            raise PackError("\n".join(map(str, found)))
        day = made_on.date() if made_on else dt.datetime.now(dt.UTC).date()
        data = seal(services.values(), version or now.version, day, private_key(key_path))
        out.write_bytes(data)
        click.echo(clean(f"{out}: version {version or now.version}, {len(services)} services, {len(data)} bytes."))

    _refused(work)


@click.command("update")
@click.option("--from", "place", required=True, metavar="FILE|URL", help="A pack: a file, or an https address.")
@click.pass_obj
def update(site: Site, /, place: str) -> None:
    """Take in a newer pack. What is not trusted, damaged or older is refused, and everything stays as it is."""
    from shadowledger.scanner import packs

    if "://" not in place and not Path(place).is_file():
        raise click.UsageError(f"There is no file '{place}'.")

    def work() -> None:
        before = packs.in_use(site)
        taken = packs.install(site, packs.fetch(place))
        told = list(packs.changes(before.services, taken.services))
        added = sum(one.change == "added" for one in told)
        click.echo(
            f"Version {taken.header.version} of {taken.header.made_on} is in use ({before.version} before): "
            f"{taken.header.services} services, {taken.header.indicators} indicators; "
            f"{added} additions, {len(told) - added} removals. `signatures retro` asks the past."
        )

    _refused(work)


@click.command("diff")
@click.argument("packs_", metavar="[OLD] [NEW]", nargs=-1, type=_FILE)
@format_option
@click.pass_obj
def diff(site: Site, /, packs_: tuple[Path, ...], form: str) -> None:
    """What differs between two packs; with one, between what is in use and it; with none, between the program's own
    catalogue and what is in use."""
    from shadowledger.scanner import packs
    from shadowledger.signatures.load import load_catalogue

    if len(packs_) > 2:
        raise click.UsageError("Two packs at most.")

    def work() -> None:
        read = [packs.read_pack(site, path.read_bytes()).services for path in packs_]
        now = packs.in_use(site).services
        old, new = read if len(read) == 2 else (now, read[0]) if read else (load_catalogue()[0], now)
        rows = [one._asdict() for one in packs.changes(old, new)]
        print_rows("changes", rows, ("change", "service", "kind", "value"), form)
        if form == "table":
            click.echo(f"\n{len(rows)} differences." if rows else "No difference.")

    _refused(work)


@click.command("current")
@format_option
@click.pass_obj
def current(site: Site, /, form: str) -> None:
    """Which catalogue is in use, and whose packs are taken."""
    from shadowledger.scanner import packs

    def work() -> None:
        now = packs.in_use(site)
        row = {
            "version": now.version,
            "origin": "pack" if now.is_pack else "program",
            "services": len(now.services),
            "indicators": sum(len(service.indicators) for service in now.services),
            "trusted_keys": sorted(packs.trusted(site)),
        }
        print_rows("catalogue", [row], tuple(row), form)

    _refused(work)


COMMANDS = (current, diff, keygen, pack, trust, update)
