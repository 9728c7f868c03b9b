"""Packed streams as the bytes that they hold: gz, zst, bz2, xz and lzma, recognised by their first bytes.

Memory is constant, whatever the input says of itself; what unpacks to more than HIGHEST_RATIO times its size is not
read on. Formats: RFC 1952 (gz), RFC 8878 (zst), https://sourceware.org/bzip2/manual/manual.html (bz2),
https://tukaani.org/xz/xz-file-format.txt (xz), https://github.com/jljusten/LZMA-SDK/blob/master/DOC/lzma-specification.txt
(lzma)."""

from __future__ import annotations

import bz2
import io
import lzma
import os
import re
import stat
import zlib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import zstandard

HIGHEST_RATIO = 200
"""Unpacked to packed bytes; judged after the first 64 MiB, because short files pack better than any log."""
RATIO_GRACE_BYTES = 64 << 20
MOST_MEMORY_BYTES = 128 << 20
"""Of a window or dictionary: what `zstd` itself takes unless told otherwise, and twice what `xz -9` asks for."""
_READ_BYTES = 1 << 14
_PIECE_BYTES = 1 << 15
"""Asked of a decompressor at once; where it fails, as much is lost of what came before."""
_ZST_STEP_BYTES = 256
"""A block of 128 KiB takes 4 bytes at the least (RFC 8878, 3.1.1.2), so that these never unpack to over 8 MiB."""

_MAGIC = (
    ("gz", re.compile(rb"\x1f\x8b")),
    ("zst", re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")),
    ("bz2", re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")),
    ("xz", re.compile(rb"\xfd7zXZ\0")),
    ("lzma", re.compile(rb"\x5d\0\0.{9}[\0\xff]", re.DOTALL)),
)
"""The last as file(1) has it: that format has no magic number of its own."""


class UnpackError(Exception):
    """Why a packed input cannot be read on, in a sentence without its end."""


def layer_of(first: bytes) -> str:
    """The compression that an input begins with: gz, zst, bz2, xz, lzma, or empty."""
    return next((layer for layer, magic in _MAGIC if magic.match(first)), "")


class Stream:
    """Bytes in order, of which the first may be looked at before they are read."""

    def __init__(self) -> None:
        self.failure: UnpackError | None = None
        self._ahead = b""

    @property
    def packed_bytes(self) -> int:
        """How many bytes of the file itself have been read for this."""
        raise NotImplementedError

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, fewer only before the end. They stay to be read. Raises as `read` does."""
        while len(self._ahead) < size and (more := self._checked(size - len(self._ahead))):
            self._ahead += more
        return self._ahead[:size]

    def read(self, size: int) -> bytes:
        """At most `size` bytes, none only at the end. Raises UnpackError, now and ever after, or OSError."""
        if self._ahead:
            taken, self._ahead = self._ahead[:size], self._ahead[size:]
            return taken
        return self._checked(size)

    def exactly(self, size: int) -> bytes:
        """`size` bytes, fewer only at the end. Raises as `read` does."""
        parts = []
        while size > 0 and (part := self.read(size)):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def unread(self, data: bytes) -> None:
        """Put back what was read last."""
        self._ahead = data + self._ahead

    def close(self) -> None:
        """Let go of the file below."""
        raise NotImplementedError

    def _checked(self, size: int) -> bytes:
        if self.failure is not None:
            raise self.failure
        try:
            return self._read(size)
        except UnpackError as error:
            self.failure = error
            raise

    def _read(self, size: int) -> bytes:
        raise NotImplementedError


class Raw(Stream):
    """A file as it lies there, or a pipe. One that has a path may be closed and read on: it is opened again then."""

    def __init__(self, file: BinaryIO, path: Path | None = None) -> None:
        super().__init__()
        self._file = file
        self._path = path
        self._left_at: int | None = None
        self._read_bytes = 0
        self._size_bytes = self._on_disk()
        self._starts_at = file.tell() if self._size_bytes else 0

    @property
    def packed_bytes(self) -> int:
        return self._read_bytes

    def _read(self, size: int) -> bytes:
        if self._left_at is not None and self._path is not None:
            self._file, at = self._path.open("rb"), self._left_at
            self._left_at = None
            self._file.seek(at)
        once = self._file.read1 if isinstance(self._file, io.BufferedReader) else self._file.read
        data = once(size)  # never waits twice: an interruption between the two would be lost
        self._read_bytes += len(data)
        return data

    def seekable(self) -> bool:
        """Whether any byte may be read next."""
        return self._file.seekable()

    def seek(self, offset: int) -> None:
        """Go to a byte, or to the end where there are fewer."""
        self._ahead = b""
        self._file.seek(min(offset, self._file.seek(0, io.SEEK_END)))

    def is_rewritten(self, begins: bytes) -> bool:
        """Whether a file on a disk is shorter than it was when it was opened or read, or does not begin with these
        bytes any more; a file that only grew is not. To be asked when nothing more is read."""
        if not self._size_bytes:
            return False
        if self._on_disk() < max(self._size_bytes, self._file.tell()):
            return True
        self._file.seek(self._starts_at)
        return self._file.read(len(begins)) != begins

    def _on_disk(self) -> int:
        """The size of a file on a disk; 0 of anything else."""
        try:
            found = os.fstat(self._file.fileno())
        except (AttributeError, OSError, ValueError):  # it is none of the system's
            return 0
        return found.st_size if stat.S_ISREG(found.st_mode) else 0

    def close(self) -> None:
        if self._path is not None and not self._file.closed:
            self._left_at = self._file.tell()
        self._file.close()


class Frame(Protocol):
    """One compressed stream out of several that a file may hold, as decompressors of the standard library have it."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, size: int, /) -> bytes: ...


try:
    _inflate: Any = import_module("isal.isal_zlib")
except ImportError:  # no wheel for this platform
    _inflate = zlib


class _Deflated:
    """ISA-L's or zlib's, in the shape of a Frame; the first is twice as fast: https://github.com/pycompression/python-isal"""

    def __init__(self, window_bits: int) -> None:
        self._frame = _inflate.decompressobj(window_bits)

    @property
    def eof(self) -> bool:
        return bool(self._frame.eof)

    @property
    def needs_input(self) -> bool:
        return not self._frame.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return bytes(self._frame.unused_data)

    def decompress(self, data: bytes, size: int, /) -> bytes:
        return bytes(self._frame.decompress(self._frame.unconsumed_tail + data, size))


class _Zstandard:
    """zstandard's, in the shape of a Frame: it has no limit for what it gives, so it is fed in small steps."""

    def __init__(self) -> None:
        self._frame = zstandard.ZstdDecompressor(max_window_size=MOST_MEMORY_BYTES).decompressobj()
        self._waiting = self._unpacked = memoryview(b"")

    @property
    def eof(self) -> bool:
        return self._frame.eof and not self._unpacked

    @property
    def needs_input(self) -> bool:
        return not self._unpacked and not self._waiting

    @property
    def unused_data(self) -> bytes:
        return self._frame.unused_data + bytes(self._waiting)

    def decompress(self, data: bytes, size: int, /) -> bytes:
        if data:
            self._waiting = memoryview(bytes(self._waiting) + data)
        while self._waiting and not self._unpacked and not self._frame.eof:
            step, self._waiting = self._waiting[:_ZST_STEP_BYTES], self._waiting[_ZST_STEP_BYTES:]
            self._unpacked = memoryview(self._frame.decompress(step))
        taken, self._unpacked = self._unpacked[:size], self._unpacked[size:]
        return bytes(taken)


_FRAMES: dict[str, Callable[[], Frame]] = {
    "gz": lambda: _Deflated(31),
    "zip": lambda: _Deflated(-15),
    "zst": _Zstandard,
    "bz2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, MOST_MEMORY_BYTES),
    "lzma": lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, MOST_MEMORY_BYTES),
}


class Unpacked(Stream):
    """What a packed stream holds: one frame after the other, zeros between them passed over."""

    def __init__(self, layer: str, packed: Stream) -> None:
        super().__init__()
        self._layer = layer
        self._packed = packed
        self._before_bytes = packed.packed_bytes
        self._unpacked_bytes = 0
        self._frame = _FRAMES[layer]()

    @property
    def packed_bytes(self) -> int:
        return self._packed.packed_bytes

    def close(self) -> None:
        self._packed.close()

    def _read(self, size: int) -> bytes:
        while not self._frame.eof or self._next_frame():
            hungry = self._frame.needs_input
            data = self._packed.read(_READ_BYTES) if hungry else b""
            piece = self._unpack(data, min(size, _PIECE_BYTES))
            if piece:
                self._weigh(len(piece))
                return piece
            if hungry and not data:
                raise UnpackError(f"the {self._layer} file is cut off; what came before the cut was read")
        return b""

    def _next_frame(self) -> bool:
        """Begin the frame behind the one that ended. False where none follows."""
        data = self._frame.unused_data.lstrip(b"\0")
        while not data:
            data = self._packed.read(_READ_BYTES)
            if not data:
                return False
            data = data.lstrip(b"\0")
        self._packed.unread(data)
        self._frame = _FRAMES[self._layer]()
        return True

    def _unpack(self, data: bytes, size: int) -> bytes:
        try:
            return self._frame.decompress(data, size)
        except (OSError, zlib.error, _inflate.error, lzma.LZMAError, zstandard.ZstdError) as error:
            if "memory" in str(error).lower():  # neither library says so in another way
                most = f"{MOST_MEMORY_BYTES >> 20} MiB"
                raise UnpackError(f"the {self._layer} file asks for more than {most} of memory to unpack it") from None
            raise UnpackError(f"the {self._layer} file is damaged; what came before was read") from None

    def _weigh(self, size: int) -> None:
        self._unpacked_bytes += size
        packed_bytes = self._packed.packed_bytes - self._before_bytes
        if self._unpacked_bytes > max(RATIO_GRACE_BYTES, HIGHEST_RATIO * packed_bytes):
            raise UnpackError(f"unpacks to more than {HIGHEST_RATIO} times its size; reading stopped there")
