"""A list file as rows, and which of them is the header: CSV in whatever encoding and separator, or a workbook."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from shadowledger.scanner.initiatives.mistakes import ListError, counted, quoted
from shadowledger.scanner.initiatives.workbook import (
    COLUMNS_MOST,
    OLE_MAGIC,
    ROWS_MOST,
    ZIP_MAGIC,
    Cell,
    Row,
    Sheet,
    sheets_of_workbook,
)

FILE_BYTES_MOST = 64 << 20
HEADER_WITHIN_ROWS = 50
"""A header is looked for in this many rows that are not empty."""
_SHEETS_TOLD = 8
SEPARATORS = ",;\t|"
_SNIFFED_CHARACTERS = 64 << 10
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

ColumnOf = Callable[[str], str]
"""A header cell to the column it means; empty where it means none."""


@dataclass(frozen=True, slots=True)
class Table:
    """The header of a list and the rows below it."""

    sheet: str
    header_row: int
    header: tuple[str, ...]
    rows: list[Row]
    assumed: str = ""
    """What was taken for granted about the file; empty where nothing was."""

    def where(self, row: int) -> str:
        """The place of a row, for a sentence."""
        return f"sheet {quoted(self.sheet)}, row {row}" if self.sheet else f"row {row}"


def sheets_of(data: bytes) -> tuple[Sheet, ...]:
    """The sheets of a list file of any kind. Raises ListError where it is none, or too large."""
    if len(data) > FILE_BYTES_MOST:
        raise ListError(f"The file is larger than {FILE_BYTES_MOST >> 20} MiB; that is no list of initiatives.")
    if not data.strip(b" \t\r\n\0"):
        raise ListError("The file is empty. `shadowledger declare template` prints one to fill in.")
    if data.startswith((ZIP_MAGIC, OLE_MAGIC)):
        return sheets_of_workbook(data)
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        raise ListError("The file is HTML or XML under another name; open it in a spreadsheet and save it as .xlsx.")
    return (_csv_sheet(*_decoded(data)),)


def _decoded(data: bytes) -> tuple[str, str]:
    """The text and its encoding: UTF-8, UTF-16 with its mark, or else Windows-1252, as spreadsheets of Western Europe
    save it."""
    marked = [name for mark, name in _BOMS if data.startswith(mark)]
    for encoding in marked or ("utf-8", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, encoding
    raise ListError("The file is neither CSV nor a workbook; save it as .xlsx, or as CSV in UTF-8.")


def _csv_sheet(text: str, encoding: str) -> Sheet:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    rows: list[Row] = []
    try:
        for number, cells in enumerate(reader, 1):
            while cells and not cells[-1].strip():
                cells.pop()
            if number > ROWS_MOST or len(cells) > COLUMNS_MOST:
                raise ListError(f"The file is larger than {ROWS_MOST:,} rows or {COLUMNS_MOST} columns.")
            if cells:
                rows.append((number, tuple(cells)))
    except csv.Error as error:
        raise ListError(f"Line {reader.line_num} is not CSV: {error}. Is a quotation mark missing?") from error
    return Sheet("", rows, assumed="it is in Windows-1252, as it is not UTF-8" if encoding == "cp1252" else "")


def _separator(text: str) -> str:
    """The separator by which most of the first rows have the same number of cells."""
    first = text[:_SNIFFED_CHARACTERS]
    best = (0, 0)
    chosen = SEPARATORS[0]
    for separator in SEPARATORS:
        widths: Counter[int] = Counter()
        try:
            for row in csv.reader(io.StringIO(first, newline=""), delimiter=separator):
                widths[len(row)] += len(row) > 1
        except csv.Error:  # a cell over its limit; what came before it still tells
            pass
        width, rows = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        if (rows, width) > best:
            best, chosen = (rows, width), separator
    return chosen


def find_table(sheets: tuple[Sheet, ...], name: str, header_row: int, column_of: ColumnOf) -> Table:
    """The list among the sheets: the one named, else the only one that is not hidden and has a header. `header_row`
    of 0 looks for it. Raises ListError where there is none, or a choice."""
    candidates = [sheet for sheet in _named(sheets, name) if sheet.rows or sheet.problem]
    if not candidates:
        raise ListError("The file is empty. `shadowledger declare template` prints one to fill in.")
    found = [(sheet, _header_at(sheet, header_row, column_of)) for sheet in candidates]
    lists = [(sheet, at) for sheet, at in found if at is not None]
    if not lists:
        raise _no_header(candidates[0], header_row)
    if len(lists) > 1:
        raise ListError(f"Several sheets look like lists: {_names(sheet for sheet, _ in lists)}; say --sheet NAME.")
    sheet, at = lists[0]
    number, cells = sheet.rows[at]
    return Table(sheet.name, number, tuple(as_words(cell) for cell in cells), sheet.rows[at + 1 :], sheet.assumed)


def _named(sheets: tuple[Sheet, ...], name: str) -> list[Sheet]:
    if not name:
        return [sheet for sheet in sheets if not sheet.hidden]
    if not any(sheet.name for sheet in sheets):
        raise ListError(f"The file has no sheets, so none is called {quoted(name)}; say --sheet ''.")
    wanted = name.strip().casefold()
    chosen = [sheet for sheet in sheets if sheet.name.strip().casefold() == wanted]
    if not chosen:
        raise ListError(f"There is no sheet {quoted(name)}, only {_names(sheets)}; say --sheet NAME.")
    return chosen


def _names(sheets: Iterable[Sheet]) -> str:
    names = [quoted(sheet.name) for sheet in sheets]
    return ", ".join(names[:_SHEETS_TOLD]) + (f" and {len(names) - _SHEETS_TOLD} more" * (len(names) > _SHEETS_TOLD))


def _header_at(sheet: Sheet, header_row: int, column_of: ColumnOf) -> int | None:
    """The place of the header in the sheet's rows: the row said, else the one with most known headers, `name` first.
    None where no row has `name`, nor two known ones."""
    if sheet.problem:
        return None
    if header_row:
        return next((at for at, (number, _) in enumerate(sheet.rows) if number == header_row), None)
    best: tuple[bool, int] = (False, 1)
    place = None
    for at, (_, cells) in enumerate(sheet.rows[:HEADER_WITHIN_ROWS]):
        known = {column for cell in cells if isinstance(cell, str) and (column := column_of(cell))}
        if (rank := ("name" in known, len(known))) > best:
            best, place = rank, at
    return place


def _no_header(sheet: Sheet, header_row: int) -> ListError:
    if not sheet.rows:
        return ListError(f"Sheet {quoted(sheet.name)} {sheet.problem}.")
    if header_row:
        return ListError(f"Row {header_row} is empty, so it is no header; say --header-row N, or 0 to look for it.")
    number, cells = sheet.rows[0]
    seen = ", ".join(quoted(as_words(cell)) for cell in cells[:8])
    place = f"row {number} of sheet {quoted(sheet.name)}" if sheet.name else f"row {number}"
    more = f" and {counted(len(cells) - 8, 'cell', 'cells')} more" if len(cells) > 8 else ""
    return ListError(
        f"No header found; {place} is {seen}{more}.",
        "Say --header-row N where it is another row, and --map 'Their header=name' for the column of names.",
    )


def as_words(cell: Cell) -> str:
    """A cell as text on one line."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return " ".join(str(cell).split())
