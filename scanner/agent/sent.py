"""What was sent, for whoever uses this machine: a plain file, the newest last, with the files before it beside it."""

from __future__ import annotations

import json
import os
import time

from shadowledger.scanner.agent.files import PRIVATE, PUBLIC, add_to
from shadowledger.scanner.agent.sentences import AgentError
from shadowledger.scanner.agent.spool import Document

NAME = "sent.log"
LARGEST = 4 << 20
KEPT = 4
"""Files before the newest."""


def tell_sent(state: str, document: Document, server: str, stored: str, *, is_public: bool) -> None:
    """Add a document: a line that says where it went and when, and then its own. Raises AgentError, and then nothing
    was added."""
    path = os.path.join(state, NAME)
    sent_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    head = json.dumps({"sent_at": sent_at, "to": server, "run": document.run, "stored": stored})
    try:
        _rotate(path)
        add_to(path, head.encode() + b"\n" + document.lines, PUBLIC if is_public else PRIVATE)
    except OSError as error:
        raise AgentError(f"what was sent cannot be told in {path}: {error.strerror or error}") from error


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
