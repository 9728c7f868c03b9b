"""A disk of a megabyte or two: a file system in memory, mounted in a namespace of its own, so that nothing of it is
left when its keeper ends."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_KEEP = 'mount -t tmpfs -o "size=$1,mode=755" tmpfs "$2" && echo mounted && read -r _'


class SmallDisk:
    """What a keeper has mounted."""

    def __init__(self, keeper: int, place: Path) -> None:
        self.place = place
        """Where it lies for those who have entered."""
        self.seen = Path(f"/proc/{keeper}/root{place}")
        """Where it lies for everybody else. Not for SQLite, which follows the link out of the namespace."""
        self._namespace = f"/proc/{keeper}/ns/mnt"

    def enter(self) -> None:
        """Have this process see it, for good (https://man7.org/linux/man-pages/man2/setns.2.html)."""
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(os.open(self._namespace, os.O_RDONLY), 0):
            raise OSError(ctypes.get_errno(), "setns")

    @property
    def entered(self) -> list[str]:
        """What to put before a command that shall see it."""
        return ["nsenter", f"--mount={self._namespace}", "--"]

    def fill(self, free_bytes: int) -> Path:
        """Leave so many bytes free; returns the file that takes the room."""
        filler = self.seen / "filler"
        filler.unlink(missing_ok=True)
        room = os.statvfs(self.seen)
        filler.write_bytes(bytes(max(0, room.f_bavail * room.f_frsize - free_bytes)))
        return filler


@contextmanager
def small_disk(place: Path, size_bytes: int) -> Iterator[SmallDisk]:
    """A disk of that size. Skips the test, with the reason, where nothing may be mounted."""
    if not shutil.which("unshare") or not shutil.which("nsenter"):
        pytest.skip("there is no unshare here, or no nsenter")
    place.mkdir(parents=True)
    keeper = subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", _KEEP, "sh", str(size_bytes), place],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert keeper.stdout is not None
    try:
        if keeper.stdout.readline() != b"mounted\n":
            pytest.skip(f"nothing may be mounted here: {keeper.communicate()[1].decode().strip()}")
        yield SmallDisk(keeper.pid, place)
    finally:
        keeper.communicate()
