"""Capture files in memory, for the tests of captures: bytes out of packets, and records out of bytes."""

from __future__ import annotations

import io
import ssl
import struct
from collections.abc import Iterable
from typing import NamedTuple

from shadowledger.collectors.capture.captures import CAPTURE
from shadowledger.collectors.reading import Reading, Wanted
from shadowledger.collectors.records import Record, Traffic
from shadowledger.collectors.sources import Opened

ETHERNET = 1
TIME_US = 1_740_000_000_123_456


class Read(NamedTuple):
    records: list[Record]
    record_count: int
    ignored_count: int
    damage: str

    @property
    def names(self) -> list[tuple[str, str]]:
        return [(record.via, record.host) for record in self.records if isinstance(record, Traffic)]


def read(data: bytes, wanted: Wanted | None = None) -> Read:
    opened = Opened("test", io.BytesIO(data))
    reading = Reading(opened, None, wanted)
    records = list(reading.records(CAPTURE))
    return Read(records, reading.record_count, reading.ignored_count, opened.damage)


def pcap(
    packets: Iterable[bytes],
    link_type: int = ETHERNET,
    *,
    order: str = "<",
    magic: int = 0xA1B2C3D4,
    ticks: int = 123_456,
) -> bytes:
    """A pcap file; all packets at TIME_US, where the magic number's resolution lets `ticks` say so."""
    extra = bytes(8) if magic == 0xA1B2CD34 else b""
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262_144, link_type)]
    for packet in packets:
        parts += [struct.pack(order + "IIII", 1_740_000_000, ticks, len(packet), len(packet)), extra, packet]
    return b"".join(parts)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """A pcapng block."""
    body += bytes(-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def section(order: str = "<") -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(link_type: int, options: bytes = b"", order: str = "<", snap_bytes: int = 0) -> bytes:
    return block(1, struct.pack(order + "HHI", link_type, 0, snap_bytes) + options, order)


def enhanced(number: int, ticks: int, packet: bytes, order: str = "<") -> bytes:
    head = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(packet), len(packet))
    return block(6, head + packet, order)


def statistics(number: int, dropped_count: int, order: str = "<") -> bytes:
    """What dumpcap says of an interface at the end."""
    drops = struct.pack(order + "HHQHH", 5, 8, dropped_count, 0, 0)
    return block(5, struct.pack(order + "III", number, 0, 0) + drops, order)


def query(name: str, number: int = 1, *, flags: int = 0x0100) -> bytes:
    """A DNS message with one question in class IN, written here and not by the code under test."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) if name else b""
    return struct.pack(">HHHHHH", 0x1234, flags, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", number, 1)


def udp(payload: bytes, target: int = 53, source: int = 40_000) -> bytes:
    """An Ethernet frame with IPv4 and UDP, of 42 bytes before its payload."""
    datagram = struct.pack(">HHHH", source, target, 8 + len(payload), 0) + payload
    return bytes(12) + b"\x08\0" + _ipv4(17, datagram)


def tcp(payload: bytes, target: int = 443, source: int = 40_000) -> bytes:
    """An Ethernet frame with IPv4 and TCP, of 54 bytes before its payload."""
    return (
        bytes(12) + b"\x08\0" + _ipv4(6, struct.pack(">HHIIBBHHH", source, target, 1, 1, 0x50, 0x18, 0, 0, 0) + payload)
    )


def _ipv4(protocol: int, payload: bytes) -> bytes:
    addresses = bytes((10, 1, 2, 3, 10, 0, 0, 53))
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0) + addresses + payload


def client_hello(name: str | None) -> bytes:
    """What OpenSSL sends first."""
    context = ssl.create_default_context()
    context.check_hostname = False
    sent = ssl.MemoryBIO()
    session = context.wrap_bio(ssl.MemoryBIO(), sent, server_hostname=name)
    try:
        session.do_handshake()
    except ssl.SSLWantReadError:
        return sent.read()
    raise AssertionError("a handshake cannot end without a server")
