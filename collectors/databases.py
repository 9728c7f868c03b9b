"""SQLite databases of other programs: a place to read one from where nothing of the original is touched or missed.

What belongs to a database: https://www.sqlite.org/fileformat2.html; how it is opened: https://www.sqlite.org/uri.html."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from shadowledger.collectors.sources import BLOCK_BYTES, MemberPath, Opened

MAGIC = b"SQLite format 3\0"
MOST_COPIED_BYTES = 4 << 30
_COMPANIONS = ("-wal", "-journal")
"""What is committed and not yet in the database, and what is in it and was not committed."""
_HEADER_BYTES = 100
_WRITE_VERSION, _WITH_LOG = 18, 2
_PAGE_BYTES, _CHANGES, _PAGES, _VALID_FOR = slice(16, 18), slice(24, 28), slice(28, 32), slice(92, 96)
_WRITTEN = "was written to while it was read; copy it with `sqlite3 FILE .backup` and read the copy"


class NotReadableError(Exception):
    """The database cannot be opened; the text says why, for whoever named it."""


@contextmanager
def readable(opened: Opened) -> Iterator[str]:
    """A database as a URI for `sqlite3.connect`, good within the `with`. The file itself where it stands alone; a copy
    where it is packed or cut off, or has companions without which it is not whole. Raises NotReadableError.

    `opened.damage` tells of a file that is cut off, or that somebody wrote to meanwhile. Of a database whose rows may
    stand in a log beside it `opened` delivers nothing: what it delivered is known, and is not read again for as long as
    these bytes are the same."""
    if opened.path is None or not opened.path.is_file():
        raise NotReadableError("is a database in a stream, which cannot be read: save it as a file")
    try:
        path = opened.path.resolve()
        before = _state(path)
        companions = [suffix for suffix in _COMPANIONS if before[suffix][1]]
        is_plain = not companions and not isinstance(opened.path, MemberPath)
        if is_plain and _header(path).startswith(MAGIC) and not _is_cut(path):
            yield f"{path.as_uri()}?mode=ro&immutable=1"
            if _header(path)[_WRITE_VERSION] != _WITH_LOG:
                for _ in opened.chunks():
                    pass
        else:
            with TemporaryDirectory(prefix="shadowledger-") as folder:
                yield f"{_copied(opened, path, companions, Path(folder)).as_uri()}?mode=rw"
        if _state(path) != before:
            opened.damage = opened.damage or _WRITTEN
    except OSError as error:
        raise NotReadableError(f"cannot be read: {error.strerror or error}") from error


def _copied(opened: Opened, path: Path, companions: list[str], folder: Path) -> Path:
    copy = folder / "copy.db"
    if companions:  # not through `opened`: what it delivered is known until it changes, and these grow without it
        _save(_pieces(path), copy)
        for suffix in companions:
            _save(_pieces(_beside(path, suffix)), _beside(copy, suffix))
        return copy
    _save(opened.chunks(), copy)
    if _is_cut(copy):
        opened.damage = opened.damage or "the database is cut off; what is left of it was read"
        with copy.open("r+b") as out:  # a size that is not valid for the last change is not believed
            out.seek(_VALID_FOR.start)
            out.write(bytes(byte ^ 0xFF for byte in _header(copy)[_CHANGES]))
    return copy


def _header(path: Path) -> bytes:
    with path.open("rb") as raw:
        return raw.read(_HEADER_BYTES)


def _is_cut(path: Path) -> bool:
    """Whether a database has fewer pages than it says (https://www.sqlite.org/fileformat2.html#in_header_database_size).
    SQLite would read none of them."""
    header = _header(path)
    if header[_CHANGES] != header[_VALID_FOR]:
        return False
    page_bytes = int.from_bytes(header[_PAGE_BYTES])
    return int.from_bytes(header[_PAGES]) * (65_536 if page_bytes == 1 else page_bytes) > path.stat().st_size


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _state(path: Path) -> dict[str, tuple[int, int]]:
    """When a database and its companions were last written, in nanoseconds, and their sizes in bytes."""
    state = {}
    for suffix in ("", *_COMPANIONS):
        try:
            stat = _beside(path, suffix).stat()
        except FileNotFoundError:
            state[suffix] = (0, 0)
        else:
            state[suffix] = (stat.st_mtime_ns, stat.st_size)
    return state


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as raw:
        while piece := raw.read(BLOCK_BYTES):
            yield piece


def _save(pieces: Iterable[bytes], target: Path) -> None:
    size = 0
    with target.open("wb") as out:
        for piece in pieces:
            size += len(piece)
            if size > MOST_COPIED_BYTES:
                raise OSError(errno.EFBIG, f"larger than {MOST_COPIED_BYTES >> 30} GiB, and would have to be copied")
            out.write(piece)
