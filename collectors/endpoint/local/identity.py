"""Which machine this is, whatever it is called: by the number that its system gave it when it was installed.

https://www.freedesktop.org/software/systemd/man/latest/machine-id.html; on macOS the hardware's UUID, which
gethostuuid(2) tells; on Windows the registry's MachineGuid."""

from __future__ import annotations

import hashlib
import os
import re
import sys

_MACHINE_ID = re.compile(rb"[0-9a-f]{32}\n?\Z")
_PURPOSE = b"shadowledger device 1\n"
_WAIT_S = 5


def device_id(root: str = "/") -> str:
    """64 hexadecimal digits that say nothing of the machine's own number; empty where it has none, or nobody may know
    it. `root` is this machine's, or a folder with another one's files."""
    number = machine_number(root)
    return hashlib.sha256(_PURPOSE + number.encode()).hexdigest() if number else ""


def machine_number(root: str = "/") -> str:
    """The system's own number of a machine, as the system writes it; empty where there is none."""
    if root == "/" and sys.platform == "win32":
        from shadowledger.collectors.endpoint.local.windows import machine_guid

        return machine_guid()
    if root == "/" and sys.platform == "darwin":
        return _host_uuid()
    try:
        opened = os.open(f"{root.rstrip('/')}/etc/machine-id", os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return ""
    with os.fdopen(opened, "rb") as file:
        told = file.read(64)
    return told.decode("ascii").strip() if _MACHINE_ID.match(told) else ""


def _host_uuid() -> str:
    import ctypes
    import uuid

    found = (ctypes.c_ubyte * 16)()
    wait = (ctypes.c_long * 2)(_WAIT_S, 0)  # a timespec
    if ctypes.CDLL(None).gethostuuid(found, ctypes.byref(wait)):
        return ""
    return str(uuid.UUID(bytes=bytes(found))).upper()
