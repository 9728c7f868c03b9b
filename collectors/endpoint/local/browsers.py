"""Extensions of browsers: of the Chromium family by folders and preferences, of Firefox and Safari by their lists.

https://chromium.googlesource.com/chromium/src/+/HEAD/docs/user_data_dir.md,
https://developer.chrome.com/docs/extensions/reference/manifest,
https://developer.chrome.com/docs/extensions/reference/api/i18n"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from shadowledger.collectors.endpoint.local.formats import parsed, text_at
from shadowledger.collectors.endpoint.local.machine import Found, Machine, Spot

_ID = re.compile(r"[a-p]{32}\Z")
_MESSAGE = re.compile(r"__MSG_([A-Za-z0-9_@]+)__\Z")
_LONGEST_NAME = 200
_MANIFEST_BYTES = 1 << 20
_UNINSTALLED = 2
"""`state` of what another program had installed and its user removed: extensions/browser/extension_prefs."""
_OF_THE_BROWSER = (5, 10)
"""`location` of components: extensions/common/mojom/manifest_location.mojom."""
Settings = dict[str, object]


def extensions(machine: Machine) -> Iterator[Found]:
    """Every extension of every profile, once for each user and browser."""
    for browser, places in machine.places["chromium"].items():
        told: set[tuple[str, str]] = set()
        for base in machine.spots(places):
            for profile in _profiles(machine, base):
                for found in _of_profile(machine, profile, browser):
                    if (found.user, found.value) not in told:
                        told.add((found.user, found.value))
                        yield found
    yield from _of_firefox(machine)
    yield from _of_safari(machine)


def _profiles(machine: Machine, base: Spot) -> Iterator[Spot]:
    for profile in (base, *(machine.below(base, name) for name in machine.listed(base))):
        if any(os.path.lexists(f"{profile.path}/{name}") for name in ("Extensions", "Preferences")):
            yield profile


def _of_profile(machine: Machine, profile: Spot, browser: str) -> Iterator[Found]:
    folder = machine.below(profile, "Extensions")
    there = {name: machine.below(folder, name) for name in machine.listed(folder) if _ID.match(name)}
    settings = _settings(machine, profile)
    for identifier in there if settings is None else dict.fromkeys([*there, *settings]):
        one = settings.get(identifier) if settings is not None else {}
        if not isinstance(one, dict) or one.get("state") == _UNINSTALLED or one.get("location") in _OF_THE_BROWSER:
            continue
        named = _of_folder(machine, there[identifier]) if identifier in there else _of_manifest(one.get("manifest"))
        if named is None:
            continue
        off = one.get("state") == 0 or bool(one.get("disable_reasons"))
        yield Found(
            "browser_ext",
            f"chrome:{identifier}",
            profile.user,
            {**named, "browser": browser, **({"is_enabled": False} if off else {})},
        )


def _settings(machine: Machine, profile: Spot) -> Settings | None:
    """What a profile knows of its extensions; None where it does not tell, so that folders alone must do."""
    found: Settings = {}
    is_told = False
    for name in ("Preferences", "Secure Preferences"):
        read = parsed(machine, machine.below(profile, name))
        inner = read.get("extensions") if isinstance(read, dict) else None
        settings = inner.get("settings") if isinstance(inner, dict) else None
        if isinstance(settings, dict):
            is_told = True
            found |= {key: value for key, value in settings.items() if _ID.match(key) and isinstance(value, dict)}
    return found if is_told and found else None


def _of_folder(machine: Machine, folder: Spot) -> dict[str, str | int | bool] | None:
    """Name and version of the newest version in an extension's folder; None where the folder is empty."""
    versions = sorted((name for name in machine.listed(folder) if name[:1].isdigit()), key=_order)
    if not versions:
        return None
    inside = machine.below(folder, versions[-1])
    manifest = parsed(machine, machine.below(inside, "manifest.json"), _MANIFEST_BYTES)
    named = _of_manifest(manifest) or {}
    if name := _resolved(machine, inside, manifest):
        named["name"] = name
    return named or {"version": versions[-1][:64]}


def _of_manifest(manifest: object) -> dict[str, str | int | bool] | None:
    if not isinstance(manifest, dict):
        return None
    told = {"name": text_at(manifest, "name")[:_LONGEST_NAME], "version": text_at(manifest, "version")[:64]}
    return {key: value for key, value in told.items() if value and not _MESSAGE.match(value)}


def _order(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"[0-9]{1,9}", version)]


def _resolved(machine: Machine, folder: Spot, manifest: object) -> str:
    """The name that a manifest leaves to its message catalogue."""
    wanted = _MESSAGE.match(text_at(manifest, "name"))
    locale = text_at(manifest, "default_locale")
    if not wanted or not re.fullmatch(r"[A-Za-z]{2,3}(?:[_-][A-Za-z0-9]{2,8})?", locale):
        return ""
    messages = parsed(machine, machine.below(folder, "_locales", locale, "messages.json"), _MANIFEST_BYTES)
    for key, value in messages.items() if isinstance(messages, dict) else ():
        if key.lower() == wanted[1].lower():
            return text_at(value, "message")[:_LONGEST_NAME]
    return ""


def _of_firefox(machine: Machine) -> Iterator[Found]:
    for spot in machine.spots(machine.places["firefox"]["extensions"]):
        listed = parsed(machine, spot)
        addons = listed.get("addons") if isinstance(listed, dict) else None
        for addon in addons if isinstance(addons, list) else ():
            identifier = text_at(addon, "id")[:_LONGEST_NAME]
            if not identifier or text_at(addon, "type") not in ("extension", ""):
                continue
            if text_at(addon, "location").startswith(("app-builtin", "app-system")):
                continue
            more: dict[str, str | int | bool] = {"browser": "firefox"}
            if name := text_at(addon.get("defaultLocale"), "name")[:_LONGEST_NAME]:
                more["name"] = name
            if version := text_at(addon, "version")[:64]:
                more["version"] = version
            if addon.get("active") is False or addon.get("userDisabled") is True:
                more["is_enabled"] = False
            yield Found("browser_ext", f"firefox:{identifier}", spot.user, more)


def _of_safari(machine: Machine) -> Iterator[Found]:
    for spot in machine.spots(machine.places["safari"]["extensions"]):
        listed = parsed(machine, spot)
        for key, value in listed.items() if isinstance(listed, dict) else ():
            identifier = str(key).partition(" ")[0][:_LONGEST_NAME]
            more: dict[str, str | int | bool] = {"browser": "safari"}
            if isinstance(value, dict) and value.get("Enabled") is False:
                more["is_enabled"] = False
            yield Found("browser_ext", f"safari:{identifier}", spot.user, more)
