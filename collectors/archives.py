"""Zip and tar archives: which files they hold, and each of these as a stream. Nothing is ever written to disk.

A tar may be packed; then its files are read in passing: in their order, it is unpacked once for all of them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from shadowledger.collectors import tars, zips
from shadowledger.collectors.members import MOST_MEMBERS, Member, Part, named
from shadowledger.collectors.unpacking import Raw, Unpacked, UnpackError, layer_of

LOOK_BYTES = tars.HEADER_BYTES
_SKIP_BYTES = 1 << 18


class Archive(NamedTuple):
    """An archive in one state of its file."""

    path: Path
    kind: str
    """zip or tar."""
    layer: str
    """The compression around a tar; empty where there is none."""
    state: tuple[int, ...]
    """Device, inode, size and times of its file."""


class Listing(NamedTuple):
    """What an archive holds."""

    archive: Archive
    members: dict[str, Member]
    damage: str
    """Why there may be more that cannot be read."""


def kind_of(first: bytes) -> str:
    """The archive that an unpacked input begins as: zip, tar, or empty."""
    return "zip" if zips.is_zip(first) else "tar" if tars.is_tar(first) else ""


def list_archive(path: Path) -> Listing | None:
    """What a file holds that is an archive; None where it is none. Raises OSError."""
    with path.open("rb") as file:
        raw = Raw(file)
        first = raw.peek(LOOK_BYTES)
        layer = layer_of(first)
        try:
            kind = kind_of(Unpacked(layer, raw).exactly(LOOK_BYTES) if layer else first)
        except UnpackError:
            return None
    if not kind or (layer and kind == "zip"):
        return None
    now = path.stat()
    return _list(Archive(path, kind, layer, (now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns)))


@lru_cache(maxsize=4)
def _list(archive: Archive) -> Listing | None:
    found: list[Member] = []
    damage = ""
    try:
        if archive.kind == "zip":
            listed = zips.entries(archive.path)
            if listed is None:
                return None
            found = listed
        else:
            _collect(archive, found)
    except UnpackError as error:
        damage = str(error)
    if len(found) > MOST_MEMBERS:
        damage = (
            f"the archive holds more than {MOST_MEMBERS} files, and the others were not read; unpack it and scan these"
        )
    return Listing(archive, named(found[:MOST_MEMBERS]), damage)


def _collect(archive: Archive, found: list[Member]) -> None:
    """Add the entries of a tar, one more than are read at the most."""
    walk = tars.Walk(archive.path, archive.layer)
    try:
        for member in tars.entries(walk):
            found.append(member)
            if len(found) > MOST_MEMBERS:
                return
        while archive.layer and walk.read(_SKIP_BYTES):
            pass  # behind the end mark there is still the sum that proves it whole
    finally:
        walk.close()


def open_member(listing: Listing, member: Member) -> Part:
    """A member's bytes. Raises UnpackError where there are none, and OSError."""
    archive = listing.archive
    is_last = member is next(reversed(listing.members.values()))
    then = listing.damage if is_last else ""
    if member.refusal:
        raise UnpackError("; ".join(filter(None, (member.refusal, then))))
    if archive.kind == "zip":
        raw = Raw(archive.path.open("rb"))
        try:
            return zips.open_member(raw, member, then)
        except BaseException:
            raw.close()
            raise
    return Part(_walk_to(archive, member.offset), member.size_bytes, "tar", then=then)


class _Passing(tars.Walk):
    """A walk through a packed tar that is kept, closed, when one file of it has been read: the next one lies ahead."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive.path, archive.layer)
        self.archive = archive

    def close(self) -> None:
        super().close()
        if self.failure is None and self.archive.layer and self not in _KEPT:
            _KEPT.append(self)
            del _KEPT[:-2]


_KEPT: list[_Passing] = []
"""Two, because a file that is known already is open twice while it is compared."""


def _walk_to(archive: Archive, offset: int) -> _Passing:
    """A walk that stands at a byte of a tar: the nearest of those that are kept, or a new one."""
    fitting = [walk for walk in _KEPT if walk.archive == archive and walk.at <= offset]
    walk = max(fitting, key=lambda one: one.at, default=None) or _Passing(archive)
    if walk in _KEPT:
        _KEPT.remove(walk)
    try:
        walk.skip_to(offset)
    except BaseException:
        walk.close()
        raise
    return walk
