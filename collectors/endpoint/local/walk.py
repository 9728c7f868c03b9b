"""The daily look through homes, bounded: weights that lie anywhere, environments of Python, MCP settings of projects.

Links are not followed, folders of packages and caches are left out, and where the bounds end it, that is said. Of a
project nothing but these settings is told, and not where it lies."""

from __future__ import annotations

import os
from collections.abc import Iterator

from shadowledger.collectors.endpoint.local.configured import servers_in
from shadowledger.collectors.endpoint.local.machine import NOT_ALLOWED, TOO_MANY, Found, Home, Machine, Spot
from shadowledger.collectors.endpoint.local.packages import python_packages


def walked(machine: Machine) -> Iterator[Found]:
    """What lies in homes beyond the known places, each package once for each user."""
    told: set[tuple[str, str]] = set()
    for home in machine.homes:
        for found in _of_home(machine, home):
            if found.kind != "py_package":
                yield found
            elif (found.user, found.value) not in told:
                told.add((found.user, found.value))
                yield found


def _of_home(machine: Machine, home: Home) -> Iterator[Found]:
    table, left = machine.places["walk"], machine.caps["walk_entries"]
    never, endings = frozenset(table["never"]) | _mounts(machine), tuple(table["endings"])
    projects: dict[str, str] = table["projects"]
    marks = {name.partition("/")[0] for name in projects}
    folders = [(home.real, 0)]
    while folders:
        folder, depth = folders.pop()
        try:
            entries = os.scandir(folder)
        except OSError:
            machine.note(NOT_ALLOWED)
            continue
        seen: list[str] = []
        with entries:
            for entry in entries:
                left -= 1
                name = entry.name
                if name in marks or name == "pyvenv.cfg":
                    seen.append(name)
                if entry.is_dir(follow_symlinks=False):
                    if depth < machine.caps["walk_depth"] and name not in never and entry.path not in never:
                        folders.append((entry.path, depth + 1))
                elif name.endswith(endings) and entry.is_file(follow_symlinks=False):
                    yield Found("model_file", name[:512], home.user, {"size_bytes": entry.stat().st_size})
        if seen:
            yield from _of_project(machine, Spot(folder, "", home.user, home.real), seen, projects)
        if left <= 0:
            machine.note(TOO_MANY)
            return


def _of_project(machine: Machine, folder: Spot, seen: list[str], projects: dict[str, str]) -> Iterator[Found]:
    if "pyvenv.cfg" in seen:
        for pattern in ("/lib/python3*/site-packages", "/Lib/site-packages"):
            for path in machine.below_pattern(folder, pattern):
                yield from python_packages(machine, path)
        return
    if folder.path == folder.boundary:  # its own settings are those of its user, and told as these
        return
    is_hidden = "/." in folder.path[len(folder.boundary) :]  # a tool's own, which `tools.toml` knows
    for name, key in projects.items():
        if is_hidden and not name.startswith("."):
            continue
        if name.partition("/")[0] in seen and os.path.lexists(f"{folder.path}/{name}"):
            settings = Spot(f"{folder.path}/{name}", name, folder.user, folder.boundary)
            yield from servers_in(machine, settings, [key], "project")


def _mounts(machine: Machine) -> frozenset[str]:
    """Where other file systems begin, which may be a server's: https://man7.org/linux/man-pages/man5/proc_pid_mounts.5.html"""
    if not machine.is_live:
        return frozenset()
    try:
        with open("/proc/self/mounts", encoding="utf-8", errors="replace") as file:
            return frozenset(fields[1] for line in file if len(fields := line.split(" ", 2)) > 1)
    except OSError:
        return frozenset()
