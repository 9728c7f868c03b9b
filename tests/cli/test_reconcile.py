"""`reconcile`, `inventory` and `evidence` as an auditor meets them."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from commands import Done, shadowledger
from scanner_inputs import squid_line, write_snapshot, write_squid

LIST = (
    "id,name,products,hosts,status\n"
    "A-1,Chat,ChatGPT,,pilot\n"
    "A-2,Our model,,llm.corp.example,production\n"
    "A-3,Unused,Claude,,production\n"
    "A-4,Vague,,,idea\n"
)
FEW = {"low": 0, "high": 4, "hidden": True}
PEOPLE = "person,upn,sam,unit\nP-1,ada@corp.example,CORP\\ada,HR\nP-2,bo@corp.example,CORP\\bo,IT\n"
LINES = [
    squid_line("chatgpt.com", "ada"),
    squid_line("chatgpt.com", "CORP\\ada"),
    squid_line("llm.corp.example", "bo@corp.example"),
    squid_line("www.perplexity.ai", "bo"),
    squid_line("gemini.google.com", "canary.person", client="10.99.98.97", result="TCP_DENIED/403"),
]


def prepare(folder: Path) -> Path:
    db = folder / "inventory.db"
    (folder / "list.csv").write_text(LIST)
    (folder / "people.csv").write_text(PEOPLE)
    log = write_squid(folder / "access.log", LINES)
    processes = write_snapshot(folder / "processes.json", "bo-pc", ["ollama", "bash"], "bo")
    for words in (
        ("declare", "import", folder / "list.csv"),
        ("scan", log, processes),
        ("directory", "import", folder / "people.csv", "--kind", "people"),
    ):
        done = shadowledger(*words, db=db)
        assert (done.code, done.stderr) == (0, "") or words[0] == "declare", done
    return db


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("prepared"))


@pytest.fixture
def db(prepared: Path, tmp_path: Path) -> Path:
    """An inventory of its own, to state things in."""
    shutil.copytree(prepared.parent, tmp_path, dirs_exist_ok=True)
    return tmp_path / prepared.name


Answer = dict[str, dict[str, dict[str, Any]]]


def answer(db: Path) -> Answer:
    """The reconciliation by service and by declared id."""
    told = shadowledger("reconcile", "--format", "json", db=db).json
    return {
        "discovered": {one["service"]: one for one in told["discovered"]},
        "declared": {one["id"]: one for one in told["declared"]},
    }


@pytest.fixture(scope="module")
def told(prepared: Path) -> Answer:
    return answer(prepared)


def test_the_answer_as_json_keeps_its_contract(prepared: Path) -> None:
    done = shadowledger("reconcile", "--format", "json", db=prepared)
    assert (done.code, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    told = done.json
    assert next(iter(told.items())) == ("schema_version", 1)
    assert {key: count for key, count in told["counts"].items() if count} == {
        "discovered": 4, "proposed": 4, "undeclared": 2, "background": 1,
        "declared": 4, "matched": 2, "unseen": 1, "not_observable": 1,
    }  # fmt: skip
    assert [one["service"] for one in told["background"]] == ["Google Gemini"]
    for one in told["discovered"]:
        assert {
            "id", "service", "vendor", "family", "instances", "units", "nature", "people", "first_seen_on",
            "last_seen_on", "use", "presence", "state", "finding", "declared", "reasons",
        } <= one.keys()  # fmt: skip
        assert one["reasons"]
    for one in told["declared"]:
        assert list(one) == ["id", "name", "finding", "discovered", "proposals", "muted", "reasons"]
        assert one["reasons"]


def test_findings_people_and_units_are_told(told: Answer) -> None:
    assert {service: one["finding"] for service, one in told["discovered"].items()} == {
        "ChatGPT": "matched", "Our model": "matched", "Perplexity": "undeclared", "Ollama": "undeclared",
    }  # fmt: skip
    assert {key: one["finding"] for key, one in told["declared"].items()} == {
        "A-1": "matched", "A-2": "matched", "A-3": "unseen", "A-4": "not_observable",
    }  # fmt: skip
    chatgpt, ollama = (told["discovered"][key] for key in ("ChatGPT", "Ollama"))
    assert (chatgpt["people"], chatgpt["units"], chatgpt["use"]) == (FEW, ["HR"], "contacted")
    assert (chatgpt["nature"], ollama["nature"]) == ("individual", "local")
    assert (ollama["use"], ollama["presence"], ollama["units"]) == (None, "running", ["IT"])


def test_two_runs_into_two_inventories_print_the_same_bytes(prepared: Path, tmp_path: Path) -> None:
    other = prepare(tmp_path)
    for form in ("json", "table"):
        told = [shadowledger("reconcile", "--format", form, db=db).stdout for db in (prepared, other)]
        assert told[0] == told[1]


def test_every_form_holds_the_same_rows(prepared: Path, told: Answer) -> None:
    lines = shadowledger("reconcile", "--format", "jsonl", db=prepared).lines
    printed = shadowledger("reconcile", "--format", "csv", db=prepared).stdout
    rows = list(csv.DictReader(io.StringIO(printed, newline="")))
    assert [row["id"] for row in rows] == [line["id"] for line in lines]
    assert {line["id"] for line in lines} == {one["id"] for side in told.values() for one in side.values()}
    assert len(shadowledger("inventory", "list", "--format", "jsonl", db=prepared).lines) == 4


@pytest.mark.parametrize("words", [("reconcile",), ("reconcile", "--format", "json"), ("evidence", "A-1")])
def test_no_name_is_in_any_answer(prepared: Path, words: tuple[str, ...]) -> None:
    said = shadowledger(*words, db=prepared).stdout.lower()
    assert said
    assert [canary for canary in ("canary.person", "10.99.98.97", "bo-pc", "corp\\ada") if canary in said] == []


def test_statements_of_people_are_kept_and_taken_back(db: Path, told: Answer) -> None:
    perplexity = told["discovered"]["Perplexity"]["id"]
    for words, said in (
        (("reconcile", "link", perplexity, "A-4", "--reason", "asked"), f"{perplexity} is A-4: kept.\n"),
        (("inventory", "confirm", perplexity, "--reason", "seen"), f"{perplexity} is confirmed.\n"),
    ):
        assert shadowledger(*words, db=db) == Done(0, said, "")
    now = answer(db)
    assert now["declared"]["A-4"]["finding"] == "matched"
    assert now["declared"]["A-4"]["reasons"] == ["confirmed by a person"]
    assert now["discovered"]["Perplexity"]["state"] == "confirmed"
    shadowledger("reconcile", "unlink", perplexity, "A-4", db=db)
    shadowledger("inventory", "dismiss", perplexity, "--reason", "a test", db=db)
    now = answer(db)
    assert now["declared"]["A-4"]["finding"] == "not_observable"
    assert now["discovered"]["Perplexity"]["state"] == "dismissed"
    (row,) = [line for line in shadowledger("reconcile", db=db).stdout.splitlines() if line.startswith(perplexity)]
    assert row.split()[:5] == [perplexity, "Perplexity", "IT", "individual", "dismissed"]


WRONG = [
    (
        ("reconcile", "link", "ai-00000000", "A-1"),
        "There is no discovered 'ai-00000000'; `shadowledger inventory list`",
    ),
    (("reconcile", "link", "CHATGPT", "Z-9"), "The official list has no 'Z-9'; `shadowledger declare list` names all."),
    (("inventory", "confirm", "CHATGPT"), "Missing option '--reason'"),
    (("inventory", "confirm", "CHATGPT", "--reason", " "), "--reason must say why."),
    (("inventory", "show", "nothing"), "There is no discovered 'nothing'"),
    (("evidence", "nothing"), "There is no discovered 'nothing'"),
    (("evidence", "CHATGPT", "--reveal"), "--reveal needs a --reason."),
    (("evidence", "CHATGPT", "--most", "0"), "0 is not in the range"),
]


@pytest.mark.parametrize(("words", "said"), WRONG)
def test_a_wrong_word_is_told_and_states_nothing(
    prepared: Path, told: Answer, words: tuple[str, ...], said: str
) -> None:
    chatgpt = told["discovered"]["ChatGPT"]["id"]
    done = shadowledger(*(chatgpt if word == "CHATGPT" else word for word in words), db=prepared)
    assert (done.code, done.stdout, said in done.stderr) == (2, "", True), done
    with closing(sqlite3.connect(prepared)) as connection:
        assert connection.execute("select count(*) from decision").fetchone() == (0,)


def test_evidence_follows_a_finding_and_a_declared_line(prepared: Path, told: Answer) -> None:
    chatgpt = told["discovered"]["ChatGPT"]["id"]
    by_finding = shadowledger("evidence", chatgpt, "--format", "json", db=prepared).json
    by_line = shadowledger("evidence", "A-1", "--format", "json", db=prepared).json
    assert by_finding["schema_version"] == 1
    assert by_finding["evidence"] == by_line["evidence"]
    assert [(one["position"], one["indicator"]) for one in by_line["evidence"]] == [
        (1, "host:chatgpt.com"), (2, "host:chatgpt.com"),
    ]  # fmt: skip
    assert {one["who"] for one in by_line["evidence"]} == {""}, "a group too small to be counted"
    table = shadowledger("evidence", "A-3", db=prepared).stdout
    assert table.startswith("Unused: unseen\n  Claude could have been seen")


def test_a_revealed_line_shows_all_and_leaves_a_row(db: Path) -> None:
    done = shadowledger("evidence", "A-1", "--reveal", "--reason", "drill", "--format", "json", db=db)
    assert [one["line"] + "\n" for one in done.json["evidence"]] == LINES[:2]
    with closing(sqlite3.connect(db)) as connection:
        rows = connection.execute("select action, detail from audit").fetchall()
    assert [(action, json.loads(detail)) for action, detail in rows] == [
        ("reveal evidence", {"id": "A-1", "reason": "drill"})
    ]


def test_a_pseudonym_is_opened_with_a_reason_and_an_audit_row(db: Path) -> None:
    revealed = shadowledger("evidence", "A-1", "--reveal", "--reason", "drill", "--format", "json", db=db)
    who = revealed.json["evidence"][0]["who"]
    assert shadowledger("identities", "reveal", who, "--reason", "drill", db=db) == Done(0, f"{who}  sam  ada\n", "")
    found = shadowledger("identities", "find", "ADA", "--reason", "drill", db=db)
    assert found == Done(0, f"{who}  sam\n", "")
    assert shadowledger("identities", "find", "nobody here", "--reason", "drill", db=db).code == 1
    done = shadowledger("identities", "reveal", "u-0000000000000000", "--reason", "drill", db=db)
    assert (done.code, done.stdout, "nobody has this id" in done.stderr) == (1, "", True)
    assert shadowledger("identities", "reveal", who, db=db).code == 2


def test_inventory_show_tells_by_what_it_was_seen(prepared: Path, told: Answer) -> None:
    chatgpt = told["discovered"]["ChatGPT"]["id"]
    shown = shadowledger("inventory", "show", chatgpt, "--format", "json", db=prepared).json
    assert shown["initiative"]["id"] == chatgpt
    assert [(one["channel"], one["indicator"], one["records"]) for one in shown["indicators"]] == [
        ("proxy", "host:chatgpt.com", 2)
    ]


def test_an_empty_inventory_is_told_too(tmp_path: Path) -> None:
    db = tmp_path / "inventory.db"
    assert shadowledger("init", db=db).code == 0
    told = shadowledger("reconcile", "--format", "json", db=db).json
    assert (told["counts"]["discovered"], told["discovered"], told["declared"]) == (0, [], [])


@pytest.mark.parametrize("kind", ["undeclared", "unseen", "not_observable"])
def test_fail_on_tells_a_schedule_that_there_is_something(prepared: Path, tmp_path: Path, kind: str) -> None:
    found = shadowledger("reconcile", "--format", "json", "--fail-on", kind, db=prepared)
    assert (found.code, found.json["counts"][kind] > 0) == (10, True)
    empty = tmp_path / "empty.db"
    assert shadowledger("init", db=empty).code == 0
    assert shadowledger("reconcile", "--fail-on", kind, db=empty).code == 0
