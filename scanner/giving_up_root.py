"""Root is needed to open a socket of packets and for nothing after it: what comes over the wire is read by one who may
do nothing."""

from __future__ import annotations

import ctypes
import os
import struct
from pathlib import Path

_CAPABILITY_VERSION = 0x20080522  # linux/capability.h, of 64 capabilities
_NO_NEW_PRIVILEGES = 38  # linux/prctl.h
_NOBODY = 65534  # /proc/sys/kernel/overflowuid


def owner_of(path: Path) -> int:
    """The user whose a file is, or, where it is not there yet, the folder that it will lie in."""
    path = path.absolute()
    while not path.exists():
        path = path.parent
    return path.stat().st_uid


def give_up_root(user_id: int | None = None) -> None:
    """Be somebody else from now on, if this is root: the user who is told, or else the one who called sudo, or nobody.
    Whoever is told to stay root keeps no capability."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return
    if user_id is None:
        caller = os.environ.get("SUDO_UID", "")
        user_id = int(caller) if caller.isdecimal() and int(caller) else _NOBODY
    if user_id == 0:
        _give_up_capabilities()
        return
    os.setgroups([])
    os.setgid(_group_of(user_id))
    os.setuid(user_id)


def _group_of(user_id: int) -> int:
    """Of one whom this system does not know, as owners of mounted folders may be, that of nobody."""
    import pwd  # which not every system has

    try:
        return pwd.getpwuid(user_id).pw_gid
    except KeyError:
        return _NOBODY


def _give_up_capabilities() -> None:
    """https://man7.org/linux/man-pages/man2/capset.2.html; where the system has none, nothing happens."""
    library = ctypes.CDLL(None)
    if not hasattr(library, "capset"):
        return
    library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    library.capset(struct.pack("Ii", _CAPABILITY_VERSION, 0), bytes(24))
