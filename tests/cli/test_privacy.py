"""`privacy`, `audit` and `identities approve-token` as those meet them who guard people's data."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from commands import Done, shadowledger
from scanner_inputs import squid_line, write_squid

from shadowledger.db import faces

MANY = [f"person{number}" for number in range(7)]


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """Seven people at one service, three of them at another."""
    path = tmp_path / "inventory.db"
    lines = [squid_line("chatgpt.com", name) for name in MANY] + [squid_line("claude.ai", name) for name in MANY[:3]]
    done = shadowledger("scan", write_squid(tmp_path / "access.log", lines), db=path)
    assert done.code == 0, done
    return path


def people(db: Path) -> dict[str, dict[str, object]]:
    told = shadowledger("reconcile", "--format", "json", db=db).json["discovered"]
    return {one["service"]: one["people"] for one in told}


def ids(db: Path) -> dict[str, str]:
    """Initiatives by the number of their people."""
    rows = shadowledger("inventory", "list", "--format", "jsonl", db=db).lines
    return {row["people"]: row["id"] for row in rows}


def token(db: Path, monkeypatch: pytest.MonkeyPatch, days: int = 1) -> str:
    """A token made by another account."""
    with monkeypatch.context() as other:
        other.setenv("LOGNAME", "council")
        done = shadowledger("identities", "approve-token", "create", "--by", "C. Ouncil", "--days", str(days), db=db)
    assert done.code == 0, done
    return done.stdout.strip()


def test_small_groups_are_bounds_that_tell_nothing(db: Path) -> None:
    assert people(db) == {"ChatGPT": {"low": 7, "high": 7}, "Claude": {"low": 0, "high": 4, "hidden": True}}
    assert "fewer than 5" in shadowledger("reconcile", db=db).stdout
    claude = next(
        row for row in shadowledger("inventory", "list", "--format", "jsonl", db=db).lines if row["people"] != "7"
    )
    assert (claude["initiative"], claude["people"]) == ("Claude", "fewer than 5")
    assert "people fewer than 5" in shadowledger("inventory", "show", claude["id"], db=db).stdout


def test_views_that_are_shown_hold_no_small_group_and_no_id(db: Path) -> None:
    with closing(sqlite3.connect(db)) as connection:
        faces.restrict(connection)
        asked = "select service_id, kind, low_count, high_count, is_hidden from people_by_day order by 1"
        assert connection.execute(asked).fetchall() == [("chatgpt", "account", 7, 7, 0), ("claude", "account", 0, 4, 1)]
        for view in faces.VIEWS:
            names = [column[0] for column in connection.execute(f"select * from {view}").description]  # noqa: S608
            assert not {"actor_id", "device_id", "client_id", "whoms"} & set(names)
        for refused in (
            "select * from contribution", "select * from whom_day", "select count(*) from pseudonym",
            "select who from audit", "select value from setting", "select name from sqlite_master",
            "update setting set value = 1", "create temp view people_by_day as select 1", "attach ':memory:' as x",
        ):  # fmt: skip
            with pytest.raises(sqlite3.DatabaseError):
                connection.execute(refused)


def test_no_setting_shows_less_than_five(db: Path) -> None:
    with closing(sqlite3.connect(db)) as connection, connection:
        connection.execute("insert into setting values ('smallest_group', '1')")
    assert people(db)["Claude"]["high"] == 4
    with closing(sqlite3.connect(db)) as connection:
        assert connection.execute("select people from smallest_group").fetchone() == (5,)


def test_the_smallest_group_is_raised_alone_and_lowered_by_two(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shadowledger("privacy", "group", "10", db=db).code == 0
    assert people(db)["ChatGPT"] == {"low": 0, "high": 9, "hidden": True}
    lower = ("privacy", "group", "5", "--reason", "agreed")
    done = shadowledger(*lower, db=db)
    assert (done.code, "second person" in done.stderr) == (2, True)
    assert shadowledger("privacy", "group", "4", db=db).code == 2
    assert shadowledger(*lower, "--token", token(db, monkeypatch), db=db).code == 0
    assert people(db)["ChatGPT"] == {"low": 7, "high": 7}


def test_a_profile_is_only_widened_with_a_reason(db: Path) -> None:
    assert shadowledger("privacy", "profile", db=db) == Done(0, "pseudonymous\n", "")
    assert shadowledger("privacy", "profile", "named", db=db).code == 2
    assert shadowledger("privacy", "profile", "named", "--reason", "agreed", db=db).code == 0
    assert shadowledger("privacy", "profile", "aggregate", db=db).code == 0
    rows = shadowledger("audit", "list", "--action", "privacy setting", "--format", "jsonl", db=db).lines
    assert [(row["detail"]["from"], row["detail"]["to"], row["detail"]["reason"]) for row in rows] == [
        ("pseudonymous", "named", "agreed"), ("named", "aggregate", ""),
    ]  # fmt: skip


def test_a_name_needs_a_second_person_where_the_site_says_so(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = shadowledger("identities", "find", "person1", "--reason", "drill", db=db)
    who = done.stdout.split()[0]
    assert shadowledger("privacy", "second-person", "on", db=db).code == 0
    ask = ("identities", "reveal", who, "--reason", "drill")
    alone = shadowledger(*ask, db=db)
    assert (alone.code, alone.stdout) == (2, "")
    given = token(db, monkeypatch)
    assert shadowledger(*ask, "--token", given, db=db) == Done(0, f"{who}  sam  person1\n", "")
    again = shadowledger(*ask, "--token", given, db=db)
    assert (again.code, again.stdout, "is used" in again.stderr) == (2, "", True)
    with closing(sqlite3.connect(db)) as connection:
        held = b"".join(path.read_bytes() for path in db.parent.glob("inventory.db*"))
        assert given.encode() not in held
        assert connection.execute("select count(*) from approval").fetchone() == (1,)
    (row,) = shadowledger("audit", "list", "--action", "reveal", "--format", "jsonl", db=db).lines
    assert row["detail"] == {"id": who, "reason": "drill", "approval": 1, "approver": "C. Ouncil"}
    assert shadowledger("privacy", "second-person", "off", "--reason", "x", db=db).code == 2


def test_tokens_that_give_no_leave(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = shadowledger("identities", "approve-token", "create", "--by", "me", db=db).stdout.strip()
    revoked, expired = token(db, monkeypatch), token(db, monkeypatch)
    assert shadowledger("identities", "approve-token", "revoke", "2", db=db).code == 0
    assert shadowledger("identities", "approve-token", "revoke", "2", db=db).code == 2
    with closing(sqlite3.connect(db)) as connection, connection:
        connection.execute("update approval set expires_at = '2020-01-01T00:00:00Z' where id = 3")
    rows = shadowledger("identities", "approve-token", "list", "--format", "jsonl", db=db).lines
    assert [row["state"] for row in rows] == ["open", "revoked", "expired"]
    for given, why in ((own, "made by"), (revoked, "is revoked"), (expired, "is expired"), ("0" * 32, "not known")):
        done = shadowledger("identities", "reveal", "w-0", "--reason", "drill", "--token", given, db=db)
        assert (done.code, done.stdout, why in done.stderr) == (2, "", True), done
    assert shadowledger("audit", "list", "--action", "reveal", "--format", "jsonl", db=db).lines == []


def test_a_broken_chain_is_told_with_exit_code_4(db: Path) -> None:
    for reason in ("one", "two"):
        shadowledger("identities", "find", "person1", "--reason", reason, db=db)
    assert shadowledger("audit", "verify", db=db).stdout.startswith("2 rows, each as it was written.")
    with closing(sqlite3.connect(db)) as connection, connection:
        connection.execute("drop trigger audit_never_update")
        connection.execute("update audit set detail = replace(detail, 'one', 'won')")
    done = shadowledger("audit", "verify", db=db)
    assert (done.code, done.stdout, "Row 1" in done.stderr) == (4, "", True)


def test_the_chain_of_a_server_beside_is_verified_too(db: Path) -> None:
    for note in ("one", "two"):
        shadowledger("devices", "token", "--note", note, db=db)
    assert "The server's: 2 rows, each as it was written." in shadowledger("audit", "verify", db=db).stdout
    with closing(sqlite3.connect(db.with_suffix(".arrivals.db"))) as connection, connection:
        connection.execute("drop trigger audit_never_update")
        connection.execute("update audit set detail = replace(detail, 'one', 'won')")
    done = shadowledger("audit", "verify", db=db)
    assert (done.code, "Row 1 of the server's audit chain" in done.stderr) == (4, True)


def test_names_are_shown_under_the_profile_named_alone_and_with_a_reason(db: Path) -> None:
    ask = ("evidence", ids(db)["7"], "--format", "json")
    reveal = (*ask, "--reveal", "--reason", "drill")
    plain = shadowledger(*ask, db=db).json["evidence"]
    assert {row["who"][:2] for row in plain} == {"w-"}
    assert not any("name" in row for row in (*plain, *shadowledger(*reveal, db=db).json["evidence"]))
    assert shadowledger("privacy", "profile", "named", "--reason", "agreed", db=db).code == 0
    assert not any("name" in row for row in shadowledger(*ask, db=db).json["evidence"])
    assert {row["name"] for row in shadowledger(*reveal, db=db).json["evidence"]} == set(MANY[:5])


def test_evidence_of_a_small_group_tells_nobody_apart(db: Path) -> None:
    ask = ("evidence", ids(db)["fewer than 5"], "--format", "json")
    assert {row["who"] for row in shadowledger(*ask, db=db).json["evidence"]} == {""}
    revealed = shadowledger(*ask, "--reveal", "--reason", "drill", db=db).json["evidence"]
    assert len({row["who"] for row in revealed}) == 3
