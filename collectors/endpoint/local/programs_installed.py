"""What is installed: applications, AI command-line tools and what they leave in homes, units, container images."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator

from shadowledger.collectors.endpoint.local.formats import parsed, text_at
from shadowledger.collectors.endpoint.local.machine import Found, Machine, Spot

_NAMED_MOST = 200
Tools = list[dict[str, object]]


def apps(machine: Machine) -> Iterator[Found]:
    """Applications; the same one in several places is told once for each user."""
    places = machine.places["apps"]
    for spot in machine.spots(places["bundles"]):
        yield _bundle(machine, spot)
    for spot in machine.spots([*places["entries"], *places["named"]]):
        yield _named("app", _stem(spot), spot)
    if sys.platform == "win32" and machine.is_live:
        from shadowledger.collectors.endpoint.local.windows import uninstall_entries

        yield from uninstall_entries()
    for spot in machine.spots([*places["programs"], *places["shortcuts"]]):
        yield _named("app", _stem(spot), spot)
    for spot in machine.spots(places["paths"]):
        yield Found("app", "path:" + spot.shown, spot.user)
    for spot in machine.spots(places["store"]):
        yield _named("app", _stem(spot).partition("_")[0], spot)


def _stem(spot: Spot) -> str:
    name = spot.path.rpartition("/")[2]
    return name.removesuffix(".desktop").removesuffix(".lnk").removesuffix(".AppImage").strip()


def _named(kind: str, name: str, spot: Spot) -> Found:
    return Found(kind, name[:_NAMED_MOST], spot.user)


def _bundle(machine: Machine, spot: Spot) -> Found:
    """An application of macOS by its identifier; by its name where none can be read."""
    info = parsed(machine, machine.below(spot, "Contents", "Info.plist"))
    name = spot.path.rpartition("/")[2]
    identifier = text_at(info, "CFBundleIdentifier")[:_NAMED_MOST]
    if not identifier:
        return _named("app", name, spot)
    more: dict[str, str | int | bool] = {"name": name.removesuffix(".app")}
    if version := text_at(info, "CFBundleShortVersionString")[:64]:
        more["version"] = version
    return Found("app", f"bundle_id:{identifier}", spot.user, more)


def bundle_of(machine: Machine, executable: str) -> str:
    """The identifier of the application that a program is of; empty where there is none."""
    before, inside, _ = executable.partition(".app/Contents/MacOS/")
    if not inside:
        return ""
    info = Spot(f"{machine.root.rstrip('/')}{before}.app/Contents/Info.plist", "", "", machine.root)
    return text_at(parsed(machine, info), "CFBundleIdentifier")[:_NAMED_MOST]


def command_line_tools(machine: Machine, tools: Tools) -> Iterator[Found]:
    """Programs of AI in the folders that hold programs, and what AI tools leave in a home."""
    known = {str(name) for tool in tools for name in _listed(tool, "commands")}
    endings = tuple(ending for ending in machine.places["commands"]["endings"] if ending)
    told: set[tuple[str, str]] = set()
    for folder in machine.spots(machine.places["commands"]["folders"]):
        for name in machine.listed(folder):
            command = next((name[: -len(end)] for end in endings if name.lower().endswith(end)), name)
            if command in known and (folder.user, command) not in told:
                told.add((folder.user, command))
                yield Found("cli", command, folder.user, {"path": f"{folder.shown}/{name}"})
    for spot in machine.spots(str(place) for tool in tools for place in _listed(tool, "state")):
        yield Found("cli", spot.shown, spot.user)


def _listed(tool: dict[str, object], key: str) -> list[object]:
    value = tool.get(key)
    return value if isinstance(value, list) else []


def units(machine: Machine) -> Iterator[Found]:
    """Services of systemd, launchd and Windows, by name; what they start is not read."""
    told: set[tuple[str, str]] = set()
    for spot in machine.spots(machine.places["units"]["files"]):
        name = spot.path.rpartition("/")[2]
        if (spot.user, name) not in told:
            told.add((spot.user, name))
            yield Found("unit", name.removesuffix(".plist"), spot.user)
    if sys.platform == "win32" and machine.is_live:
        from shadowledger.collectors.endpoint.local.windows import services

        yield from (Found("unit", name) for name in services())


def images(machine: Machine) -> Iterator[Found]:
    """Container images by repository and tag, as Docker and Podman list them for themselves.

    https://github.com/moby/moby/blob/master/image/store.go and reference/store.go; Podman's containers/storage."""
    for spot in machine.spots(machine.places["images"]["docker"]):
        listed = parsed(machine, spot)
        repositories = listed.get("Repositories") if isinstance(listed, dict) else None
        for tags in repositories.values() if isinstance(repositories, dict) else ():
            for tag in tags if isinstance(tags, dict) else ():
                if "@" not in tag:
                    yield _named("image", tag, spot)
    for spot in machine.spots(machine.places["images"]["podman"]):
        listed = parsed(machine, spot)
        for image in listed if isinstance(listed, list) else ():
            names = image.get("names") if isinstance(image, dict) else None
            for name in names if isinstance(names, list) else ():
                if isinstance(name, str):
                    yield _named("image", name, spot)


# https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html, and fish's `set -gx NAME value`
_ASSIGNED = re.compile(
    rb"^[ \t]*(?:export[ \t]+|set[ \t]+-[A-Za-z]+[ \t]+)?([A-Za-z_][A-Za-z0-9_]{1,127})(?:=|[ \t]+\S)", re.MULTILINE
)


def environment_names(machine: Machine, of_processes: dict[str, set[str]]) -> Iterator[Found]:
    """Names of variables that look like a provider's; never what they hold. `of_processes` is user to names."""
    is_wanted = re.compile("|".join(n.replace("*", "[A-Z0-9_]*") for n in machine.places["env"]["names"])).fullmatch
    named = {user: set(names) for user, names in of_processes.items()}
    for spot in machine.spots(machine.places["env"]["files"]):
        text = machine.read(spot, 1 << 20)
        for found in _ASSIGNED.finditer(text or b""):
            named.setdefault(spot.user, set()).add(found[1].decode())
    for user, names in sorted(named.items()):
        yield from (Found("env_var", name, user) for name in sorted(names) if is_wanted(name))


def docker_is_hidden(machine: Machine) -> bool:
    """Whether there is a Docker whose images lie where this user may not look, or in a machine of its own."""
    base = machine.root.rstrip("/")
    folder = f"{base}/var/lib/docker"
    closed = os.path.isdir(folder) and not os.access(folder, os.R_OK | os.X_OK)
    return closed or next(machine.spots(machine.places["images"]["hidden"]), None) is not None
