"""The server's name in a TLS ClientHello.

Records and handshake messages: https://www.rfc-editor.org/rfc/rfc8446#section-4.1.2 and #section-5.1; the name:
https://www.rfc-editor.org/rfc/rfc6066#section-3. With encrypted ClientHello it is the outer name."""

from __future__ import annotations

from struct import Struct, error

from shadowledger.signatures.hosts import clean_host

_HANDSHAKE, _CLIENT_HELLO, _SERVER_NAME, _HOST_NAME = 22, 1, 0, 0
_RECORD = Struct(">BBxH")
_TYPE_AND_LENGTH = Struct(">HH")
_LONGEST_HELLO_BYTES = 1 << 16
_LONGEST_NAME_BYTES = 255


def is_hello(buffer: bytes, start: int, end: int) -> bool:
    """Whether a ClientHello begins at `start`: a handshake record of SSL 3 or TLS, with a ClientHello first in it."""
    return (
        end - start >= 6
        and buffer[start] == _HANDSHAKE
        and buffer[start + 1] == 3
        and buffer[start + 5] == _CLIENT_HELLO
    )


def server_name(buffer: bytes, start: int, end: int) -> str:
    """The name asked for in the ClientHello that begins at `start`, as far as it lies before `end`; empty where there
    is none, where it comes later, and where it cannot be a name."""
    hello = _joined(buffer, start, end)
    try:
        at = 4 + 2 + 32  # handshake header, version, random
        at += 1 + hello[at]  # session id
        at += 2 + (hello[at] << 8 | hello[at + 1])  # cipher suites
        at += 1 + hello[at] + 2  # compression methods, length of the extensions
        while True:
            kind, length = _TYPE_AND_LENGTH.unpack_from(hello, at)
            at += 4
            if kind == _SERVER_NAME:
                return _first_host(hello[at : at + length], length)
            at += length
    except (IndexError, error):  # the hello ends here, or lies about a length
        return ""


def _joined(buffer: bytes, start: int, end: int) -> bytes:
    """The handshake message without the headers of the records it is spread over."""
    parts, size = [], 0
    while start + 5 <= end and size < _LONGEST_HELLO_BYTES:
        kind, version, length = _RECORD.unpack_from(buffer, start)
        if kind != _HANDSHAKE or version != 3 or not length:
            break
        part = buffer[start + 5 : min(start + 5 + length, end)]
        parts.append(part)
        size += len(part)
        start += 5 + length
    return b"".join(parts)


def _first_host(extension: bytes, length: int) -> str:
    """The first entry of the list, which RFC 6066 allows to be the only one of its kind."""
    if len(extension) < length or length < 5 or extension[2] != _HOST_NAME:
        return ""
    name_length = extension[3] << 8 | extension[4]
    name = extension[5 : 5 + name_length]
    if not name or len(name) < name_length or len(name) > _LONGEST_NAME_BYTES:
        return ""
    try:
        text = name.decode()
    except UnicodeDecodeError:
        return ""
    return clean_host(text) if text.isprintable() and " " not in text else ""
