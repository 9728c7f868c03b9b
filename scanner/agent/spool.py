"""Documents that wait to be delivered, oldest first, and those that the server refused.

A document is whole in the spool or not in it. It leaves once: delivered, refused or dropped; where that is counted, the
count is remembered first, together with the run's name, so that a run that is killed in between counts once."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
import zlib
from collections.abc import Iterable
from typing import Any, NamedTuple

from shadowledger.collectors.endpoint.local.profiles import SCHEMA
from shadowledger.scanner.agent.files import keep_names, make_folder, read_whole, remove, sweep, write_whole
from shadowledger.scanner.agent.memory import Memory
from shadowledger.scanner.agent.sentences import AgentError

SPOOL_BYTES = 20 << 20
QUARANTINE_BYTES = 5 << 20
PACKED_BYTES = 2 << 20
PLAIN_BYTES = 16 << 20
"""What the server takes of one document: docs/server.md."""
_STAMP = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"\d{8}T\d{6}Z-([0-9a-f]{32})\.ndjson\.gz\Z")
_GZIP = 31
"""zlib's word for gzip with its header and its checksum (https://zlib.net/manual.html, inflateInit2)."""
_LEVEL = 6
_DAMAGED = "damaged"


class Document(NamedTuple):
    """A document as it is delivered."""

    run: str
    packed: bytes
    lines: bytes


class Spool:
    """A folder of documents, and another of refused ones."""

    def __init__(self, state: str, memory: Memory) -> None:
        """Set both up, and finish what a killed run began. Raises OSError, AgentError."""
        self.folder = os.path.join(state, "spool")
        self.quarantine = os.path.join(state, "quarantine")
        self._memory = memory
        for folder in (self.folder, self.quarantine):
            make_folder(folder, 0o700)
            sweep(folder)
        self._finish_leaving()

    def waiting(self) -> list[str]:
        """The names of what waits, oldest first."""
        return _names(self.folder)

    def put(self, lines: Iterable[str], now: int) -> str:
        """Keep a document, and drop the oldest where there is no room; returns the run. Raises OSError, and then
        nothing was kept, and AgentError for a document that no server would take."""
        pack = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        parts, last, plain_bytes = [], "", 0
        for line in lines:
            last = line
            content = line.encode()
            plain_bytes += len(content)
            parts.append(pack.compress(content))
        packed = b"".join((*parts, pack.flush()))
        if len(packed) > PACKED_BYTES or plain_bytes > PLAIN_BYTES:
            raise AgentError("there is more on this machine than one document may hold")
        run = str(json.loads(last)["run"])
        self._make_room(len(packed))
        write_whole(os.path.join(self.folder, f"{self._stamp(now)}-{run}.ndjson.gz"), packed)
        return run

    def read(self, name: str) -> Document | None:
        """A document; None where it is not what was put there, or cannot be read."""
        try:
            packed = read_whole(os.path.join(self.folder, name), PACKED_BYTES)
        except OSError:  # a link, or a disk that fails: the others are not kept from going
            return None
        lines = _unpacked(packed or b"")
        run = name[-len(".ndjson.gz") - 32 : -len(".ndjson.gz")]
        if packed is None or not _is_whole(lines, run):
            return None
        return Document(run, packed, lines)

    def delivered(self, name: str) -> None:
        """Forget a document that the server has. Raises OSError."""
        remove(os.path.join(self.folder, name))
        keep_names(self.folder)

    def refuse(self, name: str, status: int) -> None:
        """Put a document aside that the server will never take; status 0 where it is damaged. Raises OSError."""
        count = self._memory.facts.quarantined_runs + 1
        self._memory.change(quarantined_runs=count, leaving=f"{status or _DAMAGED}.{name}")
        self._finish_leaving()
        self._bound_quarantine()

    def refused(self) -> list[str]:
        """What lies in quarantine, oldest first."""
        return sorted(_listed(self.quarantine), key=lambda name: name.partition(".")[2])

    def _drop(self, name: str) -> None:
        self._memory.change(dropped_runs=self._memory.facts.dropped_runs + 1, leaving=f"dropped.{name}")
        self._finish_leaving()

    def _finish_leaving(self) -> None:
        reason, _, name = self._memory.facts.leaving.partition(".")
        path = os.path.join(self.folder, name)
        if not _NAME.match(name) or not os.path.lexists(path):
            return
        if reason == "dropped":
            remove(path)
        else:
            os.replace(path, os.path.join(self.quarantine, f"{reason if reason.isdigit() else _DAMAGED}.{name}"))
            keep_names(self.quarantine)
        keep_names(self.folder)

    def _make_room(self, wanted_bytes: int) -> None:
        names = self.waiting()
        sizes = [_size(os.path.join(self.folder, name)) for name in names]
        held = sum(sizes) + wanted_bytes
        for name, size in zip(names, sizes, strict=True):
            if held <= SPOOL_BYTES:
                return
            self._drop(name)
            held -= size

    def _bound_quarantine(self) -> None:
        paths = [os.path.join(self.quarantine, name) for name in self.refused()]
        sizes = [_size(path) for path in paths]
        held = sum(sizes)
        for path, size in zip(paths, sizes, strict=True):
            if held <= QUARANTINE_BYTES:
                return
            remove(path)
            held -= size

    def _stamp(self, now: int) -> str:
        """When this is, and never before the newest that waits: a clock that was set back changes no order."""
        stamp = time.strftime(_STAMP, time.gmtime(now))
        newest = max((name.partition("-")[0] for name in self.waiting()), default="")
        if stamp > newest:
            return stamp
        date, _, clock = newest.partition("T")
        return f"{date}T{min(int(clock[:6]) + 1, 999_999):06}Z"


def counted(state: str) -> tuple[list[str], list[str]]:
    """What waits and what was refused, for people who may see it. Raises OSError."""
    quarantine = os.path.join(state, "quarantine")
    return _names(os.path.join(state, "spool")), _listed(quarantine)


def _listed(folder: str) -> list[str]:
    try:
        return [name for name in os.listdir(folder) if _NAME.match(name.partition(".")[2])]
    except FileNotFoundError:
        return []


def _names(folder: str) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if _NAME.match(name))
    except FileNotFoundError:
        return []


def _size(path: str) -> int:
    return os.stat(path, follow_symlinks=False).st_size


def _unpacked(packed: bytes) -> bytes:
    """Nothing where it is damaged, or larger than a document may be."""
    unpack = zlib.decompressobj(_GZIP)
    try:
        lines = unpack.decompress(packed, PLAIN_BYTES)
    except zlib.error:
        return b""
    return lines if unpack.eof and not unpack.unused_data else b""


def _is_whole(lines: bytes, run: str) -> bool:
    """Whether the last line is the summary of all before it."""
    body, _, last = lines.removesuffix(b"\n").rpartition(b"\n")
    body += b"\n" if body else b""
    try:
        summary: Any = json.loads(last)
        told = summary["schema"], summary["run"], summary["sha256"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return False
    return told == (SCHEMA, run, hashlib.sha256(body).hexdigest())
