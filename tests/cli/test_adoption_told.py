"""`adoption` as it is asked: people by day and week against what the official list expects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from commands import shadowledger
from scanner_inputs import DAY_S, squid_line, write_squid

DAY = 86_400
LIST = "id,name,products,licences,expected_users,status\nA-1,Chat,ChatGPT,10,20,production\nA-2,Other,Claude,5,,idea\n"
HIDDEN = {"low": 0, "high": 4, "hidden": True}
CALENDARS = '[default]\nzone = "Europe/Berlin"\nworking_days = ["mon"]\nholidays = [2026-11-02]\n'


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """From Monday 2026-11-02 to Sunday 11-15: eight people on each day of the first week, another two in the second."""
    folder = tmp_path_factory.mktemp("adoption")
    start = DAY_S - 3 * DAY
    lines = [
        squid_line("chatgpt.com", f"user{who}", f"10.0.0.{who}", start + day * DAY + 9 * 3600)
        for day in range(14)
        for who in (range(1, 9) if day < 7 else range(9, 11))
    ]
    lines.append(squid_line("claude.ai", "user1", "10.0.0.1", start + 9 * 3600))
    lines += [squid_line("claude.ai", f"user{who}", "10.0.0.1", start + 8 * DAY) for who in range(1, 4)]
    (folder / "list.csv").write_text(LIST)
    shadowledger("declare", "import", folder / "list.csv", db=folder / "inventory.db")
    shadowledger("scan", write_squid(folder / "access.log", lines), db=folder / "inventory.db")
    return folder / "inventory.db"


def told(db: Path, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = shadowledger("adoption", "--format", "json", *words, db=db).json
    return found | {"by_name": {one["initiative"]: one for one in found["adoption"]}}


def test_weeks_are_counted_against_licences(db: Path) -> None:
    found = told(db)
    chat = next(one for name, one in found["by_name"].items() if "ChatGPT" in name)
    assert (chat["declared"], chat["licences"], chat["expected_users"]) == (["A-1"], 10, 20)
    assert [(one["from"], one["until"], one["is_whole"], one["people"]) for one in chat["periods"]] == [
        ("2026-11-02", "2026-11-08", True, {"low": 8, "high": 8}),
        ("2026-11-09", "2026-11-15", True, HIDDEN),
    ]
    assert chat["latest"] == HIDDEN
    assert found["by"] == "week"
    assert "days are those of UTC" in found["assumptions"][0]


def test_days_off_are_no_measure(db: Path) -> None:
    found = told(db, "--by", "day", "--until", "2026-11-08")
    chat = next(one for name, one in found["by_name"].items() if "ChatGPT" in name)
    assert [one["is_working"] for one in chat["periods"]] == [True] * 5 + [False] * 2
    assert chat["usual"] == {"low": 8, "high": 8}


def test_a_calendar_says_which_days_are_worked(db: Path) -> None:
    overlay = db.with_name("signatures.d")
    overlay.mkdir()
    (overlay / "calendars.toml").write_text(CALENDARS)
    try:
        found = told(db, "--by", "day")
        days = next(iter(found["by_name"].values()))["periods"]
        assert [one["from"] for one in days if one["is_working"]] == ["2026-11-09"]
        assert "UTC" not in " ".join(found["assumptions"])
        (overlay / "calendars.toml").write_text('[default]\nzone = "Europe/Nowhere"\n')
        done = shadowledger("adoption", db=db)
        assert (done.code, "no such zone" in done.stderr) == (2, True)
    finally:
        (overlay / "calendars.toml").unlink()
        overlay.rmdir()


def test_a_table_shows_shares_and_no_small_group(db: Path) -> None:
    text = shadowledger("adoption", db=db).stdout
    assert "fewer than 5" in text
    assert "Assumed: no calendars.toml" in text
    rows = shadowledger("adoption", "--format", "jsonl", db=db).lines
    assert {(row["low"], row["high"], row["hidden"]) for row in rows} >= {(8, 8, False), (0, 4, True)}


@pytest.mark.parametrize("words", [("--since", "2026-11-xx"), ("--since", "2026-11-15", "--until", "2026-11-01")])
def test_days_that_cannot_be_are_refused(db: Path, words: tuple[str, ...]) -> None:
    assert shadowledger("adoption", *words, db=db).code == 2
