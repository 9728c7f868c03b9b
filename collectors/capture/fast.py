"""The packets that captures mostly hold, read where they lie: Ethernet in a pcap file, IPv4 without options or IPv6
without extensions, UDP or TCP.

One loop looks at each packet just long enough to see that it tells nothing new: an answer, a question that was met
before, a flow that has told its name. All others go to the engine, which would say the same of these. Decision 9."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from struct import Struct
from typing import TYPE_CHECKING, TypeVar

from shadowledger.collectors.capture.engine import Engine
from shadowledger.collectors.capture.frames import ETHERNET, TCP, UDP, Transport
from shadowledger.collectors.capture.pcap import LONGEST_PACKET_BYTES, Variant, Window
from shadowledger.collectors.capture.streams import ACK, SYN
from shadowledger.collectors.capture.verdicts import Told
from shadowledger.collectors.records import Issue, Traffic

if TYPE_CHECKING:
    from shadowledger.signatures.screen import Screen

Item = TypeVar("Item")
HEADER_BYTES = 16
LOOKAHEAD_BYTES = 192
"""What may be looked at from the beginning of a packet on before its own length is known."""

_SHORT_BYTES = 300
"""Of packets that are mostly DNS, on average over _ENOUGH."""
_ENOUGH = 100
_IP_AT, _BODY_OF_FOUR_AT = HEADER_BYTES + 14, HEADER_BYTES + 34
_MOST_BYTES = HEADER_BYTES + LONGEST_PACKET_BYTES + LOOKAHEAD_BYTES + 1

# Of a frame 4 bytes from 12 on (type, IP version and header length) and 4 from 20 on (IPv4: fragment, time to live and
# protocol; IPv6: next header), as numbers in the byte order of the file, and the bits of them that count.
_BYTES = {
    "four": (b"\x08\x00\x45\0", b"\xff\xff\xff\0"),
    "six": (b"\x86\xdd\x60\0", b"\xff\xff\xf0\0"),
    "rest_of_four": (b"\0\0\0\x11", b"\xbf\xff\0\xff"),
    "rest_of_six": (b"\x11\0\0\0", b"\xff\0\0\0"),
    "tcp": (b"\0\0\0\x06", b"\x06\0\0\0"),
}


Asked = Callable[[int, int, int, str, Told], Item]
"""Makes of a question what is wanted of it: of its packet's number, seconds, microseconds, client and verdict."""
PassOver = Callable[[bytes, int], tuple[int, int, list[Item | Traffic | Issue]]]


def read(
    engine: Engine, window: Window, variant: Variant, asked: Asked[Item], screen: Screen | None = None
) -> Iterator[list[Item | Traffic | Issue]]:
    """What the packets tell, a list at a time. Ends before the last ones, at `window.at`."""
    pass_over, need = screened_loop(engine, variant, asked, screen), LOOKAHEAD_BYTES + 1
    while need <= _MOST_BYTES and window.hold(need):
        window.at, need, found = pass_over(window.buffer, window.at)
        if found:
            yield found


def screened_loop(engine: Engine, variant: Variant, asked: Asked[Item], screen: Screen | None) -> PassOver[Item]:
    """The same as `loop`. Where packets are short, most are DNS, and a screen finds those with a wanted name in less
    time than it takes to look at their questions."""
    pass_over = loop(engine, variant, asked)
    is_short = False

    def screened(buffer: bytes, at: int) -> tuple[int, int, list[Item | Traffic | Issue]]:
        nonlocal is_short
        before = engine.packet_count
        ends = screen.ends(buffer) if screen is not None and is_short else None
        following, need, found = pass_over(buffer, at, ends)
        count = engine.packet_count - before
        if count >= _ENOUGH:
            is_short = following - at < count * _SHORT_BYTES
        return following, need, found

    return screened


def traffic_of(number: int, seconds: int, micros: int, client: str, verdict: Told) -> Traffic:
    """The same as Traffic(...), in half the time."""
    time_us = seconds * 1_000_000 + micros
    zone = "explicit" if time_us else ""
    return tuple.__new__(Traffic, (number, "dns", verdict[0], time_us, zone, client, *verdict[2]))


def loop(
    engine: Engine, variant: Variant, asked: Asked[Item]
) -> Callable[..., tuple[int, int, list[Item | Traffic | Issue]]]:
    """A function that reads the packets of a buffer from an index on. It gives the index of the first that is not whole
    or too near to the end, how many bytes from there on are needed to go on, and what the packets before it tell. Where
    it is told at which bytes wanted names end (in order, and then one beyond all), questions without one are counted
    and not looked at.

    Everything that it uses is a local name, and nothing in it is a call that need not be one: it takes a third of a
    microsecond for most packets."""
    number_of, ticks_per_us = Struct(variant.order + "I").unpack, variant.ticks_per_us
    (four, four_bits, six, six_bits, udp, four_rest_bits, udp_of_six, six_rest_bits, tcp, tcp_of_six) = (
        number_of(one)[0] for pair in _BYTES.values() for one in pair
    )
    dns_port, https_port, single = (
        Struct(variant.order + "H").unpack(two)[0] for two in (b"\0\x35", b"\1\xbb", b"\0\1")
    )
    carried, servers = frozenset((udp, tcp)), frozenset((dns_port, https_port))
    heads, times = Struct(variant.order + "8xI16xI4xI10xHH6xBxH").unpack_from, Struct(variant.order + "II").unpack_from
    ports_of_six = Struct(variant.order + "70xHH6xBxH").unpack_from
    streams, datagrams = engine.streams.quiet.young.get, engine.datagrams.quiet.young.get
    known_question, question = engine.verdicts.by_bytes.get, engine.verdicts.question
    known_client, client = engine.clients.known.get, engine.clients.add

    begin, sequence_of, transported = engine.streams.begin, Struct(">I").unpack_from, engine.transported
    whole = engine.whole

    def pass_over(
        buffer: bytes, at: int, wanted_ends: Iterator[int] | None = None
    ) -> tuple[int, int, list[Item | Traffic | Issue]]:
        find, size, number, named, unexamined = buffer.find, len(buffer), engine.packet_count, 0, 0
        found: list[Item | Traffic | Issue] = []
        need, last = LOOKAHEAD_BYTES + 1, size - LOOKAHEAD_BYTES
        following, is_screened, wanted_end = at, wanted_ends is not None, at
        while following < last:
            at = following
            length, kind, rest, source, target, flags, questions = heads(buffer, at)
            following = at + HEADER_BYTES + length
            if following > size:
                need, following = HEADER_BYTES + length + LOOKAHEAD_BYTES + 1, at
                break
            number += 1
            if kind & four_bits == four:
                rest &= four_rest_bits
                if source in servers and rest in carried:  # most packets
                    if source == https_port:
                        if buffer[at + 52] > 3:  # to a client
                            continue
                    elif rest == udp and flags & 0x80:  # an answer
                        continue
                body = at + 50
            elif kind & six_bits == six:
                rest &= six_rest_bits
                rest = udp if rest == udp_of_six else tcp if rest == tcp_of_six else 0
                source, target, flags, questions = ports_of_six(buffer, at)
                body = at + 70
            else:
                rest = 0
            if rest == udp:
                if source == dns_port:
                    if flags & 0x80:  # an answer
                        continue
                elif target == dns_port:
                    if is_screened:
                        while wanted_end <= at:
                            wanted_end = next(wanted_ends)  # type: ignore[arg-type]
                        if following < wanted_end and questions == single:
                            unexamined += 1
                            continue
                    end = find(b"\0", body + 20, following) + 5
                    if (  # one question, asked as usual, within its datagram, and not from 5353 or 5355
                        5 < end <= following and flags < 8 and questions == single and buffer[body] != 20
                    ):
                        verdict = known_question(buffer[body + 20 : end])
                        if verdict is None and body + (buffer[body + 4] << 8 | buffer[body + 5]) >= end:
                            verdict = question(buffer[body + 20 : end])
                        if verdict:
                            if body + (buffer[body + 4] << 8 | buffer[body + 5]) >= end:
                                named += 1
                                seconds, ticks = times(buffer, at)
                                who = buffer[body - 8 : body - 4] if body - at == 50 else buffer[at + 38 : at + 54]
                                known = known_client(who) or client(who)
                                found.append(asked(number, seconds, ticks // ticks_per_us, known, verdict))
                                continue
                        elif verdict is not None:
                            named += 1
                            continue
                elif source == https_port and buffer[body + 2] > 3:  # from a server
                    continue
                key = buffer[body - 8 if body - at == 50 else body - 32 : body + 4]
                if target != dns_port and datagrams(key) is not None:
                    continue
            elif rest == tcp:
                if source == https_port and buffer[body + 2] > 3:
                    continue
                flags, key = buffer[body + 13], buffer[body - 8 if body - at == 50 else body - 32 : body + 4]
                told = streams(key)
                is_quiet = told is not None and not flags & SYN
                if is_quiet and (not told or length < 100):
                    continue
                data = body + (buffer[body + 12] >> 2 & 0x3C)
                if is_quiet:
                    if buffer[data] != 22:
                        continue
                else:
                    size_at = at + 32 if body - at == 50 else at + 34
                    total = buffer[size_at] << 8 | buffer[size_at + 1]
                    if total and total + (at + 30 if body - at == 50 else body) <= data <= following:  # without data
                        if flags & (SYN | ACK) == SYN:
                            begin(key, *sequence_of(buffer, body + 4))
                        continue
            seconds, ticks = times(buffer, at)
            engine.packet_count = number
            time_us = seconds * 1_000_000 + ticks // ticks_per_us
            if rest in (udp, tcp):
                end = at + 30 + (buffer[at + 32] << 8 | buffer[at + 33])
                if body - at != 50:
                    end = body + (buffer[at + 34] << 8 | buffer[at + 35])
                if body + 8 <= end <= following:
                    some = whole(time_us, buffer, rest == udp, at + 30, body, end, key)
                else:
                    place = _place(UDP if rest == udp else TCP, buffer, at, body, following)
                    some = transported(time_us, buffer, place) if place.at + 8 <= place.end else ()
            else:
                some = engine.frame(time_us, ETHERNET, buffer, at + HEADER_BYTES, following)
            if some:
                found += some
        engine.packet_count = number
        engine.named_count += named
        engine.unexamined_count += unexamined
        return following, need, found

    return pass_over


def _place(protocol: int, buffer: bytes, at: int, body: int, following: int) -> Transport:
    """Where the datagram or segment lies that begins at `body` in the packet whose record begins at `at`."""
    ip_at = at + _IP_AT
    if body - at == _BODY_OF_FOUR_AT:
        end = ip_at + (buffer[ip_at + 2] << 8 | buffer[ip_at + 3])
        end = following if end == ip_at else end
    else:
        end = body + (buffer[ip_at + 4] << 8 | buffer[ip_at + 5])
        end = following if end == body else end
    return Transport(protocol, ip_at, body, min(end, following), end > following)
