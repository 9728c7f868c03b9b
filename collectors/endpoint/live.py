"""The processes that run here and now, by psutil: https://psutil.readthedocs.io/en/latest/#psutil.process_iter

Command lines are read to be asked for a signature's words and are dropped at once; environments, open files and window
titles are never read, and no program that is found is started."""

from __future__ import annotations

import re
import socket
from collections import Counter
from datetime import UTC, datetime

import psutil  # type: ignore[import-untyped]

from shadowledger.collectors.endpoint.programs import COMM_LENGTH, base_name, is_interpreter
from shadowledger.collectors.endpoint.snapshots import SCHEMA
from shadowledger.collectors.reading import CommandWords

_ATTRIBUTES = ["pid", "ppid", "name", "exe", "username", "cmdline"]
"""All that is asked of the system; each costs, and `[]` would mean every one there is."""
_SYSTEM = "windows" if psutil.WINDOWS else "macos" if psutil.MACOS else "linux"

# Where home directories lie: https://systemd.io/HOME_DIRECTORY/, and `/Users`, `C:\Users`, WSL's `/mnt/c/Users`
_HOME = re.compile(
    r"\A(?:(?:/export|/var)?/home/[^/]+|/root|/var/root|(?:/mnt/[a-z])?/Users/[^/]+|[A-Za-z]:[\\/]Users[\\/][^\\/]+)(?=[\\/])",
    re.IGNORECASE,
)

Fact = dict[str, str | int]


def snapshot(command: CommandWords | None) -> dict[str, str | int | list[Fact]]:
    """The running processes as the document that `snapshots` reads; alike ones are one, with their `count`.

    `command` is given the command lines of interpreters and returns a signature's words, all that is kept of them.
    `visible` counts the processes whose program and arguments the system let this user read, of `total`; kernel
    threads are neither."""
    counts: Counter[tuple[str, str, str, str]] = Counter()
    visible = total = 0
    for process in psutil.process_iter(_ATTRIBUTES, ad_value=None):
        facts = process.info
        path, arguments = _printable(facts["exe"]), facts["cmdline"]
        name = _name(_printable(facts["name"]), path)
        if _SYSTEM == "linux" and not path and not arguments and 2 in (facts["pid"], facts["ppid"]):
            continue
        total += 1
        visible += facts["exe"] is not None and arguments is not None
        words = ""
        if command is not None and arguments and (is_interpreter(name) or is_interpreter(base_name(path))):
            words = command(" ".join(arguments))
        if name or path:
            counts[name, _without_user(path), _printable(facts["username"]), words] += 1
    return {
        "schema": SCHEMA,
        "device": socket.gethostname(),
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "system": _SYSTEM,
        "visible": visible,
        "total": total,
        "processes": [
            {"name": name, "path": path, "user": user, "command_words": words, "count": count}
            for (name, path, user, words), count in sorted(counts.items())
        ],
    }


def _without_user(path: str) -> str:
    """A path that no longer says in whose home it lies: `~/.local/bin/aider`."""
    return _HOME.sub("~", path)


def _name(name: str, path: str) -> str:
    """The name of a process; of a title that a program gave itself only what stands before its text.

    psutil makes a name that the system cut whole again from the first argument, which may be such a title."""
    if name == base_name(path):
        return name
    name = name.partition(": ")[0]
    return name[:COMM_LENGTH] if " " in name else name


def _printable(text: str | None) -> str:
    """Text that JSON can hold: names of files may be bytes that are no Unicode."""
    return (text or "").encode("utf-8", "replace").decode()
