"""Forms that ask a unit about what was seen there, as they come back: read whole, or refused with sentences."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from shadowledger.scanner.initiatives.mapping import ListMapping
from shadowledger.scanner.initiatives.mistakes import ListError, quoted
from shadowledger.scanner.initiatives.sheet import FILE_BYTES_MOST
from shadowledger.scanner.initiatives.values import UnclearError, text_of
from shadowledger.scanner.initiatives.workbook import OLE_MAGIC, ZIP_MAGIC, Row, sheets_of_workbook

MARK = "shadowledger form "
"""What the first cell begins with; the form's number follows."""
SHOWN = ("id", "service", "people", "first_seen", "listed_as")
"""The columns that are given; the others are to be filled in."""
ASKED = ("name", "purpose", "owner", "status")
UNSEEN = "unseen"
"""Stands in the id column where the question begins what was not seen."""
HEADER_ROW = 4
ANSWERED_BY_ROW = 3
"""Rows as a spreadsheet numbers them; who answered stands in the name column of its row."""


class Answer(NamedTuple):
    """A row that somebody filled in."""

    discovered_id: str
    """Empty for what was not seen."""
    service: str
    listed_as: str
    name: str
    purpose: str
    owner: str
    status: str


class Form(NamedTuple):
    """A form that came back."""

    number: str
    answers: list[Answer]
    blank_count: int
    """Rows that nobody filled in."""
    answered_by: str


def mark_of(shown: tuple[str, ...]) -> str:
    """Tells whether what a row shows is as it was written."""
    return hashlib.sha256("\0".join(shown).encode()).hexdigest()[:16]


def number_of(data: bytes) -> tuple[str, list[Row]]:
    """The number of a form and its rows. Raises ListError where a file is none."""
    if len(data) > FILE_BYTES_MOST or not data.startswith((ZIP_MAGIC, OLE_MAGIC)):
        raise ListError("The file is no workbook; the form is one that `attest export` wrote, saved as .xlsx.")
    for sheet in sheets_of_workbook(data):
        first = sheet.rows[0][1][0] if sheet.rows and sheet.rows[0][0] == 1 else ""
        if isinstance(first, str) and first.startswith(MARK):
            return first.removeprefix(MARK), sheet.rows
    raise ListError("The file is no form of `attest export`, or its hidden first column is gone.")


def form_of(number: str, rows: list[Row], marks: Mapping[str, str]) -> Form:
    """Read a form whose rows had these marks, by id, when it was written. Raises ListError with every mistake."""
    mistakes: list[str] = []
    answers: list[Answer] = []
    found: set[str] = set()
    blank_count = 0
    is_unseen = False
    answered_by = ""
    for at, row in rows:
        try:
            cells = [text_of(cell) for cell in row]
        except UnclearError as error:
            mistakes.append(f"Row {at}: {error}.")
            continue
        cells += [""] * (len(SHOWN) + len(ASKED) - len(cells))
        shown, asked = tuple(cells[: len(SHOWN)]), cells[len(SHOWN) : len(SHOWN) + len(ASKED)]
        if at == ANSWERED_BY_ROW:
            answered_by = asked[0]
        if at <= HEADER_ROW:
            continue
        if shown[0] == UNSEEN:
            is_unseen = True
            continue
        if not is_unseen:
            mistakes += _of_row(at, shown, marks, found)
            found.add(shown[0])
        status = ListMapping().status(asked[3]) if asked[3] else ""
        if status is None:
            mistakes.append(f"Row {at}: nobody knows the status {quoted(asked[3])}.")
        said = any(asked) or (is_unseen and bool(shown[1]))
        if is_unseen and said and not (asked[0] or shown[1]):
            mistakes.append(f"Row {at}: what was not seen needs a name.")
        blank_count += not said and not is_unseen
        if said:
            name, purpose, owner, _ = asked
            key = "" if is_unseen else shown[0]
            answers.append(Answer(key, shown[1], shown[4], name, purpose, owner, status or ""))
    mistakes += [f"The row of {key} is gone." for key in marks if key not in found]
    if mistakes:
        raise ListError("The form was not imported:", *mistakes)
    return Form(number, answers, blank_count, answered_by)


def _of_row(at: int, shown: tuple[str, ...], marks: Mapping[str, str], before: set[str]) -> list[str]:
    """What is wrong with what a row shows."""
    if shown[0] not in marks:
        return [f"Row {at}: the form did not ask about {quoted(shown[0] or 'a row without an id')}."]
    if shown[0] in before:
        return [f"Row {at}: {shown[0]} is there twice."]
    if marks[shown[0]] != mark_of(shown):
        return [f"Row {at}: what was shown of {shown[0]} is not what the form said when it was written."]
    return []
