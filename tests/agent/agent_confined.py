"""Runs a command with no more than a systemd service has: python agent_confined.py UNIT COMMAND...

What the unit says of system calls, memory that is written and run, and the umask is put upon this process, which then
becomes the command; the kernel enforces it as it does for systemd. Capabilities are dropped before, by setpriv.
https://man7.org/linux/man-pages/man3/seccomp_rule_add.3.html"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import subprocess
import sys
from pathlib import Path

_ALLOW, _EPERM = 0x7FFF0000, 0x00050001
_MASKED_EQ = 7
_WRITE, _EXEC = 2, 4  # PROT_WRITE, PROT_EXEC


class _Compared(ctypes.Structure):
    _fields_ = (("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64))


def settings(unit: Path, name: str) -> list[str]:
    """What a unit says of something, line by line."""
    lines = unit.read_text().splitlines()
    return [line.partition("=")[2] for line in lines if line.partition("=")[0] == name]


def allowed(unit: Path) -> set[str]:
    """The system calls that the service may make, as systemd.exec(5) combines the lines."""
    found = expanded(["@default"])
    for told in settings(unit, "SystemCallFilter"):
        names = expanded(told.removeprefix("~").split())
        found = found - names if told.startswith("~") else found | names
    return found


def expanded(names: list[str]) -> set[str]:
    """Names of calls, for those of sets too."""
    found: set[str] = set()
    for name in names:
        if not name.startswith("@"):
            found.add(name)
            continue
        listed = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True)
        inside = [line.strip() for line in listed.stdout.splitlines()[1:]]
        found |= expanded([line for line in inside if line and not line.startswith("#")])
    return found


def confine(unit: Path) -> None:
    """Put the filter upon this process, for good."""
    seccomp = ctypes.CDLL(ctypes.util.find_library("seccomp"), use_errno=True)
    seccomp.seccomp_init.restype = ctypes.c_void_p
    for function in (seccomp.seccomp_rule_add_array, seccomp.seccomp_load):
        function.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.c_void_p][
            : 5 if function is seccomp.seccomp_rule_add_array else 1
        ]

    def number(name: str) -> int:
        return int(seccomp.seccomp_syscall_resolve_name(name.encode()))

    wanted = [one for one in map(number, allowed(unit)) if one >= 0]
    calls = ctypes.c_void_p(seccomp.seccomp_init(_EPERM))
    for one in wanted:
        assert seccomp.seccomp_rule_add_array(calls, _ALLOW, one, 0, None) == 0
    memory = ctypes.c_void_p(seccomp.seccomp_init(_ALLOW))
    if settings(unit, "MemoryDenyWriteExecute") == ["yes"]:
        for name, bits in (("mmap", _WRITE | _EXEC), ("mprotect", _EXEC), ("pkey_mprotect", _EXEC)):
            rule = _Compared(2, _MASKED_EQ, bits, bits)
            assert seccomp.seccomp_rule_add_array(memory, _EPERM, number(name), 1, ctypes.byref(rule)) == 0
    os.umask(int(settings(unit, "UMask")[0], 8))
    for one in (memory, calls):  # who may make few calls can load no second filter
        assert seccomp.seccomp_load(one) == 0


if __name__ == "__main__":
    confine(Path(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - there is nothing for a shell to do
