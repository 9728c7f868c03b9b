"""Real processes with real names; titles that lie; who listens. What they were told stays with them."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_machines import SECRET, write

from shadowledger.collectors.endpoint.local.machine import Found, Machine
from shadowledger.collectors.endpoint.local.processes import Named, Process, listening, named, run_by, running, told
from shadowledger.collectors.endpoint.local.snapshot import take

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="starts processes as Linux names them")
Start = Callable[..., subprocess.Popen[bytes]]
_NAME_ITSELF = (
    "import ctypes, sys; ctypes.CDLL(None).prctl(15, b'claude'); print(input(), flush=True); sys.stdin.read()"
)


@pytest.fixture
def start() -> Iterator[Start]:
    """Start programs that give back a line, as `cat` does, and then wait until the test is over."""
    begun: list[subprocess.Popen[bytes]] = []

    def begin(*arguments: str, **more: str) -> subprocess.Popen[bytes]:
        environment = {"ACME_API_KEY": SECRET, "PATH": os.environ["PATH"]}
        process = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, **more
        )  # fmt: skip
        begun.append(process)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
        process.stdout.readline()  # from here on it is certain that the system shows the new program
        return process

    yield begin
    for process in begun:
        process.kill()
        process.communicate()


def copy_of_cat(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    found = shutil.which("cat")
    assert found is not None
    return str(shutil.copy(found, path))


def mine(*started: subprocess.Popen[bytes], installed: frozenset[str] = frozenset()) -> list[Found]:
    """What is told of these processes."""
    machine = Machine()
    all_of_them = running(machine)
    assert all_of_them is not None
    pids = {process.pid for process in started}
    found = list(told(machine, [one for one in all_of_them if one.pid in pids], installed, None))
    assert SECRET not in str(found)
    return found


def test_a_program_is_told_by_its_file_and_alike_ones_once(tmp_path: Path, start: Start) -> None:
    path = copy_of_cat(tmp_path / "ollama")
    (found,) = mine(start(path), start(path, "-"))
    assert (found.kind, found.value, found.more["count"], found.more["path"]) == ("process", "ollama", 2, path)


def test_a_name_that_linux_cut_is_whole(tmp_path: Path, start: Start) -> None:
    (found,) = mine(start(copy_of_cat(tmp_path / "copilot-agent-linux-x64"), "-"))
    assert found.value == "copilot-agent-linux-x64"


def test_a_title_that_nothing_bears_out_is_not_believed(start: Start) -> None:
    process = start(sys.executable, "-c", _NAME_ITSELF, SECRET)
    (found,) = mine(process)
    assert found.value.startswith("python")
    assert found.more["title"] == "claude"


def test_a_title_of_a_tool_that_is_installed_is(start: Start) -> None:
    process = start(sys.executable, "-c", _NAME_ITSELF, SECRET)
    values = [found.value for found in mine(process, installed=frozenset({"claude"}))]
    assert values[0] == "claude"
    assert len(values) == 2


def test_a_script_is_named_by_its_file(tmp_path: Path, start: Start) -> None:
    script = tmp_path / "aider"
    body = "import sys; print(input(), flush=True); sys.stdin.read()"
    script.write_text(f"#!{os.path.realpath(sys.executable)}\n{body}\n")
    script.chmod(0o755)
    assert "aider" in [found.value for found in mine(start(str(script), SECRET))]


PYTHON, NODE = "/usr/bin/python3.11", "/usr/bin/node"
TITLES = [
    ("ollama", "/usr/local/bin/ollama", ("ollama", "serve"), [Named("ollama", "")]),
    ("claude", "/home/ada/.local/share/claude/versions/2.0.1", ("claude",), [Named("claude", ""), Named("2.0.1", "")]),
    ("claude", NODE, ("claude",), [Named("node", "claude")]),
    ("aider", PYTHON, ("python3", "/home/ada/bin/aider", "x"), [Named("aider", ""), Named("python3.11", "")]),
    ("aider", PYTHON, ("python3", "/tmp/nowhere/aider"), [Named("python3.11", "aider")]),  # noqa: S108
    ("python3", PYTHON, ("python3",), [Named("python3.11", "")]),
    ("ollama", "/home/ollama/bin/xmrig", (), [Named("xmrig", "ollama")]),
    ("ollama", "/opt/miner/xmrig", ("ollama",), [Named("xmrig", "ollama")]),
    ("ollama", "/opt/ollama/bin/runner", ("x",), [Named("ollama", ""), Named("runner", "")]),
    ("goose: fix the x", "", ("goose: fix the payroll",), [Named("", "goose")]),
    ("goose", "", ("/home/ada/bin/aider",), [Named("", "goose")]),
    ("aider", "", ("/home/ada/bin/aider", SECRET), [Named("aider", "")]),
    ("copilot-agent-l", "", ("/x/copilot-agent-linux",), [Named("", "copilot-agent-linux")]),
    ("cursor", "/opt/known/tool", (), [Named("cursor", ""), Named("tool", "")]),
]


@pytest.mark.parametrize(("title", "path", "arguments", "names"), TITLES)
def test_a_title_counts_where_something_bears_it_out(
    tmp_path: Path, title: str, path: str, arguments: tuple[str, ...], names: list[Named]
) -> None:
    write(tmp_path, {"home/ada/bin/aider": ""})
    process = Process(7, 1, title, path, arguments, "ada", bool(path))
    assert list(named(process, frozenset({"cursor"}), str(tmp_path))) == names


RUN = [
    (("node", "/usr/lib/node_modules/@anthropic-ai/claude-code/cli.js", "-p", SECRET), "@anthropic-ai/claude-code"),
    (("node", "/x/node_modules/a/node_modules/openclaw/dist/x.js"), "openclaw"),
    (("python3", "-m", "vllm.entrypoints.openai.api_server", "--model", SECRET), "vllm.entrypoints.openai.api_server"),
    (("python3", "-m", "layoffs_memo.train", SECRET), ""),
    (("npx", "-y", "@playwright/mcp@latest", SECRET), "@playwright/mcp"),
    (("python3", "/home/ada/layoffs-memo.py", SECRET), ""),
    (("python3", "-c", f"import {SECRET}"), ""),
    (("bash",), ""),
]


@pytest.mark.parametrize(("arguments", "found"), RUN)
def test_of_what_an_interpreter_runs_only_packages_and_modules_are_told(arguments: tuple[str, ...], found: str) -> None:
    assert run_by(arguments, None, frozenset({"vllm"})) == found


def test_a_signatures_words_go_first_where_they_are_known() -> None:
    def words(command: str) -> str:
        return "aider" if "aider" in command else ""

    assert run_by(("python3", "/home/ada/bin/aider", SECRET), words) == "aider"
    assert run_by(("node", "/usr/lib/node_modules/left-pad/x.js"), words) == ""


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])  # noqa: S104 - a test of who can be reached
def test_a_port_has_an_owner(address: str) -> None:
    with socket.socket() as listener:
        listener.bind((address, 0))
        listener.listen()
        machine = Machine()
        ports = {found.value: found.more for found in listening(machine, running(machine) or ())}
        more = ports[str(listener.getsockname()[1])]
    assert str(more["program"]).startswith("python")
    assert more["is_open_to_others"] is (address != "127.0.0.1")


def test_psutil_tells_the_same_of_this_process() -> None:
    from shadowledger.collectors.endpoint.local.by_psutil import listening_ports, processes

    (own,) = [one for one in processes(with_environment=True) if one.pid == os.getpid()]
    (seen,) = [one for one in running(Machine(), with_environment=True) or () if one.pid == os.getpid()]
    assert (own.parent, own.path, own.arguments, own.user) == (seen.parent, seen.path, seen.arguments, seen.user)
    assert {"PATH"} <= own.environment & seen.environment
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        assert (listener.getsockname()[1], os.getpid(), False) in set(listening_ports())


def run(profile: str) -> list[dict[str, Any]]:
    text = list(take(profile))
    assert SECRET not in "".join(text)
    return [json.loads(line) for line in text]


def test_this_machine_is_read_whole(tmp_path: Path, start: Start) -> None:
    path = copy_of_cat(tmp_path / "ollama")
    start(path)
    lines = run("full")
    assert [line["value"] for line in lines[:-1] if line.get("path") == path] == ["ollama"]
    assert "ACME_API_KEY" in [line["value"] for line in lines[:-1] if line["kind"] == "env_var"]
    assert 0 < lines[-1]["processes"]["visible"] <= lines[-1]["processes"]["total"]
    assert lines[-1]["system"] == "linux"
    assert "ACME_API_KEY" not in str(run("standard"))


def test_the_home_that_the_environment_names_is_read_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"eve/.cursor/mcp.json": '{"mcpServers": {"hers": {}}}'})
    monkeypatch.setenv("HOME", str(tmp_path / "eve"))
    assert ("mcp_server", "hers", "eve") in [
        (line.get("kind"), line.get("value"), line.get("user")) for line in run("standard")
    ]


def test_the_processes_of_a_copied_machine_are_read_from_its_own_list(tmp_path: Path) -> None:
    proc = tmp_path / "proc/42"
    write(tmp_path, {"proc/42/stat": "42 (a (b) c) S 1 42 42", "proc/42/cmdline": b"/usr/bin/ollama\0serve\0"})
    write(
        tmp_path,
        {"proc/1/stat": "1 (init) S 0", "proc/2/stat": "2 (kthreadd) S 0", "proc/9/stat": b"\xff", "proc/x": ""},
    )
    (proc / "exe").symlink_to("/usr/bin/ollama")
    write(tmp_path, {"proc/net/tcp": "head\n 0: 0100007F:2CAA 00000000:0000 0A 0:0 0:0 0 1000 0 77 1\n"})
    lines = [json.loads(line) for line in take("minimal", str(tmp_path))]
    told_of = [(line["kind"], line["value"], line.get("title"), line.get("is_title_alone")) for line in lines[:-1]]
    assert told_of == [
        ("process", "init", "init", True),
        ("process", "ollama", "a", None),
        ("port", "11434", None, None),
    ]
    assert lines[-1]["processes"] == {"visible": 2, "total": 2}


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root may become somebody else")
def test_who_may_not_look_is_told_how_little_was_seen(tmp_path: Path, start: Start) -> None:
    start(copy_of_cat(tmp_path / "ollama"))
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            os.write(writer, list(take("minimal"))[-1].encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        summary = json.load(pipe)
    os.waitpid(child, 0)
    assert summary["processes"]["visible"] < summary["processes"]["total"]
    if not Path("/root").stat().st_mode & 0o007:
        assert {"user": "root", "is_readable": False} in summary["homes"]
