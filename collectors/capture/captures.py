"""Packet captures as files: pcap and pcapng."""

from __future__ import annotations

from collections.abc import Iterator

from shadowledger.collectors.capture import fast
from shadowledger.collectors.capture.engine import Engine
from shadowledger.collectors.capture.frames import ETHERNET
from shadowledger.collectors.capture.lines import Encode, line_maker, text_of
from shadowledger.collectors.capture.pcap import ORDERS, SECTION, VARIANTS, Window, begin, classic, next_generation
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
    """A record is a packet. One with several names gives several objects of the same position."""
    for found in _found(reading, fast.traffic_of):
        yield from found


def read_with_bytes(reading: Reading) -> Iterator[Record]:
    """The same, but connections when they are over, with their bytes, and those of which only DNS gave the name. Every
    packet is looked at, which takes about five times as long."""
    for found in _found(reading, fast.traffic_of, Usage(reading.wanted)):
        yield from found


def text(reading: Reading, encode: Encode) -> Iterator[str]:
    """What `read` gives as JSON Lines, some thousand at once, written by `encode`."""
    for found in _found(reading, line_maker(encode)):
        yield text_of(found, encode)


def _found(
    reading: Reading, asked: fast.Asked[fast.Item], usage: Usage | None = None
) -> Iterator[list[fast.Item | Traffic | Issue]]:
    engine, window = Engine(reading.wanted, usage), Window(reading.opened)
    try:
        begun = begin(window)
        if begun is None:
            packets = next_generation(window)
        else:
            variant, link_type = begun
            if usage is None and link_type == ETHERNET and variant.header_bytes == fast.HEADER_BYTES:
                yield from fast.read(engine, window, variant, asked)
            packets = classic(window, variant, link_type, engine.packet_count + 1)
        for packet in packets:
            found = engine.packet(*packet)
            over = usage.take() if usage is not None else []
            if found or over:
                yield [*found, *over]
        if usage is not None:
            usage.end()
            yield [*usage.take()]
    finally:
        engine.end()
        reading.record_count += engine.packet_count
        reading.ignored_count += engine.nameless_count


CAPTURE = Collector(
    id="capture",
    title="Packet capture (pcap, pcapng)",
    framing="packets",
    fills=("time", "client", "host", "port", "question_type"),
    detect=_detect,
    read=_read,
    reference="https://datatracker.ietf.org/doc/html/draft-ietf-opsawg-pcapng",
    export="tcpdump -s 0 -w file, or any tool that writes pcap or pcapng, at a mirror port or a resolver.",
    cannot="Users; names inside encrypted DNS and encrypted client hellos.",
)
