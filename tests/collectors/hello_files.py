"""ClientHellos as clients send them, over TLS, DTLS and QUIC, written here and not by the code under test."""

from __future__ import annotations

import hmac
import struct
from collections.abc import Iterable, Sequence

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

V1, V2, DRAFT_29 = 1, 0x6B3343CF, 0xFF00001D
_SALTS = {
    V1: "38762cf7f55934b34d179ae6a4c80cadccbb7f0a",
    V2: "0dede3def700a6db819381be6e269dcbf9bd2ed9",
    DRAFT_29: "afbfec289993d24c9e9786f19c6111e04390a899",
}
Frame = tuple[int, bytes]
"""Offset and data of a CRYPTO frame."""


def message(
    name: str | None, *, key_share_bytes: int = 32, is_encrypted: bool = False, random: bytes = bytes(32)
) -> bytes:
    """A ClientHello as a handshake message; 1,216 bytes of key share are post-quantum."""
    extensions = _extension(0x0A0A, b"") + _extension(10, b"\0\x02\0\x1d")
    if name is not None:
        entry = b"\0" + struct.pack(">H", len(name)) + name.encode()
        extensions += _extension(0, struct.pack(">H", len(entry)) + entry)
    share = struct.pack(">HH", 0x11EC, key_share_bytes) + bytes(key_share_bytes)
    extensions += _extension(51, struct.pack(">H", len(share)) + share)
    if is_encrypted:
        extensions += _extension(0xFE0D, bytes(180))
    extensions += _extension(43, b"\x02\x03\x04")
    body = b"\x03\x03" + random + b"\x20" + bytes(32) + b"\0\x04\x13\x01\x13\x02" + b"\x01\0"
    body += struct.pack(">H", len(extensions)) + extensions
    return b"\x01" + len(body).to_bytes(3, "big") + body


def _extension(kind: int, body: bytes) -> bytes:
    return struct.pack(">HH", kind, len(body)) + body


def records(hello: bytes, size: int = 16_384) -> bytes:
    """A handshake message in TLS records of up to `size` bytes."""
    pieces = [hello[at : at + size] for at in range(0, len(hello), size)]
    return b"".join(b"\x16\x03\x01" + struct.pack(">H", len(piece)) + piece for piece in pieces)


def dtls(hello: bytes, cookie: bytes = b"", size: int = 16_384, number: int = 0) -> list[bytes]:
    """A handshake message as DTLS datagrams, in fragments of up to `size` bytes."""
    body = b"\xfe\xfd" + hello[6:38] + hello[38 : 39 + hello[38]]
    body += bytes((len(cookie),)) + cookie + hello[39 + hello[38] :]
    datagrams = []
    for at in range(0, len(body), size):
        piece = body[at : at + size]
        head = b"\x01" + len(body).to_bytes(3, "big") + struct.pack(">H", number)
        part = head + at.to_bytes(3, "big") + len(piece).to_bytes(3, "big") + piece
        datagrams.append(b"\x16\xfe\xff" + bytes(8) + struct.pack(">H", len(part)) + part)
    return datagrams


def initial(
    frames: Iterable[Frame],
    *,
    version: int = V1,
    target_id: bytes = b"\x83\x94\xc8\xf0\x3e\x51\x57\x08",
    key_id: bytes | None = None,
    token: bytes = b"",
    packet_number: int = 0,
    least_bytes: int = 1200,
) -> bytes:
    """One Initial of a client, padded; keys are derived from `key_id`, which is the target's id where not given."""
    key, iv, hiding = _keys(version, target_id if key_id is None else key_id)
    payload = b"".join(b"\x06" + _number(offset) + _number(len(data)) + data for offset, data in frames)
    kind = 0xC3 | (0x10 if version == V2 else 0)
    head = bytes((kind,)) + struct.pack(">I", version) + bytes((len(target_id),)) + target_id + b"\0"
    head += _number(len(token)) + token
    payload += bytes(max(0, least_bytes - len(head) - len(payload) - 16 - 6))
    told = struct.pack(">I", packet_number)
    head += struct.pack(">H", 0x4000 | len(payload) + 20) + told
    sealed = AESGCM(key).encrypt((int.from_bytes(iv, "big") ^ packet_number).to_bytes(12, "big"), payload, head)
    mask = Cipher(algorithms.AES(hiding), modes.ECB()).encryptor().update(sealed[:16])  # noqa: S305 - as RFC 9001 says
    hidden = bytes(a ^ b for a, b in zip(told, mask[1:5], strict=True))
    return bytes((head[0] ^ mask[0] & 0x0F,)) + head[1:-4] + hidden + sealed


def retry(version: int = V1, source_id: bytes = b"\xf0\x67\xa5\x50\x2a\x42\x62\xb5", token: bytes = b"token") -> bytes:
    """A server's Retry, whose tag nobody checks."""
    kind = 0xC0 if version == V2 else 0xF0
    return (
        bytes((kind,)) + struct.pack(">I", version) + b"\0" + bytes((len(source_id),)) + source_id + token + bytes(16)
    )


def pieces(hello: bytes, cuts: Sequence[int]) -> list[Frame]:
    """A handshake message as CRYPTO frames that begin at 0 and at the cuts."""
    starts = [0, *cuts]
    return [(start, hello[start:end]) for start, end in zip(starts, [*cuts, len(hello)], strict=True)]


def _keys(version: int, key_id: bytes) -> tuple[bytes, bytes, bytes]:
    secret = _expand(hmac.digest(bytes.fromhex(_SALTS[version]), key_id, "sha256"), "client in", 32)
    word = "quicv2" if version == V2 else "quic"
    return _expand(secret, f"{word} key", 16), _expand(secret, f"{word} iv", 12), _expand(secret, f"{word} hp", 16)


def _expand(secret: bytes, label: str, size: int) -> bytes:
    full = b"tls13 " + label.encode()
    return hmac.digest(secret, struct.pack(">HB", size, len(full)) + full + b"\0\x01", "sha256")[:size]


def _number(value: int) -> bytes:
    return struct.pack(">H", 0x4000 | value) if value < 0x4000 else struct.pack(">I", 0x80000000 | value)
