"""`inventory mute|unmute|tag` and `inventory list --new-since`."""

from __future__ import annotations

import csv
import datetime as dt
import io
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from commands import Done, shadowledger
from scanner_inputs import DAY_S, squid_line, write_squid

from shadowledger.db.decisions import Decision, decide
from shadowledger.scanner.reports.muting import exceptions_of

FAR = "2199-12-31"
LATER = DAY_S + 40 * 86400
LINES = [  # three people each, which is no stray
    squid_line(host, who, at_s=at_s)
    for host, at_s in (("chatgpt.com", DAY_S), ("claude.ai", LATER))
    for who in ("ada", "bo", "cy")
]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("muting")
    (folder / "list.csv").write_text("id,name,products\nA-1,Search,Perplexity\n")
    assert shadowledger("declare", "import", folder / "list.csv", db=folder / "inventory.db").code == 0
    assert shadowledger("scan", write_squid(folder / "a.log", LINES), db=folder / "inventory.db").code == 0
    return folder / "inventory.db"


@pytest.fixture
def db(prepared: Path, tmp_path: Path) -> Path:
    shutil.copytree(prepared.parent, tmp_path, dirs_exist_ok=True)
    return tmp_path / prepared.name


def discovered(db: Path, *words: str) -> dict[str, dict[str, Any]]:
    told = shadowledger("inventory", "list", *words, "--format", "json", db=db).json["discovered"]
    return {one["products"][0]: one for one in told}


def mute(db: Path, key: str, until: str = FAR) -> Done:
    return shadowledger("inventory", "mute", key, "--reason", "known", "--until", until, db=db)


def test_what_is_muted_is_counted_and_kept_out_of_tables_and_schedules(db: Path) -> None:
    chat, claude = (discovered(db)[key]["id"] for key in ("ChatGPT", "Claude"))
    done = mute(db, chat)
    assert (done.code, f"{chat} is muted up to the end of {FAR} (UTC, by the clock" in done.stdout) == (0, True)
    table = shadowledger("reconcile", db=db).stdout
    assert (chat in table, claude in table) == (False, True)
    assert "     1 muted: counted above, and left out of the tables" in table
    told = shadowledger("reconcile", "--format", "json", db=db).json
    assert (told["counts"]["undeclared"], told["counts"]["muted"]) == (2, 1)
    muted = {one["id"]: one["muted"] for one in told["discovered"]}
    assert muted[claude] is None
    assert {key: muted[chat][key] for key in ("reason", "until")} == {"reason": "known", "until": FAR}
    assert muted[chat]["by"]
    assert shadowledger("reconcile", "--fail-on", "undeclared", db=db).code == 10
    mute(db, claude)
    assert shadowledger("reconcile", "--fail-on", "undeclared", db=db).code == 0


def test_lists_leave_muted_ones_out_unless_they_are_asked_for(db: Path) -> None:
    chat = discovered(db)["ChatGPT"]["id"]
    mute(db, chat)
    listed = shadowledger("inventory", "list", db=db).stdout
    assert (chat in listed, listed.endswith("\n1 muted and left out; --muted shows them.\n")) == (False, True)
    listed = shadowledger("inventory", "list", "--muted", db=db).stdout
    assert (chat in listed, f"until {FAR}" in listed) == (True, True)
    rows = csv.DictReader(io.StringIO(shadowledger("reconcile", "--format", "csv", db=db).stdout, newline=""))
    assert {row["id"]: bool(row["muted"]) for row in rows if row["side"] == "discovered"}[chat]


def test_a_declared_line_is_muted_too(db: Path) -> None:
    assert shadowledger("reconcile", "--fail-on", "unseen", db=db).code == 10
    assert mute(db, "A-1").code == 0
    assert shadowledger("reconcile", "--fail-on", "unseen", db=db).code == 0
    assert "A-1 " not in shadowledger("reconcile", db=db).stdout


def test_a_mute_is_taken_back(db: Path) -> None:
    chat = discovered(db)["ChatGPT"]["id"]
    mute(db, chat)
    assert shadowledger("inventory", "unmute", chat, db=db) == Done(0, f"{chat} is muted no more.\n", "")
    assert discovered(db)["ChatGPT"]["muted"] is None


def test_what_was_muted_comes_back_when_the_day_is_over(db: Path) -> None:
    chat = discovered(db)["ChatGPT"]["id"]
    with closing(sqlite3.connect(db)) as connection, connection:
        decide(connection, "mute", chat, reason="known", until_on="2020-01-01")
    assert discovered(db)["ChatGPT"]["muted"] is None
    assert " muted" not in shadowledger("reconcile", db=db).stdout


def said(verb: str, about: str = "", until: str = "") -> Decision:
    return Decision("2026-01-01T00:00:00Z", "ada", verb, "X", about, "why", until)


HOLDS = [
    ([said("mute", until="2026-05-01")], dt.date(2026, 5, 1), True),
    ([said("mute", until="2026-05-01")], dt.date(2026, 5, 2), False),
    ([said("mute", until="2026-05-01"), said("unmute")], dt.date(2026, 4, 1), False),
    ([said("mute", until="2026-05-01"), said("mute", until="2026-03-01")], dt.date(2026, 4, 1), False),
    ([said("mute", until="2026-05-01"), said("unmute"), said("mute", until="2026-06-01")], dt.date(2026, 5, 9), True),
]


@pytest.mark.parametrize(("decisions", "today", "holds"), HOLDS)
def test_a_mute_holds_up_to_its_day(decisions: list[Decision], today: dt.date, holds: bool) -> None:
    assert ("X" in exceptions_of(decisions, today).mutes) is holds


def test_the_newest_tag_counts(db: Path) -> None:
    chat = discovered(db)["ChatGPT"]["id"]
    for tag in ("review", "sanctioned"):
        done = shadowledger("inventory", "tag", chat, tag, "--reason", "board", db=db)
        assert done == Done(0, f"{chat} is tagged {tag}.\n", "")
    tag = discovered(db)["ChatGPT"]["tag"]
    assert (tag["as"], tag["reason"]) == ("sanctioned", "board")
    (row,) = [line for line in shadowledger("inventory", "list", db=db).stdout.splitlines() if line.startswith(chat)]
    assert row.endswith("sanctioned")
    assert shadowledger("reconcile", "--format", "json", db=db).json["discovered"][0]["tag"] is not None


def test_what_is_new_since_a_day_is_listed_alone(db: Path) -> None:
    first = dt.datetime.fromtimestamp(DAY_S, dt.UTC).date()
    for since, services in (
        (first, {"ChatGPT", "Claude"}),
        (first + dt.timedelta(days=1), {"Claude"}),
        (first + dt.timedelta(days=41), set[str]()),
    ):
        assert discovered(db, "--new-since", str(since)).keys() == services


WRONG = [
    (("mute", "CHAT", "--reason", "x", "--until", "2020-01-01"), "is over already, by the clock of this machine"),
    (("mute", "CHAT", "--reason", "x", "--until", "tomorrow"), "--until takes a day such as 2026-11-23"),
    (("mute", "CHAT", "--reason", " ", "--until", FAR), "--reason must say why"),
    (("mute", "CHAT", "--until", FAR), "Missing option '--reason'"),
    (("mute", "nothing", "--reason", "x", "--until", FAR), "Neither discovered nor declared is 'nothing'"),
    (("unmute", "CHAT"), "is not muted"),
    (("tag", "CHAT", "fine"), "'fine' is not one of"),
    (("tag", "A-1", "review"), "There is no discovered 'A-1'"),
    (("list", "--new-since", "May"), "--new-since takes a day"),
]


@pytest.mark.parametrize(("words", "why"), WRONG)
def test_a_users_mistake_is_a_sentence_and_changes_nothing(prepared: Path, words: tuple[str, ...], why: str) -> None:
    chat = discovered(prepared)["ChatGPT"]["id"]
    done = shadowledger("inventory", *(chat if word == "CHAT" else word for word in words), db=prepared)
    assert (done.code, done.stdout, why in done.stderr) == (2, "", True), done
    with closing(sqlite3.connect(prepared)) as connection:
        assert connection.execute("select count(*) from decision").fetchone() == (0,)
