"""Data files of the program, compiled once and kept in the user's cache: a thousand TOML files take a quarter of a
second to read, what was made of them five milliseconds.

What is kept is only taken where nobody else could have written it, where it is whole, and where it was made of the
files as they are now. Everywhere else the files are read, so that no cache can be missed."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec
from platformdirs import user_cache_path

T = TypeVar("T")
_LARGEST = 64 << 20
_DIGEST_BYTES = 32
_KEPT = 4
"""Versions of one thing: of several installations, and of several organizations' own signatures."""


def compiled(name: str, sources: Iterable[Path], make: Callable[[], T], decoder: msgspec.msgpack.Decoder[T]) -> T:
    """What `make` gives, from the cache where it was made of these sources: all that it depends on, its own code too;
    of a folder the TOML files in it. `name` tells kinds of content apart. Whatever `make` raises is raised."""
    return kept(name, _fingerprint(sources), make, decoder)


def kept(name: str, version: str, make: Callable[[], T], decoder: msgspec.msgpack.Decoder[T]) -> T:
    """What `make` gives, from the cache where it was kept for this version, a digest of all that it depends on."""
    folder = _folder()
    path = folder / f"{name}-{version}.msgpack" if folder else None
    if path is not None and (body := _taken(path)) is not None:
        try:
            return decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass
    told = make()
    if path is not None:
        _keep(path, name, msgspec.msgpack.encode(told))
    return told


def _fingerprint(sources: Iterable[Path]) -> str:
    """By name, size and time of change, which tell versions of installed files apart."""
    digest = hashlib.sha256(msgspec.__version__.encode())
    for path in sources:
        for name, found in _files(path):
            digest.update(f"{name} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:32]


def _files(path: Path) -> list[tuple[str, os.stat_result]]:
    if not path.is_dir():
        return [(str(path), path.stat())]
    with os.scandir(path) as entries:
        return sorted((entry.path, entry.stat()) for entry in entries if entry.name.endswith(".toml"))


@cache
def _folder() -> Path | None:
    """The cache, made where it is missing; None where it cannot be had to oneself."""
    folder = user_cache_path("shadowledger", appauthor=False)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder if _is_ours(folder.lstat(), stat.S_ISDIR) else None
    except OSError:
        return None


def _is_ours(found: os.stat_result, is_kind: Callable[[int], bool]) -> bool:
    """Whether it is what it should be, no link, and nobody else's to write."""
    if os.name != "posix":  # the user's profile is closed to others by the system
        return is_kind(found.st_mode)
    return is_kind(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022


def _taken(path: Path) -> bytes | None:
    try:
        if not _is_ours(path.lstat(), stat.S_ISREG):
            return None
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError:
        return None
    digest, body = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
    return body if len(data) <= _LARGEST and hashlib.sha256(body).digest() == digest else None


def _keep(path: Path, name: str, body: bytes) -> None:
    """Whole or not at all; of other versions a few stay. A full disk or a closed folder is no error."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            draft = Path(file.name)
            try:
                file.write(hashlib.sha256(body).digest() + body)
                file.flush()
            except BaseException:
                draft.unlink(missing_ok=True)
                raise
        draft.replace(path)
        versions = sorted(path.parent.glob(f"{name}-*.msgpack"), key=lambda other: other.stat().st_mtime_ns)
        for other in versions[:-_KEPT]:
            other.unlink(missing_ok=True)
    except OSError:
        return
