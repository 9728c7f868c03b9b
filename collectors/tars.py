"""Tar archives, read forward: POSIX (ustar and pax), GNU and the old kind without a mark.

Written here and not left to the standard library, which reads names of any length into memory and cannot be told to
stop. Formats: https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html and
https://www.gnu.org/software/tar/manual/html_node/Standard.html."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from shadowledger.collectors.members import Member
from shadowledger.collectors.unpacking import Raw, Stream, Unpacked, UnpackError

HEADER_BYTES = 512
_LONGEST_NOTE_BYTES = 1 << 20
"""Of a header that says more about the next entry, its long name for one."""
_SKIP_BYTES = 1 << 18
_CUT = "the tar file is cut off; what came before the cut was read"
_DAMAGED = "the tar file is damaged; what came before was read"
_WITHOUT_DATA = {
    b"1": "a link inside the archive, not a file",
    b"2": "a link inside the archive, not a file",
    b"3": "a device inside the archive, not a file",
    b"4": "a device inside the archive, not a file",
    b"5": "a folder without any file",
    b"6": "a pipe inside the archive, not a file",
}
_SPARSE = "a sparse file; unpack the archive and scan it there"
_LAST_SECOND = 253_402_300_799  # the year 9999


class Walk(Stream):
    """A tar, packed or not, from its beginning on. It may be closed and then read on."""

    def __init__(self, path: Path, layer: str) -> None:
        super().__init__()
        self._raw = Raw(path.open("rb"), path.absolute())
        self._stream = Unpacked(layer, self._raw) if layer else self._raw
        self.at = 0
        """Unpacked bytes that were read or passed over."""

    @property
    def packed_bytes(self) -> int:
        return self._raw.packed_bytes

    def close(self) -> None:
        self._raw.close()

    def _read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self.at += len(data)
        return data

    def skip_to(self, offset: int) -> None:
        """Go forward to a byte. Raises UnpackError where the tar ends before, and as `read` does."""
        if self._stream is self._raw and offset > self.at:
            self._raw.seek(offset - 1)
            self.at = offset - 1
        while self.at < offset and self.read(min(offset - self.at, _SKIP_BYTES)):
            pass
        if self.at < offset:
            raise UnpackError(_CUT)


def is_tar(first: bytes) -> bool:
    """Whether an input of which these are the first bytes is a tar."""
    header = first[:HEADER_BYTES]
    return len(header) == HEADER_BYTES and b"\0" in header and (header[257:262] == b"ustar" or _is_sound(header))


def entries(walk: Walk) -> Iterator[Member]:
    """The entries of a tar, in order. Raises UnpackError where it is cut off or damaged, and OSError."""
    notes: dict[bytes, bytes] = {}
    while header := walk.exactly(HEADER_BYTES):
        if len(header) < HEADER_BYTES:
            raise UnpackError(_CUT)
        if not header.strip(b"\0"):
            return
        if not _is_sound(header):
            raise UnpackError(_DAMAGED)
        kind = header[156:157]
        if kind in b"xXgLKV":
            notes |= _notes(kind, _long_note(walk, _number(header[124:136])))
            continue
        if kind == b"S" and header[482]:
            while _block(walk)[504]:
                pass
        member = _member(header, kind, notes, walk.at)
        yield member
        walk.skip_to(member.offset + _padded(member.packed_bytes))
        notes = {}
    raise UnpackError("the tar file has no end mark; it may be cut off")


def _member(header: bytes, kind: bytes, notes: dict[bytes, bytes], offset: int) -> Member:
    name = header[:100].partition(b"\0")[0]
    if header[257:263] == b"ustar\0" and header[345]:
        name = header[345:500].partition(b"\0")[0] + b"/" + name
    name = notes.get(b"path", name)
    refusal = _WITHOUT_DATA.get(kind, "")
    if kind == b"S" or b"sparse" in notes:
        refusal = refusal or _SPARSE
    elif not refusal and kind not in b"0\x007":
        refusal = f"of a kind ({kind.decode('latin-1')}) that tar files of logs have no use for"
    size = 0 if kind in _WITHOUT_DATA else _digits(notes[b"size"]) if b"size" in notes else _number(header[124:136])
    return Member(
        name=name.decode("utf-8", "backslashreplace"),
        offset=offset,
        packed_bytes=size,
        size_bytes=size,
        written_us=_written_us(header, notes),
        refusal=refusal,
        is_folder=kind == b"5" or (kind in b"0\0" and name.endswith(b"/")),
    )


def _written_us(header: bytes, notes: dict[bytes, bytes]) -> int:
    try:
        told = _digits(notes[b"mtime"].partition(b".")[0]) if b"mtime" in notes else _number(header[136:148])
    except UnpackError:  # before 1970, or nonsense; no reason to leave the file out
        return 0
    return min(told, _LAST_SECOND) * 1_000_000


def _notes(kind: bytes, data: bytes) -> dict[bytes, bytes]:
    """What a header says of the next entry: GNU's long name, or pax's `length key=value` lines."""
    if kind == b"L":
        return {b"path": data.rstrip(b"\0")}
    found = {}
    at = 0
    while kind in b"xX" and at < len(data) and data[at]:
        space = data.find(b" ", at, at + 9)
        end = at + _digits(data[at : max(at, space)])
        key, equals, value = data[space + 1 : end - 1].partition(b"=")
        if not space < end <= len(data) or not equals:
            raise UnpackError(_DAMAGED)
        if key in (b"path", b"size", b"mtime"):
            found[key] = value
        elif key.startswith(b"GNU.sparse."):
            found[b"sparse"] = b""
        at = end
    return found


def _long_note(walk: Walk, size: int) -> bytes:
    if size > _LONGEST_NOTE_BYTES:
        raise UnpackError(_DAMAGED)
    data = walk.exactly(_padded(size))
    if len(data) < _padded(size):
        raise UnpackError(_CUT)
    return data[:size]


def _block(walk: Walk) -> bytes:
    block = walk.exactly(HEADER_BYTES)
    if len(block) < HEADER_BYTES:
        raise UnpackError(_CUT)
    return block


def _is_sound(header: bytes) -> bool:
    """Whether the header's sum is the one that it tells; old writers took bytes for signed."""
    try:
        told = _number(header[148:156])
    except UnpackError:
        return False
    unsigned = sum(header) - sum(header[148:156]) + 8 * 32
    high = sum(byte >= 128 for byte in header) - sum(byte >= 128 for byte in header[148:156])
    return header[0] != 0 and told in (unsigned, unsigned - 256 * high)


def _number(field: bytes) -> int:
    """Octal digits, or, where the first bit is set, 95 bits in binary (GNU, star)."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    text = field.partition(b"\0")[0].strip()
    if text.strip(b"01234567"):
        raise UnpackError(_DAMAGED)
    return int(text or b"0", 8)


def _digits(text: bytes) -> int:
    if not text.isdigit() or len(text) > 19:
        raise UnpackError(_DAMAGED)
    return int(text)


def _padded(size: int) -> int:
    return -(-size // HEADER_BYTES) * HEADER_BYTES
