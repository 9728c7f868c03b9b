"""What only Windows itself can tell: its registry, its services, and the homes of WSL's distributions.

https://learn.microsoft.com/windows/win32/msi/uninstall-registry-key,
https://learn.microsoft.com/windows/wsl/filesystems"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import psutil  # type: ignore[import-untyped]

from shadowledger.collectors.endpoint.local.machine import Found
from shadowledger.collectors.endpoint.programs import app_values

_UNINSTALL = r"Software\Microsoft\Windows\CurrentVersion\Uninstall"
_LXSS = r"Software\Microsoft\Windows\CurrentVersion\Lxss"
_CRYPTOGRAPHY = r"SOFTWARE\Microsoft\Cryptography"
_RUNS_WSL = ("vmmem", "vmmemwsl")

if sys.platform == "win32":
    import winreg

    _VIEWS = (winreg.KEY_WOW64_64KEY, winreg.KEY_WOW64_32KEY)

    def home_folders() -> tuple[list[str], int]:
        """Homes of people, and of the distributions of a WSL that runs; and how many distributions were left alone,
        because to look into one that does not run would start it."""
        users = os.path.join(os.environ.get("SYSTEMDRIVE", "C:") + os.sep, "Users")
        found = [os.path.join(users, name) for name in os.listdir(users)]
        running = {(one.info["name"] or "").lower().removesuffix(".exe") for one in psutil.process_iter(["name"])}
        there = distributions()
        if not running & set(_RUNS_WSL):
            return found, len(there)
        for name in there:
            base = rf"\\wsl.localhost\{name}\home"
            found += [os.path.join(base, user) for user in os.listdir(base)] if os.path.isdir(base) else []
        return found, 0

    def distributions() -> list[str]:
        """Names of WSL's distributions, of everybody who is signed in."""
        return [
            name
            for sid in _keys(winreg.HKEY_USERS, "")
            for key in _keys(winreg.HKEY_USERS, rf"{sid}\{_LXSS}")
            if (name := _value(winreg.HKEY_USERS, rf"{sid}\{_LXSS}\{key}", "DistributionName"))
        ]

    def uninstall_entries() -> Iterator[Found]:
        """Applications as Windows lists them, with their publishers."""
        roots = [(winreg.HKEY_LOCAL_MACHINE, _UNINSTALL, view) for view in _VIEWS]
        roots += [(winreg.HKEY_USERS, rf"{sid}\{_UNINSTALL}", 0) for sid in _keys(winreg.HKEY_USERS, "")]
        told: set[str] = set()
        for hive, path, view in roots:
            for key in _keys(hive, path, view):
                name = _value(hive, rf"{path}\{key}", "DisplayName", view)[:200]
                if name and name not in told:
                    told.add(name)
                    publisher = _value(hive, rf"{path}\{key}", "Publisher", view)[:200]
                    more: dict[str, str | int | bool] = {"publisher": publisher} if publisher else {}
                    yield from (Found("app", value, "", more) for value in app_values(name))

    def services() -> list[str]:
        """Names of Windows' services."""
        return sorted(service.name() for service in psutil.win_service_iter())

    def machine_guid() -> str:
        """The number that Windows was given when it was installed, whatever the program's own width."""
        return _value(winreg.HKEY_LOCAL_MACHINE, _CRYPTOGRAPHY, "MachineGuid", winreg.KEY_WOW64_64KEY)

    def _keys(hive: int, path: str, view: int = 0) -> list[str]:
        try:
            with winreg.OpenKey(hive, path, 0, winreg.KEY_READ | view) as key:
                return [winreg.EnumKey(key, number) for number in range(winreg.QueryInfoKey(key)[0])]
        except OSError:
            return []

    def _value(hive: int, path: str, name: str, view: int = 0) -> str:
        try:
            with winreg.OpenKey(hive, path, 0, winreg.KEY_READ | view) as key:
                value = winreg.QueryValueEx(key, name)[0]
        except OSError:
            return ""
        return value if isinstance(value, str) else ""
