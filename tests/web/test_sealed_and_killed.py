"""Servers that seal and import, killed with all that they started: what was acknowledged counts in the end, once."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from random import Random

from commands import shadowledger
from serving import Server, document

SEED = 11
KILLS = 10
WORDS = ("serve", "--port", "0", "--site", "lab", "--seal-every", "1s")
DEVICE = "lab-7"


def kill_all(server: Server) -> None:
    """The server, and an import that it may have begun."""
    os.killpg(server.process.pid, signal.SIGKILL)
    server.end_of_process()


def counted(db: Path) -> int:
    """Hits in the inventory, which stand for as many runs."""
    return sum(row["hit_count"] for row in shadowledger("sources", "list", "--format", "jsonl", db=db).lines)


def test_everything_acknowledged_is_imported_once_whenever_servers_are_killed(tmp_path: Path) -> None:
    rng = Random(SEED)  # noqa: S311 - repeatable
    db = tmp_path / "inventory.db"
    token, sent = "", 0
    for _ in range(KILLS):
        server = Server(db, *WORDS, prepare=os.setsid)
        token = token or server.device(DEVICE)
        for _ in range(rng.randrange(5, 60)):
            assert server.deliver(token, document(DEVICE)).status == 200
            sent += 1
        if rng.random() < 0.6:
            assert "is sealed" in server.next_words()
        for _ in range(rng.randrange(0, 40)):
            assert server.deliver(token, document(DEVICE)).status == 200
            sent += 1
        kill_all(server)
        if db.exists():
            assert counted(db) <= sent
    assert shadowledger("bundles", "seal", db=db).code == 0
    paths = sorted((tmp_path / "inventory.bundles").iterdir())
    for _ in range(2):
        done = shadowledger("import-bundle", *paths, "--format", "json", db=db)
        assert (done.code, [one["missing"] for one in done.json["bundles"]][-1]) == (0, []), done
        assert counted(db) == sent
    assert shadowledger("db", "check", db=db).code == 0


def test_a_server_that_ends_well_has_imported_what_it_sealed(tmp_path: Path) -> None:
    db = tmp_path / "inventory.db"
    server = Server(db, *WORDS)
    token = server.device(DEVICE)
    assert server.deliver(token, document(DEVICE)).status == 200
    assert "is sealed: 1 runs" in server.next_words()
    while shadowledger("bundles", "list", "--format", "jsonl", db=db).lines[0]["state"] != "imported":
        assert server.process.poll() is None
    server.end()
    assert counted(db) == 1


def test_an_import_that_fails_is_told_and_tried_again(tmp_path: Path) -> None:
    db = tmp_path / "inventory.db"
    db.write_bytes(b"")
    server = Server(db, *WORDS)
    token = server.device(DEVICE)
    assert server.deliver(token, document(DEVICE)).status == 200
    assert "is sealed" in server.next_words()
    assert "is empty" in server.next_words()
    db.unlink()
    while shadowledger("bundles", "list", "--format", "jsonl", db=db).lines[0]["state"] != "imported":
        assert server.process.poll() is None
    server.end()
    assert counted(db) == 1


def test_sealing_that_fails_is_told_and_tried_again(tmp_path: Path) -> None:
    db, place = tmp_path / "inventory.db", tmp_path / "place"
    place.touch()
    server = Server(db, *WORDS, "--no-import", "--bundles", place / "bundles")
    token = server.device(DEVICE)
    assert server.deliver(token, document(DEVICE)).status == 200
    assert "Sealing is put off" in server.next_words()
    assert server.deliver(token, document(DEVICE)).status == 200
    place.unlink()
    while "is sealed" not in (said := server.next_words()):
        assert "put off" in said
    server.end()
    assert shadowledger("bundles", "seal", "--bundles", place / "bundles", db=db).code == 0
    rows = shadowledger("bundles", "list", "--format", "jsonl", db=db).lines
    assert sum(row["run_count"] for row in rows) == 2
