"""A look at one machine: `take` yields the objects of the document, of which the last is its summary.

Each line is an artifact as `shadowledger collect` prints it (`record`, `time`, `kind`, `value`, `device`, `user`) with
what else is known of it; the last one (`schema`) says how much was seen, what could not be, and what was never looked
at. `sha256` there is over all lines before it, newlines included: whoever receives them knows that none is missing.

An agent is made of this package: beside the standard library it needs nothing, and outside of Linux psutil."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from shadowledger.collectors.endpoint.local import browsers, configured, editors, models, packages, processes
from shadowledger.collectors.endpoint.local import programs_installed as programs
from shadowledger.collectors.endpoint.local.machine import Found, Machine, Spot, data
from shadowledger.collectors.endpoint.local.profiles import PROFILES as PROFILES
from shadowledger.collectors.endpoint.local.profiles import SCHEMA as SCHEMA
from shadowledger.collectors.endpoint.local.walk import walked
from shadowledger.signatures.artifacts import process_name

_NAMING = ("cli", "npm_package", "py_package", "app")
"""Kinds whose names bear out the title of a process."""
_TOLD_MOST = 1024
Line = dict[str, Any]
CommandWords = Callable[[str], str]


def take(
    profile: str = "standard",
    root: str = "/",
    *,
    device: str = "",
    walk: bool = False,
    words: CommandWords | None = None,
    summary: Line | None = None,
) -> Iterator[str]:
    """The lines of the document, each with its newline.

    `root` is `/`, or a folder with another machine's files; `walk` adds the daily look through homes; `words` is given
    the command lines of interpreters and returns a signature's words (without it, packages and modules are named);
    `summary` is what else the summary says, of whoever took the look."""
    started = time.monotonic()
    machine = Machine(root)
    look = _Look(machine, frozenset(machine.places["profiles"][profile]), words)
    taken_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    head = {"time": taken_at, "tz_source": "explicit"}
    named = device or device_name(machine)
    digest, counts, number = hashlib.sha256(), Counter[str](), 0
    for found in look.everything(walk=walk):
        if not found.value or counts[found.kind] >= machine.caps["values"]:
            continue
        number += 1
        counts[found.kind] += 1
        line = _line({"record": number, **head, **_artifact(found, named)})
        digest.update(line.encode())
        yield line
    last = {
        "schema": SCHEMA, "run": os.urandom(16).hex(), "device": named, "time": taken_at, "system": system_of(machine),
        "profile": profile, "walked": walk, "records": number, "sha256": digest.hexdigest(), "complete": True,
        "duration_ms": round((time.monotonic() - started) * 1000), **look.seen(counts),
        **(summary or {}), "safety": _safety(look.kinds),
    }  # fmt: skip
    yield _line(last)


def _line(told: Line) -> str:
    return json.dumps(told, separators=(",", ":")) + "\n"


def _artifact(found: Found, device: str) -> Line:
    value = _clean(found.value)
    told: Line = {"kind": found.kind, "value": value}
    if found.kind == "process":
        told["process"] = value
    told["device"] = device
    if found.user:
        told["user"] = _clean(found.user)
    return told | {key: _clean(one) if isinstance(one, str) else one for key, one in found.more.items()}


def _clean(text: str) -> str:
    """Text that JSON can hold: names of files may be bytes that are no Unicode."""
    return text[:_TOLD_MOST].encode("utf-8", "replace").decode()


class _Look:
    """One look, by kinds, and what is known of it afterwards."""

    def __init__(self, machine: Machine, kinds: frozenset[str], words: CommandWords | None) -> None:
        self.machine = machine
        self.kinds = kinds
        self._words = words
        self._tools = data("tools")["tool"]
        self._running: list[processes.Process] | None = []
        self._installed: set[str] = set()
        self._cannot: list[str] = []

    def everything(self, *, walk: bool) -> Iterator[Found]:
        """All that is found; what is installed first, because it bears out what processes call themselves."""
        machine, tools = self.machine, self._tools
        sources: tuple[tuple[str, Callable[[], Iterator[Found]]], ...] = (
            ("cli", lambda: programs.command_line_tools(machine, tools)),
            ("app", lambda: programs.apps(machine)),
            ("package", lambda: packages.packages(machine)),
            ("browser_ext", lambda: browsers.extensions(machine)),
            ("ide_ext", lambda: editors.extensions(machine)),
            ("mcp", lambda: configured.servers(machine, tools)),
            ("account", lambda: configured.accounts(machine, tools, with_tokens="token" in self.kinds)),
            ("model", lambda: models.models(machine)),
            ("unit", lambda: programs.units(machine)),
            ("image", self._images),
            ("walk", lambda: walked(machine)),
            ("process", self._processes),
            ("port", self._ports),
            ("env_var", self._environment),
        )
        for kind, source in sources:
            if kind in self.kinds or (kind == "walk" and walk):
                machine.kind = kind
                for found in source():
                    if found.kind in _NAMING:
                        self._installed.add(process_name(found.value))
                    yield found

    def _processes(self) -> Iterator[Found]:
        self._running = processes.running(self.machine, with_environment="env_var" in self.kinds)
        if self._running is None:
            self._cannot.append("no list of processes below this root: what runs is not known")
            return iter(())
        return processes.told(self.machine, self._running, frozenset(self._installed), self._words)

    def _ports(self) -> Iterator[Found]:
        return processes.listening(self.machine, self._running) if self._running is not None else iter(())

    def _images(self) -> Iterator[Found]:
        if programs.docker_is_hidden(self.machine):
            self._cannot.append("Docker's images lie where this user may not look, or in a machine of their own")
        return programs.images(self.machine)

    def _environment(self) -> Iterator[Found]:
        names: dict[str, set[str]] = {}
        for one in self._running or ():
            names.setdefault(one.user, set()).update(one.environment)
        return programs.environment_names(self.machine, names)

    def seen(self, counts: Counter[str]) -> Line:
        """How much was seen, and what was not."""
        machine, running = self.machine, self._running
        told: Line = {"kinds": dict(sorted(counts.items())), "looked_at": sorted(self.kinds)}
        if "process" in self.kinds and running is not None:
            visible = sum(one.is_readable for one in running)
            told["processes"] = {"visible": visible, "total": len(running)}
        homes: list[Line] = [{"user": _clean(home.user), "is_readable": True} for home in machine.homes]
        homes += [{"user": _clean(user), "is_readable": False} for user in machine.unread_homes]
        told["homes"] = homes
        told["not_looked_at"] = sorted(set(machine.places["profiles"]["full"]) - self.kinds)
        told["unseen"] = [
            {"kind": kind, "reason": reason, "count": count}
            for (kind, reason), count in sorted(machine.unseen.items())
            if count
        ]  # fmt: skip
        told["unseen"] += [{"kind": "machine", "reason": reason, "count": 1} for reason in self._cannot]
        return told


def _safety(kinds: frozenset[str]) -> Line:
    """What every report states of itself."""
    return {
        "programs_started": False,
        "network_requests_made": False,
        "links_followed_out_of_homes": False,
        "file_contents_told": False,
        "argument_values_told": False,
        "environment_values_told": False,
        "environment_names_told": "env_var" in kinds,
        "token_files_read": "token" in kinds,
        "account_addresses_told": False,
        "window_titles_read": False,
        "browsing_history_read": False,
    }


def system_of(machine: Machine) -> str:
    """linux, macos or windows; of files below another root by what lies in the homes."""
    if machine.is_live:
        return {"win32": "windows", "darwin": "macos"}.get(sys.platform, "linux")
    inside = frozenset().union(*(home.names for home in machine.homes)) | set(machine.names(machine.root))
    if inside & {"AppData", "Windows", "Program Files"}:
        return "windows"
    return "macos" if inside & {"Library", "Applications", "System"} else "linux"


def device_name(machine: Machine) -> str:
    """What people call the machine: its host's name."""
    if machine.is_live:
        if sys.platform == "win32":
            return os.environ.get("COMPUTERNAME", "")
        return os.uname().nodename
    spot = Spot(machine.root + "/etc/hostname", "", "", machine.root)
    told = machine.read(spot, 1024) if os.path.lexists(spot.path) else None
    return _clean((told or b"").decode("utf-8", "replace").strip()) or os.path.basename(machine.root)
