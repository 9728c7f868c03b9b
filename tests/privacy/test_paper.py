"""The works council's paper says what is so: of every field, every table and every setting."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from commands import shadowledger
from scanner_inputs import DAY_S, squid_line, write_snapshot, write_squid

from shadowledger.collectors.records import Artifact, Traffic
from shadowledger.collectors.registry import COLLECTORS
from shadowledger.db.settings import Privacy, Profile
from shadowledger.scanner.privacy.paper import FIELDS, LANGUAGES, POINTING, _words

ID = re.compile(r"\b[pwuedan]-[0-9a-f]{16}\b")
MODEL = "http://10.1.2.3:11434/v1/chat/completions"
HIDDEN = f"{DAY_S}.000 9 10.0.0.5 TCP_MISS/200 9 POST {MODEL} - HIER_DIRECT/192.0.2.1 -\n"
PEOPLE = "person,upn,sam,unit\nP-1,ada@corp.example,CORP\\ada,HR\n"


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("paper")
    path = folder / "inventory.db"
    (folder / "people.csv").write_text(PEOPLE)
    shadowledger("directory", "import", folder / "people.csv", "--kind", "people", db=path)
    lines = [squid_line("claude.ai", "CORP\\ada"), HIDDEN] * 9
    snapshot = write_snapshot(folder / "processes.json", "ada-laptop", ["ollama"], "ada")
    done = shadowledger("scan", write_squid(folder / "access.log", lines), snapshot, "--device", "ada-laptop", db=path)
    assert done.code == 0, done
    shadowledger("identities", "find", "ada", "--reason", "a drill", db=path)
    return path


def paper(db: Path, language: str = "en") -> dict[str, object]:
    told = shadowledger("privacy", "report", "--format", "json", "--language", language, db=db).json
    assert isinstance(told, dict)
    return told


def test_every_field_has_its_words() -> None:
    words = _words()
    assert set(words["fields"]) == {*Traffic._fields, *Artifact._fields} == set(FIELDS)
    assert set(words["fields"].values()) <= set(words["kept"])
    assert set(words["settings"]) == set(Privacy._fields)
    assert set(words["profiles"]) == {profile.value for profile in Profile}


def test_everything_is_said_in_both_languages() -> None:
    def texts(value: object) -> list[object]:
        if isinstance(value, dict):
            return [text for one in value.values() for text in texts(one)]
        if isinstance(value, list) and value and isinstance(value[0], list):
            return [text for one in value for text in texts(one)]
        return [value] if isinstance(value, list) else []

    said = texts(_words())
    assert len(said) > 50
    assert [one for one in said if not (isinstance(one, list) and len(one) == len(LANGUAGES) and all(one))] == []


def test_every_column_that_holds_an_id_of_somebody_is_named(db: Path) -> None:
    holding = set()
    with closing(sqlite3.connect(db)) as connection:
        tables = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            cursor = connection.execute(f"select * from {table}")  # noqa: S608 - names of our own
            columns = [column[0] for column in cursor.description]
            for row in cursor:
                holding |= {
                    f"inventory.{table}.{column}"
                    for column, value in zip(columns, row, strict=True)
                    if isinstance(value, str) and ID.search(value)
                }
    assert {"inventory.pseudonym.id", "inventory.clue.host", "inventory.source.settings"} <= holding
    assert holding - POINTING == set()


def test_every_table_is_named_with_its_columns(db: Path) -> None:
    told = paper(db)["tables"]
    assert isinstance(told, list)
    named = {f"{one['database']}.{one['table']}.{column}" for one in told for column in one["columns"]}
    assert named >= POINTING
    assert {one["table"] for one in told if one["database"] == "identities"} >= {"name", "link"}


def test_it_says_what_the_site_decided_and_what_was_opened(db: Path) -> None:
    told = paper(db)
    assert (told["profile"], told["audit_broken_at"]) == ("pseudonymous", None)
    assert [(row["action"], row["count"]) for row in told["reveals"]] == [("find", 1)]  # type: ignore[attr-defined]
    assert {row["id"] for row in told["formats"]} == {"squid_native", "process_snapshot"}  # type: ignore[attr-defined]
    shown = shadowledger("privacy", "report", db=db).stdout
    for words in ("| smallest_group | 5 |", "The audit chain has 1 rows and is intact.", "| find | 1 |", "365 days"):
        assert words in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_before_the_first_scan_all_formats_are_told(tmp_path: Path, language: str) -> None:
    db = tmp_path / "inventory.db"
    shadowledger("init", db=db)
    shadowledger("privacy", "profile", "aggregate", db=db)
    told = paper(db, language)
    assert len(told["formats"]) == len(COLLECTORS)  # type: ignore[arg-type]
    kept = {row["field"]: row["kept"] for row in told["fields"]}  # type: ignore[attr-defined]
    assert kept["user"] == _words()["kept"]["counted"][LANGUAGES.index(language)]
    assert shadowledger("privacy", "report", "--language", language, db=db).stdout.startswith("# W")
