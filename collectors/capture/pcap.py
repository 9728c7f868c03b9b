"""The packets of pcap and pcapng files, in order, from a stream, in constant memory.

Formats: https://datatracker.ietf.org/doc/html/draft-ietf-opsawg-pcap and
https://datatracker.ietf.org/doc/html/draft-ietf-opsawg-pcapng. Lengths are believed up to LONGEST_PACKET_BYTES."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

from shadowledger.collectors.sources import Opened

LONGEST_PACKET_BYTES = 262_144
"""What libpcap takes for the longest (MAXIMUM_SNAPLEN); a length over it is damage, not a packet."""
_FILE_HEADER_BYTES = 24
_LONGEST_BLOCK_BYTES = 4 * LONGEST_PACKET_BYTES
"""Of the blocks that are read; the others may have any length and are passed over."""
_MOST_INTERFACES = 65_536
_LAST_TIME_US = 253_402_300_800_000_000  # the year 10000

Packet = tuple[int, int, bytes, int, int]
"""Microseconds since 1970 UTC (0 where unknown), link type, a buffer, and where the packet begins and ends in it.
The buffer is good until the next packet is asked for."""


class Variant(NamedTuple):
    """One of the pcap file headers that are in use."""

    words: str
    order: str
    """`<` or `>`, for struct."""
    ticks_per_us: int
    header_bytes: int
    """Of each packet."""


# Magic numbers: the draft above, section 4, and https://wiki.wireshark.org/Development/LibpcapFileFormat; 0xa1b2cd34 is
# A. Kuznetzov's, whose packet headers are 8 bytes longer.
_MAGICS = {0xA1B2C3D4: ("microseconds", 1, 16), 0xA1B23C4D: ("nanoseconds", 1000, 16), 0xA1B2CD34: ("modified", 1, 24)}
VARIANTS = {
    Struct(order + "I").pack(magic): Variant(f"{endian}-endian, {words}", order, ticks, size)
    for magic, (words, ticks, size) in _MAGICS.items()
    for order, endian in (("<", "little"), (">", "big"))
}

SECTION = b"\n\r\r\n"
"""The type of a pcapng section header, which reads the same in both byte orders."""
ORDERS = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
_INTERFACE, _OLD_PACKET, _SIMPLE_PACKET, _PACKET = 1, 2, 3, 6
_STATISTICS = 5
_READ = (_INTERFACE, _OLD_PACKET, _SIMPLE_PACKET, _STATISTICS, _PACKET)
_IF_DROPS, _OS_DROPS = 5, 7
_END_OF_OPTIONS, _RESOLUTION, _OFFSET = 0, 9, 14


class Window:
    """A stream seen through a buffer that moves along: `buffer[at:]` is read and not yet used."""

    def __init__(self, opened: Opened) -> None:
        self.buffer = b""
        self.at = 0
        self.dropped_count = 0
        """Packets that the capture says it lost."""
        self._opened = opened
        self._chunks = opened.chunks()

    def hold(self, need_bytes: int) -> bool:
        """Read on until `buffer[at:]` has so many bytes, dropping what was used; False where the input ends first."""
        size = len(self.buffer) - self.at
        if size >= need_bytes:
            return True
        parts = [self.buffer[self.at :]]
        while size < need_bytes and (chunk := next(self._chunks, b"")):
            parts.append(chunk)
            size += len(chunk)
        self.buffer, self.at = b"".join(parts), 0
        return size >= need_bytes

    def skip(self, count: int) -> bool:
        """Go on by `count` bytes without keeping them; False where the input ends first."""
        self.at += count
        while self.at > len(self.buffer):
            chunk = next(self._chunks, b"")
            if not chunk:
                return False
            self.at -= len(self.buffer)
            self.buffer = chunk
        return True

    def is_used_up(self) -> bool:
        """Whether everything that was read has been used."""
        return self.at >= len(self.buffer)

    def cut(self, packet: int) -> None:
        self._opened.damage = self._opened.damage or f"the capture is cut off in packet {packet}"

    def lies(self, packet: int) -> None:
        self._opened.damage = self._opened.damage or f"the capture is damaged at packet {packet}"


def begin(window: Window) -> tuple[Variant, int] | None:
    """The variant and link type of a pcap file, with the window at its first packet; None for what is none."""
    if not window.hold(_FILE_HEADER_BYTES):
        window.cut(1)
        return None
    variant = VARIANTS.get(window.buffer[:4])
    if variant is None:
        return None
    window.at = _FILE_HEADER_BYTES
    link_type: int = Struct(variant.order + "I").unpack_from(window.buffer, 20)[0]
    return variant, link_type & 0xFFFF  # above: how long the FCS is


def classic(window: Window, variant: Variant, link_type: int, number: int = 1) -> Iterator[Packet]:
    """The packets of a pcap file from where the window is, the first of which has this number; where the capture is cut
    or damaged, `opened.damage` says at which."""
    header = Struct(variant.order + "IIII")
    head_bytes, ticks_per_us = variant.header_bytes, variant.ticks_per_us
    buffer, at = window.buffer, window.at
    while True:
        if at + head_bytes > len(buffer):
            window.at = at
            if not window.hold(head_bytes):
                return None if window.is_used_up() else window.cut(number)
            buffer, at = window.buffer, window.at
        seconds, ticks, length, _ = header.unpack_from(buffer, at)
        if length > LONGEST_PACKET_BYTES:
            return window.lies(number)
        start = at + head_bytes
        end = start + length
        if end > len(buffer):
            window.at = at
            if not window.hold(head_bytes + length):
                return window.cut(number)
            buffer, start = window.buffer, window.at + head_bytes
            end = start + length
        yield seconds * 1_000_000 + ticks // ticks_per_us, link_type, buffer, start, end
        at = end
        number += 1


class _Interface(NamedTuple):
    link_type: int
    snap_bytes: int
    """The longest piece of a packet that was kept; 0 for all of it."""
    numerator: int
    denominator: int
    """Microseconds are ticks * numerator // denominator + offset_us."""
    offset_us: int

    def time_us(self, high: int, low: int) -> int:
        time_us = (high << 32 | low) * self.numerator // self.denominator + self.offset_us
        return time_us if 0 < time_us < _LAST_TIME_US else 0


def next_generation(window: Window) -> Iterator[Packet]:
    """The packets of a pcapng file, likewise."""
    order, interfaces, number = "", list[_Interface](), 1
    dropped = Counter[int]()
    while True:
        if not window.hold(12):
            return None if window.is_used_up() else window.cut(number)
        if window.buffer.startswith(SECTION, window.at):
            order, interfaces = ORDERS.get(window.buffer[window.at + 8 : window.at + 12], ""), []
            dropped.clear()
        if not order:
            return window.lies(number)
        kind, size = Struct(order + "II").unpack_from(window.buffer, window.at)
        size += -size % 4  # some writers forget to count the padding
        if size < 12:
            return window.lies(number)
        if kind in _READ:
            if size > _LONGEST_BLOCK_BYTES:
                return window.lies(number)
            if not window.hold(size):
                return window.cut(number)
            if kind == _INTERFACE:
                if size < 20 or len(interfaces) == _MOST_INTERFACES:
                    return window.lies(number)
                interfaces.append(_interface(order, window.buffer[window.at : window.at + size]))
            elif kind == _STATISTICS:
                told = _drops(order, window.buffer[window.at : window.at + size])
                if told is not None:  # of the interface since it began
                    window.dropped_count += told[1] - dropped[told[0]]
                    dropped[told[0]] = told[1]
            else:
                packet = _packet(order, kind, interfaces, window.buffer, window.at, window.at + size)
                if packet is None:
                    return window.lies(number)
                yield packet
                number += 1
        if not window.skip(size):
            return window.cut(number)


def _packet(order: str, kind: int, interfaces: list[_Interface], buffer: bytes, at: int, end: int) -> Packet | None:
    """The packet in a block from `at` to `end`; None where its lengths or its interface cannot be."""
    if kind == _SIMPLE_PACKET:
        if end - at < 16 or not interfaces:
            return None
        length = Struct(order + "I").unpack_from(buffer, at + 8)[0]
        only = interfaces[0]
        start, time_us = at + 12, 0
        length = min(length, only.snap_bytes or length, end - 4 - start)
    else:
        if end - at < 32:
            return None
        number, high, low, length = Struct(order + "IIII").unpack_from(buffer, at + 8)
        if kind == _OLD_PACKET:
            number = Struct(order + "H").unpack_from(buffer, at + 8)[0]
        start = at + 28
        if number >= len(interfaces) or start + length > end - 4:
            return None
        only = interfaces[number]
        time_us = only.time_us(high, low)
    return (time_us, only.link_type, buffer, start, start + length) if length <= LONGEST_PACKET_BYTES else None


def _interface(order: str, block: bytes) -> _Interface:
    """What an interface description says; ticks are microseconds where it does not say."""
    link_type, snap_bytes = Struct(order + "HxxI").unpack_from(block, 8)
    numerator, denominator, offset_us = 1, 1, 0
    for code, at, length in _options(order, block, 16):
        if code == _RESOLUTION and length == 1:
            exponent = block[at] & 0x7F
            numerator, denominator = 1_000_000, 2**exponent if block[at] & 0x80 else 10**exponent
        elif code == _OFFSET and length == 8:
            offset_us = Struct(order + "q").unpack_from(block, at)[0] * 1_000_000
    return _Interface(link_type, snap_bytes, numerator, denominator, offset_us)


def _drops(order: str, block: bytes) -> tuple[int, int] | None:
    """Of an interface's statistics its number, and how many packets it and the system say they lost."""
    if len(block) < 24:
        return None
    count = 0
    for code, at, length in _options(order, block, 20):
        if code in (_IF_DROPS, _OS_DROPS) and length == 8:
            count = max(count, Struct(order + "Q").unpack_from(block, at)[0])
    interface: int = Struct(order + "I").unpack_from(block, 8)[0]
    return (interface, count) if interface < _MOST_INTERFACES and count >> 48 == 0 else None


def _options(order: str, block: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """Code, place and length of each option of a block, from `at` on."""
    option, end = Struct(order + "HH"), len(block) - 4
    while at + 4 <= end:
        code, length = option.unpack_from(block, at)
        at += 4
        if code == _END_OF_OPTIONS or at + length > end:
            return
        yield code, at, length
        at += length + -length % 4
