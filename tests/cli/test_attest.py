"""`attest export|import` and `declare add`: units are asked, and their answers become declared lines."""

from __future__ import annotations

import io
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter  # type: ignore[import-untyped]
from commands import Done, set_up, shadowledger
from python_calamine import CalamineWorkbook
from scanner_inputs import squid_line, write_squid

LIST = "id,name,products,business_units\nA-1,Answers,Perplexity,HR\n"
PEOPLE = "person,upn,unit\nP-1,ada@corp.example,HR\nP-2,bo@corp.example,IT\n"
LINES = [
    *[squid_line(host, "ada@corp.example") for host in ("chatgpt.com", "claude.ai", "www.perplexity.ai")],
    squid_line("gemini.google.com", "bo@corp.example"),
]
OWN = (
    'id = "our-model"\nname = "Our model"\nvendor = "us"\n[[indicator]]\nkind = "host"\nvalue = "llm.corp.example"\n'
    'role = "interactive"\n'
)
BOTH = [squid_line("llm.corp.example", f"{who}@corp.example") for who in ("ada", "bo")]
"""Of one instance, in two units."""
Grid = list[list[object]]
NAME, PURPOSE, OWNER, STATUS = 5, 6, 7, 8


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("attest")
    (folder / "signatures.d").mkdir()
    (folder / "signatures.d" / "our-model.toml").write_text(OWN)
    return set_up(folder, official=LIST, people=PEOPLE, log=write_squid(folder / "access.log", LINES))


@pytest.fixture
def db(prepared: Path, tmp_path: Path) -> Path:
    shutil.copytree(prepared.parent, tmp_path, dirs_exist_ok=True)
    return tmp_path / prepared.name


def export(db: Path, unit: str = "HR") -> Path:
    file = db.with_name(f"{unit}.xlsx")
    done = shadowledger("attest", "export", "--unit", unit, "--output", file, db=db)
    assert (done.code, done.stderr) == (0, ""), done
    return file


def grid(file: Path) -> Grid:
    """The cells of a form; python-calamine gives rows of the same length."""
    return [list(row) for row in CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()]


def filled(file: Path, *answers: Callable[[Grid], None]) -> Path:
    """The form as a person's spreadsheet saves it, without a trace of who wrote it first."""
    cells = grid(file)
    for one in answers:
        one(cells)
    drawn = io.BytesIO()
    with xlsxwriter.Workbook(drawn, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("Sheet1")
        for at, row in enumerate(cells):
            sheet.write_row(at, 0, row)
    answered = file.with_name(f"{file.stem} answered.xlsx")
    answered.write_bytes(drawn.getvalue())
    return answered


def row_of(cells: Grid, service: str) -> list[object]:
    return next(row for row in cells if row[1] == service)


def say(service: str, *values: str) -> Callable[[Grid], None]:
    """Fill in a row: name, purpose, owner, status."""

    def answer(cells: Grid) -> None:
        row_of(cells, service)[NAME:] = values

    return answer


def unseen(cells: Grid) -> None:
    at = next(number for number, row in enumerate(cells) if row[1] == "Anything we did not see?")
    cells[at + 1 :] = [["", "", "", "", "", "Letters", "writes letters", "", "idea"], ["", "Mistral", "", "", ""]]


def by(cells: Grid) -> None:
    cells[2][NAME] = "Head of HR"


def reconciled(db: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    told = shadowledger("reconcile", "--format", "json", db=db).json
    return {one["service"]: one for one in told["discovered"]}, {one["id"]: one for one in told["declared"]}


def declared(db: Path) -> dict[str, Any]:
    return {one["id"]: one for one in shadowledger("declare", "list", "--format", "json", db=db).json["declared"]}


def bring_back(file: Path, db: Path) -> Done:
    return shadowledger("attest", "import", file, db=db)


def test_a_form_asks_a_unit_about_what_was_seen_there_and_nothing_else(db: Path) -> None:
    cells = grid(export(db))
    discovered, _ = reconciled(db)
    assert cells[0][1] == "AI that was seen in HR"
    assert cells[3][1:] == [
        "Service", "People (of all units)", "First seen", "On the list as", "Name", "Purpose", "Owner", "Status",
    ]  # fmt: skip
    asked = {str(row[1]): row for row in cells[4:7]}
    assert asked.keys() == {"ChatGPT", "Claude", "Perplexity"}
    assert {row[0] for row in asked.values()} == {discovered[service]["id"] for service in asked}
    assert {row[2] for row in asked.values()} == {"fewer than 5"}
    assert {row[3] for row in asked.values()} == {discovered["ChatGPT"]["first_seen_on"]}
    assert [asked[key][4] for key in ("ChatGPT", "Perplexity")] == ["", "Answers"]
    assert {cell for row in asked.values() for cell in row[NAME:]} == {""}
    assert cells[7][1] == "Anything we did not see?"


def test_the_id_column_is_hidden_and_what_is_shown_cannot_be_typed_over(db: Path) -> None:
    with zipfile.ZipFile(export(db)) as package:
        sheet = package.read("xl/worksheets/sheet1.xml")
    assert b'<col min="1" max="1" width="12.7109375" hidden="1"' in sheet
    assert b"<sheetProtection " in sheet


def test_what_is_dismissed_or_muted_is_not_asked_about(db: Path) -> None:
    discovered, _ = reconciled(db)
    chat, claude = discovered["ChatGPT"]["id"], discovered["Claude"]["id"]
    shadowledger("inventory", "dismiss", chat, "--reason", "a test", db=db)
    shadowledger("inventory", "mute", claude, "--reason", "known", "--until", "2199-01-01", db=db)
    assert {row[1] for row in grid(export(db)) if str(row[0]).startswith("ai-")} == {"Perplexity"}


def test_answers_become_declared_lines_linked_to_what_was_discovered(db: Path) -> None:
    file = filled(
        export(db), by, unseen, say("ChatGPT", "Help desk", "answers staff", "Ada's team", "Pilotphase"),
        say("Perplexity", "", "", "Legal ops", ""),
    )  # fmt: skip
    done = bring_back(file, db)
    assert done == Done(0, "3 declared, 1 changed, 0 unchanged, 2 linked; 1 without an answer.\n", "")
    discovered, lines = reconciled(db)
    assert discovered["ChatGPT"]["declared"] == ["L-help-desk"]
    assert (lines["L-help-desk"]["finding"], lines["A-1"]["finding"]) == ("matched", "matched")
    assert lines["L-help-desk"]["reasons"] == ["confirmed by a person"]
    assert any("of HR, answered by Head of HR" in reason for reason in discovered["ChatGPT"]["reasons"])
    listed = declared(db)
    desk = listed["L-help-desk"]
    assert [desk[key] for key in ("name", "purpose", "owner", "status", "business_units", "products")] == [
        "Help desk", "answers staff", "Ada's team", "pilot", ["HR"], ["ChatGPT"],
    ]  # fmt: skip
    assert (listed["A-1"]["owner"], listed["A-1"]["name"]) == ("Legal ops", "Answers")
    assert (listed["L-letters"]["purpose"], listed["L-mistral-hr"]["products"]) == ("writes letters", ["Mistral"])
    row = shadowledger("audit", "list", "--format", "json", db=db).json["audit"][-1]
    assert (row["action"], row["detail"]["unit"], bool(row["who"]), bool(row["at"])) == (
        "attest import",
        "HR",
        True,
        True,
    )


def test_the_same_answers_again_change_nothing(db: Path) -> None:
    file = filled(export(db), unseen, say("ChatGPT", "", "answers staff", "", ""), say("Claude", "Texts", "", "", ""))
    bring_back(file, db)
    before = declared(db)
    assert bring_back(file, db).stdout == "0 declared, 0 changed, 4 unchanged, 0 linked; 1 without an answer.\n"
    assert declared(db) == before


def test_a_later_list_does_not_take_away_what_people_said(db: Path) -> None:
    bring_back(filled(export(db), say("ChatGPT", "Help desk", "", "", "")), db)
    (db.parent / "list.csv").write_text("id,name\nB-1,Other\n")
    done = shadowledger("declare", "import", db.parent / "list.csv", db=db)
    assert "1 added, 0 changed, 1 removed" in done.stdout
    assert "1 stay that no file ever had" in done.stderr
    assert declared(db).keys() == {"B-1", "L-help-desk"}


def other_id(cells: Grid) -> None:
    row_of(cells, "Claude")[0] = "ai-00000000"


def swapped(cells: Grid) -> None:
    one, other = row_of(cells, "Claude"), row_of(cells, "ChatGPT")
    one[0], other[0] = other[0], one[0]


def twice(cells: Grid) -> None:
    cells.insert(5, list(cells[4]))


TAMPERED = [
    ((other_id,), ["the form did not ask about 'ai-00000000'.", "is gone."]),
    ((swapped,), ["what was shown of", "is not what the form said when it was written."]),
    ((lambda cells: row_of(cells, "Claude").__setitem__(2, "900"),), ["is not what the form said"]),
    ((lambda cells: row_of(cells, "Claude").__setitem__(0, ""),), ["did not ask about 'a row without an id'"]),
    ((lambda cells: cells.remove(row_of(cells, "Claude")),), ["is gone."]),
    ((twice,), ["is there twice."]),
    ((lambda cells: cells[0].__setitem__(0, "shadowledger form 0123"),), ["not written from this inventory"]),
    ((lambda cells: cells[0].__setitem__(0, "x"),), ["is no form of `attest export`"]),
    ((say("ChatGPT", "X", "", "", "whatever"),), ["nobody knows the status 'whatever'"]),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "said"), TAMPERED)
def test_a_form_that_was_tampered_with_is_refused_whole(
    db: Path, changes: tuple[Callable[[Grid], None], ...], said: list[str]
) -> None:
    file = filled(export(db), say("Perplexity", "Honest", "", "", ""), *changes)
    done = bring_back(file, db)
    assert (done.code, done.stdout, [one for one in said if one not in done.stderr]) == (2, "", []), done
    assert declared(db).keys() == {"A-1"}
    with closing(sqlite3.connect(db)) as connection:
        assert connection.execute("select count(*) from decision").fetchone() == (0,)


def test_a_foreign_file_is_refused(db: Path, tmp_path: Path) -> None:
    form = export(db)
    other = tmp_path / "other.db"
    assert shadowledger("init", db=other).code == 0
    assert "not written from this inventory" in bring_back(form, other).stderr
    (tmp_path / "list.csv").write_text(LIST)
    shadowledger("declare", "template", tmp_path / "template.xlsx")
    for name, why in (("list.csv", "The file is no workbook"), ("template.xlsx", "is no form of `attest export`")):
        done = bring_back(tmp_path / name, db)
        assert (done.code, why in done.stderr) == (2, True), done


def test_a_unit_cannot_say_that_a_line_of_another_unit_is_its_own(db: Path) -> None:
    (db.parent / "list.csv").write_text(LIST + "A-2,Writing,Claude,Legal\n")
    shadowledger("declare", "import", db.parent / "list.csv", db=db)
    assert reconciled(db)[0]["Claude"]["finding"] == "out_of_scope"
    form = export(db)
    assert row_of(grid(form), "Claude")[4] == ""
    bring_back(filled(form, say("Claude", "", "", "HR lead", "")), db)
    assert declared(db).keys() == {"A-1", "A-2", "L-claude-hr"}
    assert reconciled(db)[0]["Claude"]["declared"] == ["L-claude-hr"]


def test_two_units_answer_of_one_initiative_with_a_line_each(db: Path) -> None:
    assert shadowledger("scan", write_squid(db.parent / "more.log", BOTH), db=db).code == 0
    files = []
    for unit in ("HR", "IT"):
        files.append(filled(export(db, unit), say("Our model", "", "", f"{unit} lead", "")))
        assert bring_back(files[-1], db).stdout.startswith("1 declared, 0 changed, 0 unchanged, 1 linked; ")
    for file in files:
        assert bring_back(file, db).stdout.startswith("0 declared, 0 changed, 1 unchanged, 0 linked; ")
    lines = declared(db)
    assert {key: lines[key]["owner"] for key in lines if key != "A-1"} == {
        "L-our-model-hr": "HR lead", "L-our-model-it": "IT lead",
    }  # fmt: skip


def test_a_unit_in_which_nothing_was_seen_is_told(db: Path, tmp_path: Path) -> None:
    done = shadowledger("attest", "export", "--unit", "Law", "--output", tmp_path / "f.xlsx", db=db)
    assert (done.code, "Units: HR, IT." in done.stderr, (tmp_path / "f.xlsx").exists()) == (2, True, False)


def test_a_line_is_declared_from_what_was_discovered(db: Path) -> None:
    gemini = reconciled(db)[0]["Google Gemini"]["id"]
    done = shadowledger("declare", "add", "--from", gemini, "--name", "Slides", "--owner", "IT lead", db=db)
    assert done == Done(0, f"L-slides is declared as 'Slides', linked to {gemini}.\n", "")
    discovered, lines = reconciled(db)
    assert (discovered["Google Gemini"]["declared"], lines["L-slides"]["finding"]) == (["L-slides"], "matched")
    line = declared(db)["L-slides"]
    assert (line["owner"], line["business_units"], line["products"]) == ("IT lead", ["IT"], ["Google Gemini"])


ADDED_WRONG = [
    ((), "Say --from ID, --name NAME or both."),
    (("--name", "Answers"), "The list has 'Answers' already, as A-1. Or say another --name."),
    (("--from", "ai-00000000"), "There is no discovered 'ai-00000000'"),
    (("--name", "X", "--status", "late"), "'late' is not one of"),
]


@pytest.mark.parametrize(("words", "said"), ADDED_WRONG)
def test_what_cannot_be_declared_is_told(prepared: Path, words: tuple[str, ...], said: str) -> None:
    done = shadowledger("declare", "add", *words, db=prepared)
    assert (done.code, done.stdout, said in done.stderr) == (2, "", True), done
    assert declared(prepared).keys() == {"A-1"}
