"""Open what the user names: files, folders, globs, standard input; packed or not; whatever is inside.

All reading is bounded: a line by `LONGEST_LINE_BYTES`, unpacking by `HIGHEST_RATIO`."""

from __future__ import annotations

import codecs
import gzip
import io
import sys
import zlib
from collections.abc import Iterable, Iterator
from glob import glob, has_magic
from pathlib import Path
from typing import BinaryIO, cast

HEAD_BYTES = 64 * 1024
BLOCK_BYTES = 1 << 18
TAIL_BYTES = 4096
LONGEST_LINE_BYTES = 1 << 20
HIGHEST_RATIO = 200
"""Unpacked to packed bytes; judged after the first 64 MiB, because short files pack better than any log."""
RATIO_GRACE_BYTES = 64 << 20
STDIN = Path("-")

_UTF16 = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


class InputNotFoundError(Exception):
    """A named input does not exist, or holds no file."""


def find(inputs: Iterable[str]) -> list[Path]:
    """The files that the user's words name, in a fixed order, each once.

    Raises InputNotFoundError with a sentence for the first word that names nothing."""
    found: dict[Path, None] = {}
    for word in inputs:
        path = Path(word)
        if word == "-":
            found[STDIN] = None
        elif path.is_dir():
            files = sorted(file for file in path.rglob("*") if _is_plain(file, path))
            if not files:
                raise InputNotFoundError(f"{word} is a folder without any file; name the log files themselves.")
            found.update(dict.fromkeys(files))
        elif path.exists():
            found[path] = None
        elif has_magic(word) and (names := sorted(glob(word, recursive=True))):  # noqa: PTH207 - the pattern is the user's own, absolute or not
            found.update(dict.fromkeys(Path(name) for name in names if Path(name).is_file()))
        else:
            raise InputNotFoundError(f"{word} does not exist; check the path (nothing was scanned).")
    return list(found)


def _is_plain(file: Path, top: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(top).parts)
    return not hidden and file.is_file()


class Opened:
    """One input, unpacked, with its first bytes looked at and still to be read."""

    def __init__(self, name: str, raw: BinaryIO, path: Path | None = None) -> None:
        self.name = name
        self.path = path
        self.damage = ""
        """Why reading ended before the end of the input; empty while nothing is wrong."""
        self.delivered_bytes = 0
        self.tail = b""
        """The last TAIL_BYTES of what `chunks` delivered."""
        self._raw = raw
        self._out_bytes = 0
        self._packed = False
        self._decode: codecs.IncrementalDecoder | None = None
        self._stream = self._unpack(raw)
        self.head = self._read_head()

    @property
    def modified_us(self) -> int:
        """When the file was last written, in microseconds since 1970 UTC; 0 for a stream."""
        return self.path.stat().st_mtime_ns // 1000 if self.path else 0

    def _unpack(self, raw: BinaryIO) -> BinaryIO:
        buffered = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, raw))
        if buffered.peek(2)[:2] == b"\x1f\x8b":
            self._packed = True
            return cast(BinaryIO, gzip.GzipFile(fileobj=buffered))
        return buffered

    def _read_head(self) -> bytes:
        first = self._take(HEAD_BYTES)
        self._plain = not self._packed and not first.startswith((codecs.BOM_UTF8, *(mark for mark, _ in _UTF16)))
        for mark, encoding in _UTF16:
            if first.startswith(mark):
                self._decode = codecs.getincrementaldecoder(encoding)("replace")
                return self._decode.decode(first[len(mark) :]).encode()
        return first.removeprefix(codecs.BOM_UTF8)

    def _take(self, size: int) -> bytes:
        """Read up to `size` bytes, fewer only at the end or where the input is damaged."""
        parts = []
        while size > 0 and not self.damage:
            try:
                part = self._stream.read(min(size, BLOCK_BYTES))
            except EOFError:
                self.damage = "the gz file is cut off; what came before the cut was read"
                break
            except (gzip.BadGzipFile, zlib.error):
                self.damage = "the gz file is damaged; what came before was read"
                break
            except OSError as error:
                self.damage = f"reading failed: {error.strerror or error}"
                break
            if not part:
                break
            parts.append(part)
            size -= len(part)
            self._out_bytes += len(part)
            self._check_ratio()
        return b"".join(parts)

    def _check_ratio(self) -> None:
        if not self._packed or self._out_bytes <= RATIO_GRACE_BYTES or not self._raw.seekable():
            return
        if self._out_bytes > HIGHEST_RATIO * max(self._raw.tell(), 1):
            self.damage = f"unpacks to more than {HIGHEST_RATIO} times its size; reading stopped there"

    def chunks(self, start: int = 0) -> Iterator[bytes]:
        """All bytes from `start`, in pieces of about BLOCK_BYTES. To be asked once."""
        if start > len(self.head) and self._plain and self._raw.seekable():
            self._raw.seek(start)
            pieces = self._rest()
        else:
            pieces = _without(start, self._rest(self.head))
        for piece in pieces:
            self.delivered_bytes += len(piece)
            self.tail = piece[-TAIL_BYTES:] if len(piece) >= TAIL_BYTES else (self.tail + piece)[-TAIL_BYTES:]
            yield piece

    def _rest(self, first: bytes = b"") -> Iterator[bytes]:
        if first:
            yield first
        while chunk := self._take(BLOCK_BYTES):
            yield self._decode.decode(chunk).encode() if self._decode else chunk

    def everything(self, most: int) -> bytes:
        """The whole input where it is no longer than `most` bytes; otherwise its beginning, with `damage` set."""
        parts, size = [], 0
        for chunk in self.chunks():
            parts.append(chunk)
            size += len(chunk)
            if size > most:
                self.damage = f"larger than {most >> 20} MiB, which is the most for a document in one piece"
                break
        return b"".join(parts)[:most]

    def close(self) -> None:
        self._stream.close()
        self._raw.close()

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _without(count: int, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces without their first `count` bytes."""
    for piece in pieces:
        if count < len(piece):
            yield piece[count:]
        count = max(0, count - len(piece))


def open_source(path: Path) -> Opened:
    """Open a file, or standard input for `-`. Raises OSError where the system refuses."""
    if path == STDIN:
        return Opened("-", sys.stdin.buffer)
    raw = path.open("rb")
    try:
        return Opened(str(path), raw, path)
    except BaseException:
        raw.close()
        raise
