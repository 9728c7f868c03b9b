"""Record the end-to-end world once: what its servers wrote becomes the input of `shadowledger demo`.

    python record.py FOLDER

The official list in that folder is written by hand and stays as it is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from plan import PEOPLE, SOURCES, processes_file
from world import command, what_is_missing

MOST_BYTES = 200_000
DIRECTORY = ("people.csv", "devices.csv", "leases.csv")


def drop_recorder(path: Path) -> None:
    """Take the recorder's own processes, which ran from wherever this Python is installed, out of a process list."""
    snapshot = json.loads(path.read_text())
    kept = [process for process in snapshot["processes"] if process["user"] in {person.login for person in PEOPLE}]
    snapshot["visible"] = snapshot["total"] = len(kept)
    path.write_text(json.dumps(snapshot | {"processes": kept}, indent=1) + "\n")


def traces(folder: Path) -> list[str]:
    """Names of this machine that a recording must not hold, with the files that do."""
    own = {os.uname().nodename, str(Path.home()), str(Path(sys.prefix).resolve()), str(Path(__file__).parents[2])}
    names = [name.encode() for name in own if len(name) > 3]
    return [
        f"{path.name} holds {name.decode()}" for path in folder.iterdir() for name in names if name in path.read_bytes()
    ]


def main(target: str) -> None:
    """Make the world, check what it wrote, and put it where the demo reads it."""
    if problem := what_is_missing():
        sys.exit(problem)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(command(folder), check=True, timeout=120)
        for person in PEOPLE:
            drop_recorder(folder / processes_file(person))
        if found := traces(folder):
            sys.exit("; ".join(found))
        if sum(path.stat().st_size for path in folder.iterdir()) > MOST_BYTES:
            sys.exit(f"the recording is larger than {MOST_BYTES} bytes")
        for file in (*SOURCES, *DIRECTORY):
            shutil.copyfile(folder / file, Path(target, file))


if __name__ == "__main__":
    main(*sys.argv[1:])
