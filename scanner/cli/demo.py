"""`shadowledger demo`: the whole job on inputs that real servers wrote, bundled with the program."""

from __future__ import annotations

import contextlib
import tempfile
from importlib.resources import as_file, files
from pathlib import Path
from shutil import copyfile

import click

from shadowledger.scanner.cli.state import present
from shadowledger.scanner.site import Site

LOGS = ("access.log", "query.log", "dns.pcap", "processes-*.json")
DIRECTORY = (("people.csv", "people"), ("devices.csv", "devices"), ("leases.csv", "leases"))
LIST = "official.csv"


@click.command("demo")
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), help="Folder to work in. Default: a new one.")
def command(keep: Path | None) -> None:
    """Scan the bundled inputs, import the bundled official list, reconcile, and show the evidence of one finding."""
    folder = keep or Path(tempfile.mkdtemp(prefix="shadowledger-demo-"))
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "inventory.db").exists():
        raise click.UsageError(f"{folder} holds an inventory already; name another folder.")
    with as_file(files("shadowledger.scanner") / "demo") as bundled:
        for file in sorted(bundled.iterdir()):
            copyfile(file, folder / file.name)
    with contextlib.chdir(folder):
        _run("declare", "import", LIST)
        for name, kind in DIRECTORY:
            _run("directory", "import", name, "--kind", kind)
        _run("scan", *LOGS)
        _run("reconcile")
        with present(Site(Path("inventory.db"))) as state:
            undeclared = [one for one, finding in state.reconciliation.discovered if finding.kind == "undeclared"]
        if undeclared:
            _run("evidence", undeclared[0].id, "--most", "2")
    click.echo(f"Everything above lies in {folder}. Look further, for instance with:")
    click.echo(f"  shadowledger --db {folder / 'inventory.db'} inventory list")


def _run(*words: str) -> None:
    """Run one of our own commands, and show it as a user would type it."""
    from shadowledger.scanner.cli import cli

    click.echo(f"$ shadowledger {' '.join(words)}")
    cli.main(["--db", "inventory.db", *words], prog_name="shadowledger", standalone_mode=False)
    click.echo()
