"""The boundary where data leaves for a terminal, a file or another program: cleaned once, here, per target.

Everything shown comes from logs and lists, that is from strangers."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

SCHEMA_VERSION = 1
FORMATS = ("table", "json", "jsonl", "csv")
Value = object
Row = Mapping[str, Value]

_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
"""Unicode categories that a terminal obeys or hides: controls, direction marks, surrogates, private use, separators."""

_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What begins a formula; spreadsheets of East Asia take the full-width forms too."""


def clean(text: str) -> str:
    """Text that moves no cursor, sets no colour and hides nothing: every such character becomes U+FFFD."""
    if text.isascii() and text.isprintable():
        return text
    return "".join("\ufffd" if unicodedata.category(character) in _HIDDEN else character for character in text)


def csv_cell(value: Value) -> str:
    """A cell that no spreadsheet takes for a formula (https://owasp.org/www-community/attacks/CSV_Injection)."""
    text = clean(as_text(value))
    return "'" + text if text.startswith(_FORMULA) and not isinstance(value, int | float) else text


def as_text(value: Value) -> str:
    """A value as a person reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {as_text(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(as_text(item) for item in value)
    return str(value)


def near(path: str) -> str:
    """A path as it is seen from the present folder, where it lies below it."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except (ValueError, OSError):
        return path


def as_json(payload: object) -> str:
    """One line of JSON, with every character that a terminal obeys or hides escaped."""
    try:
        line = msgspec.json.encode(payload).decode()
    except UnicodeEncodeError:  # lone surrogates, as in the name of a file that is in no encoding
        return json.dumps(msgspec.to_builtins(payload), separators=(",", ":"))
    if line.isascii() and line.isprintable():
        return line
    return "".join(json.dumps(char)[1:-1] if unicodedata.category(char) in _HIDDEN else char for char in line)


def as_csv(rows: Iterable[Row], columns: Sequence[str]) -> str:
    """Rows under a header, CRLF between them (RFC 4180)."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([csv_cell(row.get(column)) for column in columns] for row in rows)
    return text.getvalue()


def as_table(rows: Iterable[Row], columns: Sequence[str], *, width: int | None = None) -> str:
    """Rows as a table for a terminal or a file; `width` in characters, unlimited where None."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(Text(clean(as_text(row.get(column)))) for column in columns))
    console = Console(file=io.StringIO(), width=width or 10_000, color_system=None, highlight=False)
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"


def render(
    name: str, rows: Sequence[Row], columns: Sequence[str], form: str, *, width: int | None = None, **more: object
) -> str:
    """Rows in one of FORMATS. JSON is one object `{"schema_version", ...more, name: rows}`; JSON Lines a row a line."""
    if form == "json":
        return as_json({"schema_version": SCHEMA_VERSION, **more, name: list(rows)}) + "\n"
    if form == "jsonl":
        return "".join(as_json(row) + "\n" for row in rows)
    if form == "csv":
        return as_csv(rows, columns)
    return as_table(rows, columns, width=width)
