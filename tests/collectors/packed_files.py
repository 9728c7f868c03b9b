"""Packed files and archives as tests hand them to be read."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable

import zstandard

SHORT = "".join(f"line {number * 7919 % 997} of a short log\n" for number in range(40)).encode()
LONG = "".join(f"{number * 7919 % 99991} {number * 104729 % 1299709} of a log\n" for number in range(60_000)).encode()
"""Long enough for several blocks of each format."""


def tar(*files: tuple[str, bytes], form: int = tarfile.PAX_FORMAT, mtime: float = 0) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), mtime
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zipped(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def zst(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


def gz(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


PACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": gz,
    "zst": zst,
    "bz2": lambda data: bz2.compress(data, 1),
    "xz": lambda data: lzma.compress(data, preset=0),
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE, preset=0),
    "zip": lambda data: zipped(("a.log", data)),
    "zip of bz2": lambda data: zipped(("a.log", data), method=zipfile.ZIP_BZIP2),
    "zip unpacked": lambda data: zipped(("a.log", data), method=zipfile.ZIP_STORED),
    "zip of gz": lambda data: zipped(("a.log.gz", gz(data)), method=zipfile.ZIP_STORED),
    "tar": lambda data: tar(("a.log", data)),
    "tar of xz": lambda data: tar(("a.log.xz", lzma.compress(data, preset=0))),
    "tgz": lambda data: gz(tar(("a.log", data))),
    "tar.zst": lambda data: zst(tar(("a.log", data))),
    "tar.bz2": lambda data: bz2.compress(tar(("a.log", data)), 1),
    "tar.xz": lambda data: lzma.compress(tar(("a.log", data)), preset=0),
}
"""One file, packed in every way that is read."""
