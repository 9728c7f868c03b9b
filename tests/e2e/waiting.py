"""Waiting for something outside of this process, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

DEADLINE_SECONDS = 20
_PAUSE_SECONDS = 0.02


def wait_until(what: str, holds: Callable[[], bool], *, seconds: float = DEADLINE_SECONDS) -> None:
    """Return as soon as a condition holds. Raises TimeoutError, which says what was waited for."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds} s: {what}")
        time.sleep(_PAUSE_SECONDS)


def holds_bytes(path: Path, wanted: bytes) -> bool:
    """Whether a file is there and holds these bytes."""
    return path.exists() and wanted in path.read_bytes()
