"""Which machine this is, whatever it is called: by the number that its system gave it when it was installed.

https://www.freedesktop.org/software/systemd/man/latest/machine-id.html; on macOS the hardware's UUID, which gethostuuid(2)
tells as well; on Windows the registry's MachineGuid."""

from __future__ import annotations

import hashlib
import os
import re
import sys

from shadowledger.collectors.endpoint.local.machine import Machine, Spot

_MACHINE_ID = re.compile(r"[0-9a-f]{32}\Z")
_PURPOSE = b"shadowledger device 1\n"
_WAIT_S = 5


def device_id(machine: Machine) -> str:
    """64 hexadecimal digits that say nothing of the machine's own number; empty where it has none."""
    number = machine_number(machine)
    return hashlib.sha256(_PURPOSE + number.encode()).hexdigest() if number else ""


def machine_number(machine: Machine) -> str:
    """The system's own number of a machine, as the system writes it; empty where there is none."""
    if machine.is_live and sys.platform == "win32":
        from shadowledger.collectors.endpoint.local.windows import machine_guid

        return machine_guid()
    if machine.is_live and sys.platform == "darwin":
        return _host_uuid()
    spot = Spot(f"{machine.root.rstrip('/')}/etc/machine-id", "/etc/machine-id", "", machine.root)
    told = machine.read(spot, 256) if os.path.lexists(spot.path) else None
    text = (told or b"").decode("ascii", "replace").strip()
    return text if _MACHINE_ID.match(text) else ""


def _host_uuid() -> str:
    import ctypes
    import uuid

    found = (ctypes.c_ubyte * 16)()
    wait = (ctypes.c_long * 2)(_WAIT_S, 0)  # a timespec
    if ctypes.CDLL(None).gethostuuid(found, ctypes.byref(wait)):
        return ""
    return str(uuid.UUID(bytes=bytes(found))).upper()
