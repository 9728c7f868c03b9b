"""The packets that captures mostly hold, read where they lie: Ethernet in a pcap file, IPv4 without options or IPv6
without extensions, UDP or TCP.

One loop looks at each packet just long enough to see that it tells nothing new: an answer, a question that was met
before, a flow that has told its name. All others go to the engine, which would say the same of these. Decision 9."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct

from shadowledger.collectors.capture.engine import Engine
from shadowledger.collectors.capture.frames import ETHERNET
from shadowledger.collectors.capture.pcap import LONGEST_PACKET_BYTES, Variant, Window
from shadowledger.collectors.records import Issue, Traffic

HEADER_BYTES = 16
_LOOKAHEAD_BYTES = 192
"""What may be looked at from the beginning of a packet on before its own length is known."""

_MOST_BYTES = HEADER_BYTES + LONGEST_PACKET_BYTES + _LOOKAHEAD_BYTES

# Of a frame 4 bytes from 12 on (type, IP version and header length) and 4 from 20 on (IPv4: fragment, time to live and
# protocol; IPv6: next header), as numbers in the byte order of the file, and the bits of them that count.
_BYTES = {
    "four": (b"\x08\x00\x45\0", b"\xff\xff\xff\0"),
    "six": (b"\x86\xdd\x60\0", b"\xff\xff\xf0\0"),
    "rest_of_four": (b"\0\0\0\x11", b"\xbf\xff\0\xff"),
    "rest_of_six": (b"\x11\0\0\0", b"\xff\0\0\0"),
    "tcp": (b"\0\0\0\x06", b"\x06\0\0\0"),
}


def read(engine: Engine, window: Window, variant: Variant) -> Iterator[list[Traffic | Issue]]:
    """What the packets tell, a list at a time. Ends before the last ones, at `window.at`."""
    order, ticks_per_us = variant.order, variant.ticks_per_us
    number_of = Struct(order + "I").unpack
    (four, four_bits, six, six_bits, udp, four_rest_bits, udp_of_six, six_rest_bits, tcp, tcp_of_six) = (
        number_of(one)[0] for pair in _BYTES.values() for one in pair
    )
    heads = Struct(order + "8xI16xI4xI").unpack_from
    times = Struct(order + "II").unpack_from
    memo = engine.verdicts.by_bytes.get
    streams, datagrams = engine.streams.quiet.young.get, engine.datagrams.quiet.young.get
    clients, new_client = engine.clients.known.get, engine.clients.add
    zone = "explicit"
    buffer, at, number, named = window.buffer, window.at, engine.packet_count, 0
    need = _LOOKAHEAD_BYTES
    while True:
        window.at = at
        engine.packet_count = number
        engine.named_count += named
        named = 0
        if need > _MOST_BYTES or not window.hold(need):
            return
        found: list[Traffic | Issue] = []
        buffer, at, need = window.buffer, window.at, _LOOKAHEAD_BYTES
        find, size = buffer.find, len(buffer)
        last = size - _LOOKAHEAD_BYTES
        while at <= last:
            length, kind, rest = heads(buffer, at)
            following = at + 16 + length
            if following > size:
                need = HEADER_BYTES + length + _LOOKAHEAD_BYTES
                break
            number += 1
            if kind & four_bits == four:
                rest &= four_rest_bits
                address, body = at + 42, at + 50
            elif kind & six_bits == six:
                rest &= six_rest_bits
                rest = udp if rest == udp_of_six else tcp if rest == tcp_of_six else 0
                address, body = at + 38, at + 70
            else:
                rest = 0
            if rest == udp:
                if buffer[body + 1] == 53 and not buffer[body]:
                    if buffer[body + 10] & 0x80:  # an answer
                        at = following
                        continue
                elif buffer[body + 3] == 53 and not buffer[body + 2]:
                    end = find(b"\0", body + 20, following) + 5
                    if 5 < end <= following:
                        known = memo(buffer[body + 10 : end])
                        if known is not None:
                            if not known:
                                named += 1
                                at = following
                                continue
                            if (
                                body + (buffer[body + 4] << 8 | buffer[body + 5]) >= end
                                and not buffer[body + 10] & 0x78
                                and buffer[body] != 20  # neither 5353 nor 5355
                            ):
                                named += 1
                                seconds, ticks = times(buffer, at)
                                client = clients(buffer[address : body - 4 if body - address == 8 else address + 16])
                                if client is None:
                                    size_bytes = 4 if body - address == 8 else 16
                                    client = new_client(buffer[address : address + size_bytes])
                                found.append(
                                    Traffic(
                                        number,
                                        "dns",
                                        known[0],
                                        seconds * 1_000_000 + ticks // ticks_per_us,
                                        zone,
                                        client,
                                        question_type=known[1],
                                    )
                                )
                                at = following
                                continue
                elif datagrams(buffer[address : body + 4]) is not None:
                    at = following
                    continue
            elif rest == tcp and not buffer[body + 13] & 2:  # no SYN
                told = streams(buffer[address : body + 4])
                if told is not None:
                    if not told or length < 100 or buffer[body + (buffer[body + 12] >> 2 & 0x3C)] != 22:
                        at = following
                        continue
                elif body - address == 8:
                    total = buffer[at + 32] << 8 | buffer[at + 33]
                    if total and total - 20 <= buffer[body + 12] >> 2 & 0x3C:  # no data
                        at = following
                        continue
                elif (buffer[at + 34] << 8 | buffer[at + 35]) <= buffer[body + 12] >> 2 & 0x3C and buffer[at + 35]:
                    at = following
                    continue
            seconds, ticks = times(buffer, at)
            engine.packet_count = number
            some = engine.frame(seconds * 1_000_000 + ticks // ticks_per_us, ETHERNET, buffer, at + 16, following)
            if some:
                found += some
            at = following
        if found:
            window.at = at
            engine.packet_count = number
            engine.named_count += named
            named = 0
            yield found
