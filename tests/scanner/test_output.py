"""Where data leaves: whatever strangers wrote, it moves no cursor, runs no formula and breaks no format."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowledger.scanner.output import FORMATS, Row, as_csv, as_json, as_table, as_text, clean, csv_cell, render

ESC, BEL, ST, CSI = "\x1b", "\x07", "\x9c", "\x9b"
HOSTILE = [
    f"{ESC}[2J{ESC}[H", f"{ESC}[31mred{ESC}[0m", f"{ESC}]0;owned{BEL}", f"{ESC}]8;;https://evil.example{ESC}\\click",
    f"{ESC}]52;c;aGk={BEL}", f"{ESC}P1$r{ESC}\\", f"{ESC}c", f"{ESC}(0lqk", f"{ESC}[?1049h", f"{ESC}[6n",
    f"{ESC}_x{ST}", f"{CSI}2J", f"\x9d0;owned{ST}", "\x90q", "\x84", "\x85", "\x8d", "\x7f" * 9, "\x08" * 9 + "over",
    "\rover", "a\nb", "a\r\nb", "a\tb", "\tb", "\x00", "a\x00b", "\x0b\x0c", "\x1c\x1d\x1e\x1f", BEL * 3, "\x0e\x0f",
    "\u202egnp.exe", "\u202a\u202b\u202c", "\u2066x\u2069", "\u200f", "\u061c", "\u200b\u200d\u2060", "\ufeff",
    "\u00ad", "\u2028", "\u2029", "\ud800", "\udfff\ud800", "a\udcffb", "\ue000", "\U000e0041", "\U0010fffd",
    "[red]markup[/red]", "[link=https://evil.example]x[/link]", "[/]", "[bold", "\\[x]", ":skull:",
    "=cmd|'/C calc'!A0", "=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "\n=1+1", "\x00=1", "\uff1d1+1",
    "\uff0b1", "\uff0d1", "\uff20x", '=HYPERLINK("https://evil.example")', '"=1+1"', '","=1+1', '"', '""', "'", ",",
    ";", "a,b;c", "{}", "]}", '"}\n{"x":"', "</script><script>", "<!--", "\\", "\\u001b[2J", "%1b%5b2J", "NaN",
    "null", "-5", "e\u0301" * 50, "\N{ROBOT FACE}", "\N{HANGUL SYLLABLE GAG}" * 40, "x" * 3000,
]  # fmt: skip
assert len(HOSTILE) >= 60
COLUMNS = ("name", "other")
ROWS: list[Row] = [{"name": text, "other": [text, text]} for text in HOSTILE]


def is_obeyed(character: str) -> bool:
    """Whether a terminal would act on it or hide it; the newline ends our own rows."""
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") and character != "\n"


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("width", [None, 80, 20])
def test_nothing_that_a_terminal_obeys_leaves(form: str, width: int | None) -> None:
    told = render("rows", ROWS, COLUMNS, form, width=width, note=HOSTILE).replace("\r\n", "\n")
    assert [character for character in told if is_obeyed(character)] == []
    told.encode()


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_cell_is_one_line_of_a_table_and_one_object(text: str) -> None:
    row: Row = {"name": text, "other": text}
    assert len(as_table([row], COLUMNS).split("\n")) == 3
    assert len(as_json(row).splitlines()) == 1
    assert json.loads(as_json(row)) == row


def test_markup_of_tables_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    told = as_table([{"name": "[red]x[/red] [link=https://evil.example]y[/link] :skull: [/]"}], ("name",))
    assert "[red]x[/red] [link=https://evil.example]y[/link] :skull: [/]" in told


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_cell_of_a_csv_begins_a_formula(text: str) -> None:
    told = as_csv([{"name": text, "other": [text]}], COLUMNS)
    header, row = csv.reader(io.StringIO(told, newline=""))
    assert header == list(COLUMNS)
    assert len(row) == 2
    for cell in row:
        assert not cell.lstrip("\"'\ufffd \t\r\n").startswith(("=", "+", "-", "@")) or cell[0] in "'\"\ufffd"
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"))


CELLS: list[tuple[object, str]] = [
    (None, ""), (True, "yes"), (False, "no"), (-5, "-5"), (-1.5, "-1.5"), ("-5", "'-5"), (0, "0"), ("", ""),
    (["-5", 1], "'-5; 1"), (("a", None), "a; "), ({"low": 1, "high": 2}, "low 1, high 2"), ({"-x": 1}, "'-x 1"),
    (dt.date(2026, 11, 5), "2026-11-05"), (Decimal("-1.5"), "'-1.5"), ("a\tb", "a\ufffdb"), ("Prüfer", "Prüfer"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "cell"), CELLS)
def test_values_are_cells_that_people_read(value: object, cell: str) -> None:
    assert csv_cell(value) == cell
    assert clean(as_text(value)) == cell.removeprefix("'")


def test_forms_hold_what_they_promise() -> None:
    document = json.loads(render("rows", ROWS, COLUMNS, "json", note="x"))
    assert list(document) == ["schema_version", "note", "rows"]
    assert document["schema_version"] == 1
    assert document["rows"] == ROWS
    lines = render("rows", ROWS, COLUMNS, "jsonl").split("\n")
    assert lines.pop() == ""
    assert [json.loads(line) for line in lines] == ROWS
    told = render("rows", ROWS, COLUMNS, "csv")
    assert told.count("\r\n") == len(ROWS) + 1
    assert "\n" not in told.replace("\r\n", "")


@pytest.mark.parametrize("form", FORMATS)
def test_no_rows_are_told_too(form: str) -> None:
    told = render("rows", [], COLUMNS, form)
    assert told == {
        "json": '{"schema_version":1,"rows":[]}\n', "jsonl": "", "csv": "name,other\r\n", "table": "name  other\n",
    }[form]  # fmt: skip


def test_a_table_without_a_terminal_cuts_nothing() -> None:
    assert "x" * 5000 in as_table([{"name": "x" * 5000}], ("name",))


@given(st.text(alphabet=st.characters(), max_size=40))
def test_any_text_comes_back_from_json_and_is_harmless(text: str) -> None:
    told = as_json({"name": text})
    assert json.loads(told) == {"name": text}
    assert not any(map(is_obeyed, told))
    assert not any(map(is_obeyed, clean(text)))
    assert len(clean(text)) == len(text)
