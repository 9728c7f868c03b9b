"""The command line as a user starts it: in this process, or as one of its own where the process itself is at stake."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from click.testing import CliRunner

from shadowledger.scanner.cli import main

PROGRAM = Path(sys.executable).with_name("shadowledger")


class Done(NamedTuple):
    """What a command left behind."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - each command prints another
        """Standard output as one JSON object."""
        return json.loads(self.stdout)

    @property
    def lines(self) -> list[Any]:
        """Standard output as JSON Lines."""
        return [json.loads(line) for line in self.stdout.splitlines()]


def shadowledger(*words: str | Path, stdin: bytes = b"", db: Path | None = None) -> Done:
    """Run a command in this process. Without `db`, the inventory is SHADOWLEDGER_DB's."""
    arguments = [*(("--db", str(db)) if db else ()), *map(str, words)]
    before = sys.argv
    with CliRunner().isolation(input=stdin, env={"COLUMNS": "200"}) as (out, err, _):
        sys.argv = ["shadowledger", *arguments]
        try:
            main()
        except SystemExit as ended:
            code = ended.code
        finally:
            sys.argv = before
        sys.stdout.flush()
        told, said = out.getvalue(), err.getvalue()
    assert isinstance(code, int)
    return Done(code, told.decode(), said.decode())


def set_up(folder: Path, *, official: str, people: str, log: Path) -> Path:
    """A new inventory in a folder, with an official list, a scanned log and a directory."""
    (folder / "list.csv").write_text(official)
    (folder / "people.csv").write_text(people)
    for words in (
        ("declare", "import", folder / "list.csv"),
        ("scan", log),
        ("directory", "import", folder / "people.csv", "--kind", "people"),
    ):
        assert shadowledger(*words, db=folder / "inventory.db").code == 0
    return folder / "inventory.db"


def process(*words: str | Path, **options: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401 - of Popen
    """Start the installed program."""
    return subprocess.Popen([PROGRAM, *words], env={**os.environ, "PYTHONWARNINGS": "error"}, **options)
