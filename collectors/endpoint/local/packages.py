"""Packages of Python and npm in the places where tools are installed, by the names of their folders; no file is read
but npx's own list of what it was asked for.

https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-dist-info-directory"""

from __future__ import annotations

from collections.abc import Iterator

from shadowledger.collectors.endpoint.local.formats import parsed
from shadowledger.collectors.endpoint.local.machine import Found, Machine, Spot

_ENDINGS = (".dist-info", ".egg-info")


def packages(machine: Machine) -> Iterator[Found]:
    """Every package, once for each user."""
    told: set[tuple[str, str, str]] = set()
    for folder in machine.spots(machine.places["packages"]["python"]):
        for found in python_packages(machine, folder):
            if (key := (found.kind, found.user, found.value)) not in told:
                told.add(key)
                yield found
    for folder in machine.spots(machine.places["packages"]["npm"]):
        for found in _npm_packages(machine, folder):
            if (key := (found.kind, found.user, found.value)) not in told:
                told.add(key)
                yield found


def python_packages(machine: Machine, folder: Spot) -> Iterator[Found]:
    """What is installed in one `site-packages`."""
    for entry in machine.listed(folder):
        if entry.endswith(_ENDINGS):
            name, _, version = entry.rpartition(".")[0].partition("-")
            if name:
                version = version.partition("-")[0][:64]
                yield Found("py_package", name[:200], folder.user, {"version": version} if version else {})


def _npm_packages(machine: Machine, folder: Spot) -> Iterator[Found]:
    asked = _asked_of_npx(machine, folder) if "/_npx/" in folder.path else None
    for name in machine.listed(folder) if asked is None else asked:
        if name.startswith("@") and "/" not in name:
            for inner in machine.listed(machine.below(folder, name)):
                yield Found("npm_package", f"{name}/{inner}"[:200], folder.user)
        elif not name.startswith("."):
            yield Found("npm_package", name[:200], folder.user)


def _asked_of_npx(machine: Machine, folder: Spot) -> list[str] | None:
    """What npx was asked for; all else in its folder are the dependencies of that. None where it does not tell."""
    above = folder._replace(path=folder.path.rpartition("/")[0], shown=folder.shown.rpartition("/")[0])
    listed = parsed(machine, machine.below(above, "package.json"), 1 << 20)
    asked = listed.get("dependencies") if isinstance(listed, dict) else None
    return sorted(str(name) for name in asked) if isinstance(asked, dict) else None
