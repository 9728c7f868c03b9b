"""The catalogue as one signed file, so that it can be carried to where there is no network.

    shadowledger-pack 1\\n
    {"version": "2026.11.23", ...}\\n      the header, JSON on one line, with the digest of the body
    64 bytes                              Ed25519 over both lines (https://www.rfc-editor.org/rfc/rfc8032)
    the body                              MessagePack of the services, deflated

Nothing but the header's bytes is looked at before the signature is good, and nothing but their number before the digest
is."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import zlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shadowledger.signatures.schema import Service

MAGIC = b"shadowledger-pack 1\n"
LARGEST = 32 << 20
"""Bytes of a pack, and of its body unpacked; a thousand services need 0.2 and 0.7 MiB."""
_LONGEST_HEADER = 4096
_SIGNATURE_BYTES = 64
_VERSION = re.compile(r"\d{1,9}(?:\.\d{1,9}){0,3}\Z", re.ASCII)


class PackError(Exception):
    """A pack that is not taken; the text says why, in words for the user."""


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a pack says of itself."""

    version: str
    """Numbers with dots between, compared number by number; a date by custom."""
    made_on: dt.date
    services: int
    indicators: int
    body_bytes: int
    """Unpacked."""
    body_sha256: str
    """Of the body as it stands in the file."""
    key: str
    """The fingerprint of the key that signed."""


class Pack(NamedTuple):
    """A pack whose signature is good."""

    header: Header
    services: tuple[Service, ...]


def fingerprint(key: Ed25519PublicKey) -> str:
    """16 hexadecimal digits of the SHA-256 of a public key: what people read to one another."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def order(version: str) -> tuple[int, ...]:
    """What versions are compared by. Raises PackError for what is none."""
    if not _VERSION.match(version):
        raise PackError(f"'{version[:40]}' is no version: write numbers with dots between, such as 2026.11.23")
    return tuple(map(int, version.split(".")))


def seal(services: Iterable[Service], version: str, made_on: dt.date, key: Ed25519PrivateKey) -> bytes:
    """Compile and sign. The same services, version, day and key give the same bytes."""
    order(version)
    services = tuple(sorted(services))
    plain = msgspec.msgpack.encode(services)
    body = zlib.compress(plain, 9)
    header = Header(
        version=version,
        made_on=made_on,
        services=len(services),
        indicators=sum(len(service.indicators) for service in services),
        body_bytes=len(plain),
        body_sha256=hashlib.sha256(body).hexdigest(),
        key=fingerprint(key.public_key()),
    )
    signed = MAGIC + msgspec.json.encode(header) + b"\n"
    return signed + key.sign(signed) + body


def unseal(data: bytes, trusted: Mapping[str, Ed25519PublicKey]) -> Pack:
    """Verify and read a pack. `trusted` holds keys by their fingerprints. Raises PackError."""
    header, signed, rest = _parted(data)
    key = trusted.get(header.key)
    if key is None:
        raise PackError(f"is signed with key {header.key}, which is not trusted here")
    try:
        key.verify(rest[:_SIGNATURE_BYTES], signed)
    except InvalidSignature:
        raise PackError(f"was changed, or is somebody else's: the signature is not that of key {header.key}") from None
    return Pack(header, _services(header, rest[_SIGNATURE_BYTES:]))


def _parted(data: bytes) -> tuple[Header, bytes, bytes]:
    """The header, what is signed, and what follows."""
    if not data.startswith(MAGIC):
        raise PackError("is no signature pack")
    if len(data) > LARGEST:
        raise PackError(f"is larger than {LARGEST >> 20} MiB")
    end = data.find(b"\n", len(MAGIC), len(MAGIC) + _LONGEST_HEADER) + 1
    try:
        header = msgspec.json.decode(data[len(MAGIC) : end], type=Header)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PackError(f"has no header that can be read: {error}") from None
    return header, data[:end], data[end:]


def _services(header: Header, body: bytes) -> tuple[Service, ...]:
    if hashlib.sha256(body).hexdigest() != header.body_sha256:
        raise PackError("is damaged: its content is not what was signed; fetch it again")
    if not 0 <= header.body_bytes <= LARGEST:
        raise PackError(f"is larger than {LARGEST >> 20} MiB")
    try:
        unpacked = zlib.decompressobj()
        plain = unpacked.decompress(body, header.body_bytes + 1)
        if len(plain) != header.body_bytes or not unpacked.eof:
            raise PackError("does not hold what its header says")
        return _DECODER.decode(plain)
    except (zlib.error, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PackError(f"was made for another version of the program: {error}") from None


_DECODER = msgspec.msgpack.Decoder(tuple[Service, ...])
