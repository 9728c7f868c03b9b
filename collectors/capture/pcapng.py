"""The packets of pcapng files, in order, from a stream, in constant memory.

Format: https://datatracker.ietf.org/doc/html/draft-ietf-opsawg-pcapng. Lengths are believed up to
LONGEST_PACKET_BYTES."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

from shadowledger.collectors.capture.frames import ETHERNET
from shadowledger.collectors.capture.pcap import LONGEST_PACKET_BYTES, VARIANTS, Packet, Window

_LAST_TIME_US = 253_402_300_800_000_000  # the year 10000
_MOST_INTERFACES = 65_536
_LONGEST_BLOCK_BYTES = 4 * LONGEST_PACKET_BYTES
"""Of the blocks that are read; the others may have any length and are passed over."""
SECTION = b"\n\r\r\n"
"""The type of a pcapng section header, which reads the same in both byte orders."""
ORDERS = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
_INTERFACE, _OLD_PACKET, _SIMPLE_PACKET, _PACKET = 1, 2, 3, 6
_STATISTICS = 5
_READ = (_INTERFACE, _OLD_PACKET, _SIMPLE_PACKET, _STATISTICS, _PACKET)
_IF_DROPS, _OS_DROPS = 5, 7
_END_OF_OPTIONS, _RESOLUTION, _OFFSET = 0, 9, 14
RUNS = next(variant for variant in VARIANTS.values() if variant.order == "<" and variant.ticks_per_us == 1)
"""How runs of packets are written."""


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


_MICROSECONDS = (1, 1, 0)
"""What makes microseconds of ticks that are some."""


def next_generation(window: Window, *, in_runs: bool = False) -> Iterator[Packet | bytes]:
    """The packets of a pcapng file from its beginning on; where the capture is cut or damaged, `opened.damage` says at
    which. Where they may come `in_runs`, ordinary ones of Ethernet do, as a pcap file of RUNS has them."""
    order, interfaces, number = "", list[_Interface](), 1
    dropped = Counter[int]()
    while True:
        if in_runs and window.hold(12) and Struct(order + "I").unpack_from(window.buffer, window.at)[0] == _PACKET:
            count, run = _run(window, order, interfaces)
            if count:
                number += count
                yield run
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


def _run(window: Window, order: str, interfaces: list[_Interface]) -> tuple[int, bytes]:
    """How many ordinary packets follow each other in what is held of a file, and these."""
    heads, pack = Struct(order + "IIIIIII").unpack_from, Struct(RUNS.order + "IIII").pack
    buffer, at, parts = window.buffer, window.at, list[bytes]()
    last, known, is_plain = len(buffer) - 32, -1, False
    while at <= last:
        kind, size, number, high, low, length, _ = heads(buffer, at)
        if kind != _PACKET or number >= len(interfaces) or size & 3 or length > size - 32 or at + size > len(buffer):
            break
        if number != known:
            known, only = number, interfaces[number]
            is_plain = only[2:] == _MICROSECONDS
        if only.link_type != ETHERNET or length > LONGEST_PACKET_BYTES:
            break
        ticks = high << 32 | low
        if not is_plain or ticks >= _LAST_TIME_US:
            ticks = only.time_us(high, low)
        seconds, micros = divmod(ticks, 1_000_000)
        if seconds >> 32:
            break
        parts += (pack(seconds, micros, length, length), buffer[at + 28 : at + 28 + length])
        at += size
    window.at = at
    return len(parts) // 2, b"".join(parts)


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
