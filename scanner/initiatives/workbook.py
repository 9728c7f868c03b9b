"""Sheets of an Excel or OpenDocument file, read in a process of their own.

A workbook of 10 KB can ask for 500 GB (two cells in opposite corners), and the reader then ends its process; so it gets
one that may die, with a bound on memory and time. python-calamine: https://github.com/dimastbk/python-calamine"""

from __future__ import annotations

import datetime as dt
import io
import os
import posixpath
import re
import zipfile
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from xml.etree import ElementTree

import python_calamine

from shadowledger.scanner.initiatives.mistakes import ListError

ROWS_MOST = 100_000
COLUMNS_MOST = 200
CELLS_MOST = 2_000_000
"""Filled cells in all sheets together."""
MEMORY_BYTES = 1 << 30
SECONDS_MOST = 60

Cell = str | int | float | bool | dt.date | dt.datetime | dt.time | dt.timedelta
Row = tuple[int, tuple[Cell, ...]]
"""A row's number as a spreadsheet shows it, from 1, and its cells without the empty ones at its end."""

ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
"""The stream of a protected workbook: https://learn.microsoft.com/openspecs/office_file_formats/ms-offcrypto/"""
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
"""ECMA-376 part 1, section 18.18.7."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its rows that are not empty."""

    name: str
    """Empty for a CSV file, which is one sheet without a name."""
    rows: list[Row]
    hidden: bool = False
    problem: str = ""
    """Why the rows could not be given; empty where they could."""
    assumed: str = ""
    """What the file does not say and was taken for granted; empty where nothing was."""


def sheets_of_workbook(data: bytes) -> tuple[Sheet, ...]:
    """The sheets of an XLSX, XLSM, XLSB, XLS or ODS file. Raises ListError for one that is protected, damaged or too
    large. Error cells (`#REF!`) of XLSX come as their text; the other formats give them empty."""
    if data.startswith(OLE_MAGIC) and _ENCRYPTED in data:
        raise ListError("The workbook is protected by a password; save it without one and import that.")
    spawn = get_context("spawn")
    ours, theirs = spawn.Pipe(duplex=False)
    reader = spawn.Process(target=_read, args=(data, theirs), daemon=True)
    reader.start()
    theirs.close()
    try:
        told = ours.recv() if ours.poll(SECONDS_MOST) else None
    except (EOFError, OSError):  # it died before its answer, or within
        told = None
    finally:
        reader.kill()
        reader.join()
        ours.close()
    if told is None:
        raise ListError("The workbook is damaged or too large to read; open it, save it anew and import that.")
    if isinstance(told, str):
        raise ListError(told)
    return tuple(told)


def _read(data: bytes, answer: Connection) -> None:
    """In the other process: answer with the sheets, or with a sentence; a death is an answer too."""
    _confine()
    try:
        with python_calamine.load_workbook(io.BytesIO(data)) as workbook:
            answer.send(_sheets(workbook, data))
    except python_calamine.CalamineError as error:
        answer.send(f"The workbook is damaged or protected by a password ({error}); save it anew without one.")


def _confine() -> None:
    """Bound memory and time where the system can, and keep the reader's last words off the user's terminal."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_MOST, SECONDS_MOST))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _sheets(workbook: python_calamine.CalamineWorkbook, data: bytes) -> list[Sheet]:
    sheets: list[Sheet] = []
    files = _sheet_files(data)
    left = CELLS_MOST
    for about in workbook.sheets_metadata:
        if about.typ != python_calamine.SheetTypeEnum.WorkSheet:
            continue
        hidden = about.visible != python_calamine.SheetVisibleEnum.Visible
        errors = _error_cells(data, files[about.name]) if about.name in files else {}
        rows: list[Row] = []
        problem = ""
        source = workbook.get_sheet_by_name(about.name)
        first_column = source.start[1] + 1 if source.start else 1  # rows begin with row 1, but not with column A
        for number, cells in enumerate(source.iter_rows(), 1):
            for column, text in errors.get(number, {}).items():
                if first_column <= column < first_column + len(cells):
                    cells[column - first_column] = text
            while cells and cells[-1] == "":
                cells.pop()
            if not cells:
                continue
            left -= len(cells)
            if number > ROWS_MOST or len(cells) > COLUMNS_MOST or left < 0:
                problem = f"is larger than {ROWS_MOST:,} rows, {COLUMNS_MOST} columns or {CELLS_MOST:,} cells"
                break
            rows.append((number, tuple(cells)))
        sheets.append(Sheet(about.name, [] if problem else rows, hidden, problem))
    return sheets


def _sheet_files(data: bytes) -> dict[str, str]:
    """Sheet name to its file inside an XLSX; empty for the other formats (ECMA-376 part 1, section 12.3)."""
    if not data.startswith(ZIP_MAGIC):
        return {}
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= set(package.namelist()):
            return {}
        relations = ElementTree.fromstring(package.read("xl/_rels/workbook.xml.rels"))  # noqa: S314 - confined
        book = ElementTree.fromstring(package.read("xl/workbook.xml"))  # noqa: S314 - confined
        files = {one.get("Id", ""): posixpath.join("xl", one.get("Target", "")).lstrip("/") for one in relations}
        sheets = [element for element in book.iter() if element.tag.endswith("}sheet")]
        present = set(package.namelist())
    named = {sheet.get("name", ""): files.get(sheet.get(_RELATION, ""), "") for sheet in sheets}
    return {name: file for name, file in named.items() if file in present}


def _error_cells(data: bytes, file: str) -> dict[int, dict[int, str]]:
    """Row to column to the text of the cells of type `e` (ECMA-376 part 1, section 18.18.11), which the reader gives
    empty."""
    errors: dict[int, dict[int, str]] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as package, package.open(file) as sheet:
        for _, element in ElementTree.iterparse(sheet):  # noqa: S314 - confined
            if element.tag.endswith("}c") and element.get("t") == "e":
                row, column = _place(element.get("r", ""))
                errors.setdefault(row, {})[column] = next(
                    (part.text or "" for part in element if part.tag.endswith("}v")), ""
                )
            elif element.tag.endswith("}row"):
                element.clear()
    return errors


def _place(reference: str) -> tuple[int, int]:
    """`C7` as (7, 3); (0, 0), which is no cell, for anything else."""
    match = _REFERENCE.fullmatch(reference)
    if not match:
        return 0, 0
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]), column
