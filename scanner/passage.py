"""What a reading, or the readings of one input's parts together, passed over."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from shadowledger.collectors.contacted import Contacted
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.sources import tail_of


class Passage(NamedTuple):
    """Of a stretch of an input. Numbers are of records, or of bytes after unpacking."""

    start_byte: int
    delivered_bytes: int
    unfinished_bytes: int
    """Of a last line that the input's damage cut, and that was left out."""
    tail: bytes
    """The last bytes that were delivered."""
    next_position: int
    """Of what follows."""
    open_line: bool
    damage: str
    record_count: int
    ignored_count: int
    not_examined_count: int
    contacts: Contacted
    is_sampled: bool
    cell_lines: Counter[int]
    """Lines in the cells of a sample."""
    blind_spots: Counter[str]
    remark: str
    blocks: dict[int, bytes]
    """Digests of the input's blocks; see `collectors.proof`."""

    @property
    def read_bytes(self) -> int:
        """Up to which byte the input is accounted for."""
        return self.start_byte + self.delivered_bytes - self.unfinished_bytes

    def and_then(self, other: Passage) -> Passage:
        """This stretch and the one that follows it, whose positions begin with 1, as one."""
        self.contacts.go_on(other.contacts)
        self.cell_lines.update(other.cell_lines)
        self.blind_spots.update(other.blind_spots)
        return other._replace(
            start_byte=self.start_byte,
            delivered_bytes=self.delivered_bytes + other.delivered_bytes,
            tail=tail_of(self.tail, other.tail),
            next_position=self.next_position + other.next_position - 1,
            record_count=self.record_count + other.record_count,
            ignored_count=self.ignored_count + other.ignored_count,
            not_examined_count=self.not_examined_count + other.not_examined_count,
            contacts=self.contacts,
            is_sampled=self.is_sampled or other.is_sampled,
            cell_lines=self.cell_lines,
            blind_spots=self.blind_spots,
            blocks=self.blocks | other.blocks,
        )


def passage_of(reading: Reading) -> Passage:
    """What a finished reading passed over."""
    opened = reading.opened
    return Passage(
        reading.start_byte,
        opened.delivered_bytes,
        reading.unfinished_bytes,
        opened.tail,
        reading.next_line,
        reading.open_line,
        opened.damage,
        reading.record_count,
        reading.ignored_count,
        reading.not_examined_count,
        reading.contacts,
        reading.is_sampled,
        reading.cell_lines,
        reading.blind_spots,
        reading.remark,
        opened.proof.digests if opened.proof is not None else {},
    )
