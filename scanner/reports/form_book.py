"""The form that asks a unit about what was seen there."""

from __future__ import annotations

import io
from collections.abc import Sequence

from shadowledger.db.declared import STATUSES
from shadowledger.scanner.initiatives.form import ANSWERED_BY_ROW, ASKED, HEADER_ROW, MARK, SHOWN, UNSEEN
from shadowledger.scanner.output import clean
from shadowledger.scanner.reports.workbook import drawing, write_cell

_LABELS = (
    "id",
    "Service",
    "People (of all units)",
    "First seen",
    "On the list as",
    "Name",
    "Purpose",
    "Owner",
    "Status",
)
_WIDTHS = (12, 34, 14, 12, 28, 28, 44, 24, 14)
_UNSEEN_ROWS = 20
_NAME = len(SHOWN)
"""The first column that is to be filled in, counted from 0."""


def form_book(number: str, unit: str, rows: Sequence[tuple[str, ...]]) -> bytes:
    """An XLSX form with one row for each of SHOWN, which cannot be written over, and blanks beside."""
    drawn = io.BytesIO()
    with drawing(drawn) as book:
        sheet = book.add_worksheet("AI initiatives")
        bold = book.add_format({"bold": True})
        blank = book.add_format({"locked": False, "bg_color": "#FFFFE0", "text_wrap": True, "border": 4})
        for at, (label, width) in enumerate(zip(_LABELS, _WIDTHS, strict=True)):
            sheet.set_column(at, at, width, None, {"hidden": at == 0})
            sheet.write_string(HEADER_ROW - 1, at, label, bold)
        sheet.write_string(0, 0, MARK + number)
        sheet.write_string(0, 1, clean(f"AI that was seen in {unit}"), bold)
        told = "Please fill in the yellow cells. Leave the name empty where it is what stands under 'On the list as'."
        sheet.write_string(1, 1, told)
        sheet.write_string(ANSWERED_BY_ROW - 1, _NAME - 1, "Answered by")
        sheet.write_blank(ANSWERED_BY_ROW - 1, _NAME, None, blank)
        question = HEADER_ROW + len(rows)
        for at, row in enumerate(rows, HEADER_ROW):
            for column, value in enumerate(row):
                write_cell(sheet, at, column, value)
        sheet.write_string(question, 0, UNSEEN)
        sheet.write_string(question, 1, "Anything we did not see?", bold)
        last = question + _UNSEEN_ROWS
        for at in range(HEADER_ROW, last + 1):
            if at != question:
                for column in range(_NAME, _NAME + len(ASKED)):
                    sheet.write_blank(at, column, None, blank)
            if at > question:
                sheet.write_blank(at, 1, None, blank)
        choice = {"validate": "list", "source": list(STATUSES), "ignore_blank": True, "error_type": "warning"}
        sheet.data_validation(HEADER_ROW, _NAME + len(ASKED) - 1, last, _NAME + len(ASKED) - 1, choice)
        sheet.freeze_panes(HEADER_ROW, 2)
        sheet.protect()
    return drawn.getvalue()
