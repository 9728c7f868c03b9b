"""Hellos in UDP datagrams: QUIC Initials and DTLS, over several datagrams where they are large."""

from __future__ import annotations

from collections.abc import Callable

from shadowledger.collectors.capture import quic, tls
from shadowledger.collectors.capture.flows import Flows, Quiet

_MOST_FLOWS = 8_192
_MOST_HELD_BYTES = 8 << 20
_MOST_QUIET = 65_536
_MOST_TRIES = 16
"""Datagrams without a name after which a flow is left alone."""


class _Pieces:
    """Of a DTLS hello."""

    __slots__ = ("by_offset", "length", "number")

    def __init__(self, number: int, length: int) -> None:
        self.number = number
        self.length = length
        self.by_offset: dict[int, bytes] = {}


class _Flow:
    __slots__ = ("connection", "pieces", "tries")

    def __init__(self) -> None:
        self.tries = 0
        self.connection: quic.Connection | None = None
        self.pieces: _Pieces | None = None


class Datagrams:
    """Takes datagrams one by one."""

    def __init__(self, unopened: Callable[[], object]) -> None:
        """`unopened` is called for each QUIC connection of which no Initial could be decrypted."""
        self._unopened = unopened
        self._flows: Flows[_Flow] = Flows(_MOST_FLOWS, _MOST_HELD_BYTES, self._drop)
        self.quiet = Quiet(_MOST_QUIET)
        """Flows that are left alone for a while."""

    def told(self, key: bytes) -> None:
        """A datagram of the flow was something else with a name."""
        flow = self._flows.get(key)
        if flow is not None:
            flow.tries = 0

    def take(self, key: bytes, buffer: bytes, start: int, end: int) -> tls.Hello | None:
        """Take in the payload of a datagram that lies from `start` to `end`; a ClientHello as soon as it tells all."""
        flow = self._flows.get(key)
        if quic.is_long(buffer, start, end):
            return self._quic(key, flow, buffer, start, end)
        if flow is None:
            flow = _Flow()
            self._flows.put(key, flow)
        piece = tls.read_datagram(buffer, start, end)
        if piece is not None:
            return self._dtls(flow, *piece)
        self._try(key, flow)
        return None

    def end(self) -> None:
        """Nothing follows."""
        self._flows.end()

    def _quic(self, key: bytes, flow: _Flow | None, buffer: bytes, start: int, end: int) -> tls.Hello | None:
        connection = flow.connection if flow is not None else None
        if connection is None:
            if self._is_answered(key):  # what the server says to a hello that was opened
                self._leave(key)
                return None
            connection = quic.Connection()
        before_bytes = connection.held_bytes
        hello = connection.datagram(buffer, start, end)
        if hello.is_done:  # mostly at once
            self._flows.grow(-before_bytes)
            self._leave(key)
            return hello
        if flow is None:
            flow = _Flow()
            self._flows.put(key, flow)
        flow.connection = connection
        self._flows.grow(connection.held_bytes - before_bytes)
        self._try(key, flow)
        return None

    def _is_answered(self, key: bytes) -> bool:
        size = (len(key) - 4) // 2
        back = key[size : 2 * size] + key[:size] + key[-2:] + key[-4:-2]
        other = self._flows.get(back)
        return self.quiet.get(back) is not None or (other is not None and other.connection is not None)

    def _dtls(self, flow: _Flow, number: int, length: int, offset: int, data: bytes) -> tls.Hello | None:
        flow.tries = 0
        if flow.pieces is None or (flow.pieces.number, flow.pieces.length) != (number, length):
            flow.pieces = _Pieces(number, length)
        pieces = flow.pieces.by_offset
        if offset not in pieces and len(pieces) < 64:
            pieces[offset] = data
            self._flows.grow(len(data))
        body = b""
        for at in sorted(pieces):
            if at > len(body):
                break
            body += pieces[at][len(body) - at :]
        hello = tls.read_datagram_body(body, length)
        if not hello.is_done:
            return None
        flow.pieces = None
        return hello

    def _try(self, key: bytes, flow: _Flow) -> None:
        flow.tries += 1
        if flow.tries >= _MOST_TRIES:
            self._drop(flow)
            self._leave(key)

    def _leave(self, key: bytes) -> None:
        self._flows.pop(key)
        self.quiet.add(key)

    def _drop(self, flow: _Flow) -> None:
        if flow.connection is not None and not flow.connection.is_opened:
            self._unopened()
