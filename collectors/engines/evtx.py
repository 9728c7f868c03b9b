"""The events of an EVTX file, as XML, in the order of their record numbers.

Chunks of 64 KiB stand behind a header of 4 KiB, and a full log begins again in its oldest chunk; so chunks are read in
the order of their first record. Layout: https://github.com/libyal/libevtx/blob/main/documentation/Windows%20XML%20Event%20Log%20(EVTX).asciidoc.
What a chunk holds is told by the package `evtx`, an extra; it may run on and on in a damaged one, so a chunk whose
checksums are wrong is not given to it."""

from __future__ import annotations

import importlib
import struct
from collections.abc import Iterator
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO, Any
from zlib import crc32

from shadowledger.collectors.engines.engine import UnreadableError
from shadowledger.collectors.reading import Reading

MAGIC = b"ElfFile\0"
INSTALL = "an EVTX file: install shadowledger[evtx], or export it as XML (wevtutil qe FILE /lf /f:xml)"
_CHUNK_MAGIC = b"ElfChnk\0"
_HEADER_BYTES, _CHUNK_BYTES, _CHUNK_HEADER_BYTES = 4096, 65_536, 512
_MOST_BYTES = 4 << 30


def events(reading: Reading) -> Iterator[str | UnreadableError]:
    """One XML document an event, or why there is none: of a chunk, or of the rest of one."""
    try:
        parser = importlib.import_module("evtx").PyEvtxParser
    except ImportError:
        yield UnreadableError(INSTALL)
        return
    with TemporaryFile(prefix="shadowledger-") as copy:
        size = 0
        for piece in reading.opened.chunks():
            size += len(piece)
            if size > _MOST_BYTES:
                reading.opened.damage = f"larger than {_MOST_BYTES >> 30} GiB; the rest was not read"
                break
            copy.write(piece)
        copy.seek(0)
        header = copy.read(_HEADER_BYTES)
        for _, at in sorted(_chunks(copy)):
            copy.seek(at)
            yield from _events(parser, header, copy.read(_CHUNK_BYTES))


def _chunks(copy: IO[bytes]) -> Iterator[tuple[int, int]]:
    """First record number and place of every chunk that was ever written to."""
    at = _HEADER_BYTES
    while len(found := _read(copy, at, 32)) == 32:
        if any(found):
            yield int.from_bytes(found[24:32], "little"), at
        at += _CHUNK_BYTES


def _read(copy: IO[bytes], at: int, size: int) -> bytes:
    copy.seek(at)
    return copy.read(size)


def _events(parser: Any, header: bytes, chunk: bytes) -> Iterator[str | UnreadableError]:  # noqa: ANN401 - no types there
    if not _is_whole(chunk):
        yield UnreadableError("a damaged chunk of an EVTX file; export the log again (wevtutil epl)")
        return
    found = parser(BytesIO(header + chunk), 1).records()
    while True:
        try:
            event = next(found)
        except StopIteration:
            return
        except RuntimeError:
            yield UnreadableError("an event that cannot be read, and with it the rest of its chunk")
            return
        yield event["data"]


def _is_whole(chunk: bytes) -> bool:
    """Whether a chunk has its size, its magic and its two checksums: of its events, and of its header."""
    if len(chunk) != _CHUNK_BYTES or not chunk.startswith(_CHUNK_MAGIC):
        return False
    end, of_events = struct.unpack_from("<II", chunk, 48)
    (of_header,) = struct.unpack_from("<I", chunk, 124)
    return bool(
        _CHUNK_HEADER_BYTES <= end <= _CHUNK_BYTES
        and crc32(chunk[_CHUNK_HEADER_BYTES:end]) == of_events
        and crc32(chunk[128:_CHUNK_HEADER_BYTES], crc32(chunk[:120])) == of_header
    )
