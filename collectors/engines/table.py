"""Tables with a header row: CSV or tab-separated exports, below rows of preamble or not. A record is a data row.

https://www.rfc-editor.org/rfc/rfc4180; the case of column names says nothing."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from itertools import islice

from shadowledger.collectors.collector import Head
from shadowledger.collectors.engines.engine import LONGEST_TEXT, Glance, NoRecord, UnreadableError
from shadowledger.collectors.engines.fields import Fields, spellings
from shadowledger.collectors.engines.mapping import Mapping
from shadowledger.collectors.engines.unwanted import Decisive
from shadowledger.collectors.lines import next_row
from shadowledger.collectors.reading import Reading

PREAMBLE_ROWS = 40
_ROWS_AT_ONCE = 512
_SEPARATORS = (",", "\t", ";", "|")
Row = list[str]


class Table:
    """Remembers its header, so reading begins at the start."""

    framing = "csv"
    resumes = False
    longest = LONGEST_TEXT

    def __init__(self, mapping: Mapping) -> None:
        self._needed = [[name.lower() for name in column.split("|")] for column in mapping.detect.columns]
        self._spelled = spellings(mapping)
        self._names: list[str] = []
        self._places: list[int] = []
        self._placed_for: list[str] | None = None

    def _is_header(self, row: Sequence[str]) -> bool:
        names = {cell.strip().lower() for cell in row}
        return bool(names) and all(any(name in names for name in needed) for needed in self._needed)

    def _header_in(self, lines: Sequence[str]) -> tuple[int, str, Row] | None:
        """The number of the header's line, the separator and the header, among the first lines."""
        for number, line in enumerate(lines[:PREAMBLE_ROWS]):
            for separator in _SEPARATORS:
                if separator in line and self._is_header(row := _row(line, separator)):
                    return number, separator, [self._spelled.get(name := cell.strip().lower(), name) for cell in row]
        return None

    def batches(self, reading: Reading) -> Iterator[tuple[int, Sequence[Row]]]:
        lines = (line for _, block in reading.blocks() for line in block)
        first = list(islice(lines, PREAMBLE_ROWS * 2))
        found = self._header_in(first)
        if found is None:
            if first:
                yield 1, [[]]
            return
        at, separator, self._names = found
        position = 1
        rows = _rows(_chained(first[at + 1 :], lines), separator)
        while batch := list(islice(rows, _ROWS_AT_ONCE)):
            yield position, batch
            position += len(batch)

    def split(self, raw: Row) -> Fields:
        if not self._names:
            raise UnreadableError("no header row with this format's columns")
        if not raw:
            raise UnreadableError("a broken row")
        if not any(raw):
            raise NoRecord
        return dict(zip(self._names, raw, strict=False))

    def glance(self, decisive: Decisive) -> Glance[Row] | None:
        columns = decisive.columns

        def look(raw: Row) -> tuple[str, ...] | None:
            if self._placed_for is not self._names:
                places = {name: at for at, name in enumerate(self._names)}
                self._places = [places.get(column, -1) for column in columns]
                self._placed_for = self._names
            count = len(raw)
            return tuple([raw[at] if 0 <= at < count else "" for at in self._places]) if count else None

        return look

    def sample(self, head: Head) -> list[Fields | None]:
        found = self._header_in(head.lines)
        if found is None:
            return []
        at, separator, self._names = found
        rows = [_row(line, separator) for line in head.lines[at + 1 : at + 9]]
        return [dict(zip(self._names, row, strict=False)) for row in rows] or [dict.fromkeys(self._names, "")]


def _row(line: str, separator: str) -> Row:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []


def _chained(first: list[str], lines: Iterator[str]) -> Iterator[str]:
    yield from first
    yield from lines


def _rows(lines: Iterator[str], separator: str) -> Iterator[Row]:
    """Rows of a table; an empty one where a row is broken. A quotation mark that never closes takes at most
    LONGEST_LINE_BYTES with it."""
    reader = csv.reader((line + "\n" for line in lines), delimiter=separator)
    while True:
        try:
            row = next_row(reader)
        except StopIteration:
            return
        except csv.Error:
            row = []
        else:
            if not row:
                continue
        yield row
