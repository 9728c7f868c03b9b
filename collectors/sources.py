"""Open what the user names: files, folders, globs, standard input; packed or not, in archives too; whatever is inside.

All reading is bounded: a line by `LONGEST_LINE_BYTES`, unpacking by `unpacking.HIGHEST_RATIO`."""

from __future__ import annotations

import codecs
import errno
import os
import sys
from collections.abc import Iterable, Iterator
from glob import glob, has_magic
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from shadowledger.collectors.archives import LOOK_BYTES, Listing, kind_of, list_archive, open_member
from shadowledger.collectors.members import Member
from shadowledger.collectors.proof import Proof
from shadowledger.collectors.unpacking import Raw, Stream, Unpacked, UnpackError, layer_of

if TYPE_CHECKING:
    _Path = Path
else:
    _Path = type(Path())  # Path itself can be a base from Python 3.12 on

HEAD_BYTES = 64 * 1024
BLOCK_BYTES = 1 << 18
TAIL_BYTES = 4096
LONGEST_LINE_BYTES = 1 << 20
STDIN = Path("-")

_UTF16 = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_STREAMED = "a {} archive in a stream; save it as a file and scan that"
_DATABASE = b"SQLite format 3\0"
"""What is written anew as it grows; who reads it watches over it."""
_REWRITTEN = "it was cut or written anew while it was read; nothing of it was counted, scan it again"
_NESTED = "a {} archive inside another one or inside a packed file; unpack that and scan what it holds"


class InputNotFoundError(Exception):
    """A named input does not exist, or holds no file."""


class UnreadableError(OSError):
    """An archive, or a file in it, that cannot be read at all, and why; or a file that did not stay what it was."""


class MemberPath(_Path):
    """A file inside an archive as a path: `logs.zip/access.log`. Where the archive has it, it is a file as old as
    that."""

    def is_file(self) -> bool:
        return _is_member(self)

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        archive = archive_of(self) if _is_member(self) else None
        if archive is None:
            raise _missing(self)
        return archive.stat(follow_symlinks=follow_symlinks)


def archive_of(path: Path) -> Path | None:
    """The file that a path leads into, which may be an archive; None where it leads into none."""
    return next((parent for parent in Path(path).parents if parent.is_file()), None)


def located(path: Path) -> Path:
    """A path as it is, or, where it leads into a file, as a MemberPath."""
    return MemberPath(path) if archive_of(path) is not None else path


def find(inputs: Iterable[str]) -> list[Path]:
    """The files that the user's words name, in a fixed order, each once; an archive of several as the files in it.

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
            for file in files:
                found.update(dict.fromkeys(_within(file)))
        elif path.exists():
            found.update(dict.fromkeys(_within(path)))
        elif has_magic(word) and (names := sorted(glob(word, recursive=True))):  # noqa: PTH207 - the pattern is the user's own, absolute or not
            for name in names:
                found.update(dict.fromkeys(_within(Path(name)) if Path(name).is_file() else ()))
        elif _is_member(path):
            found[located(path)] = None
        else:
            raise InputNotFoundError(f"{word} does not exist; check the path (nothing was scanned).")
    return list(found)


def _is_plain(file: Path, top: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(top).parts)
    return not hidden and file.is_file()


def _within(path: Path) -> list[Path]:
    """An archive of several files as these, in its order; anything else as itself."""
    try:
        listing = list_archive(path) if path.is_file() else None
    except OSError:  # which is told when it is to be read
        return [path]
    if listing is None or len(listing.members) < 2:
        return [path]
    return [MemberPath(f"{path}/{name}") for name in listing.members]


def _is_member(path: Path) -> bool:
    archive = archive_of(path)
    try:
        listing = list_archive(archive) if archive else None
    except OSError:
        return False
    return archive is not None and listing is not None and _name_in(archive, path) in listing.members


def _missing(path: Path) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, "there is no such file in the archive", str(path))


def _name_in(archive: Path, path: Path) -> str:
    return "/".join(path.parts[len(archive.parts) :])


class Opened:
    """One input, unpacked, with its first bytes looked at and still to be read."""

    def __init__(
        self,
        name: str,
        raw: BinaryIO | Stream,
        path: Path | None = None,
        *,
        written_us: int = 0,
        archive_note: str = _STREAMED,
    ) -> None:
        """`archive_note` is the UnreadableError to raise where this is an archive; without one it is read as it is."""
        self.name = name
        self.path = path
        self.damage = ""
        """Why reading ended before the end of the input; empty while nothing is wrong."""
        self.delivered_bytes = 0
        self.tail = b""
        """The last TAIL_BYTES of what `chunks` delivered."""
        self.proof: Proof | None = None
        """What `chunks` shows all that it reads."""
        self._written_us = written_us
        self._archive_note = archive_note
        self._decode: codecs.IncrementalDecoder | None = None
        self._raw = raw if isinstance(raw, Stream) else Raw(raw)
        self._stream = self._raw
        self._plain: Raw | None = None
        """What may be read from any byte on."""
        self._begins = b""
        """The first bytes of the file itself."""
        self.head = self._read_head()

    @property
    def modified_us(self) -> int:
        """When the file was last written, in microseconds since 1970 UTC: as its archive tells, where that can be; 0
        for a stream."""
        modified_us = self.path.stat().st_mtime_ns // 1000 if self.path else 0
        return min(self._written_us or modified_us, modified_us)

    @property
    def size_bytes(self) -> int:
        """What it will give in all; 0 where that is known only at the end: of streams, and of what is packed."""
        return self.path.stat().st_size if self.path is not None and self._plain is not None else 0

    def _read_head(self) -> bytes:
        first = self._first()
        marked = first.startswith((codecs.BOM_UTF8, *(mark for mark, _ in _UTF16)))
        if isinstance(self._stream, Raw) and self._stream.seekable() and not marked:
            self._plain = self._stream
        for mark, encoding in _UTF16:
            if first.startswith(mark):
                self._decode = codecs.getincrementaldecoder(encoding)("replace")
                return self._decode.decode(first[len(mark) :]).encode()
        return first.removeprefix(codecs.BOM_UTF8)

    def _first(self) -> bytes:
        """The first HEAD_BYTES of what is inside, after finding out how it is packed."""
        looked = self._look()
        layer = layer_of(looked)
        if layer:
            self._stream = Unpacked(layer, self._raw)
        first = self._take(HEAD_BYTES)
        self._begins = looked if layer else first
        kind = kind_of(first[:LOOK_BYTES])
        note = _NESTED if layer else self._archive_note
        if kind and note:
            raise UnreadableError(note.format(kind))
        return first

    def _look(self) -> bytes:
        try:
            return self._raw.peek(LOOK_BYTES)
        except (UnpackError, OSError):  # which reading is about to meet, and to tell
            return b""

    def _take(self, size: int) -> bytes:
        """Read up to `size` bytes, fewer only at the end or where the input is damaged."""
        parts = []
        while size > 0 and not self.damage:
            try:
                part = self._stream.read(min(size, BLOCK_BYTES))
            except UnpackError as error:
                self.damage = str(error)
                break
            except OSError as error:
                self.damage = f"reading failed: {error.strerror or error}"
                break
            if not part:
                break
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    @property
    def is_plain(self) -> bool:
        """Whether reading may begin at any byte: the file lies there as it is, and as the text that it is read as."""
        return self._plain is not None

    def chunks(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """All bytes from `start` to `stop`, in pieces that end at multiples of BLOCK_BYTES of what is not decoded. To
        be asked once. A proof is shown all from where it begins, and to the end of the block that `stop` lies in.
        Raises UnreadableError at its end where the file was cut or written anew meanwhile: what it gave since may be
        anything."""
        begin = start if self.proof is None else min(start, self.proof.start)
        before = start - begin
        for piece in self._pieces(begin):
            if self.proof is not None:
                self.proof.add(piece)
            wanted = piece[before:] if before else piece
            before -= len(piece) - len(wanted)
            if stop is not None:
                wanted = wanted[: stop - start - self.delivered_bytes]
            if wanted:
                self.delivered_bytes += len(wanted)
                self.tail = tail_of(self.tail, wanted)
                yield wanted
            if stop is not None and start + self.delivered_bytes >= stop and not (self.proof and self.proof.is_open):
                break
        else:
            if self.proof is not None:
                self.proof.end()
        if self._is_rewritten():
            raise UnreadableError(_REWRITTEN)

    def _is_rewritten(self) -> bool:
        is_log = not self.head.startswith(_DATABASE)
        return is_log and isinstance(self._raw, Raw) and self._raw.is_rewritten(self._begins)

    def _pieces(self, start: int) -> Iterator[bytes]:
        if start > len(self.head) and self._plain is not None:
            self._plain.seek(start)
            return self._from(start)
        head = (self.head[at : at + BLOCK_BYTES] for at in range(0, len(self.head), BLOCK_BYTES))
        return _without(start, chain(head, self._from(len(self.head))))

    def _from(self, at: int) -> Iterator[bytes]:
        """What follows byte `at`, where the stream stands."""
        while chunk := self._take(BLOCK_BYTES - at % BLOCK_BYTES):
            at += len(chunk)
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

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def tail_of(before: bytes, piece: bytes) -> bytes:
    """The last TAIL_BYTES of a piece and of what came before it."""
    return piece[-TAIL_BYTES:] if len(piece) >= TAIL_BYTES else (before + piece)[-TAIL_BYTES:]


def _without(count: int, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces without their first `count` bytes."""
    for piece in pieces:
        if count < len(piece):
            yield piece[count:]
        count = max(0, count - len(piece))


def open_source(path: Path) -> Opened:
    """Open a file, one inside an archive, or standard input for `-`. Raises OSError where the system refuses, and
    where an archive does."""
    if path == STDIN:
        return Opened("-", sys.stdin.buffer)
    is_file = path.is_file()
    archive = archive_of(path) or (path if is_file else None)
    listing = list_archive(archive) if archive else None
    if archive is not None and listing is not None:
        member = _member(listing, archive, path)
        stream, written_us, note = _stream_of(listing, member), member.written_us, _NESTED
    else:
        stream, written_us, note = Raw(path.open("rb")), 0, "" if is_file else _STREAMED
    try:
        return Opened(str(path), stream, located(path), written_us=written_us, archive_note=note)
    except BaseException:
        stream.close()
        raise


def _member(listing: Listing, archive: Path, path: Path) -> Member:
    """The file of an archive that the path names, or the only one there is."""
    count, name = len(listing.members), _name_in(archive, path)
    if not name and count == 1:
        name = next(iter(listing.members))
    elif not name:
        one = next(iter(listing.members), "")
        many = f"an archive of {count} files; name those that are to be read, as in {path}/{one}"
        raise UnreadableError(listing.damage or (many if count else "an archive without any file"))
    if name not in listing.members:
        raise _missing(path)
    return listing.members[name]


def _stream_of(listing: Listing, member: Member) -> Stream:
    try:
        return open_member(listing, member)
    except UnpackError as error:
        raise UnreadableError(str(error)) from None
