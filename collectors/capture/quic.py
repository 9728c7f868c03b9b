"""The ClientHello inside QUIC Initial packets, which are encrypted with keys that everybody can derive.

Packets: https://www.rfc-editor.org/rfc/rfc9000#section-17.2; keys: https://www.rfc-editor.org/rfc/rfc9001#section-5.2;
version 2: https://www.rfc-editor.org/rfc/rfc9369#section-3. `cryptography` is loaded with the first such packet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from shadowledger.collectors.capture.tls import Hello, read_message

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_MOST_HELLO_BYTES = 1 << 15
_MOST_PIECES = 64
"""Of one hello that waits for what is missing: browsers shuffle it into some twenty."""
_MOST_KEYS = 4
"""Connection ids of one flow that keys are derived from: the client's first, after a Retry the server's."""
_SAMPLE_BYTES = 16
_PADDING = bytes(1 << 16)
"""As much as a datagram may have at most."""

_V1 = bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")
_V2 = bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9")
_DRAFT_29 = bytes.fromhex("afbfec289993d24c9e9786f19c6111e04390a899")  # draft-ietf-quic-tls-29, section 5.2
_DRAFT_23 = bytes.fromhex("c3eef712c72ebb5a11a7d2432bb46365bef9f502")  # draft-ietf-quic-tls-23, section 5.2
_DRAFT_22 = bytes.fromhex("7fbcdb0e7c66bbe9193a96cd21519ebd7a02644a")  # draft-ietf-quic-tls-22, section 5.2
_T50 = bytes.fromhex("7ff579e5acd072915580304c43a2367c60488310")  # Chromium's, as Wireshark's packet-quic.c has them
_T51 = bytes.fromhex("7a4edef4e7ccee5fa4506c19124fc8ccda6e033d")
_SIZES = (16, 12, 16)
"""Of key, nonce and key of header protection."""


def _labels(word: str) -> tuple[bytes, ...]:
    """HKDF-Expand-Label (RFC 8446, section 7.1), which here never needs more than one block."""
    names = (f"tls13 {word} {name}".encode() for name in ("key", "iv", "hp"))
    return tuple(_label(name, size) for name, size in zip(names, _SIZES, strict=True))


def _label(name: bytes, size: int) -> bytes:
    return size.to_bytes(2, "big") + bytes((len(name),)) + name + b"\0\1"


_V1_LABELS, _V2_LABELS, _CLIENT_IN = _labels("quic"), _labels("quicv2"), _label(b"tls13 client in", 32)


class _Version(NamedTuple):
    salt: bytes
    labels: tuple[bytes, ...] = _V1_LABELS
    initial: int = 0
    """The packet type of an Initial."""


VERSIONS: dict[bytes, _Version] = {
    b"\0\0\0\1": _Version(_V1),
    b"\x6b\x33\x43\xcf": _Version(_V2, _V2_LABELS, 1),
    b"\x70\x9a\x50\xc4": _Version(_V2, _V2_LABELS, 1),  # draft-ietf-quic-v2-08, section 3.1
    b"\xfa\xce\xb0\x01": _Version(
        _DRAFT_22
    ),  # Facebook's mvfst: https://github.com/quicwg/base-drafts/wiki/QUIC-Versions
    b"\xfa\xce\xb0\x02": _Version(_DRAFT_23),
    b"\xfa\xce\xb0\x0e": _Version(_DRAFT_23),
    b"T050": _Version(_T50),
    b"T051": _Version(_T51),
}
"""By the version's four bytes."""
VERSIONS |= {b"\xff\0\0" + bytes((draft,)): _Version(_DRAFT_22) for draft in (21, 22)}
VERSIONS |= {b"\xff\0\0" + bytes((draft,)): _Version(_DRAFT_23) for draft in range(23, 29)}
VERSIONS |= {b"\xff\0\0" + bytes((draft,)): _Version(_DRAFT_29) for draft in range(29, 33)}
VERSIONS |= {b"\xff\0\0" + bytes((draft,)): _Version(_V1) for draft in (33, 34)}


_Initial = tuple[bytes, bytes, int, int, int]
"""Of one Initial packet its version and the id that it goes to, and where it begins, has its number, and ends."""


def is_long(buffer: bytes, start: int, end: int) -> bool:
    """Whether a datagram has the shape of QUIC's long header in a version that is known."""
    return end - start >= 7 and buffer[start] & 0xC0 == 0xC0 and bytes(buffer[start + 1 : start + 5]) in VERSIONS


class Connection:
    """What a flow's Initials from the client have given so far."""

    __slots__ = ("_hello", "_ids", "_pieces", "held_bytes", "is_opened")

    def __init__(self) -> None:
        self.is_opened = False
        """Whether one of them could be decrypted."""
        self.held_bytes = 0
        self._ids: list[bytes] = []
        self._hello = b""
        self._pieces: dict[int, bytes] = {}

    def datagram(self, buffer: bytes, start: int, end: int) -> Hello:
        """Take in the Initials of a datagram; what can be read of the ClientHello by now."""
        for initial in _initials(buffer, start, end):
            frames = self._open(buffer, initial)
            if frames is not None:
                self.is_opened = True
                for offset, data in _crypto(frames):
                    if offset or self._hello:
                        self._take(offset, data)
                    else:
                        self._hello = data
        if self._pieces:
            self._join()
        self.held_bytes = len(self._hello) + sum(map(len, self._pieces.values()))
        return read_message(self._hello) if self._hello else Hello("", False)

    def _open(self, buffer: bytes, initial: _Initial) -> bytes | None:
        """Its frames; None where no key of this flow fits, as to the server's own Initials."""
        if initial[1] not in self._ids and len(self._ids) < _MOST_KEYS:
            self._ids.append(initial[1])
        for known in self._ids:
            frames = _decrypted(buffer, initial, known)
            if frames is not None:
                return frames
        return None

    def _take(self, offset: int, data: bytes) -> None:
        if offset + len(data) <= _MOST_HELLO_BYTES and len(self._pieces) < _MOST_PIECES:
            known = self._pieces.get(offset, b"")
            self._pieces[offset] = data if len(data) > len(known) else known

    def _join(self) -> None:
        for offset in sorted(self._pieces):
            size = len(self._hello)
            if offset > size:
                break
            self._hello += self._pieces.pop(offset)[size - offset :]


def _initials(buffer: bytes, start: int, end: int) -> Iterator[_Initial]:
    """The Initials among the packets of a datagram, which says of each but the last how long it is."""
    while is_long(buffer, start, end):
        version = buffer[start + 1 : start + 5]
        is_initial = buffer[start] >> 4 & 3 == VERSIONS[version].initial
        try:
            at = start + 6 + buffer[start + 5]
            target_id = buffer[start + 6 : at]
            at += 1 + buffer[at]
            if is_initial:
                token, at = _number(buffer, at)
                at += token
            length, at = _number(buffer, at)
        except IndexError:
            return
        stop = at + length
        if at >= end or len(target_id) > 20:
            return
        if is_initial and stop <= end:
            yield version, target_id, start, at, stop
        start = stop


def load() -> None:
    """Load what decrypts, before the first packet."""
    _keys(b"\0\0\0\1", b"")


def _decrypted(buffer: bytes, initial: _Initial, target_id: bytes) -> bytes | None:
    """RFC 9001, sections 5.3 and 5.4."""
    version, _, start, at, end = initial
    if at + 4 + _SAMPLE_BYTES > end:
        return None
    opened, iv, hide = _keys(version, target_id)
    mask = hide(buffer[at + 4 : at + 4 + _SAMPLE_BYTES])
    first = buffer[start] ^ mask[0] & 0x0F
    after = at + (first & 3) + 1
    told = int.from_bytes(buffer[at:after], "big") ^ int.from_bytes(mask[1 : 1 + after - at], "big")
    head = b"%c%b%b" % (first, buffer[start + 1 : at], told.to_bytes(after - at, "big"))
    return opened((iv ^ told).to_bytes(12, "big"), buffer[after:end], head)


_Keys = tuple[Callable[[bytes, bytes, bytes], bytes | None], int, Callable[[bytes], bytes]]


@lru_cache(maxsize=1024)
def _keys(version: bytes, target_id: bytes) -> _Keys:
    """What opens the client's packets (given nonce, what is sealed, and header; None where it does not), the number
    that nonces are made of, and what hides a packet's number."""
    to_open, hider, wrong_tag = _primitives()
    salt, (of_key, of_iv, of_hiding), _ = VERSIONS[version]
    inner, outer = _padded(_hmac(*_padded(_hmac(*_padded(salt), target_id)), _CLIENT_IN))
    iv = int.from_bytes(_hmac(inner, outer, of_iv)[:12], "big")
    decrypt = to_open(_hmac(inner, outer, of_key)[:16]).decrypt

    def opened(nonce: bytes, sealed: bytes, head: bytes) -> bytes | None:
        try:
            return decrypt(nonce, sealed, head)
        except wrong_tag:
            return None

    return opened, iv, hider(_hmac(inner, outer, of_hiding)[:16])


@cache
def _primitives() -> tuple[type[AESGCM], Callable[[bytes], Callable[[bytes], bytes]], type[Exception]]:
    """AES-GCM, what makes AES of a key, and what is raised where a tag is wrong: looked up once."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    mode = modes.ECB()  # noqa: S305 - as RFC 9001 says

    def hider(key: bytes) -> Callable[[bytes], bytes]:
        return Cipher(algorithms.AES(key), mode).encryptor().update

    return AESGCM, hider, InvalidTag


_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))


def _padded(key: bytes) -> tuple[bytes, bytes]:
    """Of a key of up to 64 bytes what HMAC-SHA256 (RFC 2104) begins its two digests with."""
    key = key.ljust(64, b"\0")
    return key.translate(_INNER), key.translate(_OUTER)


def _hmac(inner: bytes, outer: bytes, message: bytes) -> bytes:
    return sha256(outer + sha256(inner + message).digest()).digest()


def _crypto(frames: bytes) -> Iterator[tuple[int, bytes]]:
    """Offset and data of each CRYPTO frame (RFC 9000, section 19.6), and past the others that an Initial may have."""
    at, end = 0, len(frames)
    try:
        while at < end:
            kind = frames[at]
            at += 1
            if kind == 6:
                offset, at = _number(frames, at)
                length, at = _number(frames, at)
                yield offset, frames[at : at + length]
                at += length
            elif kind in (2, 3):  # ACK: largest, delay, count, first range, and two numbers for each range
                _, at = _number(frames, at)
                _, at = _number(frames, at)
                count, at = _number(frames, at)
                for _ in range(min(count * 2 + 1 + 3 * (kind - 2), end)):
                    _, at = _number(frames, at)
            elif kind == 0:
                if frames.endswith(_PADDING[: end - at]):
                    return
                at = end - len(frames[at:].lstrip(b"\0"))
            elif kind != 1:  # PING has no body; anything else ends the connection
                return
    except IndexError:
        return


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of variable length (RFC 9000, section 16), and the index after it. Raises IndexError."""
    first = data[at]
    if first < 0x40:
        return first, at + 1
    if first < 0x80:
        return (first & 0x3F) << 8 | data[at + 1], at + 2
    size = 1 << (first >> 6)
    if at + size > len(data):
        raise IndexError(at)
    return int.from_bytes(data[at : at + size], "big") & (1 << 8 * size - 2) - 1, at + size
