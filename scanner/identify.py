"""Is this input known? Content decides, never its name: rotated, compressed and renamed files are one source."""

from __future__ import annotations

import enum
import hashlib
import sqlite3
from pathlib import Path
from typing import NamedTuple

from shadowledger.collectors.registry import BY_ID
from shadowledger.collectors.sources import TAIL_BYTES, Opened, open_source
from shadowledger.db.sources import Mark, Source, find_source, head_sizes
from shadowledger.scanner.passage import Passage


class Standing(enum.Enum):
    """How an input stands to what the inventory holds."""

    NEW = "new"
    KNOWN = "known"
    """Everything in it is counted already."""
    GROWN = "grown"
    """Its beginning is counted; the rest is new."""
    SPENT = "spent"
    """A stream that begins like what is counted and goes on otherwise. To find that out it was read to its end."""


class Known(NamedTuple):
    """An input's standing, and the source that it is where it is not new."""

    standing: Standing
    source: Source | None


def identify(connection: sqlite3.Connection, opened: Opened, collector_id: str, label: str) -> Known:
    """Compare an input with what is known: its beginning, and the bytes before the place where reading stopped."""
    if lasting := _lasting(opened, collector_id):
        return _of_database(connection, opened, collector_id, label, lasting)
    header, content = _parted(opened.head)
    sizes = (size for size in head_sizes(connection, collector_id) if 0 < size <= len(content))
    heads = [_sha256(content[:size]) for size in sizes]
    candidates = find_source(connection, collector_id, label, [*heads, _sha256(header)])
    if opened.path is None or not opened.path.is_file():
        candidates = [source for source in candidates if source.mark.head_bytes]
        return _of_stream(opened, candidates) if candidates else Known(Standing.NEW, None)
    for source in candidates:
        standing = _standing(opened.path, source.mark)
        if standing is not Standing.NEW:
            return Known(standing, source)
    return Known(Standing.NEW, None)


def _of_database(
    connection: sqlite3.Connection, opened: Opened, collector_id: str, label: str, lasting: bytes
) -> Known:
    """A database is known by what lasts in it. Where its first page is as it was, nothing was written since; otherwise
    it is read again whole, in place of what it gave before."""
    for source in find_source(connection, collector_id, label, [_sha256(lasting)]):
        is_same = source.mark.read_bytes > 0 and source.mark.tail_sha256 == _sha256(opened.head[:TAIL_BYTES])
        return Known(Standing.KNOWN if is_same else Standing.GROWN, source)
    return Known(Standing.NEW, None)


def _lasting(opened: Opened, collector_id: str) -> bytes:
    collector = BY_ID.get(collector_id)
    return collector.lasting(opened) if collector is not None and collector.lasting is not None else b""


def _of_stream(opened: Opened, candidates: list[Source]) -> Known:
    """Standard input and pipes cannot be read twice: known is one that is, to its end, what was counted, or a part."""
    for _ in opened.chunks():
        pass
    for source in candidates:
        mark = source.mark
        same = _sha256(opened.tail[len(opened.tail) - mark.tail_bytes :]) == mark.tail_sha256
        if opened.delivered_bytes < mark.read_bytes or (opened.delivered_bytes == mark.read_bytes and same):
            return Known(Standing.KNOWN, source)
    return Known(Standing.SPENT, candidates[0])


def _standing(path: Path, mark: Mark) -> Standing:
    before, more = _around(path, mark)
    if before is None:  # shorter than what was read: a part of the same source, or its copy cut short
        return Standing.KNOWN
    if mark.tail_bytes and _sha256(before) != mark.tail_sha256:
        return Standing.NEW
    return Standing.GROWN if more else Standing.KNOWN


def _around(path: Path, mark: Mark) -> tuple[bytes | None, bool]:
    """The bytes just before the mark (None where the file ends sooner), and whether there are any after it."""
    wanted = mark.tail_bytes + 1
    got = b""
    with open_source(path) as again:
        for piece in again.chunks(mark.read_bytes - mark.tail_bytes):
            got += piece[: wanted - len(got)]
            if len(got) >= wanted:
                break
    if len(got) < mark.tail_bytes:
        return None, False
    return got[: mark.tail_bytes], len(got) > mark.tail_bytes


def mark_of(opened: Opened, passage: Passage, collector_id: str = "") -> Mark:
    """Where a finished reading stopped."""
    if lasting := _lasting(opened, collector_id):
        page = _sha256(opened.head[:TAIL_BYTES])
        return Mark(
            len(lasting), _sha256(lasting), passage.delivered_bytes, 0, page, passage.next_position, open_line=False
        )
    header, content = _parted(opened.head)
    tail = passage.tail[: len(passage.tail) - passage.unfinished_bytes] if passage.unfinished_bytes else passage.tail
    return Mark(
        head_bytes=len(content),
        head_sha256=_sha256(content or header),
        read_bytes=passage.read_bytes,
        tail_bytes=len(tail[-TAIL_BYTES:]),
        tail_sha256=_sha256(tail[-TAIL_BYTES:]),
        next_position=passage.next_position,
        open_line=passage.open_line,
    )


def _parted(head: bytes) -> tuple[bytes, bytes]:
    """An input's beginning: header lines, which many files share, and what follows. Without that the header must do."""
    start = 0
    while head.startswith(b"#", start):
        start = head.find(b"\n", start) + 1 or len(head)
    return head[:start], head[start:]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
