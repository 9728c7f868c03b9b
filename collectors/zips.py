"""Zip archives: their list of files, which stands at the end, and each file's bytes.

Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT."""

from __future__ import annotations

import datetime as dt
import io
import stat
import struct
import zipfile
from pathlib import Path

from shadowledger.collectors.members import Member, Part
from shadowledger.collectors.unpacking import HIGHEST_RATIO, RATIO_GRACE_BYTES, Raw, Stream, Unpacked, UnpackError

_MOST_LIST_BYTES = 4 << 20
_LAYERS = {0: "", 8: "zip", 12: "bz2", 93: "zst"}
"""Section 4.4.5 of the format."""
_DOCUMENTS = ("[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF")
"""In Office files (ECMA-376), OpenDocument and EPUB (ISO 26300-2, section 3.3), and JAR files: formats of their own."""
_HEADER = struct.Struct("<4s22xHH")
_UNREADABLE = (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, EOFError, struct.error)
"""What zipfile raises where an archive is not as it should be."""


def is_zip(first: bytes) -> bool:
    """Whether an input of which these are the first bytes is a zip archive."""
    return first.startswith((b"PK\3\4", b"PK\5\6"))


class _Bounded(io.FileIO):
    """A file of which nobody reads too much at once: zipfile takes the whole list into memory."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _MOST_LIST_BYTES:
            raise zipfile.BadZipFile
        return super().read(size) or b""


def entries(path: Path) -> list[Member] | None:
    """The entries of a zip archive, in the order in which they lie there; None where it is a document in that format.
    Raises UnpackError where nothing of it can be read, and OSError."""
    try:
        with _Bounded(path) as file, zipfile.ZipFile(file) as archive:
            infos = sorted(archive.infolist(), key=lambda info: info.header_offset)
            end = archive.start_dir
    except _UNREADABLE:
        raise UnpackError("the zip file is cut off or damaged: its list of files, at its end, cannot be read") from None
    if any(info.filename in _DOCUMENTS for info in infos):
        return None
    ends = [*(info.header_offset for info in infos), end][1:]
    for info, behind in zip(infos, ends, strict=True):
        if not 0 <= info.header_offset <= behind - _HEADER.size - info.compress_size:
            raise UnpackError("the zip file is damaged, or made to harm: its files lie upon each other")
    if sum(info.file_size for info in infos) > max(RATIO_GRACE_BYTES, HIGHEST_RATIO * end):
        raise UnpackError(f"unpacks to more than {HIGHEST_RATIO} times its size; nothing of it was read")
    return [_member(info) for info in infos]


def _member(info: zipfile.ZipInfo) -> Member:
    refusal = ""
    if info.flag_bits & 1:
        refusal = "encrypted; unpack the archive with its password and scan what it holds"
    elif info.is_dir():
        refusal = "a folder without any file"
    elif stat.S_ISLNK(info.external_attr >> 16):
        refusal = "a link inside the archive, not a file"
    elif info.compress_type not in _LAYERS:
        refusal = f"packed in a way (method {info.compress_type}) that is not read; unpack the archive and scan that"
    return Member(
        name=info.filename,
        offset=info.header_offset,
        packed_bytes=info.compress_size,
        size_bytes=info.file_size,
        layer=_LAYERS.get(info.compress_type, ""),
        crc=info.CRC,
        written_us=_written_us(info.date_time),
        refusal=refusal,
        is_folder=info.is_dir(),
    )


def _written_us(told: tuple[int, int, int, int, int, int]) -> int:
    """1980-01-01 is what is written where nothing is known."""
    try:
        written = dt.datetime(*told, tzinfo=dt.UTC)
    except ValueError:
        return 0
    return int(written.timestamp()) * 1_000_000 if written.date() > dt.date(1980, 1, 1) else 0


def open_member(raw: Raw, member: Member, then: str) -> Part:
    """A member's bytes. Raises UnpackError and OSError."""
    raw.seek(member.offset)
    header = raw.exactly(_HEADER.size)
    if len(header) < _HEADER.size:
        raise UnpackError("the zip file is cut off")
    magic, name_bytes, extra_bytes = _HEADER.unpack(header)
    if magic != b"PK\3\4":
        raise UnpackError("the zip file is damaged: a file is not where its list says")
    raw.seek(member.offset + _HEADER.size + name_bytes + extra_bytes)
    packed: Stream = Part(raw, member.packed_bytes, "zip")
    if member.layer:
        packed = Unpacked(member.layer, packed)
    return Part(packed, member.size_bytes, "zip", crc=member.crc, then=then)
