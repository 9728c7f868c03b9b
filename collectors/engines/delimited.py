"""Cells between separators, without a header: PAN-OS, Umbrella, VPC flow logs. What they mean is said by layouts."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence

from shadowledger.collectors.collector import Head
from shadowledger.collectors.engines.engine import (
    LONGEST_TEXT,
    Glance,
    NoRecord,
    UnreadableError,
    envelope,
    reads_envelope,
    split_all,
)
from shadowledger.collectors.engines.fields import Fields, Remembered
from shadowledger.collectors.engines.mapping import Layout, Mapping
from shadowledger.collectors.engines.unwanted import Decisive
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.syslog import LOOKED_AT


class Shape:
    """A layout, compiled."""

    def __init__(self, layout: Layout) -> None:
        self.names = layout.names()
        self._cells = [(int(at), _fitting(pattern)) for at, pattern in layout.cells.items()]
        self._least = max(layout.least, max((at for at, _ in self._cells), default=-1) + 1)
        self._most = layout.most

    def fits(self, cells: Sequence[str]) -> bool:
        if not self._least <= len(cells) <= self._most:
            return False
        for at, fits in self._cells:  # noqa: SIM110 - half the time of all()
            if not fits(cells[at]):
                return False
        return True

    def fields(self, cells: Sequence[str]) -> Fields:
        return dict(zip(self.names, cells, strict=False))

    def places(self, columns: Sequence[str]) -> list[int]:
        """Where columns stand; -1 for one that is not there."""
        places = {name: at for at, name in enumerate(self.names)}
        return [places.get(column, -1) for column in columns]


def _fitting(pattern: str) -> Callable[[str], object]:
    """Whether a whole cell fits; of words, which come again, that is remembered."""
    if pattern == r"\d+":
        return str.isdecimal
    fits = re.compile(pattern).fullmatch
    return fits if r"\d" in pattern else Remembered(lambda text: fits(text) is not None).__getitem__


def cells_of(separator: str, *, skip_blanks: bool = False) -> Callable[[str], list[str]]:
    """Compile the cutting of one line. Quotation marks are CSV's; a broken one ends with its line."""
    between = f'"{separator}"'

    def cut(line: str) -> list[str]:
        if '"' not in line:
            return line.split(separator) if separator != " " else line.split()
        if line[0] == '"' == line[-1] and len(line) > 1:
            inner = line[1:-1].replace(f'"{separator} "', between) if skip_blanks else line[1:-1]
            cells = inner.split(between)
            if line.count('"') == 2 * len(cells):
                return cells
        if separator != " " and not skip_blanks and (parted := _parted(line, separator)) is not None:
            return parted
        try:
            return next(csv.reader([line], delimiter=separator, skipinitialspace=skip_blanks or separator == " "), [])
        except csv.Error:
            return []

    return cut


def cells_from(begins: str, cut: Callable[[str], list[str]]) -> Callable[[str], tuple[list[str], int]]:
    """Compile the cutting of a record behind an envelope: its cells, and where they begin; no cells where the regular
    expression for their beginning is not found."""
    if not begins:
        return lambda raw: (cut(raw), 0)
    search = re.compile(begins).search

    def cells(raw: str) -> tuple[list[str], int]:
        start = search(raw, 0, LOOKED_AT)
        return (cut(raw[start.start() :]), start.start()) if start else ([], 0)

    return cells


def _parted(line: str, separator: str) -> list[str] | None:
    """The cells of a line whose quotation marks stand round whole cells and nowhere else, as csv would cut them; None
    where they do not."""
    parts = line.split('"')
    last = len(parts) - 1
    before = parts[0]
    if last % 2 or (before and before[-1] != separator):
        return None
    cells = before[:-1].split(separator) if before else []
    for at in range(1, last, 2):
        cells.append(parts[at])
        after = parts[at + 1]
        if at + 1 == last:
            if after:
                if after[0] != separator:
                    return None
                cells += after[1:].split(separator)
        elif not after or after[0] != separator or after[-1] != separator:
            return None
        elif len(after) > 1:
            cells += after[1:-1].split(separator)
    return cells


class Delimiteds:
    """Stateless; `@stamp` and `@host` are those of a syslog header before the first cell."""

    framing = "line"
    resumes = True
    longest = LONGEST_TEXT

    def __init__(self, mapping: Mapping) -> None:
        told = mapping.delimited
        if told is None:
            raise ValueError("[delimited] is missing")
        self._shapes = [Shape(layout) for layout in told.layout]
        self._reads_envelope = reads_envelope(mapping)
        self._cells = cells_from(told.begins, cells_of(told.separator, skip_blanks=told.skip_blanks))

    def batches(self, reading: Reading) -> Iterator[tuple[int, Sequence[str]]]:
        return reading.blocks()

    def split(self, raw: str) -> Fields:
        if not raw or raw.isspace() or raw[0] == "#":
            raise NoRecord
        cells, start = self._cells(raw)
        for shape in self._shapes:
            if shape.fits(cells):
                fields = shape.fields(cells)
                break
        else:
            raise UnreadableError(f"{len(cells)} cells that fit no layout" if cells else "no cells of this format")
        return fields | envelope(raw[:start]) if self._reads_envelope else fields

    def glance(self, decisive: Decisive) -> Glance[str] | None:
        columns = decisive.columns
        if any(column.startswith("@") for column in columns):
            return None
        placed = [(shape, shape.places(columns)) for shape in self._shapes]

        def look(raw: str) -> tuple[str, ...] | None:
            if not raw:
                return None
            cells, _ = self._cells(raw)
            count = len(cells)
            for shape, places in placed:
                if shape.fits(cells):
                    return tuple([cells[at] if 0 <= at < count else "" for at in places])
            return None

        return look

    def sample(self, head: Head) -> list[Fields | None]:
        return split_all(self.split, head.lines)
