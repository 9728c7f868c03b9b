"""`signatures candidates|name|rule-out|retro`: AI that no signature named when it was seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import shadowledger

LINES = """\
1764000001.123 120 10.1.2.3 TCP_MISS/200 5120 POST http://llm.bigcorp.com/v1/chat/completions ada HIER_DIRECT/- -
1764000002.123 120 10.1.2.4 TCP_MISS/200 5120 POST http://llm.bigcorp.com/v1/embeddings bob HIER_DIRECT/- -
1764090003.123 120 10.1.2.4 TCP_MISS/200 5120 POST http://llm.bigcorp.com/v1/chat/completions bob HIER_DIRECT/- -
1764000004.123 120 10.1.2.4 TCP_MISS/200 5120 POST http://10.20.30.40:11434/api/chat bob HIER_DIRECT/- -
1764000005.123 120 10.1.2.4 TCP_TUNNEL/200 5120 CONNECT chat.newthing.com:443 bob HIER_DIRECT/- -
1764090006.123 120 10.1.2.4 TCP_TUNNEL/200 5120 CONNECT chat.newthing.com:443 bob HIER_DIRECT/- -
1764000007.123 120 10.1.2.4 TCP_TUNNEL/200 5120 CONNECT www.bbc.co.uk:443 bob HIER_DIRECT/- -
1764000008.123 120 10.1.2.4 TCP_TUNNEL/200 5120 CONNECT chatgpt.com:443 bob HIER_DIRECT/- -
"""


@pytest.fixture
def db(tmp_path: Path) -> Path:
    (tmp_path / "access.log").write_text(LINES)
    path = tmp_path / "inventory.db"
    assert shadowledger("scan", tmp_path / "access.log", db=path).code == 0
    return path


def asked(db: Path, *words: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = shadowledger("signatures", "candidates", *words, "--format", "json", db=db).json[
        "candidates"
    ]
    return found


def test_what_looks_like_ai_waits_for_a_person_with_its_reasons(db: Path) -> None:
    host, address = asked(db)
    assert host["host"] == "llm.bigcorp.com"
    assert host["because"] == ["POST /v1/chat/completions (70)", "POST /v1/embeddings (70)", "'llm' in its name (5)"]
    assert (host["points"], host["records"]) == (91, 3)
    assert (host["first_seen_on"], host["last_seen_on"], host["sources"]) == ("2025-11-24", "2025-11-25", [1])
    assert str(address["host"]).startswith("a-"), "somebody's machine may be behind an address: it is a pseudonym"


def test_an_answer_that_came_word_by_word_is_asked_about(tmp_path: Path) -> None:
    line = "1764000001.123 120 10.1.2.3 TCP_MISS/200 512 {} http://{}/ask ada HIER_DIRECT/- text/event-stream\n"
    (tmp_path / "access.log").write_text(line.format("POST", "apps.corp.example") + line.format("GET", "news.example"))
    db = tmp_path / "inventory.db"
    assert shadowledger("scan", tmp_path / "access.log", db=db).code == 0
    (asks,) = asked(db)
    assert (asks["host"], asks["because"]) == ("apps.corp.example", ["POST answered by an event stream (45)"])


def test_a_candidate_that_is_named_is_counted_after_a_rescan(db: Path) -> None:
    done = shadowledger("signatures", "name", "llm.bigcorp.com", "--as", "Corp LLM", db=db)
    assert (done.code, done.stderr) == (0, "")
    assert "shadowledger sources rescan 1" in done.stdout
    assert "llm.bigcorp.com" not in [one["host"] for one in asked(db)]
    settled = {one["host"]: one["state"] for one in asked(db, "--all")}
    assert settled["llm.bigcorp.com"] == "named"
    assert shadowledger("sources", "rescan", "1", db=db).code == 0
    found = shadowledger("reconcile", "--format", "json", db=db).json["discovered"]
    assert "Corp LLM" in [one["service"] for one in found]


def test_a_candidate_that_is_ruled_out_is_asked_about_no_more(db: Path) -> None:
    assert shadowledger("signatures", "rule-out", "llm.bigcorp.com", "--reason", "a test rig", db=db).code == 0
    assert "llm.bigcorp.com" not in [one["host"] for one in asked(db)]
    settled = {one["host"]: one["state"] for one in asked(db, "--all")}
    assert settled["llm.bigcorp.com"] == "ruled out: a test rig"


def test_a_source_that_is_forgotten_takes_its_candidates_along(db: Path) -> None:
    assert shadowledger("sources", "forget", "1", db=db).code == 0
    assert asked(db, "--all") == []


WRONG = [
    (("name", "nowhere.example", "--as", "X"), "is no candidate"),
    (("name", "llm.bigcorp.com", "--as", "ChatGPT", "--id", "chatgpt"), "There is a service 'chatgpt' already"),
    (("name", "llm.bigcorp.com", "--as", "\u4f60\u597d"), "No signature was written"),
    (("rule-out", "llm.bigcorp.com", "--reason", " "), "must say why"),
    (("retro", "no-such-service"), "There is no service"),
]


@pytest.mark.parametrize(("words", "why"), WRONG)
def test_a_users_mistake_is_a_sentence(db: Path, words: tuple[str, ...], why: str) -> None:
    done = shadowledger("signatures", *words, db=db)
    assert done.code == 2
    assert why in done.stderr
    assert not list(db.parent.glob("signatures.d/*.toml"))


def past(db: Path, *words: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = shadowledger("signatures", "retro", *words, "--format", "json", db=db).json["past"]
    return found


def test_a_new_signature_is_asked_of_the_past(db: Path) -> None:
    assert past(db) == [], "what was counted is not told again"
    (db.parent / "signatures.d").mkdir()
    (db.parent / "signatures.d" / "new-thing.toml").write_text(
        'id = "new-thing"\nname = "New Thing"\nvendor = "N"\n[[indicator]]\nkind = "host"\nvalue = "newthing.com"\n'
        'role = "interactive"\n'
    )
    (row,) = past(db)
    assert (row["service"], row["domain"], row["seen"]) == ("new-thing", "newthing.com", "its own domain")
    assert (row["records"], row["sampled"], row["source"]) == (2, False, 1)
    assert (row["first_seen_on"], row["last_seen_on"]) == ("2025-11-24", "2025-11-25")
    assert row["clients_a_day"] == {"low": 0, "high": 4}, "one or two: nobody is to know which"
    assert "fewer than 5" in shadowledger("signatures", "retro", db=db).stdout
    assert past(db, "chatgpt") == []
    assert shadowledger("sources", "rescan", "1", db=db).code == 0
    assert past(db) == []


def test_a_part_of_a_domain_is_told_only_when_asked_for(db: Path) -> None:
    (db.parent / "signatures.d").mkdir()
    (db.parent / "signatures.d" / "news-ai.toml").write_text(
        'id = "news-ai"\nname = "News AI"\nvendor = "N"\n[[indicator]]\nkind = "host"\nvalue = "ai.bbc.co.uk"\n'
        'role = "interactive"\n'
    )
    assert past(db) == []
    (row,) = past(db, "news-ai", "--possible")
    assert (row["domain"], row["seen"]) == ("bbc.co.uk", "a domain of which it has a part")
