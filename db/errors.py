"""What can be wrong with a database file. Apart from the rest, so that telling it costs no imports."""

from __future__ import annotations

import errno
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_AILMENTS = {
    "SQLITE_BUSY": "is in use by another run; try again when that has ended",
    "SQLITE_LOCKED": "is in use by another run; try again when that has ended",
    "SQLITE_FULL": "cannot grow: its disk is full; make room and try again",
    "SQLITE_READONLY": "or its folder may not be written; correct the permissions",
    "SQLITE_PERM": "or its folder may not be written; correct the permissions",
    "SQLITE_CANTOPEN": "or its folder may not be written; correct the permissions",
    "SQLITE_IOERR_SHMSIZE": "has no room beside it: its disk is full; make room and try again",
    "SQLITE_IOERR": "could not be read or written by the system; check its disk",
    "SQLITE_CORRUPT": "is damaged; restore it from a backup",
    "SQLITE_NOTADB": "is no database, or a damaged one; restore it from a backup, or name another file",
}
"""By the beginning of SQLite's own name of an error (https://www.sqlite.org/rescode.html), the longer one first."""
_SPOILT_TEXT = "Could not decode to UTF-8"
"""How Python, and not SQLite, tells of a text that is none; this error has no name."""
_OF_THE_FILE = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_SEES_NULLS = (3, 41, 1)
"""From here on SQLite no more takes columns of tables without rowid for NULL where a key's order is not the table's
(https://sqlite.work/?p=5029)."""
_OF_THE_DISK = ("SQLITE_FULL", "SQLITE_IOERR")
_OF_THE_DISK_NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


class UnusableError(Exception):
    """A database file that cannot be used as it is. The text says what to do; nothing was changed."""


def ailment(error: BaseException) -> str:
    """What ails a database file, to go behind its name, and what to do; empty where an error is none of SQLite's, or
    is a mistake of ours."""
    name = _name_of(error)
    if not name and str(error).startswith(_SPOILT_TEXT):
        name = "SQLITE_CORRUPT"
    return next((words for start, words in _AILMENTS.items() if name.startswith(start)), "")


def is_of_the_disk(error: BaseException | None) -> bool:
    """Whether not a file but the disk below it is why something failed: it is full, or cannot be read or written."""
    if isinstance(error, OSError):
        return error.errno in _OF_THE_DISK_NUMBERS
    return error is not None and _name_of(error).startswith(_OF_THE_DISK)


def is_damaged(path: Path) -> bool:
    """Whether SQLite finds the structure of a database at fault. It reads all of it: 3 ms a megabyte."""
    import sqlite3

    try:
        with closing(sqlite3.connect(path)) as connection:
            found = [str(word) for (word,) in connection.execute("pragma quick_check")]
    except UnicodeDecodeError:  # of what SQLite said of it
        return True
    except sqlite3.DatabaseError as error:
        return _name_of(error).startswith(_OF_THE_FILE)
    if sqlite3.sqlite_version_info < _SEES_NULLS:
        found = [word for word in found if not word.startswith("NULL value in ")]
    return found not in ([], ["ok"])


def _name_of(error: BaseException) -> str:
    return str(getattr(error, "sqlite_errorname", ""))
