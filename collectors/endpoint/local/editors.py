"""Extensions of the VS Code family, and plugins of JetBrains' and Google's IDEs."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from shadowledger.collectors.endpoint.local.formats import parsed, text_at
from shadowledger.collectors.endpoint.local.machine import NOT_PARSED, Found, Machine, Spot

# https://code.visualstudio.com/api/references/extension-manifest: publisher.name-version, with a platform after it
_FOLDER = re.compile(r"([A-Za-z0-9_-]+\.[A-Za-z0-9_.-]+?)-([0-9]+\.[0-9]+\.[0-9]+[A-Za-z0-9.+-]*)\Z")
# https://plugins.jetbrains.com/docs/intellij/directories.html: IntelliJIdea2026.1
_PRODUCT = re.compile(r"[A-Za-z]+[A-Za-z-]*[0-9]{4}\.[0-9.]+\Z")
# https://plugins.jetbrains.com/docs/intellij/plugin-configuration-file.html#idea-plugin__id
_PLUGIN_ID = re.compile(rb"<id>\s*([^<\s]{1,200})\s*</id>")
_DESCRIPTOR = "META-INF/plugin.xml"
_DESCRIPTOR_BYTES = 1 << 20
_MOST_JARS = 60


def extensions(machine: Machine) -> Iterator[Found]:
    """Every extension and plugin, once for each user and folder of an IDE."""
    for folder in machine.spots(machine.places["ide"]["vscode"]):
        yield from _of_vscode(machine, folder)
    off = _disabled(machine)
    for folder in machine.spots(machine.places["ide"]["jetbrains"]):
        parts = folder.path.split("/")
        product = parts[-2] if parts[-1] == "plugins" else parts[-1]
        if not _PRODUCT.match(product):
            continue
        plugins = machine.below(folder, "plugins")
        for plugin in _plugins(machine, plugins if machine.is_folder(plugins) else folder):
            identifier = _plugin_id(machine, plugin)
            if identifier:
                more: dict[str, str | int | bool] = {"ide": product}
                if (folder.user, identifier) in off:
                    more["is_enabled"] = False
                yield Found("ide_ext", f"jetbrains:{identifier}", folder.user, more)


def _of_vscode(machine: Machine, folder: Spot) -> Iterator[Found]:
    """Folders that `.obsolete` names are uninstalled and wait for the next start to be removed."""
    names = machine.listed(folder)
    obsolete = parsed(machine, machine.below(folder, ".obsolete")) if ".obsolete" in names else None
    gone = {key for key, value in obsolete.items() if value} if isinstance(obsolete, dict) else set()
    ide = folder.shown.split("/")[1].removeprefix(".") if folder.shown.count("/") == 2 else "vscode"
    told: set[str] = set()
    for name in names:
        if name in gone or name.startswith("."):
            continue
        found = _FOLDER.match(name)
        identifier, version = (found[1], found[2]) if found else _of_package(machine, machine.below(folder, name))
        if identifier and identifier.lower() not in told:
            told.add(identifier.lower())
            yield Found("ide_ext", f"vscode:{identifier.lower()}", folder.user, {"ide": ide, "version": version[:64]})


def _of_package(machine: Machine, folder: Spot) -> tuple[str, str]:
    """Publisher, name and version of a folder that is called otherwise."""
    spot = machine.below(folder, "package.json")
    if not os.path.lexists(spot.path):
        return "", ""
    manifest = parsed(machine, spot, 1 << 20)
    publisher, name = text_at(manifest, "publisher")[:100], text_at(manifest, "name")[:100]
    return (f"{publisher}.{name}" if publisher and name else ""), text_at(manifest, "version")


def _plugins(machine: Machine, folder: Spot) -> Iterator[Spot]:
    yield from (machine.below(folder, name) for name in machine.listed(folder) if not name.startswith("."))


def _plugin_id(machine: Machine, plugin: Spot) -> str:
    """The id of a plugin that is a folder with jars in `lib`, or a single jar."""
    if plugin.path.endswith(".jar"):
        return _id_in(machine, plugin)
    library = machine.below(plugin, "lib")
    if not machine.is_folder(library):
        return ""
    own = plugin.path.rpartition("/")[2].lower()
    jars = [name for name in machine.listed(library) if name.endswith(".jar")][:_MOST_JARS]
    jars.sort(key=lambda name: (not name.lower().startswith(own[:8]), len(name), name))
    return next((found for name in jars if (found := _id_in(machine, machine.below(library, name)))), "")


def _id_in(machine: Machine, jar: Spot) -> str:
    from zipfile import BadZipFile, ZipFile
    from zlib import error as DeflateError  # noqa: N812 - it is one

    opened = machine.open(jar, -1)
    if opened is None:
        return ""
    try:
        with os.fdopen(opened, "rb") as file, ZipFile(file) as archive:
            if _DESCRIPTOR not in archive.NameToInfo:
                return ""
            with archive.open(_DESCRIPTOR) as descriptor:
                found = _PLUGIN_ID.search(descriptor.read(_DESCRIPTOR_BYTES))
    except (BadZipFile, DeflateError, OSError, ValueError, NotImplementedError, RuntimeError, EOFError, IndexError):
        machine.note(NOT_PARSED)
        return ""
    return found[1].decode("utf-8", "replace") if found else ""


def _disabled(machine: Machine) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for spot in machine.spots([machine.places["ide"]["jetbrains_off"]]):
        text = machine.read(spot, 1 << 20) or b""
        found |= {(spot.user, line.strip()) for line in text.decode("utf-8", "replace").splitlines() if line.strip()}
    return found
