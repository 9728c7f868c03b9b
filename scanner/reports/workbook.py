"""Reports as workbooks. Every text is written as text, so that no cell becomes a formula or a link."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import click

from shadowledger.scanner.output import Row, as_text, clean

CELL_CHARACTERS_MOST = 32_767
"""https://support.microsoft.com/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3"""
_DRAWN_AT = dt.datetime(2026, 1, 1)  # noqa: DTZ001 - a workbook's dates have no zone
"""The workbook's date of creation, so that the same inventory writes the same bytes."""
_NARROW, _WIDE = 14, 60
_WIDE_COLUMNS = frozenset(("reasons", "initiative", "name", "products", "instances"))


class Page(NamedTuple):
    """One sheet of rows under a header; without columns, lines of text."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Row]


@contextmanager
def drawing(drawn: io.BytesIO) -> Iterator[Any]:
    """A workbook that is written to `drawn` at the end. Raises UsageError where XlsxWriter is not installed."""
    try:
        import xlsxwriter  # type: ignore[import-untyped]
    except ImportError as error:
        raise click.UsageError("A workbook needs XlsxWriter: pip install XlsxWriter.") from error
    options = {"in_memory": True, "strings_to_urls": False, "strings_to_formulas": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(drawn, options) as book:
        book.set_properties({"created": _DRAWN_AT})
        yield book


def workbook(lines: Sequence[str], pages: Sequence[Page]) -> bytes:
    """An XLSX file: a sheet with lines of text, and one for each page."""
    drawn = io.BytesIO()
    with drawing(drawn) as book:
        head, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        first = book.add_worksheet("Summary")
        first.set_column(0, 0, 2 * _WIDE)
        for at, line in enumerate(lines):
            first.write_string(at, 0, clean(line))
        for page in pages:
            sheet = book.add_worksheet(page.name)
            for at, column in enumerate(page.columns):
                sheet.set_column(at, at, _WIDE if column in _WIDE_COLUMNS else _NARROW)
                sheet.write_string(0, at, column, head)
            for number, row in enumerate(page.rows, 1):
                for at, column in enumerate(page.columns):
                    write_cell(sheet, number, at, row.get(column), wrapped)
            sheet.freeze_panes(1, 1)
            sheet.autofilter(0, 0, max(1, len(page.rows)), len(page.columns) - 1)
    return drawn.getvalue()


def write_cell(sheet: Any, row: int, column: int, value: object, form: Any = None) -> None:  # noqa: ANN401 - untyped
    """Write a number as a number and all else as text, cleaned; row and column count from 0."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        sheet.write_number(row, column, value, form)
    else:
        sheet.write_string(row, column, clean(as_text(value))[:CELL_CHARACTERS_MOST], form)
