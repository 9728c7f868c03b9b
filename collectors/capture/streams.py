"""The beginnings of TCP streams, put together as far as they tell a name: TLS hellos and DNS queries.

Only what a client sends is of interest, and of that only the beginning; every flow is left alone once it has told its
name, or has told nothing several times. Sequence numbers: https://www.rfc-editor.org/rfc/rfc9293#section-3.4."""

from __future__ import annotations

from collections.abc import Callable

from shadowledger.collectors.capture import dns, tls
from shadowledger.collectors.capture.flows import Flows, Quiet

SYN, ACK = 0x02, 0x10
_MOST_FLOWS = 16_384
_MOST_HELD_BYTES = 8 << 20
_MOST_QUIET = 65_536
_MOST_TRIES = 8
"""Segments without a name after which a flow is left alone: proxies and mail servers are spoken to before TLS."""
_MOST_EARLY = 32
_MOST_EARLY_UNKNOWN = 4
_WINDOW = 1 << 17
_LEAST_HELLO_BYTES = 64
"""Of a segment with which another hello begins."""
_DNS_PORT = 53
_UNKNOWN = -1
_TLS_BUT_NO_HANDSHAKE = (20, 21, 23)

Told = tls.Hello | list[bytes] | None
"""A ClientHello, DNS messages, or nothing yet."""


class _Stream:
    """One direction of a connection."""

    __slots__ = ("data", "early", "next", "tries")

    def __init__(self, following: int) -> None:
        self.next = following
        """The sequence number that follows `data`; _UNKNOWN where the beginning was not seen."""
        self.data = b""
        """What is there of a hello or of a query that is not whole yet."""
        self.early: dict[int, bytes] = {}
        """Segments after a gap, by their numbers."""
        self.tries = 0

    @property
    def held_bytes(self) -> int:
        return len(self.data) + sum(map(len, self.early.values()))


class Streams:
    """Takes segments one by one."""

    def __init__(self, gave_up: Callable[[], object]) -> None:
        """`gave_up` is called for each hello that never became readable."""
        self._gave_up = gave_up
        self._flows: Flows[_Stream] = Flows(_MOST_FLOWS, _MOST_HELD_BYTES, self._drop)
        self.quiet = Quiet(_MOST_QUIET)
        """Flows that are left alone until they begin anew, with a SYN or another hello; with the random bytes of the
        hello that was told, so that one that is sent again is known, or with nothing."""

    def begin(self, key: bytes, sequence: int) -> None:
        """A SYN: a stream begins at the number that follows."""
        self.quiet.discard(key)
        self._flows.put(key, _Stream(sequence + 1 & 0xFFFFFFFF))

    def segment(self, key: bytes, sequence: int, buffer: bytes, start: int, end: int, source: int, target: int) -> Told:
        """Take in the data of a segment that lies from `start` to `end`."""
        stream = self._flows.get(key)
        first = buffer[start]
        if stream is None:
            known = self.quiet.get(key)
            if known is not None and not _is_another_hello(known, buffer, start, end):
                return None
            if _is_from_server(buffer, start, end, source, target):
                self.quiet.add(key)
                return None
            stream = _Stream(_UNKNOWN)
            if first in _TLS_BUT_NO_HANDSHAKE and end - start > 1 and buffer[start + 1] == 3:
                self.quiet.add(key)
                return None
            if end - start >= 6 and tls.is_hello(buffer, start, end):  # mostly all of it is here
                hello = tls.read_records(buffer, start, end)
                if hello.is_done:
                    self.quiet.add(key, _random_of(buffer, start))
                    return hello
            self._flows.put(key, stream)
        elif sequence == stream.next and first == 22 and not stream.data and tls.is_hello(buffer, start, end):
            hello = tls.read_records(buffer, start, end)
            if hello.is_done:
                self._flows.grow(-stream.held_bytes if stream.early else 0)
                self._flows.pop(key)
                self.quiet.add(key, _random_of(buffer, start))
                return hello
            if not stream.early:  # the rest of it comes later
                stream.data, stream.next = buffer[start:end], sequence + end - start & 0xFFFFFFFF
                self._flows.grow(end - start)
                return None
        before = stream.held_bytes
        told = self._go_on(key, stream, sequence, bytes(buffer[start:end]), target)
        self._flows.grow(stream.held_bytes - before)
        return told

    def end(self) -> None:
        """Nothing follows."""
        self._flows.end()

    def _go_on(self, key: bytes, stream: _Stream, sequence: int, piece: bytes, target: int) -> Told:
        if stream.next == _UNKNOWN:
            if not _is_beginning(piece, target):
                if len(stream.early) < _MOST_EARLY_UNKNOWN:
                    stream.early[sequence] = piece
                self._try(key, stream)
                return None
            stream.next = sequence
        ahead = sequence - stream.next & 0xFFFFFFFF
        if ahead >> 31:  # sent again, perhaps with more after it
            piece = piece[0x1_0000_0000 - ahead :]
            if not piece:
                return None
        elif ahead:
            if ahead < _WINDOW and len(stream.early) < _MOST_EARLY:
                stream.early[sequence] = piece
            elif not stream.data and _is_beginning(piece, target):  # something is missing for good
                stream.next, stream.early = sequence, {}
                return self._go_on(key, stream, sequence, piece, target)
            else:
                self._try(key, stream)
            return None
        stream.data += piece
        stream.next = stream.next + len(piece) & 0xFFFFFFFF
        if stream.early:
            self._join(stream)
        return self._read(key, stream, target)

    def _join(self, stream: _Stream) -> None:
        """Add what came early and follows now."""
        for sequence in sorted(stream.early, key=lambda number: number - stream.next + _WINDOW & 0xFFFFFFFF):
            ahead = sequence - stream.next & 0xFFFFFFFF
            if ahead and not ahead >> 31:
                break
            piece = stream.early.pop(sequence)[-ahead & 0xFFFFFFFF :]
            stream.data += piece
            stream.next = stream.next + len(piece) & 0xFFFFFFFF

    def _read(self, key: bytes, stream: _Stream, target: int) -> Told:
        """What the data that is there tells; what is told is forgotten."""
        data = stream.data
        if tls.is_hello(data, 0, len(data)) or (data[0] == 22 and len(data) < 3):
            hello = tls.read_records(data, 0, len(data))
            if hello.is_done or len(data) > tls.LONGEST_HELLO_BYTES:
                self._flows.pop(key)
                self.quiet.add(key, _random_of(data, 0))
                stream.data, stream.early = b"", {}
                return hello
            return None
        messages, at = [], 0
        for start, stop in dns.framed(data, 0, len(data), is_named=target == _DNS_PORT):
            if stop - start < data[start - 2] << 8 | data[start - 1]:
                break
            messages.append(data[start:stop])
            at = stop
        stream.data = data[at:] if target == _DNS_PORT and _may_become_query(data, at) else b""
        if messages:
            stream.tries = 0
            return messages
        if not stream.data:
            self._try(key, stream)
        return None

    def _try(self, key: bytes, stream: _Stream) -> None:
        """A segment told nothing."""
        stream.tries += 1
        if stream.tries >= _MOST_TRIES:
            self._flows.pop(key)
            self._drop(stream)
            self.quiet.add(key)
            stream.data, stream.early = b"", {}

    def _drop(self, stream: _Stream) -> None:
        if tls.is_hello(stream.data, 0, len(stream.data)):
            self._gave_up()


def _is_from_server(buffer: bytes, start: int, end: int, source: int, target: int) -> bool:
    """Whether a flow's first data that is seen is what servers send."""
    if source < 1024 <= target or source == _DNS_PORT:
        return True
    return end - start >= 6 and buffer[start] == 22 and buffer[start + 1] == 3 and buffer[start + 5] == 2


def _random_of(buffer: bytes, start: int) -> bytes:
    """What no two hellos have alike, of one that begins at `start`."""
    return bytes(buffer[start + 11 : start + 43])


def _is_another_hello(told: bytes, buffer: bytes, start: int, end: int) -> bool:
    """Whether a hello begins in a flow that is left alone because it told one, and is not that one again."""
    is_one = told != b"" and end - start >= _LEAST_HELLO_BYTES and tls.is_hello(buffer, start, end)
    return is_one and _random_of(buffer, start) != told


def _is_beginning(piece: bytes, target: int) -> bool:
    """Whether a hello or a query may begin with this segment."""
    if tls.is_hello(piece, 0, len(piece)):
        return True
    return any(True for _ in dns.framed(piece, 0, len(piece), is_named=target == _DNS_PORT))


def _may_become_query(data: bytes, at: int) -> bool:
    """Whether what is left from `at` on may be the beginning of a query, by its length and flags."""
    if len(data) - at < 2:
        return len(data) > at
    length = data[at] << 8 | data[at + 1]
    if not dns.LEAST_BYTES <= length <= dns.LONGEST_QUERY_BYTES or len(data) - at - 2 >= length:
        return False
    return len(data) - at < 5 or not data[at + 4] & 0x80
