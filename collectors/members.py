"""The files inside an archive: what it says of each, under which name each is known, and its bytes."""

from __future__ import annotations

import zlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from shadowledger.collectors.unpacking import Stream, UnpackError

LONGEST_NAME_BYTES = 1024
MOST_MEMBERS = 10_000
"""Of one archive; the others are not read, and that is said."""


class Member(NamedTuple):
    """One entry of an archive."""

    name: str
    """As the archive has it; `named` makes it one that can be shown and asked for."""
    offset: int
    """Of its bytes in the unpacked tar, or of its header in the zip."""
    packed_bytes: int
    size_bytes: int
    layer: str = ""
    """How a zip packs it, as `unpacking` names that."""
    crc: int | None = None
    written_us: int = 0
    """Microseconds since 1970 UTC; 0 where unknown. A zip tells local time, which is taken for UTC."""
    refusal: str = ""
    """Why it is not read."""
    is_folder: bool = False


def named(members: Iterable[Member]) -> dict[str, Member]:
    """Members by their names, in the archive's order: never absolute, nothing above the archive, each name once.
    Hidden files are left out, and folders that hold a file, as when folders on a disk are read."""
    files: list[tuple[str, Member]] = []
    folders: list[tuple[str, Member]] = []
    for member in members:
        name = _cleaned(member.name)
        if member.is_folder and name:
            folders.append((name, member))
        elif not member.is_folder and not name.startswith(".") and "/." not in name:
            files.append((name or "unnamed", member))
    known = sorted(name for name, _ in files)
    empty = [(name, member) for name, member in folders if not _holds(known, f"{name}/")]
    found: dict[str, Member] = {}
    times: Counter[str] = Counter()
    for name, member in (*files, *empty):
        unique = name
        while unique in found:
            times[name] += 1
            unique = f"{name} ({times[name] + 1})"
        found[unique] = member
    return found


def _holds(names: list[str], beginning: str) -> bool:
    """Whether any of the sorted names begins so."""
    at = bisect_left(names, beginning)
    return at < len(names) and names[at].startswith(beginning)


def _cleaned(name: str) -> str:
    """`/../a/./b\\c` as `a/b/c`."""
    text = name.replace("\\", "/").replace("\0", "").encode(errors="backslashreplace")[:LONGEST_NAME_BYTES]
    parts = text.decode(errors="ignore").split("/")
    return "/".join(part for part in parts if part not in ("", ".", ".."))


class Part(Stream):
    """So many bytes of a stream, as one file. `then` says at its end why nothing that lies behind it can be read."""

    def __init__(self, stream: Stream, size: int, kind: str, *, crc: int | None = None, then: str = "") -> None:
        super().__init__()
        self._stream = stream
        self._left_bytes = size
        self._kind = kind
        self._wanted_crc = crc
        self._crc = 0
        self._then = then

    @property
    def packed_bytes(self) -> int:
        return self._stream.packed_bytes

    def close(self) -> None:
        self._stream.close()

    def _read(self, size: int) -> bytes:
        if self._left_bytes:
            data = self._stream.read(min(size, self._left_bytes))
            if not data:
                raise UnpackError(f"the {self._kind} file is cut off; what came before the cut was read")
            self._left_bytes -= len(data)
            if self._wanted_crc is not None:
                self._crc = zlib.crc32(data, self._crc)
            return data
        if self._wanted_crc is not None and self._crc != self._wanted_crc:
            raise UnpackError(f"the {self._kind} file is damaged: what it holds is not what was packed")
        if self._then:
            raise UnpackError(self._then)
        return b""
