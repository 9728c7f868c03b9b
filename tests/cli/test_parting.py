"""`reconcile split|merge` and back, `inventory thresholds`, and what `inventory show` tells of an initiative's time."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from commands import Done, set_up, shadowledger
from scanner_inputs import squid_line, write_squid

LIST = "id,name,products,hosts,status\nA-1,Chat,ChatGPT,,pilot\nA-2,Our model,,llm.corp.example,production\n"
PEOPLE = "person,upn,unit\nP-1,ada@corp.example,HR\nP-2,bo@corp.example,IT\nP-3,cy@corp.example,IT\n"
LINES = [
    squid_line("chatgpt.com", "ada@corp.example"),
    squid_line("llm.corp.example", "ada@corp.example"),
    *[squid_line("llm.corp.example", who) for who in ("bo@corp.example", "cy@corp.example")],
]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parting")
    return set_up(folder, official=LIST, people=PEOPLE, log=write_squid(folder / "access.log", LINES))


@pytest.fixture
def db(prepared: Path, tmp_path: Path) -> Path:
    shutil.copytree(prepared.parent, tmp_path, dirs_exist_ok=True)
    return tmp_path / prepared.name


def discovered(db: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shadowledger("reconcile", "--format", "json", db=db).json["discovered"]
    return found


def id_of(db: Path, service: str) -> str:
    return next(str(one["id"]) for one in discovered(db) if one["service"] == service)


def parts(db: Path, service: str) -> dict[str, str]:
    """Units to ids."""
    return {", ".join(one["units"]): one["id"] for one in discovered(db) if one["service"] == service}


def test_a_split_gives_every_unit_its_own_and_is_taken_back(db: Path) -> None:
    model = id_of(db, "Our model")
    assert parts(db, "Our model") == {"HR, IT": model}
    done = shadowledger("reconcile", "split", model, "--by", "unit", "--reason", "two rollouts", db=db)
    assert done == Done(0, f"{model} is IT; of their own are now HR: kept.\n", "")
    split = parts(db, "Our model")
    assert (split["IT"], split.keys()) == (model, {"HR", "IT"})
    (reasons,) = [one["reasons"] for one in discovered(db) if one["id"] == split["HR"]]
    assert [reason for reason in reasons if reason.endswith("that each unit is its own: two rollouts")]
    assert shadowledger("reconcile", "unsplit", model, db=db).code == 0
    assert parts(db, "Our model") == {"HR, IT": model}


def test_the_part_that_kept_the_id_keeps_it_when_another_grows(db: Path) -> None:
    model = id_of(db, "Our model")
    shadowledger("reconcile", "split", model, "--by", "unit", db=db)
    more = [squid_line("llm.corp.example", "ada@corp.example", at_s=1764000001 + day * 86400) for day in range(1, 30)]
    assert shadowledger("scan", write_squid(db.parent / "more.log", more), db=db).code == 0
    assert parts(db, "Our model")["IT"] == model


def test_a_merge_keeps_the_first_id_and_what_was_said_of_both(db: Path) -> None:
    model, chat = id_of(db, "Our model"), id_of(db, "ChatGPT")
    shadowledger("reconcile", "link", chat, "A-1", "--reason", "asked", db=db)
    done = shadowledger("reconcile", "merge", model, chat, "--reason", "one assistant", db=db)
    assert done == Done(0, f"{chat} is a part of {model}: kept.\n", "")
    (one,) = discovered(db)
    assert (one["id"], set(one["products"]), one["declared"]) == (model, {"Our model", "ChatGPT"}, ["A-1"])
    assert shadowledger("reconcile", "unmerge", chat, model, db=db).code == 0
    assert {one["id"] for one in discovered(db)} == {model, chat}


def test_a_part_can_be_merged_with_another_initiative(db: Path) -> None:
    model, chat = id_of(db, "Our model"), id_of(db, "ChatGPT")
    shadowledger("reconcile", "split", model, "--by", "unit", db=db)
    part = parts(db, "Our model")["HR"]
    assert shadowledger("reconcile", "merge", chat, part, db=db).code == 0
    assert {one["id"]: set(one["products"]) for one in discovered(db)} == {
        model: {"Our model"}, chat: {"ChatGPT", "Our model"},
    }  # fmt: skip


WRONG = [
    (("split", "CHAT", "--by", "unit"), "has one unit only; there is nothing to split"),
    (("split", "CHAT", "--by", "hand"), "'hand' is not one of"),
    (("split", "ai-00000000", "--by", "unit"), "There is no discovered 'ai-00000000'"),
    (("unsplit", "CHAT"), "Nobody split"),
    (("merge", "CHAT", "CHAT"), "name two"),
    (("merge", "CHAT", "ai-00000000"), "There is no discovered 'ai-00000000'"),
    (("unmerge", "CHAT", "ai-00000000"), "Nobody merged"),
]


@pytest.mark.parametrize(("words", "said"), WRONG)
def test_what_cannot_be_parted_is_told(prepared: Path, words: tuple[str, ...], said: str) -> None:
    chat = id_of(prepared, "ChatGPT")
    done = shadowledger("reconcile", *(chat if word == "CHAT" else word for word in words), db=prepared)
    assert (done.code, done.stdout, said in done.stderr) == (2, "", True), done


def test_thresholds_are_printed_with_what_they_mean_and_whose_they_are(db: Path) -> None:
    assert "`inventory thresholds`" in shadowledger("reconcile", db=db).stdout
    plain = shadowledger("inventory", "thresholds", db=db).stdout
    assert plain.startswith(f"# A site's own values would be in {db.parent / 'signatures.d' / 'thresholds.toml'}\n")
    assert "is a team's and not single people's.\nteam_people = 3\n" in plain
    (db.parent / "signatures.d").mkdir(exist_ok=True)
    (db.parent / "signatures.d" / "thresholds.toml").write_text("team_people = 4\n")
    told = shadowledger("inventory", "thresholds", "--format", "json", db=db).json
    rows = {row["name"]: row for row in told["thresholds"]}
    assert (told["exists"], rows["team_people"]["value"], rows["team_people"]["default"]) == (True, 4, 3)
    assert rows.keys() == shadowledger("reconcile", "--format", "json", db=db).json["thresholds"].keys()
    assert all(str(row["meaning"]).endswith(".") for row in rows.values())
    assert rows["chain_share"]["meaning"] == rows["chain_minutes"]["meaning"]
    assert "team_people = 4  # default: 3\n" in shadowledger("inventory", "thresholds", db=db).stdout


def test_an_initiative_is_shown_with_what_it_was_and_why_it_is_one(db: Path) -> None:
    model = id_of(db, "Our model")
    (db.parent / "people.csv").write_text(PEOPLE.replace("cy@corp.example,IT", "cy@corp.example,Legal"))
    assert shadowledger("directory", "import", db.parent / "people.csv", "--kind", "people", db=db).code == 0
    told = shadowledger("inventory", "show", model, "--format", "json", db=db).json
    assert [state["units"] for state in told["history"]] == [["HR", "IT"], ["HR", "IT", "Legal"]]
    assert "HR, IT, Legal use the same one" in told["initiative"]["because"]
    table = shadowledger("inventory", "show", model, db=db).stdout
    assert "HR, IT, Legal use the same one" in table
    assert [line for line in table.splitlines() if line.startswith("20") and line.endswith(" HR; IT")]
