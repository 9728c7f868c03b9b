"""`shadowledger declare` as its users meet it: what it prints, what it stores, how it exits."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shadowledger.db.declared import FIELDS
from shadowledger.scanner.cli import cli

LIST = "id,name,status,owner,hosts\n1,Chat,pilot,Ada,chat.example\n2,Prüfer,poc,Bo,\n3,Sums,idea,,\n"


class Desk:
    """A folder with an inventory that is not there yet, and files written into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.inventory = folder / "made" / "inventory.db"

    def run(self, *arguments: str) -> Result:
        result = CliRunner().invoke(cli, ["--db", str(self.inventory), "declare", *arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    def file(self, content: str | bytes, name: str = "list.csv") -> str:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def load(self, content: str, *options: str) -> Result:
        return self.run("import", self.file(content), *options)

    def count(self, table: str) -> int:
        with closing(sqlite3.connect(self.inventory)) as connection:
            (count,) = connection.execute(f"select count(*) from {table}").fetchone()  # noqa: S608 - our own names
        return int(count)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_list_is_imported_again_and_again_and_keeps_its_history(desk: Desk) -> None:
    assert desk.load(LIST).stdout == "3 declared: 3 added, 0 changed, 0 removed, 0 unchanged\n"
    assert desk.load(LIST).stdout == "3 declared: 0 added, 0 changed, 0 removed, 3 unchanged\n"
    assert (desk.count("declared"), desk.count("list_import")) == (3, 2)
    changed = LIST.replace("pilot", "production").replace("3,Sums,idea,,\n", "4,New,,,\n")
    assert desk.load(changed).stdout == (
        "3 declared: 1 added, 1 changed (status: pilot -> production), 1 removed, 1 unchanged\n"
    )
    assert [row["id"] for row in json.loads(desk.run("list", "--format", "json").stdout)["declared"]] == ["1", "2", "4"]
    told = json.loads(desk.run("show", "1", "--format", "json").stdout)
    assert (told["initiative"]["listed"], told["initiative"]["status"]) == (True, "production")
    assert [(row["revision"], row["change"], row["field"], row["after"]) for row in told["history"]] == [
        (1, "added", "", None),
        (2, "changed", "status", "production"),
    ]
    gone = json.loads(desk.run("show", "3", "--format", "json").stdout)
    assert [row["change"] for row in gone["history"]] == ["added", "removed"]
    assert gone["initiative"]["listed"] is False
    assert "4 added" not in desk.load(LIST).stdout


def test_a_dry_run_shows_the_changes_and_stores_nothing(desk: Desk) -> None:
    result = desk.load(LIST, "--dry-run")
    assert result.stdout.endswith(
        "3 declared: 3 added, 0 changed, 0 removed, 0 unchanged (dry run: nothing was stored)\n"
    )
    assert not desk.inventory.parent.exists()
    desk.load(LIST)
    before = desk.inventory.read_bytes()
    result = desk.load(LIST.replace("Ada", "Eve"), "--dry-run", "--sheet", "", "--dates", "dmy", "--format", "json")
    told = json.loads(result.stdout)
    assert told["changes"] == [
        {"change": "changed", "id": "1", "name": "Chat", "field": "owner", "before": "Ada", "after": "Eve"}
    ]
    assert told["counts"] == {"declared": 3, "added": 0, "changed": 1, "removed": 0, "unchanged": 2}
    assert desk.count("list_mapping") == 0
    assert desk.inventory.read_bytes() == before


def test_a_part_of_the_list_removes_nothing_and_other_columns_stay(desk: Desk) -> None:
    desk.load(LIST)
    result = desk.load("id,name,status\n1,Chat,live\n", "--partial")
    assert result.stdout == "3 declared: 0 added, 1 changed (status: pilot -> production), 0 removed, 2 unchanged\n"
    assert result.stderr == "The file has no such columns, so they stay as they were: owner, hosts.\n"


OWN = "KI-Liste;;;;;\nNr.;Was;Stand;Kosten PoC;Gültig bis;Zustand\n1;Prüfer;Im Wartesaal;1.200;01/02/2026;gut\n"
CHOICES = (
    *("--map", "Was=name", "--map", "Stand=status", "--map", "Zustand="),
    *("--status", "Im Wartesaal=idea", "--decimal", "comma", "--dates", "dmy"),
)


def test_what_is_said_once_is_saved_and_not_asked_again(desk: Desk) -> None:
    first = desk.load(OWN)
    assert (first.exit_code, desk.inventory.exists()) == (2, False)
    assert "--map 'Their header=name'" in first.stderr
    second = desk.load(OWN, *CHOICES[:6])
    assert (second.exit_code, desk.inventory.exists()) == (2, False)
    for words in ("say --dates dmy or mdy or ymd", "say --decimal comma or point", "--status 'Im Wartesaal='"):
        assert words in second.stderr
    assert desk.load(OWN, *CHOICES).exit_code == 0
    again = desk.load(OWN.replace("gut", "schlecht"))
    assert (again.stdout, again.stderr) == ("1 declared: 0 added, 0 changed, 0 removed, 1 unchanged\n", "")
    (row,) = json.loads(desk.run("list", "--format", "json").stdout)["declared"]
    assert (row["status"], row["approved_until"], row["cost_poc"]) == (
        "idea",
        "2026-02-01",
        {"value": "1200", "currency": ""},
    )


def test_mappings_are_kept_by_name(desk: Desk) -> None:
    assert desk.load(OWN, "--save-mapping", "hr", *CHOICES).exit_code == 0
    assert desk.load(OWN).exit_code == 2
    assert desk.load(OWN, "--mapping", "hr").exit_code == 0
    result = desk.load(OWN, "--mapping", "it")
    assert (result.exit_code, "'it' (there is 'hr')" in result.stderr) == (2, True)
    assert desk.load(OWN, "--mapping", "hr", "--save-mapping", "it").exit_code == 0
    assert desk.load(OWN, "--mapping", "it").exit_code == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--map", "Was"), "does not say"),
        (("--map", "owner=boss"), "does not say"),
        (("--map", "Gibt es nicht=name"), "'Gibt es nicht', but the list has 'id', 'name'"),
        (("--status", "x="), "idea, poc, pilot, production, stopped"),
        (("--dates", "dym"), "dym"),
        (("--sheet", "2026"), "no sheets"),
        (("--header-row", "9"), "Row 9 is empty"),
        (("--header-row", "2"), "means name"),
    ],
)
def test_mistaken_options_are_told_and_nothing_is_stored(desk: Desk, options: tuple[str, ...], words: str) -> None:
    result = desk.load(LIST, *options)
    assert (result.exit_code, desk.inventory.exists()) == (2, False)
    assert words in result.stderr


def test_a_file_that_is_not_there_exits_2(desk: Desk) -> None:
    assert desk.run("import", "nowhere.csv").exit_code == 2
    assert desk.load("").exit_code == 2


def test_a_list_with_a_mistake_changes_nothing(desk: Desk) -> None:
    desk.load(LIST)
    before = desk.run("list", "--format", "json").stdout
    assert desk.load("id,name,licences\n1,Chat,5\n2,Other,many\n").exit_code == 2
    assert desk.run("list", "--format", "json").stdout == before
    assert desk.count("list_import") == 1


def test_unknown_headers_are_told_and_kept_out(desk: Desk) -> None:
    result = desk.load("id,name,Ampel\n1,A,grün\n")
    assert result.exit_code == 0
    assert "nobody has said what they mean: 'Ampel'" in result.stderr


@pytest.mark.parametrize("name", ["t.csv", "t.xlsx"])
def test_a_template_is_written_once_and_imports_nothing_by_itself(desk: Desk, name: str) -> None:
    target = str(desk.folder / name)
    assert desk.run("template", target).exit_code == 0
    assert "was not touched" in desk.run("template", target).stderr
    result = desk.run("import", target)
    assert (result.exit_code, desk.inventory.exists()) == (2, False)
    assert "no initiative below the header" in result.stderr


def test_a_template_without_a_file_is_printed(desk: Desk) -> None:
    assert desk.run("template").stdout.splitlines()[0] == ",".join(FIELDS)
    assert desk.run("template", str(desk.folder / "t.txt")).exit_code == 2
    assert desk.run("template", str(desk.folder / "missing" / "t.csv")).exit_code == 2


def test_a_workbook_template_says_what_to_install(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    result = desk.run("template", str(desk.folder / "t.xlsx"))
    assert (result.exit_code, "pip install XlsxWriter" in result.stderr) == (2, True)
    assert not (desk.folder / "t.xlsx").exists()


def test_the_list_printed_as_csv_is_imported_as_it_was(desk: Desk) -> None:
    full = io.StringIO()
    writer = csv.DictWriter(full, FIELDS)
    writer.writeheader()
    writer.writerow(
        {"id": "A-1", "name": "Chat", "products": "OpenAI, Inc.; ChatGPT", "cost_poc": "1.2000 EUR", "monitored": "no"}
        | {"approved_until": "1 Oct 2026", "expected_users": "1.200", "fallback": "none", "hosts": "https://x.example/"}
    )
    assert desk.load(full.getvalue()).exit_code == 0
    printed = desk.run("list", "--format", "csv").stdout
    assert desk.load(printed).stdout == "1 declared: 0 added, 0 changed, 0 removed, 1 unchanged\n"


def test_an_unknown_id_comes_with_those_like_it(desk: Desk) -> None:
    desk.load("id,name\nHR-101,A\nHR-102,B\n")
    result = desk.run("show", "HR-10")
    assert (result.exit_code, "Do you mean 'HR-102' or 'HR-101'?" in result.stderr) == (2, True), result.stderr
    assert "HR-101" in desk.run("show", "HR-101").stdout


def test_what_the_list_holds_moves_no_cursor(desk: Desk) -> None:
    desk.load('id,name,owner\n1,"\x1b[2JA",=1+1\n')
    for arguments in (("list",), ("show", "1"), ("list", "--format", "csv"), ("list", "--format", "jsonl")):
        assert "\x1b" not in desk.run(*arguments).stdout
    assert "'=1+1" in desk.run("list", "--format", "csv").stdout
