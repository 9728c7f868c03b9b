"""Nothing waits without bounds, what is dropped is told, and what somebody damaged is put aside."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from agent_machine import AgentMachine
from agent_server import AgentServer, status

from shadowledger.scanner.agent import spool as spools
from shadowledger.scanner.agent.memory import Memory
from shadowledger.scanner.agent.spool import Spool


def document(run: int, size: int) -> list[str]:
    """Lines that do not pack, and their summary."""
    noise = random.Random(run).randbytes(size).hex()  # noqa: S311 - repeatable
    body = json.dumps({"record": 1, "kind": "process", "value": noise}) + "\n"
    digest = hashlib.sha256(body.encode()).hexdigest()
    return [body, json.dumps({"schema": "shadowledger/endpoint/1", "run": f"{run:032x}", "sha256": digest}) + "\n"]


def opened(folder: Path) -> tuple[Spool, Memory]:
    memory = Memory(str(folder))
    return Spool(str(folder), memory), memory


def runs(spool: Spool) -> list[int]:
    return [int(name[-42:-10], 16) for name in spool.waiting()]


def test_over_its_bound_the_oldest_go_whole_and_are_counted(tmp_path: Path) -> None:
    spool, memory = opened(tmp_path)
    size = spools.PACKED_BYTES * 3 // 4
    fit = spools.SPOOL_BYTES // size
    for number in range(1, fit + 6):
        spool.put(document(number, size), 1_800_000_000)
        held = sum(path.stat().st_size for path in Path(spool.folder).iterdir())
        assert held <= spools.SPOOL_BYTES
    dropped = memory.facts.dropped_runs
    assert dropped > 0
    assert runs(spool) == list(range(dropped + 1, fit + 6))
    assert all(spool.read(name) for name in spool.waiting())
    assert Memory(str(tmp_path)).facts == memory.facts


def test_what_was_dropped_is_told_in_the_next_summary(machine: AgentMachine, server: AgentServer) -> None:
    server.answer_with(status(503), lasting=True)
    machine.run("--now")
    (first,) = machine.waiting()
    (path,) = (machine.state / "spool").iterdir()
    with path.open("ab") as file:  # as large as the spool may be, and damaged: it goes like any other
        file.truncate(spools.SPOOL_BYTES)
    machine.run("--now")
    machine.run("--now")
    server.answer_well()
    machine.run("--now")
    assert first not in server.documents
    assert [server.documents[run][-1]["dropped_runs"] for run in server.stored] == [0, 1, 1]
    assert machine.facts()["dropped_runs"] == 1


def test_a_document_that_no_server_takes_is_not_kept(tmp_path: Path) -> None:
    spool, _ = opened(tmp_path)
    with pytest.raises(spools.AgentError, match="more on this machine"):
        spool.put(document(1, spools.PACKED_BYTES * 2), 0)
    assert list(Path(spool.folder).iterdir()) == []


def repacked(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    return lambda packed: gzip.compress(change(gzip.decompress(packed)))


def without_a_line(lines: bytes) -> bytes:
    return b"".join(lines.splitlines(keepends=True)[1:])


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _packed: b"",
    "half": lambda packed: packed[: len(packed) // 2],
    "without its end": lambda packed: packed[:-4],
    "more behind it": lambda packed: packed + b"x",
    "twice": lambda packed: packed * 2,
    "a bit": lambda packed: packed[:40] + bytes([packed[40] ^ 1]) + packed[41:],
    "no gzip": lambda _packed: b"{}\n",
    "larger than a document": lambda packed: packed + bytes(spools.PACKED_BYTES),
    "a bomb": lambda _packed: zlib.compress(bytes(spools.PLAIN_BYTES + 1), wbits=31),
    "a line less": repacked(without_a_line),
    "a line more": repacked(lambda lines: b"{}\n" + lines),
    "no summary": repacked(lambda lines: lines[: lines.rstrip().rfind(b"\n") + 1]),
    "another run": repacked(lambda lines: lines.replace(b'"run":"', b'"run":"0', 1)),
    "deep": repacked(lambda lines: lines + b"[" * 100_000),
    "a summary that is a list": repacked(lambda lines: lines + b"[]\n"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_what_is_damaged_is_put_aside_and_told(
    machine: AgentMachine, server: AgentServer, damage: Callable[[bytes], bytes]
) -> None:
    server.answer_with(status(503))
    machine.run()
    (path,) = (machine.state / "spool").iterdir()
    path.write_bytes(damage(path.read_bytes()))
    done = machine.run("--now")
    assert (done.code, machine.waiting(), len(server.stored)) == (1, [], 1)
    assert "damaged" in done.err
    assert machine.quarantined() == [f"damaged.{path.name}"]
    machine.run()
    assert server.documents[server.stored[-1]][-1]["quarantined_runs"] == 1


def test_what_is_not_its_own_is_left_alone(machine: AgentMachine, server: AgentServer) -> None:
    server.answer_with(status(503))
    machine.run()
    folder = machine.state / "spool"
    (path,) = folder.iterdir()
    (folder / "notes.txt").write_text("x")
    (folder / f"{path.name}.bak").write_text("x")
    (folder / f"20260101T000000Z-{'0' * 32}.ndjson.gz").symlink_to("/etc/hostname")
    done = machine.run("--now")
    assert done.code == 1
    assert len(server.stored) == 2
    assert {one.name for one in folder.iterdir()} == {"notes.txt", f"{path.name}.bak"}
    assert machine.quarantined() == [f"damaged.20260101T000000Z-{'0' * 32}.ndjson.gz"]


def test_quarantine_has_a_bound_too(tmp_path: Path) -> None:
    spool, memory = opened(tmp_path)
    for number in range(1, 7):
        spool.put(document(number, spools.PACKED_BYTES * 3 // 4), 1_800_000_000)
        spool.refuse(spool.waiting()[0], 413 if number % 2 else 422)
    held = [int(name[-42:-10], 16) for name in spool.refused()]
    assert held == list(range(7 - len(held), 7))
    assert 0 < len(held) <= spools.QUARANTINE_BYTES // (spools.PACKED_BYTES * 3 // 4)
    assert (memory.facts.quarantined_runs, spool.waiting()) == (6, [])


@pytest.mark.parametrize("reason", ["dropped", "413", "damaged"])
def test_a_count_that_was_remembered_is_not_counted_again(tmp_path: Path, reason: str) -> None:
    spool, memory = opened(tmp_path)
    spool.put(document(1, 10), 0)
    spool.put(document(2, 10), 0)
    memory.change(dropped_runs=3, quarantined_runs=4, leaving=f"{reason}.{spool.waiting()[0]}")
    again, remembered = opened(tmp_path)
    assert runs(again) == [2]
    assert (remembered.facts.dropped_runs, remembered.facts.quarantined_runs) == (3, 4)
    assert len(again.refused()) == (reason != "dropped")


@pytest.mark.parametrize(
    "leaving", ["", "dropped", "dropped.", "dropped.../state.json", "413.../../etc/passwd", "..", "x.\0"]
)
def test_what_is_remembered_leads_nowhere_else(tmp_path: Path, leaving: str) -> None:
    _, memory = opened(tmp_path)
    memory.change(leaving=leaving)
    opened(tmp_path)
    assert (tmp_path / "state.json").exists()


def test_what_a_killed_run_left_half_written_is_swept(tmp_path: Path) -> None:
    spool, _ = opened(tmp_path)
    left = Path(spool.folder) / f"20260101T000000Z-{'0' * 32}.ndjson.gz.new"
    left.write_bytes(b"half")
    assert opened(tmp_path)[0].waiting() == []
    assert not left.exists()
