"""Packet captures as files: pcap and pcapng."""

from __future__ import annotations

from collections.abc import Iterator

from shadowledger.collectors.capture import blind, fast
from shadowledger.collectors.capture.engine import Engine
from shadowledger.collectors.capture.frames import ETHERNET
from shadowledger.collectors.capture.lines import Encode, line_maker, text_of
from shadowledger.collectors.capture.pcap import VARIANTS, Packet, Window, begin, classic
from shadowledger.collectors.capture.pcapng import ORDERS, RUNS, SECTION, next_generation
from shadowledger.collectors.capture.usage import Usage
from shadowledger.collectors.collector import Collector, Head
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import Issue, Record, Traffic


def _detect(head: Head) -> str:
    variant = VARIANTS.get(head.data[:4])
    if variant:
        major = head.data[4:6]
        return f"begins with the magic number of pcap ({variant.words})" if major in (b"\2\0", b"\0\2") else ""
    order = ORDERS.get(head.data[8:12]) if head.data.startswith(SECTION) else None
    words = {"<": "little-endian", ">": "big-endian"}
    return f"begins with a section header of pcapng ({words[order]})" if order else ""


def _read(reading: Reading) -> Iterator[Record]:
    """A record is a packet. One with several names gives several objects of the same position.

    Where bytes are asked for, connections are told with theirs, and those too of which only DNS gave the name; every
    packet is looked at, which takes about five times as long."""
    for found in _found(reading, fast.traffic_of):
        yield from found


def text(reading: Reading, encode: Encode) -> Iterator[str]:
    """What `read` gives as JSON Lines, some thousand at once, written by `encode`."""
    for found in _found(reading, line_maker(encode)):
        yield text_of(found, encode)


def _found(reading: Reading, asked: fast.Asked[fast.Item]) -> Iterator[list[fast.Item | Traffic | Issue]]:
    usage = Usage(reading.wanted) if reading.settings.with_bytes else None
    engine, window = Engine(reading.wanted, usage), Window(reading.opened)
    packets: Iterator[Packet | bytes]
    try:
        begun = begin(window)
        if begun is None:
            packets = next_generation(window, in_runs=usage is None)
            pass_over = fast.screened_loop(engine, RUNS, asked, reading.screen)
        else:
            variant, link_type = begun
            if usage is None and link_type == ETHERNET and variant.header_bytes == fast.HEADER_BYTES:
                yield from fast.read(engine, window, variant, asked, reading.screen)
            packets = classic(window, variant, link_type, engine.packet_count + 1)
        for packet in packets:
            if isinstance(packet, bytes):
                yield pass_over(packet + bytes(fast.LOOKAHEAD_BYTES), 0)[2]
            elif found := engine.packet(*packet):
                yield [*found] if usage is None else [*usage.hold(found)]
        if usage is not None:
            yield [*usage.end()]
    finally:
        engine.end()
        engine.blind[blind.DROPPED] += window.dropped_count
        reading.blind_spots.update(+engine.blind)
        reading.remark = "" if usage else "names alone: with --bytes, the bytes and sessions of connections too"
        reading.record_count += engine.packet_count
        reading.ignored_count += engine.nameless_count
        reading.not_examined_count += engine.unexamined_count


CAPTURE = Collector(
    id="capture",
    title="Packet capture (pcap, pcapng)",
    framing="packets",
    fills=("time", "client", "host", "port", "question_type", "sent_bytes", "received_bytes"),
    detect=_detect,
    read=_read,
    reference="https://datatracker.ietf.org/doc/html/draft-ietf-opsawg-pcapng",
    export="tcpdump -s 0 -w file, or any tool that writes pcap or pcapng, at a mirror port or a resolver.",
    text=text,
    is_screened=True,
    counts_bytes=True,
    cannot="Users; names inside encrypted DNS and encrypted client hellos.",
)
