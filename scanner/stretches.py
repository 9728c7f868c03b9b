"""Sums of a stretch of an input as rows of numbers, which take a sixth of the room: put away on disk, handed from one
process to another, and put together again piece by piece."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from shadowledger.scanner.spill import Spill

SESSION_GAP_US = 30 * 60 * 1_000_000
KEPT_POSITIONS = 16
MOST = (1 << 63) - 1
"""Bytes that a database can hold: no log that tells the truth has more."""
PIECES = 256
_HOUR_US = 3_600_000_000
_HOURS = tuple(1 << hour for hour in range(24))
"""Shared, because most keys have one hour."""
KEPT_BYTES = 1 << 16
"""What is shorter is not worth a file."""

One = tuple[int, int, int, int]
"""Position, time in microseconds (0 where unknown), bytes sent and received (-1 where unknown) of a single hit."""


class Sum:
    """What is added up of one who, day and way."""

    __slots__ = ("count", "first", "first_us", "hours", "last", "last_us", "later", "received", "sent", "sessions")

    def __init__(self, position: int, time_us: int, sent: int, received: int) -> None:
        """Of the first hit."""
        self.count = self.sessions = 1
        self.hours = _HOURS[time_us // _HOUR_US % 24] if time_us else 0
        self.sent = sent
        self.received = received
        self.first = self.last = position
        self.first_us = self.last_us = time_us
        self.later: list[int] = []
        """The positions after the first that are kept."""

    def add(self, position: int, time_us: int, sent: int, received: int) -> None:
        """Take in a further hit."""
        self.count += 1
        self.last = position
        if len(self.later) < KEPT_POSITIONS - 1:
            self.later.append(position)
        if abs(time_us - self.last_us) >= SESSION_GAP_US:
            self.sessions += 1
        self.last_us = time_us
        if time_us:
            self.hours |= _HOURS[time_us // _HOUR_US % 24]
        if sent >= 0:
            self.sent = max(self.sent, 0) + sent
        if received >= 0:
            self.received = max(self.received, 0) + received

    def go_on(self, other: Sum) -> None:
        """Take in what the hits come to that follow these."""
        self.later = [*self.later, other.first, *other.later][: KEPT_POSITIONS - 1]
        self.count += other.count
        self.last = other.last
        self.sessions += other.sessions - (abs(other.first_us - self.last_us) < SESSION_GAP_US)
        self.last_us = other.last_us
        self.hours |= other.hours
        if other.sent >= 0:
            self.sent = max(self.sent, 0) + other.sent
        if other.received >= 0:
            self.received = max(self.received, 0) + other.received

    def numbers(self) -> tuple[int, ...]:
        """All of it, for `of`."""
        sent, received = min(self.sent, MOST), min(self.received, MOST)
        told = (self.first, self.first_us, sent, received, self.last, self.last_us)
        return (*told, self.count, self.sessions, self.hours, len(self.later), *self.later)

    @classmethod
    def of(cls, numbers: Iterator[int], positions: int) -> Sum:
        """The sum that gave these numbers, which are taken from the front; its positions are counted from so much
        earlier."""
        first, *more = islice(numbers, 4)
        one = cls(first + positions, *more)
        last, one.last_us, one.count, one.sessions, one.hours, kept = islice(numbers, 6)
        one.last = last + positions
        one.later = [position + positions for position in islice(numbers, kept)]
        return one

    @property
    def text(self) -> str | None:
        """The first positions, separated by blanks; None where they are the first and the last alone."""
        if self.count == 2 and self.first != self.last:
            return None
        return " ".join(map(str, (self.first, *self.later)))


Group = dict[int, One | Sum]
"""What is known of one day and way, by the number of who it was."""


class Figures(NamedTuple):
    """A group in columns, ready to be stored."""

    whos: Sequence[int]
    counts: Sequence[int]
    sessions: Sequence[int]
    sent: Sequence[int | None]
    received: Sequence[int | None]
    """Bytes; None where unknown."""
    hours: Sequence[int]
    firsts: Sequence[int]
    lasts: Sequence[int]
    positions: Sequence[str | None]


class Stretch(NamedTuple):
    """Packed groups, and where each piece of them lies."""

    places: dict[int, tuple[int, int]]
    """By piece, start and size in bytes."""
    data: bytes | Spill
    """Itself, or the file that it was put away in."""
    ways: Sequence[int]
    whos: Sequence[int]
    """What numbers stand for since; empty where for themselves."""
    positions: int
    """How many there were before those of this stretch, whose first is 1."""

    def renumbered(self, ways: Sequence[int], whos: Sequence[int], positions: int) -> Stretch:
        """The same as a part of something else."""
        ways = [ways[number] for number in self.ways] if self.ways else ways
        whos = [whos[number] for number in self.whos] if self.whos else whos
        return self._replace(ways=ways, whos=whos, positions=self.positions + positions)


def pack(groups: Iterator[tuple[int, int, int, Group]], spill: Spill | None) -> Stretch:
    """Put groups away, each given with its piece, way and day, and empty them. Of a key with a single hit five numbers
    are kept."""
    pieces: dict[int, array[int]] = {}
    for piece, way, day, group in groups:
        numbers = pieces.get(piece)
        if numbers is None:
            numbers = pieces[piece] = array("q")
        sums = [(who, one) for who, one in group.items() if isinstance(one, Sum)]
        for who, _ in sums:
            del group[who]
        columns = chain.from_iterable(zip(*group.values(), strict=True))
        numbers.extend((way, day, len(group), len(sums), *group, *columns))
        for who, one in sums:
            numbers.append(who)
            numbers.extend(one.numbers())
    places, at = {}, 0
    for piece, numbers in pieces.items():
        size = len(numbers) * numbers.itemsize
        places[piece] = at, size
        at += size
    data = b"".join(pieces.values())
    start = spill.add(data) if spill is not None and len(data) > KEPT_BYTES else -1
    if spill is None or start < 0:
        return Stretch(places, data, (), (), 0)
    return Stretch({piece: (start + at, size) for piece, (at, size) in places.items()}, spill, (), (), 0)


def unpack(stretches: Sequence[Stretch]) -> Iterator[tuple[int, int, Figures]]:
    """What stretches that follow each other come to: way, day and figures, one after the other."""
    for piece in sorted({piece for stretch in stretches for piece in stretch.places}):
        met: dict[tuple[int, int], list[_Packed]] = {}
        for stretch in stretches:
            if piece in stretch.places:
                for way, day, packed in _groups(stretch, piece):
                    met.setdefault((way, day), []).append(packed)
        for (way, day), some in sorted(met.items()):
            yield way, day, _figures(some)


class _Packed(NamedTuple):
    """One group of one stretch."""

    whos: Sequence[int]
    columns: Sequence[Sequence[int]]
    """Of those with a single hit: positions, times, bytes sent and received."""
    sums: list[tuple[int, Sum]]


def _groups(stretch: Stretch, piece: int) -> Iterator[tuple[int, int, _Packed]]:
    start, size = stretch.places[piece]
    data, numbers = stretch.data, array("q")
    numbers.frombytes(data.read(start, size) if isinstance(data, Spill) else data[start : start + size])
    ways, whos, positions = stretch.ways, stretch.whos, stretch.positions
    at = 0
    while at < len(numbers):
        way, day, single_count, sum_count = numbers[at : at + 4]
        at += 4
        named: Sequence[int]
        named, *columns = (numbers[at + n * single_count : at + (n + 1) * single_count].tolist() for n in range(5))
        at += 5 * single_count
        if whos:
            named = [whos[number] for number in named]
        if positions:
            columns[0] = [position + positions for position in columns[0]]
        sums = []
        if sum_count:
            given = iter(memoryview(numbers)[at:])
            for _ in range(sum_count):
                number = next(given)
                one = Sum.of(given, positions)
                sums.append((whos[number] if whos else number, one))
                at += 11 + len(one.later)
        yield ways[way] if ways else way, day, _Packed(named, columns, sums)


def _figures(some: list[_Packed]) -> Figures:
    whos = list(chain.from_iterable(packed.whos for packed in some))
    if not any(packed.sums for packed in some) and (len(some) == 1 or len(set(whos)) == len(whos)):
        columns = zip(*(packed.columns for packed in some), strict=True)
        return _of_singles(whos, [list(chain.from_iterable(parts)) for parts in columns])
    group: Group = {}
    for packed in some:
        for who, one in zip(packed.whos, zip(*packed.columns, strict=True), strict=True):
            before = group.get(who)
            if before is None:
                group[who] = one
            elif isinstance(before, Sum):
                before.add(*one)
            else:
                group[who] = joined = Sum(*before)
                joined.add(*one)
        for who, total in packed.sums:
            before = group.get(who)
            if before is None:
                group[who] = total
            elif isinstance(before, Sum):
                before.go_on(total)
            else:
                group[who] = joined = Sum(*before)
                joined.go_on(total)
    sums = [(who, one) for who, one in group.items() if isinstance(one, Sum)]
    for who, _ in sums:
        del group[who]
    singles = _of_singles(list(group), list(zip(*group.values(), strict=True)))
    return _with_sums(singles, sums) if sums else singles


def _of_singles(whos: Sequence[int], columns: Sequence[Sequence[int]]) -> Figures:
    if not whos:
        return Figures(*([] for _ in Figures._fields))
    positions, times, sent, received = columns
    hours = [_HOURS[time_us // _HOUR_US % 24] if time_us else 0 for time_us in times]
    ones = [1] * len(whos)
    none = [None] * len(whos)
    return Figures(whos, ones, ones, _known(sent), _known(received), hours, positions, positions, none)


def _known(sizes: Sequence[int]) -> Sequence[int | None]:
    if min(sizes) >= 0:
        return sizes
    return [size if size >= 0 else None for size in sizes]


def _with_sums(singles: Figures, sums: list[tuple[int, Sum]]) -> Figures:
    rows = [
        (
            who, one.count, one.sessions, min(one.sent, MOST) if one.sent >= 0 else None,
            min(one.received, MOST) if one.received >= 0 else None, one.hours, one.first, one.last, one.text,
        )
        for who, one in sums
    ]  # fmt: skip
    rows += zip(*singles, strict=True)
    rows.sort(key=lambda row: (row[6], row[0]))
    return Figures(*zip(*rows, strict=True))
