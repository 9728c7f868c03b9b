"""What was sent, for whoever uses this machine: a plain file, the newest last, with the files before it beside it."""

from __future__ import annotations

import json
import os
import time

from shadowledger.scanner.agent.files import PRIVATE, PUBLIC, add_to
from shadowledger.scanner.agent.spool import Document

NAME = "sent.log"
LARGEST = 4 << 20
KEPT = 4
"""Files before the newest."""


def tell_sent(state: str, document: Document, server: str, stored: str, *, is_public: bool) -> None:
    """Add a document: a line that says where it went and when, and then its own. Raises OSError, and then nothing was
    added."""
    path = os.path.join(state, NAME)
    _rotate(path)
    sent_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    head = json.dumps({"sent_at": sent_at, "to": server, "run": document.run, "stored": stored})
    add_to(path, head.encode() + b"\n" + document.lines, PUBLIC if is_public else PRIVATE)


def _rotate(path: str) -> None:
    try:
        if os.stat(path, follow_symlinks=False).st_size < LARGEST:
            return
    except FileNotFoundError:
        return
    for number in range(KEPT - 1, 0, -1):
        if os.path.lexists(f"{path}.{number}"):
            os.replace(f"{path}.{number}", f"{path}.{number + 1}")
    os.replace(path, f"{path}.1")
