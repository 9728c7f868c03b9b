"""Packs of a site: taken in when newer and trusted, refused and nothing changed otherwise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from commands import shadowledger

NEW = """id = "acme-chat"
name = "ACME Chat"
vendor = "ACME"
category = "chatbot"
ai_kind = "native"
references = ["https://acme.example/"]
reviewed_on = 2026-11-23
[[indicator]]
kind = "host"
value = "chat.acme-pack.example"
role = "interactive"
reference = "https://acme.example/"
[examples]
match = ["chat.acme-pack.example"]
no_match = ["acme-pack.example"]
"""
Sealed = Callable[[str], Path]


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "site" / "inventory.db"


@pytest.fixture
def sealed(tmp_path: Path, db: Path) -> Sealed:
    """Makes packs that the site trusts, with one service more than the program has."""
    key = tmp_path / "signing.key"
    public = shadowledger("signatures", "keygen", key, db=db).stdout.strip()
    assert shadowledger("signatures", "trust", public, "--name", "us", db=db).code == 0
    (tmp_path / "acme-chat.toml").write_text(NEW)

    def make(version: str) -> Path:
        out = tmp_path / f"{version}.pack"
        more = ("--as", version, "--add", tmp_path / "acme-chat.toml", "--made-on", "2026-11-23")
        done = shadowledger("signatures", "pack", out, "--key", key, *more, db=db)
        assert (done.code, done.stderr) == (0, "")
        return out

    return make


def knows(db: Path) -> bool:
    (line,) = shadowledger("signatures", "match", "chat.acme-pack.example", "--format", "jsonl", db=db).lines
    return bool(line["service"] == "ACME Chat")


def test_a_newer_pack_is_what_runs_work_with(db: Path, sealed: Sealed) -> None:
    assert not knows(db)
    done = shadowledger("signatures", "update", "--from", sealed("2099.1.1"), db=db)
    assert done.code == 0
    assert "Version 2099.1.1 of 2026-11-23 is in use" in done.stdout
    assert "1 additions, 0 removals" in done.stdout
    assert knows(db)
    row = shadowledger("signatures", "current", "--format", "json", db=db).json["catalogue"][0]
    assert (row["version"], row["origin"], len(row["trusted_keys"])) == ("2099.1.1", "pack", 1)
    changes = shadowledger("signatures", "diff", "--format", "json", db=db).json["changes"]
    assert changes == [{"change": "added", "service": "acme-chat", "kind": "", "value": "ACME Chat"}]


def test_an_older_or_equal_pack_is_refused_and_the_old_one_stays(db: Path, sealed: Sealed) -> None:
    first = sealed("2099.1.2")
    assert shadowledger("signatures", "update", "--from", first, db=db).code == 0
    for version in ("2099.1.1", "2020.1.1"):
        done = shadowledger("signatures", "update", "--from", sealed(version), db=db)
        assert done.code == 5
        assert "version 2099.1.2 is in use, and no older one is taken" in done.stderr
    again = shadowledger("signatures", "update", "--from", first, db=db)
    assert again.code == 5
    assert db.with_suffix(".pack").read_bytes() == first.read_bytes()
    second = sealed("2099.2.1")
    assert shadowledger("signatures", "update", "--from", second, db=db).code == 0
    assert db.with_suffix(".pack.previous").read_bytes() == first.read_bytes()


def test_a_key_that_nobody_trusts_is_refused(db: Path, sealed: Sealed) -> None:
    pack = sealed("2099.1.1")
    (db.parent / "signatures.d" / "trusted-keys.txt").write_text("# none\n")
    done = shadowledger("signatures", "update", "--from", pack, db=db)
    assert done.code == 5
    assert "not trusted here" in done.stderr
    assert not db.with_suffix(".pack").exists()


def test_a_pack_that_was_changed_after_it_was_taken_in_stops_every_run(db: Path, sealed: Sealed) -> None:
    assert shadowledger("signatures", "update", "--from", sealed("2099.1.1"), db=db).code == 0
    path = db.with_suffix(".pack")
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")
    done = shadowledger("signatures", "list", db=db)
    assert done.code == 5
    assert "is damaged" in done.stderr
    path.unlink()
    assert shadowledger("signatures", "list", db=db).code == 0


WRONG = [
    (("update", "--from", "nowhere.pack"), 2, "There is no file"),
    (("update", "--from", "http://127.0.0.1:9/x.pack"), 5, "https addresses and files only"),
    (("trust", "not a key"), 5, "is no public key"),
    (("update", "--from", __file__), 5, "is no signature pack"),
]


@pytest.mark.parametrize(("words", "code", "why"), WRONG)
def test_a_users_mistake_is_a_sentence(db: Path, words: tuple[str, ...], code: int, why: str) -> None:
    done = shadowledger("signatures", *words, db=db)
    assert done.code == code
    assert why in done.stderr
    assert "Traceback" not in done.stderr


def test_a_signing_key_is_for_its_owner_alone_and_never_overwritten(tmp_path: Path, db: Path) -> None:
    path = tmp_path / "signing.key"
    assert shadowledger("signatures", "keygen", path, db=db).code == 0
    assert path.stat().st_mode & 0o077 == 0
    before = path.read_bytes()
    assert shadowledger("signatures", "keygen", path, db=db).code == 2
    assert path.read_bytes() == before


def test_a_flawed_service_is_not_sealed(tmp_path: Path, db: Path) -> None:
    key, flawed = tmp_path / "signing.key", tmp_path / "acme-chat.toml"
    shadowledger("signatures", "keygen", key, db=db)
    flawed.write_text(NEW.replace("chat.acme-pack.example", "github.com", 1))
    done = shadowledger("signatures", "pack", tmp_path / "x.pack", "--key", key, "--add", flawed, db=db)
    assert done.code == 5
    assert "a shared parent" in done.stderr
    assert not (tmp_path / "x.pack").exists()
