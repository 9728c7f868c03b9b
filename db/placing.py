"""Files that appear at their place whole and private, or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def placed_whole(path: Path, *, or_another: bool = True) -> Iterator[Path]:
    """Give an empty file beside `path`, readable by its owner alone, and move it to `path` when the block ends well and
    the disk has all of it: a key that a power failure empties would take every name with it.

    Where another process was faster, its file stays; that is a FileExistsError unless `or_another` is as good. Raises
    OSError where the folder cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    try:
        yield draft
        _flush(draft, os.O_RDWR)
        with contextlib.suppress(*([FileExistsError] if or_another else [])):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    if os.name == "posix":  # elsewhere folders cannot be opened
        _flush(path.parent, os.O_RDONLY)


def _flush(path: Path, flags: int) -> None:
    opened = os.open(path, flags)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
