"""One pass of one collector over one open source: what it may ask for, and where it leaves its counts."""

from __future__ import annotations

import enum
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from datetime import tzinfo
from typing import TYPE_CHECKING, NamedTuple

from shadowledger.collectors.bystanders import Bystander, Bystanders
from shadowledger.collectors.contacted import Contacted
from shadowledger.collectors.records import Issue, Record
from shadowledger.collectors.sources import LONGEST_LINE_BYTES, Opened
from shadowledger.signatures.wanted import Wanted

if TYPE_CHECKING:
    from shadowledger.collectors.collector import Collector
    from shadowledger.collectors.layers import Layers
    from shadowledger.signatures.screen import Screen


CELL_BYTES = 1 << 18
"""The unit of a sample: whichever process reads an input, and in whatever pieces, the same cells are counted."""
FIRST_CELLS = 4
"""These are taken whole, so that short inputs are."""
_ONE_CELL_IN = 64
_DRAWN = 16
"""Of a cell that is drawn, the lines are taken that begin in the first of so many parts: lines that stand together say
the same, and many places say more than many lines."""
_NO_CELL = -1
_HASH = ord("#")
_DAY_US = 86_400_000_000
CommandWords = Callable[[str], str]
"""A whole command line: the words of the signature that it betrays, or an empty text. Nothing else of it is kept."""


class Census(enum.Enum):
    """Of which lines of an input every host is told, wanted or not."""

    OFF = "off"
    SAMPLE = "sample"
    DAILY = "daily"
    """Full once a day for each source, and otherwise a sample: whoever knows the source says which."""
    FULL = "full"

    def takes(self, byte: int) -> tuple[bool, int]:
        """Whether a line that begins at a byte of the input is one of them, and before which byte what is said holds.
        A sample has the lines of the first few cells, and then the first ones of one cell in 64."""
        if self is not Census.SAMPLE:
            return self is Census.FULL, sys.maxsize
        cell = byte // CELL_BYTES
        start = cell * CELL_BYTES
        if cell < FIRST_CELLS:
            return True, start + CELL_BYTES
        if cell % _ONE_CELL_IN == 0 and byte < start + CELL_BYTES // _DRAWN:
            return True, start + CELL_BYTES // _DRAWN
        return False, (cell // _ONE_CELL_IN + 1) * _ONE_CELL_IN * CELL_BYTES


class Settings(NamedTuple):
    """What the user said about a source, because its bytes cannot."""

    zone: tzinfo | None = None
    """For stamps without a zone; None takes UTC and says so."""
    year: int = 0
    """For stamps without a year; 0 takes the file's time."""
    device: str = ""
    """The machine a process list was taken on."""
    log_format: str = ""
    """A Squid `logformat` line, or its directives."""
    with_bytes: bool = False
    """Whether a collector that can (`Collector.counts_bytes`) takes the time to count those of connections."""
    date_order: str = ""
    """"dmy", "mdy" or "ymd": for all-numeric dates of which the source does not say which number is the day."""


class Reading:
    """One pass over one source. A collector reads `blocks()` or `opened` and adds to `record_count` what it examined:
    every record but headers, comments and blank lines."""

    def __init__(
        self,
        opened: Opened,
        settings: Settings | None = None,
        wanted: Wanted | None = None,
        command: CommandWords | None = None,
        layers: Layers | None = None,
        census: Census = Census.OFF,
        screen: Screen | None = None,
    ) -> None:
        self.opened = opened
        self.settings = settings or Settings()
        self.wanted = wanted
        """Asked before a Traffic is built; None builds them all."""
        self.command = command
        """Asked of the command lines of interpreters; None makes no Artifact of them."""
        self.layers = layers
        """What stands between the lines and the records; None for nothing."""
        self.screen = screen
        self.not_examined_count = 0
        """Records, counted by their lines, that the screen saw nothing in."""
        self.on_block: Callable[[int, int], None] | None = None
        """Told after each block of lines: bytes and lines that were read."""
        self._census = census
        self.is_census = False
        """Whether the present block is one of those of which a collector counts the hosts that nobody wants too. What
        it yields is the same in every block."""
        self.is_sampled = False
        """Whether some block was none of these."""
        self.here = 0, 1
        """The byte of the input at which the present block of lines begins, and the number of its first line."""
        self.cell = 0
        """The number of the present block's cell; where a sample is taken, -1 for a block that is not of it."""
        self.cell_lines: Counter[int] = Counter()
        """Lines in the cells of a sample."""
        self.contacts = Contacted()
        """Of these blocks."""
        self.bystanders = Bystanders()
        """Whom these name."""
        self.record_count = 0
        self.ignored_count = 0
        """Of these, the ignored ones that are only counted: packets without a name."""
        self.blind_spots: Counter[str] = Counter()
        """What the input shows without showing what is asked for, in words, and how often: encrypted DNS, dropped
        packets."""
        self.remark = ""
        """What the user may want to know of the reading, as a clause."""
        self.start_byte = 0
        self.start_line = 1
        """Where reading begins in a source that was read before and has grown, or of which another process reads the
        beginning."""
        self.headers: list[str] = []
        """Lines from before that place that say what those behind it mean; see `Collector.has_headers`."""
        self.stop_byte: int | None = None
        """Where it ends if not at the input's end."""
        self.next_line = 1
        self.unfinished_bytes = 0
        """Of a last line that the input's damage cut, and that was left out."""
        self.open_line = False
        """The last line had no end of its own."""
        self._too_long: list[Issue] = []

    @property
    def is_screened(self) -> bool:
        """Whether lines are left out in which nothing of the signatures stands."""
        return self.screen is not None

    def blocks(self) -> Iterator[tuple[int, list[str]]]:
        """The records as text, with the number of the first of each block: the lines, or what is found in them."""
        return self.layers.blocks(self) if self.layers is not None else self.lines()

    def count(self, host: str, time_us: int, bystander: Bystander) -> None:
        """Take a contact of a block of the census into account."""
        self.bystanders.add(bystander)
        _, user, device, client = bystander
        self.contacts.add(host, time_us // _DAY_US, user or device or client)

    def lines(self) -> Iterator[tuple[int, list[str]]]:
        """The number of the first line, and the lines without their ends, decoded as UTF-8 with U+FFFD for what is
        not. A line over LONGEST_LINE_BYTES is left out, counted and given as an Issue by `records`."""
        number, rest, skipping, at = self.start_line, b"\n", False, self.start_byte
        if self.headers:
            yield number - len(self.headers), self.headers
        for chunk in self.opened.chunks(self.start_byte, self.stop_byte):
            self.cell = at // CELL_BYTES
            at += len(chunk)
            if skipping:
                end = chunk.find(b"\n")
                if end < 0:
                    continue
                chunk, skipping, number = chunk[end + 1 :], False, number + 1
            block = rest + chunk  # of a newline and what follows it
            if len(block) > LONGEST_LINE_BYTES and (end := block.find(b"\n", 1)) - 1 > LONGEST_LINE_BYTES:
                self._long_line(number)
                block, number = block[end:], number + 1
            end = block.rfind(b"\n") + 1
            rest = block[end - 1 :]
            self.here = at - len(block) + 1, number
            number = yield from self._whole(block, end, at - len(block), number)
            if len(rest) - 1 > LONGEST_LINE_BYTES:
                self._long_line(number)
                rest, skipping = b"\n", True
            if self.on_block is not None:
                self.on_block(self.opened.delivered_bytes, number - self.start_line)
        if len(rest) > 1 and self.opened.damage:
            self.unfinished_bytes = len(rest) - 1
        elif len(rest) > 1:
            self.open_line = True
            self._stand(at - len(rest) + 1)
            yield number, self._lines(rest[1:])
            number += 1
        self.next_line = number + skipping

    def _whole(self, block: bytes, end: int, begin: int, number: int) -> Generator[tuple[int, list[str]], None, int]:
        """The lines between the newlines with which a block begins and, at `end`, ends: of a census all, and of others
        those that can be wanted. `begin` is the byte of the input at which the block begins. Returns the number of what
        follows."""
        start = 1
        while start < end:
            until = self._stand(begin + start)
            stop = block.find(b"\n", max(start, until - begin - 1)) + 1 or end
            if self.screen is not None and not self.is_census:
                part = block if start == 1 else block[start - 1 : stop]
                number = yield from self._screened(self.screen, part, stop if start == 1 else len(part), number)
            else:
                lines = self._lines(block[start : stop - 1])
                yield number, lines
                number += len(lines)
            start = stop
        return number

    def _stand(self, byte: int) -> int:
        """Note what a line is that begins at a byte of the input. Returns the byte before which all are alike."""
        self.is_census, until = self._census.takes(byte)
        self.is_sampled |= not self.is_census
        if self._census is Census.SAMPLE:
            self.cell = byte // CELL_BYTES if self.is_census else _NO_CELL
        return until

    def _lines(self, data: bytes) -> list[str]:
        lines = _decoded(data)
        if self._census is Census.SAMPLE and self.is_census:
            self.cell_lines[self.cell] += len(lines)
        return lines

    def _screened(
        self, screen: Screen, block: bytes, end: int, first: int
    ) -> Generator[tuple[int, list[str]], None, int]:
        """The lines of a block that can be wanted, each with its number; the others are counted. Returns the number of
        the line that follows."""
        number, at, given = first, 1, 0
        candidates, has_gaps = screen.candidates(block, end)
        for start, stop in candidates:
            number += _count_lines(block[at:start])
            at = start
            given += block[start] != _HASH
            yield number, _decoded(block[start:stop])
        number += _count_lines(block[at:end])
        unread = number - first - given - (_no_records(block[1 : end - 1]) if has_gaps else 0)
        self.not_examined_count += unread
        self.record_count += unread
        return number

    def _long_line(self, number: int) -> None:
        self.record_count += 1
        self._too_long.append(Issue(number, f"longer than {LONGEST_LINE_BYTES >> 20} MiB"))

    def records(self, collector: Collector) -> Iterator[Record]:
        """Everything the collector finds, in order, the lines it could not be given included."""
        for record in collector.read(self):
            if self._too_long:
                yield from self._take_long()
            yield record
        yield from self._take_long()

    def _take_long(self) -> Iterator[Issue]:
        """These are told of all of them, and of no sample."""
        taken, self._too_long = self._too_long, []
        cell, self.cell = self.cell, _NO_CELL
        yield from taken
        self.cell = cell


def _count_lines(data: bytes) -> int:
    """Newlines. To take them out is three times as fast as `bytes.count`, which looks at each byte by itself."""
    return len(data) - len(data.replace(b"\n", b""))


def _no_records(data: bytes) -> int:
    """Lines that are blank or comments."""
    return sum(line[:1] == b"#" or not line.strip() for line in data.split(b"\n"))


def _decoded(data: bytes) -> list[str]:
    text = data.decode("utf-8", "replace")
    if "\r" in text:
        text = text.replace("\r\n", "\n").removesuffix("\r")
    return text.split("\n")
