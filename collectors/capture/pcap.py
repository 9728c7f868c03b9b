"""The packets of pcap files, in order, from a stream, in constant memory.

Format: https://datatracker.ietf.org/doc/html/draft-ietf-opsawg-pcap. Lengths are believed up to
LONGEST_PACKET_BYTES."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

from shadowledger.collectors.sources import Opened

LONGEST_PACKET_BYTES = 262_144
"""What libpcap takes for the longest (MAXIMUM_SNAPLEN); a length over it is damage, not a packet."""
_FILE_HEADER_BYTES = 24
_SEAM_BYTES = 4096
"""Of a chunk that are looked at together with the end of the one before."""

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


class Window:
    """A stream seen through a buffer that moves along: `buffer[at:]` is read and not yet used.

    Chunks are not copied: where one ends within a packet, the buffer is that end and the first bytes of the next chunk,
    and when the end is used up, the chunk itself."""

    def __init__(self, opened: Opened) -> None:
        self.buffer = b""
        self.at = 0
        self.dropped_count = 0
        """Packets that the capture says it lost."""
        self._opened = opened
        self._chunks = opened.chunks()
        self._ahead = b""
        """The chunk of which the buffer has only the first bytes; empty where there is none."""
        self._ahead_at = 0
        """Where that begins in the buffer."""

    def hold(self, need_bytes: int) -> bool:
        """Read on until `buffer[at:]` has so many bytes, dropping what was used; False where the input ends first."""
        if len(self.buffer) - self.at >= need_bytes:
            return True
        self._go_ahead()
        parts = [self.buffer[self.at :]]
        size = len(parts[0])
        if size >= need_bytes:
            return True
        while size < need_bytes and (chunk := next(self._chunks, b"")):
            self._ahead, self._ahead_at = chunk, size
            parts.append(chunk)
            size += len(chunk)
        if size >= need_bytes and size - self._ahead_at > _SEAM_BYTES + need_bytes:
            parts[-1] = parts[-1][: _SEAM_BYTES + need_bytes]
        else:
            self._ahead = b""
        self.buffer, self.at = b"".join(parts), 0
        return size >= need_bytes

    def _go_ahead(self) -> None:
        """Go from a seam to the whole of the chunk behind it."""
        if self._ahead:
            if self.at >= self._ahead_at:
                self.buffer, self.at = self._ahead, self.at - self._ahead_at
            else:
                self.buffer, self.at = self.buffer[self.at : self._ahead_at] + self._ahead, 0
            self._ahead = b""

    def skip(self, count: int) -> bool:
        """Go on by `count` bytes without keeping them; False where the input ends first."""
        self._go_ahead()
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
