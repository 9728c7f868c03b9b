"""A directory file, opened: its text in lines, as a table or as JSON, and its stamps. Never more than a line at a time,
but for JSON."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from shadowledger.collectors.clock import Clock, numeric_order
from shadowledger.collectors.reading import Settings
from shadowledger.db.identities import ALWAYS_US
from shadowledger.scanner.directory.facts import FlawedDirectoryError, Span

HEAD_CHARS = 64 << 10
LONGEST_LINE = 1 << 20
LARGEST_DOCUMENT_CHARS = 512 << 20
_BLOCK_BYTES = 1 << 20
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DAY_US = 86_400_000_000
_HOUR_US = 3_600_000_000
_NO_HEADER = ("#TYPE", "sep=")
"""What Export-Csv and Excel write above a header."""
_DELIMITERS = ",;\t"
_LOOKED_AT_DATES = 5_000


class Options(NamedTuple):
    """What only the user can say of a file."""

    zone: dt.tzinfo | None = None
    """Of stamps without one; None is UTC."""
    date_order: str = ""
    """Of all-numeric dates that leave it open: dmy, mdy or ymd."""
    year: int = 0
    """Of stamps without one; 0 is the file's."""
    as_of_us: int = 0
    """From when on that holds which the file does not date; 0 is always."""
    lease_hours: int = 0
    """How long leases last where the file does not say; 0 is the default of the program that wrote it."""


class Export:
    """One file, and what the user said of it. Raises FlawedDirectoryError, also while it is read."""

    def __init__(self, path: Path, options: Options = Options()) -> None:  # noqa: B008 - immutable
        self.path = path
        self.options = options
        try:
            self.modified_us = path.stat().st_mtime_ns // 1000
            self._encoding = self._find_encoding()
        except (OSError, EOFError, zlib.error) as error:
            raise self._unreadable(error) from error
        self.head = "".join(islice((line for _, line in self.lines()), 2_000))[:HEAD_CHARS]

    @cached_property
    def clock(self) -> Clock:
        """Reads stamps as logs write them."""
        options = self.options
        return Clock(Settings(zone=options.zone, year=options.year, date_order=options.date_order), self.modified_us)

    @cached_property
    def header(self) -> list[str]:
        """The names in the first line of a table, without blanks, strokes and capitals."""
        for line in self.head.splitlines():
            if line.strip() and not line.startswith(_NO_HEADER):
                try:
                    cells = next(csv.reader([line], delimiter=_delimiter(line)), [])
                except csv.Error:
                    return []
                return [_plain(cell) for cell in cells]
        return []

    def lease_us(self, default_hours: int) -> int:
        """How long leases last, in microseconds, where the file does not say."""
        return (self.options.lease_hours or default_hours) * _HOUR_US

    def lines(self) -> Iterator[tuple[int, str]]:
        """Each line with its number, from 1, and its end."""
        with self._opened() as source, io.TextIOWrapper(source, self._encoding, newline="") as text:
            number = 0
            while line := text.readline(LONGEST_LINE):
                number += 1
                if len(line) == LONGEST_LINE:
                    raise FlawedDirectoryError(f"{self.path}, line {number} is longer than a line can be.")
                yield number, line

    def rows(self, *columns: str | tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
        """The rows below a header: the number of the line that each ends at, and its cells in these columns (empty
        where there are none). A column may have several names."""
        beginning = self.head.splitlines()
        skipped = next((at for at, line in enumerate(beginning) if not line.startswith(_NO_HEADER)), 0)
        lines = map(itemgetter(1), islice(self.lines(), skipped, None))
        reader = csv.reader(lines, delimiter=_delimiter("".join(beginning[skipped : skipped + 1])), strict=True)
        try:
            header = [_plain(cell) for cell in next(reader, [])]
            places = [_place(header, (names,) if isinstance(names, str) else names) for names in columns]
            last = max(places)
            for cells in reader:
                size = len(cells)
                if size > last:
                    found = [cells[place].strip() for place in places]
                else:
                    found = [cells[place].strip() if place < size else "" for place in places]
                if any(found) or any(cell.strip() for cell in cells):
                    yield reader.line_num + skipped, found
        except csv.Error as error:
            raise FlawedDirectoryError(f"{self.path}, line {reader.line_num + skipped}: {error}.") from error

    def has(self, *names: str) -> bool:
        """Whether the header has one of these columns."""
        return any(_plain(name) in self.header for name in names)

    def document(self) -> object:
        """The whole file as JSON."""
        parts, size = [], 0
        for _, line in self._chunks():
            size += len(line)
            if size > LARGEST_DOCUMENT_CHARS:
                raise FlawedDirectoryError(f"{self.path} is larger than {LARGEST_DOCUMENT_CHARS >> 20} MiB; split it.")
            parts.append(line)
        try:
            return msgspec.json.decode("".join(parts))
        except (msgspec.DecodeError, RecursionError) as error:
            raise FlawedDirectoryError(f"{self.path} is no whole JSON: {error}.") from error

    def span(self, number: int, first: tuple[str, str], last: tuple[str, str]) -> Span:
        """The time between two cells, each with its column: ISO 8601 dates or times. An end that is a mere date takes
        in that day."""
        text = last[1]
        since = self._moment(number, first) if first[1] else 0
        until = self._moment(number, last) if text else ALWAYS_US
        if text and ":" not in text and "T" not in text.upper():
            until += _DAY_US
        if until < since:
            raise FlawedDirectoryError(f"Row {number}: {last[0]} '{text}' lies before {first[0]}.")
        return Span(since, until, bool(first[1] or text))

    def _moment(self, number: int, cell: tuple[str, str]) -> int:
        try:
            moment = dt.datetime.fromisoformat(cell[1])
        except ValueError as error:
            raise FlawedDirectoryError(f"Row {number}: {cell[0]} '{cell[1]}' is no ISO 8601 time.") from error
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.options.zone or dt.UTC)
        gone = moment - _EPOCH
        return (gone.days * 86_400 + gone.seconds) * 1_000_000 + gone.microseconds

    def stamp(self, where: int, text: str, form: str = "") -> int:
        """A stamp as servers write it, in microseconds. Raises FlawedDirectoryError."""
        time_us, _ = self.clock.read(text, form)
        if not time_us:
            order = "; --date-order says which number is the day" if re.match(r"\d\d?[/-]\d", text) else ""
            raise FlawedDirectoryError(f"{self.path}, line {where}: '{text[:40]}' is no time that can be read{order}.")
        return time_us

    def settle_dates(self, column: str) -> None:
        """Let all of a column's dates together say which number is the day, unless the user did."""
        if not self.options.date_order:
            dates = (cells[0] for _, cells in islice(self.rows(column), _LOOKED_AT_DATES))
            self.options = self.options._replace(date_order=numeric_order(dates))
            self.__dict__.pop("clock", None)

    def _chunks(self) -> Iterator[tuple[int, str]]:
        with self._opened() as source, io.TextIOWrapper(source, self._encoding) as text:
            while part := text.read(_BLOCK_BYTES):
                yield 0, part

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        """The file's bytes, unpacked where it is gzip."""
        try:
            with self.path.open("rb") as raw:
                if raw.read(2) == b"\x1f\x8b":
                    raw.seek(0)
                    with gzip.open(raw) as unpacked:
                        yield io.BufferedReader(unpacked)
                else:
                    raw.seek(0)
                    yield raw
        except (OSError, EOFError, zlib.error) as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> FlawedDirectoryError:
        return FlawedDirectoryError(f"{self.path} cannot be read: {getattr(error, 'strerror', None) or error}.")

    def _find_encoding(self) -> str:
        """UTF-8, UTF-16 with its mark, or else Windows-1252, as spreadsheets of Western Europe save text."""
        with self._opened() as source:
            marked = source.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1252"):
            decoder = codecs.getincrementaldecoder(encoding)()
            try:
                with self._opened() as source:
                    blocks = iter(lambda: source.read(_BLOCK_BYTES), b"")
                    if not any("\0" in decoder.decode(block) for block in blocks):
                        decoder.decode(b"", final=True)
                        return encoding
            except UnicodeDecodeError:
                continue
        raise FlawedDirectoryError(f"{self.path} is no text; export it as text in UTF-8.")


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=line.count)


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).lower()


def _place(header: Sequence[str], names: tuple[str, ...]) -> int:
    """The first column that has one of the names; beyond all where none has."""
    return next((header.index(name) for name in map(_plain, names) if name in header), 1 << 30)
