"""`reconcile --format xlsx` and `--output`: what a spreadsheet gets."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from commands import Done, shadowledger
from python_calamine import CalamineWorkbook
from scanner_inputs import squid_line, write_squid

FORMULAS = ("=HYPERLINK(1)", "+1+1", "-2+3", "@SUM(A1)", "https://x.example/")
LIST = "id,name,products\n" + "".join(f'"{text}","{text}",ChatGPT\n' for text in FORMULAS)


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workbook")
    (folder / "list.csv").write_text(LIST)
    log = write_squid(folder / "access.log", [squid_line("chatgpt.com", "ada"), squid_line("claude.ai", "bo")])
    assert shadowledger("declare", "import", folder / "list.csv", db=folder / "inventory.db").code == 0
    assert shadowledger("scan", log, db=folder / "inventory.db").code == 0
    return folder / "inventory.db"


def test_a_workbook_has_both_sides_and_every_proposal(db: Path, tmp_path: Path) -> None:
    file = tmp_path / "answer.xlsx"
    assert shadowledger("reconcile", "--format", "xlsx", "--output", file, db=db) == Done(0, "", "")
    told = shadowledger("reconcile", "--format", "json", db=db).json
    book = CalamineWorkbook.from_path(file)
    assert book.sheet_names == ["Summary", "Discovered", "Declared", "Proposals"]
    header, *rows = book.get_sheet_by_name("Discovered").to_python()
    assert [row[header.index("id")] for row in rows] == [one["id"] for one in told["discovered"]]
    assert {row[header.index("people")] for row in rows} == {"fewer than 5"}
    header, *rows = book.get_sheet_by_name("Declared").to_python()
    assert [row[header.index("name")] for row in rows] == [one["name"] for one in told["declared"]]
    header, *rows = book.get_sheet_by_name("Proposals").to_python()
    assert [row[header.index("score")] for row in rows] == [
        proposal["score"] for one in told["declared"] for proposal in one["proposals"]
    ]
    (first, *_) = book.get_sheet_by_name("Summary").to_python()[0]
    assert str(first).startswith("2 AI initiatives proposed, 0 confirmed")


def test_no_cell_of_a_workbook_is_a_formula_or_a_link(db: Path, tmp_path: Path) -> None:
    file = tmp_path / "answer.xlsx"
    shadowledger("reconcile", "--format", "xlsx", "--output", file, db=db)
    told = {
        str(cell) for row in CalamineWorkbook.from_path(file).get_sheet_by_name("Declared").to_python() for cell in row
    }
    assert set(FORMULAS) <= told
    with zipfile.ZipFile(file) as package:
        sheets = [package.read(name) for name in package.namelist() if name.startswith("xl/worksheets/")]
    assert len(sheets) == 4
    assert [sheet for sheet in sheets if b"<f>" in sheet or b"hyperlink" in sheet] == []


def test_the_same_inventory_writes_the_same_workbook(db: Path, tmp_path: Path) -> None:
    for name in ("one.xlsx", "two.xlsx"):
        shadowledger("reconcile", "--format", "xlsx", "--output", tmp_path / name, db=db)
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


def test_output_writes_what_would_be_printed(db: Path, tmp_path: Path) -> None:
    for form in ("json", "csv", "table"):
        printed = shadowledger("reconcile", "--format", form, db=db).stdout
        assert shadowledger("reconcile", "--format", form, "--output", tmp_path / form, db=db) == Done(0, "", "")
        assert (tmp_path / form).read_bytes().decode() == printed
    assert json.loads((tmp_path / "json").read_text())["schema_version"] == 1


def test_a_workbook_needs_a_file_that_is_not_there(db: Path, tmp_path: Path) -> None:
    there = tmp_path / "there.xlsx"
    there.write_bytes(b"mine")
    for words, said in (
        ((), "--output FILE.xlsx says where it belongs"),
        (("--output", there), "exists already and was not touched"),
        (("--output", tmp_path / "no" / "such.xlsx"), "cannot be written"),
    ):
        done = shadowledger("reconcile", "--format", "xlsx", *words, db=db)
        assert (done.code, done.stdout, said in done.stderr) == (2, "", True), done
    assert there.read_bytes() == b"mine"
