"""One person's machine in the end-to-end world, in a process table and under a host name of its own.

    python machine.py LOGIN SHADOWLEDGER FOLDER OUTPUT.json

starts copies of `sleep` under the names that the plan gives this person's programs, as that person, and writes what
the program's own process list then shows."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from pathlib import Path

from plan import BY_LOGIN, RUNNING
from waiting import wait_until


def start(program: Path, login: str) -> subprocess.Popen[bytes]:
    """Run one program as a person, and return once it is known by its own name and no longer by ours."""
    process = subprocess.Popen(["setpriv", "--reuid", login, "--regid", login, "--clear-groups", program, "600"])
    comm = Path(f"/proc/{process.pid}/comm")
    wait_until(f"{program.name} runs", lambda: comm.read_text().rstrip("\n") == program.name[:15])
    return process


def main(login: str, shadowledger: str, folder: str, output: str) -> None:
    """Take the snapshot. The programs end with this process, which is the first of its process table."""
    socket.sethostname(BY_LOGIN[login].device)
    sleep = shutil.which("sleep")
    for running in RUNNING:
        if running.login == login:
            program = Path(folder, running.program)
            shutil.copy(str(sleep), program)
            start(program, login)
    with Path(output).open("wb") as file:
        subprocess.run([shadowledger, "collect", "processes"], stdout=file, check=True, timeout=30)


if __name__ == "__main__":
    main(*sys.argv[1:])
