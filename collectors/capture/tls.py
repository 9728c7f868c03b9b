"""The server's name in a TLS or DTLS ClientHello, as soon as enough of it is there.

Records and handshake messages: https://www.rfc-editor.org/rfc/rfc8446#section-4.1.2 and #section-5.1; of DTLS:
https://www.rfc-editor.org/rfc/rfc6347#section-4.2 and RFC 9147, section 5; the name:
https://www.rfc-editor.org/rfc/rfc6066#section-3; encrypted ClientHello, which makes it the outer name: RFC 9849."""

from __future__ import annotations

from functools import lru_cache
from struct import Struct
from typing import NamedTuple

from shadowledger.signatures.hosts import clean_host

_HANDSHAKE, _CLIENT_HELLO, _SERVER_NAME, _HOST_NAME, _ENCRYPTED = 22, 1, 0, 0, 0xFE0D
_ENCRYPTED_BYTES = _ENCRYPTED.to_bytes(2, "big")
_RECORD = Struct(">BBxH")
_TYPE_AND_LENGTH = Struct(">HH")
_DATAGRAM_RECORD_BYTES, _DATAGRAM_HEAD_BYTES = 13, 12
_DATAGRAM_VERSIONS = (b"\xfe\xff", b"\xfe\xfd", b"\x01\x00")  # DTLS 1.0, 1.2, and what OpenSSL wrote before 1.0
LONGEST_HELLO_BYTES = 1 << 16
"""Of a handshake message: with post-quantum keys some 2,000 bytes; longer ones are no ClientHello."""
_LONGEST_NAME_BYTES = 255
_BEFORE_NAME_BYTES = 5
"""Of the extension: the lengths of list and name, and the name's kind."""


class Hello(NamedTuple):
    """What can be read of a ClientHello so far."""

    name: str
    """As `clean_host` writes it; empty where there is none, where it comes later, and where it cannot be a name."""
    is_done: bool
    """Whether more bytes would tell nothing more."""
    is_outer: bool = False
    """Whether the name is only what an encrypted ClientHello shows to everybody."""


NO_HELLO = Hello("", True)


def is_hello(buffer: bytes, start: int, end: int) -> bool:
    """Whether a ClientHello begins at `start`: a handshake record of SSL 3 or TLS, with a ClientHello first in it, as
    far as that can be seen."""
    return (
        end - start >= 3
        and buffer[start] == _HANDSHAKE
        and buffer[start + 1] == 3
        and buffer[start + 2] < 5
        and (end - start < 6 or buffer[start + 5] == _CLIENT_HELLO)
    )


def read_records(buffer: bytes, start: int, end: int) -> Hello:
    """The ClientHello in the records that begin at `start`, as far as they lie before `end`."""
    if start + 11 <= end:  # mostly one record, or what there is of it
        kind, version, length = _RECORD.unpack_from(buffer, start)
        at, stop = start + 5, min(start + 5 + length, end)
        if kind == _HANDSHAKE and version == 3 and (stop == end or at + 4 + _size_of(buffer, at) <= stop):
            return _read(buffer, at, stop, is_whole=False)
    parts: list[bytes] = []
    size = 0
    while start + 5 <= end and size < LONGEST_HELLO_BYTES:
        kind, version, length = _RECORD.unpack_from(buffer, start)
        if kind != _HANDSHAKE or version != 3 or not length:
            return read_message(b"".join(parts), is_whole=True)
        part = buffer[start + 5 : min(start + 5 + length, end)]
        parts.append(part)
        size += len(part)
        start += 5 + length
    return read_message(b"".join(parts), is_whole=size >= LONGEST_HELLO_BYTES)


def read_message(hello: bytes, *, is_whole: bool = False) -> Hello:
    """A handshake message, or as much of it as there is; `is_whole` where no more will come."""
    return _read(hello, 0, len(hello), is_whole=is_whole)


def _size_of(buffer: bytes, start: int) -> int:
    """How long the message that begins at `start` says it is, without its own header."""
    return buffer[start + 1] << 16 | buffer[start + 2] << 8 | buffer[start + 3]


def _read(buffer: bytes, start: int, stop: int, *, is_whole: bool) -> Hello:
    """The message that begins at `start`, of which there is as much as lies before `stop`."""
    if start < stop and buffer[start] != _CLIENT_HELLO:
        return NO_HELLO
    size = 4 + _size_of(buffer, start) if start + 4 <= stop else LONGEST_HELLO_BYTES
    end = start + size
    is_whole = is_whole or stop >= end or size > LONGEST_HELLO_BYTES
    name, is_outer, is_read = "", False, False
    at = _extensions_at(buffer, start, stop)
    while at < end and at + 4 <= stop:
        kind, length = _TYPE_AND_LENGTH.unpack_from(buffer, at)
        at += 4
        after = at + length
        if kind == _SERVER_NAME and not is_read:
            if after > stop and not _holds_name(buffer, at, stop):
                break
            name, is_read = (
                _first_host(buffer[at : min(after, stop, at + _BEFORE_NAME_BYTES + _LONGEST_NAME_BYTES)]),
                True,
            )
            if buffer.find(_ENCRYPTED_BYTES, after, stop) < 0:  # nothing else is asked for
                break
        is_outer |= kind == _ENCRYPTED
        at = after
    return Hello(name, bool(name) or is_read or is_whole, is_outer)


def _extensions_at(buffer: bytes, start: int, stop: int) -> int:
    """Where the extensions of a message begin; `stop` or more where it ends before them, or lies about a length."""
    at = start + 4 + 2 + 32  # handshake header, version, random
    if at < stop:
        at += 1 + buffer[at]  # session id
        if at + 1 < stop:
            at += 2 + (buffer[at] << 8 | buffer[at + 1])  # cipher suites
            if at < stop:
                return at + 1 + buffer[at] + 2  # compression methods, length of the extensions
    return stop


def read_datagram(buffer: bytes, start: int, end: int) -> tuple[int, int, int, bytes] | None:
    """Of the DTLS ClientHello that a datagram begins with: number of the message, length of the whole, offset and bytes
    of the piece that is there; None where it is none."""
    if end - start < _DATAGRAM_RECORD_BYTES + _DATAGRAM_HEAD_BYTES or buffer[start] != _HANDSHAKE:
        return None
    if buffer[start + 1 : start + 3] not in _DATAGRAM_VERSIONS:
        return None
    at = start + _DATAGRAM_RECORD_BYTES
    if buffer[at] != _CLIENT_HELLO or buffer[start + 3] or buffer[start + 4]:  # epoch 0: not encrypted
        return None
    length, number = int.from_bytes(buffer[at + 1 : at + 4], "big"), buffer[at + 4] << 8 | buffer[at + 5]
    offset, size = (int.from_bytes(buffer[at + place : at + place + 3], "big") for place in (6, 9))
    body = at + _DATAGRAM_HEAD_BYTES
    if offset + size > length or length > LONGEST_HELLO_BYTES:
        return None
    return number, length, offset, bytes(buffer[body : min(body + size, end)])


def read_datagram_body(body: bytes, length: int) -> Hello:
    """A DTLS ClientHello without its header, which has a cookie after the session id, as far as it is there."""
    try:
        cookie = 2 + 32 + 1 + body[34]
        rest = body[:cookie] + body[cookie + 1 + body[cookie] :]
    except IndexError:
        return Hello("", len(body) >= length)
    hello = bytes((_CLIENT_HELLO,)) + (length - len(body) + len(rest)).to_bytes(3, "big") + rest
    return read_message(hello, is_whole=len(body) >= length)


def _holds_name(buffer: bytes, at: int, stop: int) -> bool:
    """Whether the name is there, although the extension that begins at `at` is not all there."""
    return stop >= at + 5 and stop >= at + 5 + (buffer[at + 3] << 8 | buffer[at + 4])


@lru_cache(maxsize=1 << 16)
def _first_host(extension: bytes) -> str:
    """The first entry of the list, which RFC 6066 allows to be the only one of its kind."""
    if len(extension) < _BEFORE_NAME_BYTES or extension[2] != _HOST_NAME:
        return ""
    name_length = extension[3] << 8 | extension[4]
    name = extension[_BEFORE_NAME_BYTES:][:name_length]
    return _written(name) if len(name) == name_length <= _LONGEST_NAME_BYTES else ""


def _written(name: bytes) -> str:
    try:
        text = name.decode()
    except UnicodeDecodeError:
        return ""
    return clean_host(text) if text.isprintable() and " " not in text else ""
