"""`reconcile review`: a person's way through the open proposals."""

from __future__ import annotations

import os
import pty
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from commands import process, set_up, shadowledger
from scanner_inputs import squid_line, write_squid

LIST = (
    "id,name,products,business_units\n"
    "A-1,Chat,ChatGPT,HR\n"
    "A-2,Claude for all,Claude,\n"
    "A-3,Writing,ChatGPT,Legal\n"
    "A-4,Search,Perplexity,\n"
)
LINES = [squid_line(host, "ada@corp.example") for host in ("chatgpt.com", "claude.ai", "www.perplexity.ai")]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("review")
    people = "person,upn,unit\nP-1,ada@corp.example,HR\n"
    return set_up(folder, official=LIST, people=people, log=write_squid(folder / "access.log", LINES))


@pytest.fixture
def db(prepared: Path, tmp_path: Path) -> Path:
    shutil.copytree(prepared.parent, tmp_path, dirs_exist_ok=True)
    return tmp_path / prepared.name


def decisions(db: Path) -> list[tuple[str, str, str]]:
    """Verb, object and reason; everybody is known, and when it was."""
    with closing(sqlite3.connect(db)) as connection:
        rows = connection.execute("select verb, object, reason, decided_by, decided_at from decision order by id")
        told = rows.fetchall()
    assert all(who and at.startswith("20") for *_, who, at in told)
    return [(verb, about, reason) for verb, about, reason, *_ in told]


def asked(printed: str) -> list[str]:
    """The lines of the list that were asked about."""
    return [line.split()[0] for line in printed.splitlines() if line.startswith("A-")]


ANSWERED = [
    (  # yes settles that ChatGPT is not Writing too
        b"yes as the owner says\nno\nnobody knows it\nskip\n",
        ["A-1", "A-2", "A-4"],
        [("link", "A-1", "as the owner says"), ("unlink", "A-2", "nobody knows it")],
        "1 linked, 1 refused, 0 dismissed, 1 skipped.\n",
    ),
    (b"y\n\nq\n", ["A-1", "A-2"], [("link", "A-1", "")], "1 linked, 0 refused, 0 dismissed, 0 skipped.\n"),
    (  # neither has Writing a word about what is dismissed
        b"d\n\n\na demo\ns\nS\n",
        ["A-1", "A-2", "A-4"],
        [("dismiss", "", "a demo")],
        "0 linked, 0 refused, 1 dismissed, 2 skipped.\n",
    ),
    (b"n wrong unit\ns\nn legal has none\ns\n", ["A-1", "A-2", "A-3", "A-4"],
     [("unlink", "A-1", "wrong unit"), ("unlink", "A-3", "legal has none")],
     "0 linked, 2 refused, 0 dismissed, 2 skipped.\n"),
    (b"what?\ns\n", ["A-1", "A-2"], [], "0 linked, 0 refused, 0 dismissed, 1 skipped.\n"),
    (b"quit\n", ["A-1"], [], "Nothing was stated.\n"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "shown", "kept", "told"), ANSWERED)
def test_what_is_answered_is_kept_and_settles_what_follows(
    db: Path, typed: bytes, shown: list[str], kept: list[tuple[str, str, str]], told: str
) -> None:
    done = shadowledger("reconcile", "review", stdin=typed, db=db)
    assert (done.code, done.stderr) == (0, "")
    assert (asked(done.stdout), decisions(db)) == (shown, kept)
    assert done.stdout.endswith(told)


def test_what_was_answered_is_asked_no_more(db: Path) -> None:
    shadowledger("reconcile", "review", stdin=b"y sure\nn never\ns\n", db=db)
    again = shadowledger("reconcile", "review", stdin=b"s\n", db=db)
    assert asked(again.stdout) == ["A-4"]
    shadowledger("reconcile", "review", stdin=b"y\n\n", db=db)
    assert shadowledger("reconcile", "review", db=db).stdout == "No proposal is open.\n"
    declared = shadowledger("reconcile", "--format", "json", db=db).json["declared"]
    assert {one["id"]: one["finding"] for one in declared if one["id"] != "A-3"} == {
        "A-1": "matched", "A-2": "unseen", "A-4": "matched",
    }  # fmt: skip


def test_a_proposal_is_shown_with_its_line_score_and_reasons(db: Path) -> None:
    printed = shadowledger("reconcile", "review", stdin=b"q\n", db=db).stdout
    one = next(
        one for one in shadowledger("reconcile", "--format", "json", db=db).json["declared"] if one["id"] == "A-1"
    )
    assert "A-1  Chat  (HR; ChatGPT)" in printed
    (proposal,) = one["proposals"]
    assert f"may be {proposal['discovered']}  ChatGPT" in printed
    assert "people fewer than 5" in printed
    assert f"score {proposal['score']:.2f}: {'; '.join(proposal['reasons'])}" in printed


def test_answers_may_stand_in_a_file(db: Path, tmp_path: Path) -> None:
    (tmp_path / "answers.txt").write_text("yes asked\nquit\n")
    assert shadowledger("reconcile", "review", "--answers", tmp_path / "answers.txt", db=db).code == 0
    assert decisions(db) == [("link", "A-1", "asked")]


def test_without_a_person_nothing_is_stated(db: Path) -> None:
    done = shadowledger("reconcile", "review", db=db)
    assert (done.code, "run it in a terminal, or say --answers FILE" in done.stderr) == (2, True)
    assert decisions(db) == []


def test_a_terminal_is_asked(db: Path) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, b"y\nsaid at a terminal\nq\n")
    with process("--db", str(db), "reconcile", "review", stdin=theirs, stdout=theirs, stderr=theirs) as running:
        assert running.wait(60) == 0
    os.close(theirs)
    os.close(ours)
    assert decisions(db) == [("link", "A-1", "said at a terminal")]
