"""Sums of a stretch of an input as rows of numbers, which take a sixth of the room: put away on disk, handed from one
process to another, and put together again piece by piece."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple, TypeAlias

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

Group: TypeAlias = "array[int]"
"""The hits of one day and way, WIDTH numbers each: the number of who it was, position, time in microseconds (0 where
unknown), bytes sent and received (-1 where unknown)."""
WIDTH = 5
One = list[int]
"""The same without who it was."""


class Sum:
    """What is added up of one who, day and way."""

    __slots__ = ("count", "first", "first_us", "hours", "last", "last_us", "later", "received", "sent", "sessions")

    def __init__(self, position: int, time_us: int, sent: int, received: int) -> None:
        """Of the first hit."""
        self.count = self.sessions = 1
        self.hours = _hour(time_us)
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
        self.hours |= _hour(time_us)
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
    """Put groups away, each given with its piece, way and day. Of who has a single hit in one, that is kept; of all
    others their sums are."""
    pieces: dict[int, array[int]] = {}
    for piece, way, day, group in groups:
        numbers = pieces.get(piece)
        if numbers is None:
            numbers = pieces[piece] = array("q")
        whos = group[::WIDTH]
        if len(set(whos)) == len(whos):
            numbers.extend((way, day, len(whos), 0))
            numbers.extend(group)
            continue
        singles, sums = _told_apart(_added_up([_Packed(group, [])]))
        numbers.extend((way, day, len(singles), len(sums)))
        for who, one in singles:
            numbers.extend((who, *one))
        for who, total in sums:
            numbers.append(who)
            numbers.extend(total.numbers())
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

    singles: Group
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
        singles = numbers[at : at + WIDTH * single_count]
        at += len(singles)
        if whos:
            singles[::WIDTH] = array("q", [whos[number] for number in singles[::WIDTH]])
        if positions:
            singles[1::WIDTH] = array("q", [position + positions for position in singles[1::WIDTH]])
        sums = []
        given = iter(memoryview(numbers)[at:])
        for _ in range(sum_count):
            number = next(given)
            one = Sum.of(given, positions)
            sums.append((whos[number] if whos else number, one))
            at += 11 + len(one.later)
        yield ways[way] if ways else way, day, _Packed(singles, sums)


def _figures(some: list[_Packed]) -> Figures:
    hits = array("q")
    for packed in some:
        hits.extend(packed.singles)
    whos = hits[::WIDTH]
    if len(set(whos)) == len(whos) and not any(packed.sums for packed in some):
        return _of_singles(*(hits[column::WIDTH].tolist() for column in range(WIDTH)))
    singles, sums = _told_apart(_added_up(some))
    rows: list[tuple[int | str | None, ...]] = [
        (who, 1, 1, _known(sent), _known(received), _hour(time_us), position, position, None)
        for who, (position, time_us, sent, received) in singles
    ]
    rows += (
        (who, one.count, one.sessions, _known(one.sent), _known(one.received), one.hours, one.first, one.last, one.text)
        for who, one in sums
    )
    rows.sort(key=lambda row: (row[6], row[0]))
    return Figures._make(zip(*rows, strict=True))


def _added_up(some: list[_Packed]) -> dict[int, One | Sum]:
    """By who it was."""
    found: dict[int, One | Sum] = {}
    for packed in some:
        given = iter(packed.singles)
        for who, *one in zip(given, given, given, given, given, strict=True):
            before = found.get(who)
            if before is None:
                found[who] = one
                continue
            if not isinstance(before, Sum):
                found[who] = before = Sum(*before)
            before.add(*one)
        for who, total in packed.sums:
            before = found.get(who)
            if before is None:
                found[who] = total
                continue
            if not isinstance(before, Sum):
                found[who] = before = Sum(*before)
            before.go_on(total)
    return found


def _told_apart(found: dict[int, One | Sum]) -> tuple[list[tuple[int, One]], list[tuple[int, Sum]]]:
    singles = [(who, one) for who, one in found.items() if not isinstance(one, Sum)]
    return singles, [(who, one) for who, one in found.items() if isinstance(one, Sum)]


def _of_singles(
    whos: list[int], positions: list[int], times: list[int], sent: list[int], received: list[int]
) -> Figures:
    ones, none = [1] * len(whos), [None] * len(whos)
    hours = list(map(_hour, times))
    return Figures(whos, ones, ones, _sizes(sent), _sizes(received), hours, positions, positions, none)


def _sizes(told: list[int]) -> Sequence[int | None]:
    return told if min(told) >= 0 else list(map(_known, told))


def _hour(time_us: int) -> int:
    return _HOURS[time_us // _HOUR_US % 24] if time_us else 0


def _known(size: int) -> int | None:
    return min(size, MOST) if size >= 0 else None
