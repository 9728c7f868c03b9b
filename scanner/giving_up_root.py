"""Root is needed to open a socket of packets and for nothing after it: what comes over the wire is read by one who may
do nothing."""

from __future__ import annotations

import ctypes
import os
import struct
from pathlib import Path

_CAPABILITY_VERSION = 0x20080522  # linux/capability.h, of 64 capabilities
_NO_NEW_PRIVILEGES = 38  # linux/prctl.h


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
    import pwd  # which not every system has

    caller = os.environ.get("SUDO_UID", "")
    try:
        if user_id is not None:
            group_id = pwd.getpwuid(user_id).pw_gid
        else:
            user = pwd.getpwuid(int(caller)) if caller.isdigit() and caller != "0" else pwd.getpwnam("nobody")
            user_id, group_id = user.pw_uid, user.pw_gid
    except KeyError:
        return
    if user_id == 0:
        _give_up_capabilities()
        return
    os.setgroups([])
    os.setgid(group_id)
    os.setuid(user_id)


def _give_up_capabilities() -> None:
    """https://man7.org/linux/man-pages/man2/capset.2.html; where the system has none, nothing happens."""
    library = ctypes.CDLL(None)
    if not hasattr(library, "capset"):
        return
    library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    library.capset(struct.pack("Ii", _CAPABILITY_VERSION, 0), bytes(24))
