"""Certificates that an administrator trusts by their digest, beside the authorities that vouch for them.

A pin is the SHA-256 of a certificate or of its public key (SubjectPublicKeyInfo, RFC 7469), in hexadecimal digits with
or without colons, or in base64 with or without `sha256//`. It holds for any certificate of the verified chain."""

from __future__ import annotations

import base64
import hashlib
import re
import ssl
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from shadowledger.scanner.agent.sentences import AgentError, printable

_HEX = re.compile(r"[0-9a-f]{64}\Z")
_SEQUENCE, _VERSION = 0x30, 0xA0
_FIELDS_BEFORE_KEY = 5
"""Serial number, signature algorithm, issuer, validity, subject: https://www.rfc-editor.org/rfc/rfc5280#section-4.1"""


def pins_of(texts: Iterable[str]) -> frozenset[bytes]:
    """The digests. Raises AgentError."""
    return frozenset(map(_pin, texts))


def _pin(text: str) -> bytes:
    plain = text.strip()
    digits = plain.lower().removeprefix("sha256:").replace(":", "")
    if _HEX.match(digits):
        return bytes.fromhex(digits)
    try:
        found = base64.b64decode(plain.removeprefix("sha256//"), validate=True)
    except ValueError:
        found = b""
    if len(found) != hashlib.sha256().digest_size:
        raise AgentError(f"'{printable(text)}' is no pin: 64 hexadecimal digits, or base64 of 32 bytes")
    return found


def is_pinned(chain: Iterable[bytes], pins: frozenset[bytes]) -> bool:
    """Whether one of the certificates (DER) is pinned."""
    parts = (part for certificate in chain for part in (certificate, public_key(certificate)))
    return any(hashlib.sha256(part).digest() in pins for part in parts)


def verified_chain(connection: ssl.SSLSocket) -> list[bytes]:
    """The certificates (DER) from the server's own to the authority, as they were verified; where this Python does not
    tell the others, the server's own."""
    public = getattr(connection, "get_verified_chain", None)  # Python 3.13 and later
    if public is not None:
        return [bytes(one) for one in public()]
    inner: Any = getattr(connection, "_sslobj", None)  # the same, under the name it had before
    ask: Callable[[], Any] = getattr(inner, "get_verified_chain", list)
    chain = [ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in ask() or ()]
    return chain or [connection.getpeercert(True) or b""]


def public_key(certificate: bytes) -> bytes:
    """The SubjectPublicKeyInfo of a certificate; empty where it is none."""
    try:
        outer = next(_elements(certificate, 0, len(certificate)))
        inner = next(_elements(certificate, outer[1], outer[2]))
        fields = [one for one in _elements(certificate, inner[1], inner[2]) if certificate[one[0]] != _VERSION]
        start, _, end = fields[_FIELDS_BEFORE_KEY]
    except (IndexError, StopIteration):
        return b""
    return certificate[start:end] if certificate[start] == _SEQUENCE else b""


def _elements(der: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Where elements begin, where their content does, and where they end (ITU-T X.690). Raises IndexError."""
    while at < end:
        length, content = der[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            content += size
            length = int.from_bytes(der[at + 2 : content], "big")
        if content + length > end:
            raise IndexError("an element leads out of its own")
        yield at, content, content + length
        at = content + length
