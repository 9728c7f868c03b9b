"""Makes EVTX files of invented events: elements in binary XML without templates.

https://github.com/libyal/libevtx/blob/main/documentation/Windows%20XML%20Event%20Log%20(EVTX).asciidoc"""

from __future__ import annotations

import struct
from zlib import crc32

CHUNK_BYTES = 65_536
_RECORD_HEADER_BYTES = 24
_FILETIME = 134_080_000_000_000_000


class _Xml:
    """Binary XML that begins at this place in its chunk: names stand where they are first used."""

    def __init__(self, at: int) -> None:
        self.start = at
        self.data = b"\x0f\x01\x01\x00"

    def _here(self) -> int:
        return self.start + len(self.data)

    def _name(self, name: str) -> None:
        self.data += struct.pack("<I", self._here() + 4)
        self.data += struct.pack("<IHH", 0, 0, len(name)) + name.encode("utf-16-le") + b"\0\0"

    def _text(self, text: str) -> None:
        self.data += struct.pack("<BBH", 5, 1, len(text)) + text.encode("utf-16-le")

    def begin(self, name: str, **attributes: str) -> None:
        self.data += struct.pack("<BI", 0x41 if attributes else 0x01, 0)
        self._name(name)
        if attributes:
            self.data += struct.pack("<I", 0)
        for number, (key, value) in enumerate(attributes.items(), 1):
            self.data += b"\x06" if number == len(attributes) else b"\x46"
            self._name(key)
            self._text(value)
        self.data += b"\x02"

    def end(self) -> None:
        self.data += b"\x04"

    def leaf(self, name: str, text: str = "", **attributes: str) -> None:
        self.begin(name, **attributes)
        if text:
            self._text(text)
        self.end()


def _event(at: int, number: int, provider: str, event_id: int, data: dict[str, str]) -> bytes:
    xml = _Xml(at)
    xml.begin("Event")
    xml.begin("System")
    xml.leaf("Provider", Name=provider)
    xml.leaf("EventID", str(event_id))
    xml.leaf("TimeCreated", SystemTime="2025-11-20T08:15:00.000Z")
    xml.leaf("EventRecordID", str(number))
    xml.leaf("Computer", "pc-17.corp.example")
    xml.end()
    xml.begin("EventData")
    for name, value in data.items():
        xml.leaf("Data", value, Name=name)
    xml.end()
    xml.end()
    return xml.data + b"\0"


def chunk(first: int, events: list[tuple[str, int, dict[str, str]]], *, spoil: bool = False) -> bytes:
    """Events (provider, id, data) numbered from `first`, with checksums that are right; `spoil`: of broken events."""
    body = b""
    for number, (provider, event_id, data) in enumerate(events, first):
        at = 512 + len(body)
        xml = _event(at + _RECORD_HEADER_BYTES, number, provider, event_id, data)
        size = _RECORD_HEADER_BYTES + len(xml) + 4
        body += struct.pack("<4sIQQ", b"**\0\0", size, number, _FILETIME) + xml + struct.pack("<I", size)
    if spoil:
        body = body.replace(b"\x04\x04\x00", b"\x77\x77\x77")
    last = first + len(events) - 1
    end = 512 + len(body)
    header = struct.pack("<8sQQQQIIII", b"ElfChnk\0", first, last, first, last, 128, 512, end, crc32(body))
    header = header.ljust(120, b"\0") + struct.pack("<I", 1)
    header += struct.pack("<I", crc32(bytes(384), crc32(header[:120]))) + bytes(384)
    return (header + body).ljust(CHUNK_BYTES, b"\0")


def log(*chunks: bytes) -> bytes:
    """A file of these chunks, in this order."""
    header = struct.pack("<8sQQQIHHHH", b"ElfFile\0", 0, len(chunks) - 1, 1, 128, 1, 3, 4096, len(chunks))
    header = header.ljust(120, b"\0") + struct.pack("<I", 0)
    header += struct.pack("<I", crc32(header[:120]))
    return header.ljust(4096, b"\0") + b"".join(chunks)
