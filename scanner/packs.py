"""Signature packs of a site: whose are trusted, which one is in use, and how a newer one takes its place."""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shadowledger.scanner.site import Site
from shadowledger.signatures.load import load_catalogue, version_of
from shadowledger.signatures.pack import LARGEST, Pack, PackError, fingerprint, order, unseal
from shadowledger.signatures.schema import Service

_SECONDS = 60
_PRIVATE = "shadowledger-signing-key"


def new_key(path: Path) -> str:
    """Write a new private key, for nobody else to read; returns the line that others trust. Raises FileExistsError."""
    key = Ed25519PrivateKey.generate()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"{_PRIVATE} {base64.b64encode(key.private_bytes_raw()).decode()}\n")
    return public_line(key.public_key())


def private_key(path: Path) -> Ed25519PrivateKey:
    """Read a private key. Raises PackError."""
    try:
        kind, told = path.read_text(encoding="ascii").split()
        if kind == _PRIVATE:
            return Ed25519PrivateKey.from_private_bytes(base64.b64decode(told, validate=True))
    except (ValueError, OSError):
        pass
    raise PackError(f"{path} holds no signing key; `signatures keygen` makes one")


def public_line(key: Ed25519PublicKey) -> str:
    return base64.b64encode(key.public_bytes_raw()).decode()


def public_key(text: str) -> Ed25519PublicKey:
    """Read a public key as `public_line` writes it. Raises PackError."""
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error):
        raise PackError(f"'{text[:60]}' is no public key: 44 letters that `signatures keygen` prints") from None


def trusted(site: Site) -> dict[str, Ed25519PublicKey]:
    """The keys of a site by fingerprint. Raises PackError for a line that holds none."""
    try:
        lines = site.trusted_keys_path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    keys = [public_key(line.split()[0]) for line in lines if line.strip() and not line.startswith("#")]
    return {fingerprint(key): key for key in keys}


def trust(site: Site, text: str, name: str) -> str:
    """Add a key, once; returns its fingerprint."""
    key = public_key(text)
    found = fingerprint(key)
    if found not in trusted(site):
        site.trusted_keys_path.parent.mkdir(parents=True, exist_ok=True)
        with site.trusted_keys_path.open("a", encoding="utf-8") as file:
            file.write(f"{public_line(key)} {' '.join(name.split())}\n")
    return found


def read_pack(site: Site, data: bytes) -> Pack:
    """A pack that a trusted key signed. Raises PackError."""
    return unseal(data, trusted(site))


def installed(site: Site) -> Pack | None:
    """The pack that was taken in, verified again; None where there is none. Raises PackError."""
    try:
        data = site.pack_path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return read_pack(site, data)
    except PackError as error:
        raise PackError(f"{site.pack_path} {error}; remove it to go on with the program's own catalogue") from None


class InUse(NamedTuple):
    """The catalogue that runs work with."""

    services: tuple[Service, ...]
    version: str
    is_pack: bool


def in_use(site: Site) -> InUse:
    """The pack of a site, or the catalogue of the program where that is as new. Raises PackError."""
    own = load_catalogue()[0]
    version = version_of(own)
    pack = installed(site)
    if pack is None or order(pack.header.version) <= order(version):
        return InUse(own, version, is_pack=False)
    return InUse(pack.services, pack.header.version, is_pack=True)


def install(site: Site, data: bytes) -> Pack:
    """Take a pack in, in the place of an older one, which is kept beside it. Raises PackError for one that is not
    trusted, damaged, or not newer than what is in use; then everything stays as it was."""
    pack = read_pack(site, data)
    now = in_use(site).version
    if order(pack.header.version) <= order(now):
        raise PackError(f"is version {pack.header.version}; version {now} is in use, and no older one is taken")
    site.pack_path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=site.pack_path.parent, delete=False) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileNotFoundError):
        site.pack_path.replace(site.pack_path.with_suffix(".pack.previous"))
    Path(file.name).replace(site.pack_path)
    return pack


def fetch(place: str) -> bytes:
    """The bytes of a file, or of an https address; nothing else is opened. Raises PackError."""
    if "://" not in place:
        with Path(place).open("rb") as file:
            return file.read(LARGEST + 1)
    if not place.lower().startswith("https://"):
        raise PackError(f"{place}: packs are fetched from https addresses and files only")
    try:
        with urllib.request.urlopen(place, timeout=_SECONDS) as answer:  # noqa: S310 - https alone, see above
            if not answer.url.lower().startswith("https://"):
                raise PackError(f"{place} leads to {answer.url}, which is not https")
            return bytes(answer.read(LARGEST + 1))
    except (urllib.error.URLError, TimeoutError, ValueError) as error:
        raise PackError(f"{place} cannot be fetched: {getattr(error, 'reason', error)}") from None


class Change(NamedTuple):
    """One thing in which two catalogues differ."""

    change: str
    """added or removed"""
    service: str
    kind: str
    """Of the indicator; empty where it is the whole service."""
    value: str


def changes(old: Iterable[Service], new: Iterable[Service]) -> Iterator[Change]:
    """What the new catalogue has that the old has not, and the other way round, by service."""
    before, after = ({service.id: service for service in catalogue} for catalogue in (old, new))
    for key in sorted(before.keys() | after.keys()):
        if key not in before or key not in after:
            yield Change("added" if key in after else "removed", key, "", (after.get(key) or before[key]).name)
            continue
        was, now = (set(catalogue[key].indicators) for catalogue in (before, after))
        for change, found in (("removed", was - now), ("added", now - was)):
            for one in sorted(found):
                yield Change(change, key, one.kind, f"{one.value} ({one.role}, {one.strength.word})")
