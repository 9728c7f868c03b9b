"""A run that is killed, wherever, loses nothing and doubles nothing.

The agent is stopped by SIGKILL right before each change that it makes to a file and each word with the network, one
after the other, as Python's own audit events tell of them (https://docs.python.org/3/library/audit_events.html); and by
a server that kills whoever asks it."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from agent_machine import MAIN, AgentMachine
from agent_server import AgentServer, Asked, Odd, status

from shadowledger.scanner.agent import spool as spools

FORKS = """
import os, signal, sys
from shadowledger.scanner.agent import catalogue, commands, delivery, running, wire
for line in sys.stdin:
    left = int(line)
    child = os.fork()
    if child == 0:
        def count(event, args):
            global left
            is_change = event in ("os.rename", "os.remove", "os.mkdir", "os.chmod", "os.truncate")
            is_change = is_change or (event == "open" and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
            if event.startswith(("socket.", "http.")) or (is_change and "/state" in str(args[0])):
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(count)
        os._exit(commands.main())
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Killer:
    """Runs of an agent, each of which is killed before so many events."""

    def __init__(self, machine: AgentMachine) -> None:
        line = [sys.executable, "-c", FORKS, *machine.words("run", "--now")]
        self._process = subprocess.Popen(
            line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def run(self, events: int) -> int:
        """Kill before that event; returns the exit code, which is none of a kill where there were fewer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{events}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def end(self) -> None:
        self._process.communicate()


@pytest.fixture
def killer(machine: AgentMachine) -> Iterator[Killer]:
    found = Killer(machine)
    yield found
    found.end()


def two_waiting(machine: AgentMachine, server: AgentServer) -> list[str]:
    """Let two runs wait, in a state that is kept to begin from again; returns them."""
    server.answer_with(status(503), lasting=True)
    machine.run("--now")
    machine.run("--now")
    server.answer_well()
    return machine.waiting()


def well(handler: object, asked: Asked) -> None:
    handler.usual(asked)  # type: ignore[attr-defined]


def refusing_first(handler: object, asked: Asked) -> None:
    """Refuse the first run, however often it comes."""
    known = handler.server.known  # type: ignore[attr-defined]
    if asked.path == "/v1/runs" and asked.body == known.refused:
        handler.say(422, {"error": "No."})  # type: ignore[attr-defined]
    else:
        well(handler, asked)


class Case(NamedTuple):
    """How the server answers while runs are killed, and what comes of the two that wait."""

    odd: Odd
    is_full: bool
    arrives: int
    """Of the two."""
    dropped: int
    quarantined: int
    at_least: int
    """Places to be killed at."""


CASES = {
    "delivered": Case(well, False, 2, 0, 0, 25),
    "put off": Case(status(503), False, 2, 0, 0, 10),
    "refused by one": Case(refusing_first, False, 1, 0, 1, 25),
    "no room": Case(well, True, 1, 1, 0, 25),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_kill_before_anything_that_is_done_harms_nothing(
    machine: AgentMachine, server: AgentServer, killer: Killer, case: Case
) -> None:
    first, second = two_waiting(machine, server)
    path = next((machine.state / "spool").glob(f"*{first}*"))
    if case.is_full:
        with path.open("ab") as file:
            file.truncate(spools.SPOOL_BYTES)
    server.refused = path.read_bytes() if case.quarantined else b""  # type: ignore[attr-defined]
    kept = machine.state.with_name("kept")
    shutil.copytree(machine.state, kept)
    events = 0
    code = -signal.SIGKILL
    while code == -signal.SIGKILL:
        events += 1
        shutil.rmtree(machine.state)
        shutil.copytree(kept, machine.state)
        server.documents.clear()
        server.stored.clear()
        server.answer_with(case.odd, lasting=True)
        code = killer.run(events)
        in_between = set(machine.waiting())
        assert second in in_between | set(server.documents)
        server.answer_with(refusing_first, lasting=True)
        done = machine.run("--now")
        facts = machine.facts()
        assert done.code == 0 or case.quarantined, (events, done)
        assert machine.waiting() == [], events
        assert in_between - set(server.documents) <= {first}, events
        assert (first in server.documents) == (case.arrives == 2), events
        assert second in server.documents, events
        assert (facts["dropped_runs"], facts["quarantined_runs"]) == (case.dropped, case.quarantined), events
        assert {one["run"] for one in machine.sent() if "sent_at" in one} == set(server.documents)
        assert not list(machine.state.rglob("*.new")), events
    assert code in (0, 1)
    assert events > case.at_least


def killing(process: list[subprocess.Popen[str]], when: str) -> Odd:
    """Kill whoever asks: before its run is kept, or after, in the middle of the answer."""

    def answer(handler: object, asked: Asked) -> None:
        told = handler.server.known.take(asked) if when != "before" else (503, {})  # type: ignore[attr-defined]
        if when == "in the answer":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Le")  # type: ignore[attr-defined]
        process[0].kill()
        process[0].wait()
        if when == "after the answer":
            handler.say(*told)  # type: ignore[attr-defined]

    return answer


@pytest.mark.parametrize("when", ["before", "after", "in the answer", "after the answer"])
def test_a_kill_while_the_server_is_asked_harms_nothing(machine: AgentMachine, server: AgentServer, when: str) -> None:
    waiting = two_waiting(machine, server)
    started: list[subprocess.Popen[str]] = []
    server.answer_with(killing(started, when))
    gate_out, gate_in = os.pipe()
    words = [sys.executable, "-c", f"import os; os.read({gate_out}, 1); {MAIN}", *machine.words("run", "--now")]
    started.append(subprocess.Popen(words, pass_fds=[gate_out], text=True))
    os.write(gate_in, b"x")
    assert started[0].wait() == -signal.SIGKILL
    os.close(gate_in)
    os.close(gate_out)
    assert machine.waiting()[:2] == waiting
    assert machine.run("--now").code == 0
    assert server.stored[:2] == waiting
    assert len(server.stored) == len(set(server.stored)) == 4
    assert machine.waiting() == []


def test_two_runs_do_not_overlap(machine: AgentMachine, server: AgentServer) -> None:
    inside: list[tuple[int, str]] = []

    def run_another(handler: object, asked: Asked) -> None:
        done = machine.apart("run", "--now")
        inside.append((done.code, done.err))
        well(handler, asked)

    server.answer_with(run_another)
    assert machine.apart("run").code == 0
    assert inside == [(0, "shadowledger agent: another run is at work.\n")]
    assert len(server.stored) == 1


FULL = """
import resource, sys
from shadowledger.scanner.agent.commands import main
room = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
sys.exit(main())
"""


def with_room(machine: AgentMachine, room_bytes: int) -> tuple[int, str]:
    """Run where no file may grow beyond so many bytes, which is how a full disk looks to who writes."""
    done = machine.apart("run", "--now", code=FULL, more=(str(room_bytes),))
    assert "Traceback" not in done.err
    return done.code, done.err


def test_a_full_disk_is_told_and_the_spool_stays_whole(machine: AgentMachine, server: AgentServer) -> None:
    waiting = two_waiting(machine, server)
    for room_bytes in (0, 1, 300, 600):
        code, said = with_room(machine, room_bytes)
        assert code == 1
        assert "the look cannot be kept: File too large" in said
        assert machine.waiting() == waiting
        assert not (machine.state / "sent.log").exists() or machine.sent() == []
    assert machine.run("--now").code == 0
    assert server.stored[:2] == waiting
    assert len(server.stored) == 3


def test_what_the_person_cannot_be_told_of_stays_in_the_spool(machine: AgentMachine, server: AgentServer) -> None:
    machine.run()
    before = machine.sent()
    log = machine.state / "sent.log"
    waiting = two_waiting(machine, server)
    code, said = with_room(machine, log.stat().st_size + 100)
    assert (code, machine.sent()) == (1, before)
    assert f"cannot be told in {log}: File too large" in said
    assert machine.waiting()[:2] == waiting
    assert machine.run("--now").code == 0
    told = [one["run"] for one in machine.sent() if "sent_at" in one]
    assert told == server.stored


def test_a_disk_that_is_full_gives_way_to_what_is_delivered(machine: AgentMachine, server: AgentServer) -> None:
    waiting = two_waiting(machine, server)
    assert [json.loads(lines.splitlines()[-1])["run"] for lines in unpacked(machine)] == waiting
    packed = max(path.stat().st_size for path in (machine.state / "spool").iterdir())
    log_bytes = sum(map(len, unpacked(machine))) + 1000
    assert packed < log_bytes
    code, _ = with_room(machine, log_bytes * 3)
    assert (code, machine.waiting()) == (0, [])


def unpacked(machine: AgentMachine) -> list[bytes]:
    return [gzip.decompress(path.read_bytes()) for path in sorted((machine.state / "spool").iterdir())]
