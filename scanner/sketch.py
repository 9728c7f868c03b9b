"""A small sample of an input's hits by which another input that holds the same records is noticed: an export that
overlaps one before, a copy, a file that was put together from others."""

from __future__ import annotations

from hashlib import blake2b

from shadowledger.collectors.records import Artifact, Traffic
from shadowledger.db.sketches import MOST_MARKS

_MIXER = 0x9E3779B97F4A7C15
"""2^64 divided by the golden ratio: multiplied by it, times that follow each other lie far apart (Knuth, The Art of
Computer Programming, volume 3, section 6.4)."""
_MASK = (1 << 63) - 1
"""What a database can hold."""
_UPPER = _MASK >> 32 << 32


class Sketch:
    """The MOST_MARKS lowest marks of the hits that have a time. A mark follows from all that a record says but its
    position, so that the same records give the same marks, in whatever order and in however many parts they are read.
    A mark's upper half is drawn from the time alone: of most records it says that they are none of the lowest."""

    __slots__ = ("_marks", "below")

    def __init__(self) -> None:
        self._marks: set[int] = set()
        self.below = _MASK
        """All marks below this are there."""

    def add(self, record: Traffic | Artifact) -> None:
        """Take in one hit."""
        drawn = record.time_us * _MIXER & _UPPER
        if drawn < self.below and record.time_us:
            told = blake2b(repr(record[1:]).encode(errors="surrogatepass"), digest_size=4).digest()
            self._marks.add(drawn | int.from_bytes(told, "big"))
            if len(self._marks) > 2 * MOST_MARKS:
                self._trim()

    def go_on(self, other: Sketch) -> None:
        """Take in those of what follows."""
        self._marks |= other._marks
        self.below = min(self.below, other.below)
        self._trim()

    def marks(self) -> list[int]:
        """Numbers of 63 bits, in order."""
        self._trim()
        return sorted(self._marks)

    def _trim(self) -> None:
        self._marks = {mark for mark in self._marks if mark < self.below}
        if len(self._marks) > MOST_MARKS:
            self.below = sorted(self._marks)[MOST_MARKS]
            self._marks = {mark for mark in self._marks if mark < self.below}
