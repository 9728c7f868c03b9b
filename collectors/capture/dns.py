"""The questions of DNS messages as they are on the wire, multicast DNS and LLMNR included.

Only the header and the question section are read: https://www.rfc-editor.org/rfc/rfc1035#section-4.1. Nothing here
trusts a length or a pointer; every index is compared with the end of the message."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from struct import Struct
from typing import NamedTuple

from dns.rdatatype import RdataType, to_text

HEADER_BYTES = 12
LONGEST_NAME_BYTES = 255  # RFC 1035, section 2.3.4
MOST_QUESTIONS = 64
"""Read from one message: several only occur in multicast DNS, where a message holds a few dozen."""
_LONGEST_LABEL = 63
_MOST_JUMPS = 16

_OPCODES = {0: "dns", 4: "dns_notify", 5: "dns_update"}
"""https://www.iana.org/assignments/dns-parameters/#dns-parameters-5; the others ask for no name."""
_MULTICAST = {5353: "mdns", 5355: "llmnr"}
"""RFC 6762, section 2, and RFC 4795, section 2: the same messages on ports of their own."""
_FLAGS_AND_QUESTIONS = Struct(">2xHH")
_COUNTS = Struct(">2xHHHHH")
_TYPE_AND_CLASS = Struct(">HH")
_IN, _UNICAST_WANTED = 1, 0x8000  # RFC 6762, section 5.4: the top bit of a class is a flag
_OPT = b"\x00\x00\x29"  # RFC 6891, section 6.1.2: the root's name, type 41
_OPCODE = 0x7800
_NEVER_IN_A_PLAIN_QUERY = 0xFECF  # all flags but RD, AD and CD
_NEVER_IN_ANY_QUERY = 0x8040  # that it is an answer, and the bit that must be zero
LEAST_BYTES = HEADER_BYTES + 5
LONGEST_QUERY_BYTES = 4096
"""Of one over TCP that is waited for; with its options a query has some hundred."""

_PLAIN = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
_DOT = ord(".")
_WRITTEN = [chr(byte).lower() if 0x20 < byte < 0x7F else f"\\{byte:03d}" for byte in range(256)]
_WRITTEN[ord(".")], _WRITTEN[ord("\\")] = "\\.", "\\\\"


class UnreadableError(ValueError):
    """A question that is cut off or breaks the format; its text is the reason of an Issue."""


class Question(NamedTuple):
    name: str
    """Lower case, without the final dot; empty for the root. A dot inside a label is `\\.`, and what is not printable
    `\\DDD`, as RFC 1035 writes it in section 5.1. It is already what `signatures.hosts` calls clean: nothing on the
    wire is percent-encoded, and names beyond ASCII travel as A-labels."""
    type: str
    """A, AAAA, HTTPS ...; TYPE123 where the number has no word."""
    dns_class: int
    end: int
    """Index of the byte after it."""
    has_pointer: bool
    """Whether part of the name stands elsewhere in the message."""


def is_answer(buffer: bytes, start: int, end: int) -> bool:
    """Whether the message that begins at `start` answers one that was asked before."""
    return end - start >= HEADER_BYTES and buffer[start + 2] & 0x80 != 0


def via_of(buffer: bytes, start: int, end: int, source_port: int, target_port: int) -> str:
    """How a message that is no answer comes by its names, judged by its header and ports: dns, mdns, llmnr, dns_update
    or dns_notify; empty where the header is not one of a DNS message with questions."""
    if end - start < LEAST_BYTES:
        return ""
    flags, question_count = _FLAGS_AND_QUESTIONS.unpack_from(buffer, start)
    if not question_count:
        return ""
    multicast = _MULTICAST.get(target_port) or _MULTICAST.get(source_port)
    if multicast:
        return multicast if not flags & _OPCODE else ""
    return _OPCODES.get((flags & _OPCODE) >> 11, "")


def unmistakable(buffer: bytes, start: int, end: int) -> bool:
    """Whether these bytes are a DNS query whatever the port: one question about an ordinary name in class IN, with no
    flag that a query cannot have, followed by nothing or by EDNS."""
    if end - start < LEAST_BYTES:
        return False
    flags, question_count, answer_count, authority_count, additional_count = _COUNTS.unpack_from(buffer, start)
    if flags & _NEVER_IN_A_PLAIN_QUERY or question_count != 1 or answer_count or authority_count:
        return False
    if additional_count > 1:
        return False
    try:
        question = read_question(buffer, start, start + HEADER_BYTES, end)
    except UnreadableError:
        return False
    is_host = "." in question.name and "\\" not in question.name
    if not is_host or question.dns_class != _IN or question.type.startswith("TYPE"):
        return False
    return buffer.startswith(_OPT, question.end, end) if additional_count else question.end == end


def framed(buffer: bytes, start: int, end: int, *, is_named: bool) -> Iterator[tuple[int, int]]:
    """Where the queries begin and end in a TCP segment, each after its length (RFC 1035, section 4.2.2).

    A segment may also be the middle of a long message, so a query counts only where its header and question could be
    one; off DNS's own port (not `is_named`) only where it is unmistakable."""
    while start + 2 + LEAST_BYTES <= end:
        length = buffer[start] << 8 | buffer[start + 1]
        start += 2
        stop = min(start + length, end)
        if length < LEAST_BYTES or not (_is_plausible if is_named else unmistakable)(buffer, start, stop):
            return
        yield start, stop
        start += length


def _is_plausible(buffer: bytes, start: int, end: int) -> bool:
    flags, question_count = _FLAGS_AND_QUESTIONS.unpack_from(buffer, start)
    if question_count != 1 or flags & _NEVER_IN_ANY_QUERY:
        return False
    try:
        read_question(buffer, start, start + HEADER_BYTES, end)
    except UnreadableError:
        return False
    return True


def question_count(buffer: bytes, start: int) -> int:
    """How many questions the message promises, up to MOST_QUESTIONS."""
    return min(buffer[start + 4] << 8 | buffer[start + 5], MOST_QUESTIONS)


def read_question(buffer: bytes, start: int, at: int, end: int) -> Question:
    """The question at `at` in the message that goes from `start` to `end`. Raises UnreadableError."""
    name, at, has_pointer = read_name(buffer, start, at, end)
    if at + 4 > end:
        raise UnreadableError("the DNS question is cut off")
    number, dns_class = _TYPE_AND_CLASS.unpack_from(buffer, at)
    return Question(name, type_word(number), dns_class & ~_UNICAST_WANTED, at + 4, has_pointer)


def read_name(buffer: bytes, start: int, at: int, end: int) -> tuple[str, int, bool]:
    """The name at `at` in a message, the index of the byte after it, and whether it has a pointer. Raises
    UnreadableError.

    A pointer must lead back (RFC 1035, section 4.1.4: to a prior occurrence), and further back than the one before
    it, so that none can loop."""
    labels: list[bytes] = []
    size, after, lowest, jumps = 1, 0, at, 0
    while True:
        if at >= end:
            raise UnreadableError("the DNS question is cut off")
        length = buffer[at]
        if not length:
            return _written(labels), after or at + 1, bool(jumps)
        if length <= _LONGEST_LABEL:
            size += length + 1
            if size > LONGEST_NAME_BYTES:
                raise UnreadableError("a DNS name over 255 bytes")
            labels.append(buffer[at + 1 : at + 1 + length])
            at += 1 + length
            continue
        if length < 0xC0:
            raise UnreadableError("a DNS label of unknown kind")
        if at + 2 > end:
            raise UnreadableError("the DNS question is cut off")
        target = start + ((length & 0x3F) << 8 | buffer[at + 1])
        jumps += 1
        if not start + HEADER_BYTES <= target < lowest or jumps > _MOST_JUMPS:
            raise UnreadableError("a DNS name that points astray")
        after = after or at + 2
        at = lowest = target


def plain_name(labels: bytes) -> str:
    """The name of labels up to the final zero; empty for the root, and where one is a pointer or has a byte that is not
    plain: `read_question` knows these."""
    name, at, end = bytearray(labels), 0, len(labels) - 1
    while at < end:
        length = labels[at]
        if length > _LONGEST_LABEL:
            return ""
        name[at] = _DOT
        at += 1 + length
    if at != end or end + 1 > LONGEST_NAME_BYTES or not end or labels[end]:
        return ""
    told = bytes(name[1:end])
    return told.decode("ascii").lower() if not told.translate(None, _PLAIN) and _DOT not in labels else ""


def _written(labels: list[bytes]) -> str:
    name = b".".join(labels)
    if not name.translate(None, _PLAIN) and name.count(b".") == len(labels) - 1:
        return name.decode("ascii").lower()
    return ".".join(["".join([_WRITTEN[byte] for byte in label]) for label in labels])


@cache
def type_word(number: int) -> str:
    """A question type from 0 to 65,535 as a word: A, HTTPS, TYPE123."""
    return to_text(RdataType.make(number))
