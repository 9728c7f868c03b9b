"""Real processes with real names are found; what they were told stays with them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from endpoint_lists import read, values, words_of

from shadowledger.collectors.endpoint.live import snapshot
from shadowledger.collectors.endpoint.snapshots import PROCESS_SNAPSHOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="starts processes as Linux names them")
Facts = list[dict[str, str | int]]
Start = Callable[..., subprocess.Popen[bytes]]

SECRET = "layoffs-memo"  # noqa: S105 - what must not come out
_NAME_ITSELF = (
    "import ctypes, sys; ctypes.CDLL(None).prctl(15, b'claude'); print(input(), flush=True); sys.stdin.read()"
)


@pytest.fixture
def start() -> Iterator[Start]:
    """Start programs that give back a line, as `cat` does, and then wait until the test is over."""
    running: list[subprocess.Popen[bytes]] = []

    def begin(*arguments: str, **more: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"TOKEN": SECRET, "PATH": os.environ["PATH"]},
            **more,
        )
        running.append(process)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
        process.stdout.readline()  # from here on it is certain that the system shows the new program
        return process

    yield begin
    for process in running:
        process.kill()
        process.communicate()


def named(folder: Path, name: str, program: str = "cat") -> str:
    """A copy of a system's program under another name."""
    found = shutil.which(program)
    assert found is not None
    return str(shutil.copy(found, folder / name))


def seen(words: Callable[[str], str] | None = words_of) -> tuple[dict[str, object], Facts]:
    taken = snapshot(words)
    assert SECRET not in json.dumps(taken)
    processes = taken["processes"]
    assert isinstance(processes, list)
    return dict(taken), processes


def test_a_running_program_is_found_by_name_and_path(tmp_path: Path, start: Start) -> None:
    path = named(tmp_path, "ollama")
    start(path)
    start(path, "-")
    taken, processes = seen()
    (ollama,) = [fact for fact in processes if fact["path"] == path]
    assert (ollama["name"], ollama["count"], ollama["command_words"]) == ("ollama", 2, "")
    told = values(read(PROCESS_SNAPSHOT, json.dumps(taken)))
    assert "process:ollama" in told


def test_an_interpreter_tells_the_words_that_a_signature_names(tmp_path: Path, start: Start) -> None:
    script = tmp_path / "node_modules" / "@anthropic-ai" / "claude-code" / "cli.py"
    script.parent.mkdir(parents=True)
    script.write_text("import sys; print(input(), flush=True); sys.stdin.read()")
    start(sys.executable, str(script), "--print", SECRET)
    taken, processes = seen()
    assert "@anthropic-ai/claude-code" in [fact["command_words"] for fact in processes]
    assert "cmdline:@anthropic-ai/claude-code" in values(read(PROCESS_SNAPSHOT, json.dumps(taken)))
    assert all(fact["command_words"] == "" for fact in seen(None)[1])


def test_a_program_that_names_itself_goes_by_both_names(start: Start) -> None:
    start(sys.executable, "-c", _NAME_ITSELF, SECRET)
    (claude,) = [fact for fact in seen()[1] if fact["name"] == "claude"]
    told = values(read(PROCESS_SNAPSHOT, json.dumps(snapshot(None))))
    assert "python" in str(claude["path"])
    assert "process:claude" in told


@pytest.mark.parametrize(
    ("name", "title", "told"),
    [
        ("claude: fix the", f"claude: fix the {SECRET}", "claude"),
        ("acme agent help", f"acme agent helping with {SECRET}", "acme agent help"),
        ("copilot-agent-linux", "copilot-agent-linux", "copilot-agent-linux"),
    ],
)
def test_a_title_gives_no_more_than_a_name(tmp_path: Path, start: Start, name: str, title: str, told: str) -> None:
    path = named(tmp_path, name)
    start(title, "-", executable=path)
    assert told in [fact["name"] for fact in seen()[1] if str(fact["path"]).startswith(str(tmp_path))]


def test_a_program_that_ended_and_was_not_collected_breaks_nothing(tmp_path: Path, start: Start) -> None:
    process = start(named(tmp_path, "goose", "head"), "-n1")
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert "goose" in [fact["name"] for fact in seen()[1]]


def test_homes_are_told_without_their_owner(tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Path("/root") if os.geteuid() == 0 else Path.home()
    if not str(home).startswith(("/root", "/home/")) or not os.access(home, os.W_OK):
        pytest.skip("needs a home directory of this user below /home or /root")
    folder = home / f".shadowledger-test-{os.getpid()}"
    folder.mkdir()
    try:
        start(named(folder, "jan"))
        (jan,) = [fact for fact in seen()[1] if fact["name"] == "jan"]
    finally:
        shutil.rmtree(folder)
    assert jan["path"] == f"~/{folder.name}/jan"


def test_the_document_says_when_where_and_how_much_was_seen() -> None:
    taken, processes = seen()
    assert list(taken) == ["schema", "device", "taken_at", "system", "visible", "total", "processes"]
    assert list(processes[0]) == ["name", "path", "user", "command_words", "count"]
    assert taken["system"] == "linux"
    assert sum(int(fact["count"]) for fact in processes) == taken["total"]
    assert read(PROCESS_SNAPSHOT, json.dumps(taken))[0].position == 1


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root may become somebody else")
def test_who_may_not_look_is_told_how_little_was_seen(tmp_path: Path, start: Start) -> None:
    start(named(tmp_path, "ollama"))
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            os.write(
                writer, json.dumps({key: value for key, value in snapshot(None).items() if key != "processes"}).encode()
            )
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        taken = json.load(pipe)
    os.waitpid(child, 0)
    assert 0 < taken["visible"] < taken["total"]
