"""Files of the agent's own: written so that they are whole or not there, and read back as if a stranger wrote them."""

from __future__ import annotations

import os
import stat
import sys

from shadowledger.scanner.agent.sentences import AgentError

_NEW = ".new"
"""What a file is called until it is whole."""
_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_MADE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_ADDED = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
PRIVATE, PUBLIC = 0o600, 0o644


def write_whole(path: str, content: bytes, mode: int = PRIVATE) -> None:
    """Put a file in its place, durably. Raises OSError, and leaves what was there."""
    new = path + _NEW
    remove(new)
    try:
        opened = os.open(new, _MADE, mode)
        try:
            _set_mode(opened, mode)
            _write_all(opened, content)
            os.fsync(opened)
        finally:
            os.close(opened)
        os.replace(new, path)
    except OSError:
        remove(new)
        raise
    keep_names(os.path.dirname(path))


def add_to(path: str, content: bytes, mode: int) -> None:
    """Add whole lines to a file, durably. Raises OSError, and then nothing was added."""
    opened = os.open(path, _ADDED, mode)
    try:
        _set_mode(opened, mode)
        size = os.fstat(opened).st_size
        try:
            if size and not _ends_a_line(opened, size):  # a run was killed here
                _write_all(opened, b"\n")
            _write_all(opened, content)
            os.fsync(opened)
        except OSError:
            os.ftruncate(opened, size)
            raise
    finally:
        os.close(opened)


def _ends_a_line(opened: int, size: int) -> bool:
    os.lseek(opened, size - 1, os.SEEK_SET)
    return os.read(opened, 1) == b"\n"


def _set_mode(opened: int, mode: int) -> None:
    if sys.platform != "win32" and stat.S_IMODE(os.fstat(opened).st_mode) != mode:  # whatever the umask
        os.fchmod(opened, mode)


def _write_all(opened: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(opened, left) :]


def read_whole(path: str, most_bytes: int) -> bytes | None:
    """What a plain file holds; None where there is none, or it is larger than it may be. Raises OSError."""
    try:
        opened = os.open(path, _READ)
    except FileNotFoundError:
        return None
    with os.fdopen(opened, "rb") as file:
        facts = os.fstat(opened)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > most_bytes:
            return None
        content = file.read(most_bytes + 1)
    return content if len(content) <= most_bytes else None


def remove(path: str) -> None:
    """Remove a file, if it is there."""
    try:
        os.remove(path)
    except FileNotFoundError:
        return


def sweep(folder: str) -> None:
    """Remove what a run that was killed left half written."""
    for name in os.listdir(folder):
        if name.endswith(_NEW):
            remove(os.path.join(folder, name))


def keep_names(folder: str) -> None:
    """Make what a folder lists durable; Windows does that itself."""
    if sys.platform != "win32":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def make_folder(path: str, mode: int) -> None:
    """Make a folder that nobody else may write into, or see that an older one is such. Raises AgentError, OSError."""
    if not os.path.lexists(path):
        os.makedirs(path, mode=0o755, exist_ok=True)
        if sys.platform != "win32":
            os.chmod(path, mode)
    must_be_own(path, 0o022)


def must_be_own(path: str, forbidden: int) -> None:
    """Raises AgentError where somebody else than this account or root owns a file or folder, or has one of the rights
    of `forbidden`. On Windows, `install` sets the rights."""
    if sys.platform == "win32":
        return
    facts = os.lstat(path)
    if stat.S_ISLNK(facts.st_mode):
        raise AgentError(f"{path} is a link, which is not followed")
    if facts.st_uid not in (0, os.geteuid()):
        raise AgentError(f"{path} belongs to account {facts.st_uid}; it must be this account's, or root's")
    if facts.st_mode & forbidden:
        wanted = stat.S_IMODE(facts.st_mode) & ~forbidden
        raise AgentError(f"others than its owner have rights on {path} that they must not have: chmod {wanted:o} it")


class OneAtATime:
    """A lock that ends with the process that holds it. Raises AgentError where another holds it."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), PRIVATE)
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(self._file, msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise BusyError("another run is at work") from error

    def __enter__(self) -> None: ...

    def __exit__(self, *_error: object) -> None:
        os.close(self._file)


class BusyError(AgentError):
    """Another process has the lock."""
