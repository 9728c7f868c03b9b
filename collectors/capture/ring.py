"""Files that another program captures into, one after the other, and removes again: `dumpcap -b filesize:20000 -b
files:50 -w ring.pcapng` (https://www.wireshark.org/docs/man-pages/dumpcap.html), `tcpdump -C -W`."""

from __future__ import annotations

from glob import glob
from pathlib import Path


class Ring:
    """Gives each file once, when the next one was begun."""

    def __init__(self, pattern: str) -> None:
        """`pattern` is a glob of all files of the ring and no others."""
        self._pattern = pattern
        self._met: set[tuple[str, int, int]] = set()
        """Names, times and sizes of those that are still there."""

    def whole(self) -> list[Path]:
        """The files that are not written to any more and were not given before, oldest first."""
        found = []
        for name in glob(self._pattern):  # noqa: PTH207 - the pattern is the user's own, absolute or not
            try:
                status = Path(name).stat()
            except OSError:  # gone by now
                continue
            found.append((status.st_mtime_ns, name, status.st_size))
        found.sort()
        there = {(name, time_ns, size) for time_ns, name, size in found[:-1]}
        new = [Path(name) for time_ns, name, size in found[:-1] if (name, time_ns, size) not in self._met]
        self._met = there
        return new
