"""What the agent is built of stays small, and what is not needed is not loaded."""

from __future__ import annotations

import configparser
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from agent_machine import AgentMachine
from agent_server import AgentServer
from checkout import CHECKOUT

from shadowledger.scanner.agent import VERSION

LOADED = """
import json, sys
from shadowledger.scanner.agent.commands import main
code = main()
print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""
TALKING = {"socket", "_socket", "ssl", "_ssl", "http", "http.client", "email", "urllib.request", "asyncio"}
LOCAL = ("collectors.endpoint.local", "scanner.agent")
OURS = {
    "collectors", "collectors.endpoint", "collectors.endpoint.programs", "collectors.records", "scanner", "signatures",
    "signatures.artifacts",
}  # fmt: skip
CLOSURE_MODULES = 36
"""Of ours in a run that sends nothing; whoever needs more says so here."""


def modules(machine: AgentMachine, command: str, *words: str) -> set[str]:
    done = machine.apart(command, *words, code=LOADED)
    code, loaded = json.loads(done.err.splitlines()[-1])
    assert code == 0, done
    return set(loaded)


def ours(loaded: set[str]) -> set[str]:
    return {name.removeprefix("shadowledger.") for name in loaded if name.startswith("shadowledger.")}


@pytest.mark.parametrize("command", ["run", "show-me", "status"])
def test_who_sends_nothing_loads_nothing_that_could(machine: AgentMachine, server: AgentServer, command: str) -> None:
    now = int(time.time())
    machine.remember(attempt_at=now, next_attempt_at=now + 3000)
    loaded = modules(machine, command)
    assert loaded & TALKING == set()
    assert {name for name in ours(loaded) if not name.startswith(LOCAL)} <= OURS
    assert len(ours(loaded)) <= CLOSURE_MODULES
    assert server.asked == []


def test_nothing_but_the_standard_library_is_loaded_by_who_sends(machine: AgentMachine, server: AgentServer) -> None:
    loaded = modules(machine, "run")
    assert len(server.stored) == 1
    assert {"ssl", "http.client"} <= loaded
    assert {name for name in ours(loaded) if not name.startswith(LOCAL)} == OURS
    foreign = {name.partition(".")[0] for name in loaded} - set(sys.stdlib_module_names) - {"shadowledger", "__main__"}
    assert {name for name in foreign if not name.startswith(("_", "sphinxcontrib"))} == set()


def test_the_version_is_the_programs() -> None:
    told = configparser.ConfigParser()
    told.read(CHECKOUT / "setup.cfg")
    assert told["metadata"]["version"] == VERSION


WHOLE = [str(Path(sys.executable).parent / "shadowledger"), "agent"]
LEAN = [sys.executable, "-m", "shadowledger.scanner.agent"]


@pytest.mark.parametrize("start", [WHOLE, LEAN], ids=["whole", "lean"])
def test_both_programs_are_one(machine: AgentMachine, start: list[str]) -> None:
    for words, code in (
        (["status", "--state", str(machine.state), "--settings", str(machine.settings), "--format", "json"], 0),
        (["--help"], 0),
        (["run", "--help"], 0),
        (["--version"], 0),
        (["run", "--state", str(machine.state / "none"), "--settings", str(machine.settings)], 1),
        (["run", "--no-such-option"], 2),
        (["run", "--root", str(machine.state / "none")], 2),
        (["run", "--splay", "-1"], 2),
        (["fly"], 2),
        (["enroll", "--server", "http://ledger.acme.example"], 2),
        (["enroll", "--server", "https://a", "--at-most", "all"], 2),
    ):
        done = subprocess.run([*start, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        assert done.returncode == code, (words, done)
        assert "Traceback" not in done.stderr


def test_a_reader_that_has_seen_enough_is_no_failure(machine: AgentMachine) -> None:
    for number in range(3000):
        (machine.root / f"home/ada/.vscode/extensions/acme.tool{number}-1.0.0").mkdir(parents=True)
    with subprocess.Popen(
        [*LEAN, *machine.words("show-me")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said.count("\n")) == (0, 1), said
