"""dnstap: what a DNS server did, as messages in Frame Streams files.

https://dnstap.info/, with the messages of https://github.com/dnstap/dnstap.pb/blob/master/dnstap.proto; the frames are
those of https://farsightsec.github.io/fstrm/group__fstrm__control.html. Only the fields that say who asked, when and
for what are read. Nothing here trusts a length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from socket import AF_INET, AF_INET6, inet_ntop
from struct import Struct

from shadowledger.collectors.capture import dns
from shadowledger.collectors.clock import EXPLICIT, seconds_us
from shadowledger.collectors.collector import Collector, Head
from shadowledger.collectors.lines import Unwanted
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import Ignored, Issue, Record, Traffic

LONGEST_FRAME_BYTES = 1 << 20
"""What libfstrm's readers take for the longest (FSTRM_READER_MAX_FRAME_SIZE_DEFAULT)."""
_LONGEST_CONTROL_BYTES = 512
_ESCAPE = bytes(4)
_START, _STOP, _READY = 2, 3, 4
_CONTENT_TYPE = b"protobuf:dnstap.Dnstap"
_CONTENT = Struct(">II").pack(1, len(_CONTENT_TYPE)) + _CONTENT_TYPE
"""The field of a control frame that says what the data frames are."""

# Numbers of fields in dnstap.proto, of Dnstap and then of Message.
_MESSAGE, _PAYLOAD_TYPE = 14, 15
_TYPE, _QUERY_ADDRESS, _QUERY_SECONDS, _QUERY_NANOSECONDS, _QUERY = 1, 4, 8, 9, 10
_RESPONSE_SECONDS, _RESPONSE_NANOSECONDS, _RESPONSE = 12, 13, 14
_HIGHEST_FIELD = 15
_CLIENT_QUERY, _CLIENT_RESPONSE = 5, 6
_ASKING = frozenset((_CLIENT_QUERY, 9, 11))
"""Questions as those have them who ask: besides a server's clients a stub resolver and a tool, each on its machine."""
_NOT_ASKING = {
    1: "a question to an authoritative server",
    3: "a resolver's own question",
    7: "a forwarder's own question",  # asked again for a client, whose question is a message of its own
    13: "a dynamic update",
    **dict.fromkeys((2, 4, _CLIENT_RESPONSE, 8, 10, 12, 14), "a response"),
}

_CUT_OFF = "a dnstap message that is cut off"

Fields = dict[int, int | bytes]


class _DamagedError(Exception):
    """The frames end here; the text says why."""


def read(reading: Reading) -> Iterator[Record]:
    """A record is a data frame, numbered from 1."""
    opened = reading.opened
    questions = _Questions(reading, answers_count=not _has_client_queries(opened.head))
    try:
        for frame in _frames(opened.chunks()):
            reading.record_count += 1
            if frame is None:
                yield Issue(reading.record_count, f"longer than {LONGEST_FRAME_BYTES >> 20} MiB")
                continue
            try:
                record = questions.record(reading.record_count, frame)
            except dns.UnreadableError as error:
                record = Issue(reading.record_count, str(error))
            if record is not None:
                yield record
    except _DamagedError as error:
        opened.damage = opened.damage or f"{error} {reading.record_count + 1}"


class _Stream:
    """Bytes from chunks, as many as are asked for."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._buffer = b""
        self._at = 0

    def take(self, count: int) -> bytes:
        """The next `count` bytes; fewer only at the end."""
        end = self._at + count
        if end > len(self._buffer):
            parts = [self._buffer[self._at :]]
            size = len(parts[0])
            while size < count and (chunk := next(self._chunks, b"")):
                parts.append(chunk)
                size += len(chunk)
            self._buffer, self._at, end = b"".join(parts), 0, count
        taken = self._buffer[self._at : end]
        self._at += len(taken)
        return taken

    def skip(self, count: int) -> bool:
        """Pass over `count` bytes without keeping them; False where the input ends first."""
        while count > 0:
            passed = len(self.take(min(count, LONGEST_FRAME_BYTES)))
            if not passed:
                return False
            count -= passed
        return True


def _frames(chunks: Iterable[bytes]) -> Iterator[bytes | None]:
    """The data frames, None for one that is too long. Raises _DamagedError, to be followed by the number of a frame.

    Files that were joined, or begun again by a new process, have more than one start."""
    stream, is_started = _Stream(chunks), False
    while header := stream.take(4):
        if header == _ESCAPE:
            is_started = _control(stream, is_started=is_started)
            continue
        length = int.from_bytes(header)
        if len(header) == 4 and not is_started:
            raise _DamagedError("the frames are damaged at frame")
        if len(header) == 4 and length > LONGEST_FRAME_BYTES and stream.skip(length):
            yield None
            continue
        frame = stream.take(length) if length <= LONGEST_FRAME_BYTES else b""
        if len(header) < 4 or len(frame) < length:
            raise _DamagedError("the frames are cut off in frame")
        yield frame
    if is_started:
        raise _DamagedError("no stop frame: it is still written to, or was cut off before frame")


def _control(stream: _Stream, *, is_started: bool) -> bool:
    """Whether data frames may follow the control frame that comes now. Raises _DamagedError."""
    header = stream.take(4)
    length = int.from_bytes(header)
    if len(header) == 4 and not 4 <= length <= _LONGEST_CONTROL_BYTES:
        raise _DamagedError("the frames are damaged at frame")
    control = stream.take(length)
    if len(header) < 4 or len(control) < length:
        raise _DamagedError("the frames are cut off in frame")
    kind = int.from_bytes(control[:4])
    if kind == _START and control[4:] not in (b"", _CONTENT):
        raise _DamagedError("something other than dnstap begins at frame")
    return kind == _START or (is_started and kind != _STOP)


def _has_client_queries(head: bytes) -> bool:
    """Whether the first frames have a client's question. A server writes a question before its answer, so where there
    is none it writes answers only, and the questions are to be had from them."""
    try:
        for frame in _frames((head,)):
            try:
                if frame and _message(frame)[0] == _CLIENT_QUERY:
                    return True
            except dns.UnreadableError:
                continue
    except _DamagedError:
        pass
    return False


class _Questions:
    """What the messages ask for."""

    def __init__(self, reading: Reading, *, answers_count: bool) -> None:
        self._wanted = reading.wanted
        self._answers_count = answers_count
        self._unwanted: Unwanted[bytes] = Unwanted()

    def record(self, position: int, frame: bytes) -> Record | None:
        """The record in a data frame; None where nobody wants its name. Raises dns.UnreadableError."""
        kind, message = _message(frame)
        if kind in _ASKING:
            self._answers_count = self._answers_count and kind != _CLIENT_QUERY
            return self._question(position, message, message.get(_QUERY))
        if kind == _CLIENT_RESPONSE and self._answers_count:
            return self._question(position, message, message.get(_RESPONSE))
        return Ignored(position, _NOT_ASKING.get(kind, "a message of another kind"))

    def _question(self, position: int, message: Fields, wire: int | bytes | None) -> Record | None:
        if not isinstance(wire, bytes):
            raise dns.UnreadableError("no DNS message")
        if len(wire) >= dns.HEADER_BYTES and not dns.question_count(wire, 0):
            return Ignored(position, "asks for no name")
        after = wire.find(b"\0", dns.HEADER_BYTES) + 5
        raw = wire[dns.HEADER_BYTES : after]
        if raw in self._unwanted:
            return None
        question = dns.read_question(wire, 0, dns.HEADER_BYTES, len(wire))
        via = dns.via_of(wire, 0, len(wire), 0, 0)
        if not via:
            return Ignored(position, "asks for no name")
        if not question.name:
            return Ignored(position, "a question about the root")
        if self._wanted is not None and not self._wanted(question.name, "", "", 0, "", question.type):
            if question.end == after and not question.has_pointer:
                self._unwanted.remember(raw)
            return None
        time_us = _time_us(message, _QUERY_SECONDS, _QUERY_NANOSECONDS)
        time_us = time_us or _time_us(message, _RESPONSE_SECONDS, _RESPONSE_NANOSECONDS)
        return Traffic(
            position=position,
            via=via,
            host=question.name,
            time_us=time_us,
            tz_source=EXPLICIT if time_us else "",
            client=_address(message.get(_QUERY_ADDRESS)),
            question_type=question.type,
        )


def _message(frame: bytes) -> tuple[int, Fields]:
    """The type of the Message in a data frame, and its fields. Raises dns.UnreadableError."""
    payload = _fields(frame)
    message = payload.get(_MESSAGE)
    if payload.get(_PAYLOAD_TYPE) == 1 and isinstance(message, bytes):
        fields = _fields(message)
        kind = fields.get(_TYPE)
        if isinstance(kind, int):
            return kind, fields
    raise dns.UnreadableError("no dnstap message")


def _fields(data: bytes) -> Fields:
    """The fields of a protobuf message, by number; the last of each. Raises dns.UnreadableError.

    https://protobuf.dev/programming-guides/encoding/. Nearly all numbers have one byte."""
    found: Fields = {}
    at, end = 0, len(data)
    while at < end:
        tag, at = (data[at], at + 1) if data[at] < 0x80 else _varint(data, at)
        wire_type = tag & 7
        value: int | bytes
        if wire_type in (0, 2):
            size, at = (data[at], at + 1) if at < end and data[at] < 0x80 else _varint(data, at)
            value = size
            if wire_type == 2:
                value, at = data[at : at + size], at + size
        elif wire_type in (1, 5):
            size = 8 if wire_type == 1 else 4
            value, at = int.from_bytes(data[at : at + size], "little"), at + size
        else:
            raise dns.UnreadableError("no dnstap message")
        if at > end:
            raise dns.UnreadableError(_CUT_OFF)
        if tag >> 3 <= _HIGHEST_FIELD:
            found[tag >> 3] = value
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of up to ten bytes, and the index after it."""
    value = shift = 0
    for byte in data[at : at + 10]:
        at += 1
        if byte < 0x80:
            return value | byte << shift, at
        value |= (byte & 0x7F) << shift
        shift += 7
    raise dns.UnreadableError(_CUT_OFF)


def _time_us(message: Fields, seconds_field: int, nanoseconds_field: int) -> int:
    seconds, nanoseconds = message.get(seconds_field), message.get(nanoseconds_field, 0)
    if not isinstance(seconds, int) or not isinstance(nanoseconds, int):
        return 0
    time_us = seconds_us(seconds)
    return time_us + nanoseconds // 1000 if time_us and nanoseconds < 1_000_000_000 else time_us


def _address(raw: int | bytes | None) -> str:
    """Four bytes or sixteen, which tell its family as well as the field for it; anything else is no address."""
    if not isinstance(raw, bytes) or len(raw) not in (4, 16):
        return ""
    return inet_ntop(AF_INET if len(raw) == 4 else AF_INET6, raw)


def detect(head: Head) -> str:
    """A file begins with a start frame; a recorded conversation with the frame before it, which says the same."""
    if not head.data.startswith(_ESCAPE):
        return ""
    control = head.data[8 : 8 + int.from_bytes(head.data[4:8])][:_LONGEST_CONTROL_BYTES]
    is_first = int.from_bytes(control[:4]) in (_START, _READY)
    return "begins with a control frame of Frame Streams for dnstap" if is_first and _CONTENT in control else ""


DNSTAP = Collector(
    id="dnstap",
    title="dnstap (Frame Streams)",
    framing="frames",
    fills=("time", "host", "client", "question_type"),
    detect=detect,
    read=read,
    reference="https://dnstap.info/",
    export="A dnstap output of BIND, Unbound, Knot, CoreDNS or PowerDNS to a file, with client queries.",
    cannot="Users.",
)
