"""Room on disk for what is kept of an input, where it becomes much: a file without a name, which nobody finds and which
is gone with the last process that has it open."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import IO


class Spill:
    """Opened before a process is forked, it is shared with it: either can read what the other has written.

    Where it is passed on (pickled), it is so as its number among the open files, which is the same on both sides."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: IO[bytes] | None = None
        self._number: int | None = None
        """Of the open file; -1 where there can be none."""

    def open(self) -> int:
        """Make the file, readable for its owner alone, if that was not tried before; returns its number, -1 where there
        is none."""
        if self._number is None:
            self._number = -1
            with contextlib.suppress(OSError):
                self._file = tempfile.TemporaryFile(buffering=0, dir=self._folder)  # noqa: SIM115 - see `close`
                self._number = self._file.fileno() if hasattr(os, "lockf") else -1
        return self._number

    def add(self, data: bytes) -> int:
        """Write at the end, and return where that was; -1 where there is no room."""
        number = self.open()
        if number < 0:
            return -1
        try:
            os.lockf(number, os.F_LOCK, 0)
            try:
                start = at = os.fstat(number).st_size
                while at < start + len(data):
                    at += os.pwrite(number, data[at - start :], at)
            finally:
                os.lockf(number, os.F_ULOCK, 0)
        except OSError:
            return -1
        return start

    def read(self, start: int, size: int) -> bytes:
        """What was written there."""
        found = b""
        while len(found) < size:
            piece = os.pread(self.open(), size - len(found), start + len(found))
            if not piece:
                raise EOFError("a file without a name lost its end")
            found += piece
        return found

    def close(self) -> None:
        """Give the room back."""
        if self._file is not None:
            self._file.close()
        self._file, self._number = None, -1

    def __reduce__(self) -> tuple[object, ...]:
        return _passed_on, (self.open(),)


def _passed_on(number: int) -> Spill:
    spill = Spill(Path())
    spill._number = number
    return spill
