"""The system starts the agent as its administrator would want: hardened, at times, and gone when it is removed."""

from __future__ import annotations

import os
import plistlib
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from agent_machine import AgentMachine
from agent_server import AgentServer

PROGRAM = "/opt/shadowledger-agent/shadowledger-agent"
FILES = {
    "linux": ["etc/systemd/system/shadowledger-agent.service", "etc/systemd/system/shadowledger-agent.timer"],
    "macos": ["Library/LaunchDaemons/shadowledger.agent.plist"],
    "windows": ["ProgramData/shadowledger-agent/task.xml"],
}
PLACES = {
    "linux": ("/etc/shadowledger-agent/settings.json", "/var/lib/shadowledger-agent"),
    "macos": ("/Library/Application Support/shadowledger-agent/settings.json", "/Library/Application Support/x & y"),
    "windows": (r"C:\ProgramData\shadowledger-agent\settings.json", r"C:\ProgramData\shadowledger-agent\state"),
}
TASKS = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


class Root:
    """A folder that a package is made of."""

    def __init__(self, folder: Path, agent: AgentMachine) -> None:
        self.folder, self._agent = folder / "package", agent
        self.folder.mkdir()

    def do(self, command: str, system: str, *words: str) -> int:
        _, state = PLACES[system]
        places = ["--state", state] if system == "macos" else []  # elsewhere the usual
        self.said = self._agent.plainly(command, *places, "--root", str(self.folder), "--system", system, *words)
        return self.said.code

    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())


@pytest.fixture
def root(tmp_path: Path, stranger: AgentMachine) -> Root:
    return Root(tmp_path, stranger)


@pytest.mark.parametrize("system", FILES)
def test_it_writes_what_is_known_and_again_changes_nothing(root: Root, system: str) -> None:
    assert root.do("install", system, "--program", PROGRAM) == 0
    assert root.files() == FILES[system]
    before = {name: (root.folder / name).stat() for name in root.files()}
    assert root.do("install", system, "--program", PROGRAM) == 0
    assert {name: (root.folder / name).stat().st_ino for name in before} == {
        name: facts.st_ino for name, facts in before.items()
    }
    assert "already" in root.said.out
    assert {facts.st_mode & 0o777 for facts in before.values()} == {0o644}
    assert not [name for name in root.files() if re.search(r"@[A-Z]+@", (root.folder / name).read_text("latin-1"))]


@pytest.mark.parametrize("system", FILES)
def test_removing_removes_that_and_nothing_else(root: Root, system: str) -> None:
    root.do("install", system, "--program", PROGRAM)
    neighbour = (root.folder / FILES[system][0]).with_name("neighbour")
    neighbour.touch()
    assert root.do("uninstall", system) == 0
    assert root.files() == [str(neighbour.relative_to(root.folder))]
    assert root.do("uninstall", system) == 0


def test_another_period_is_written_over(root: Root) -> None:
    root.do("install", "linux", "--program", PROGRAM)
    root.do("install", "linux", "--program", PROGRAM, "--every", "3600")
    timer = (root.folder / FILES["linux"][1]).read_text()
    assert "OnUnitInactiveSec=3600s" in timer
    assert "RandomizedDelaySec=360s" in timer


def test_launchd_is_told(root: Root) -> None:
    root.do("install", "macos", "--program", PROGRAM)
    told = plistlib.loads((root.folder / FILES["macos"][0]).read_bytes())
    settings, state = PLACES["macos"]
    assert told["ProgramArguments"] == [
        PROGRAM, "run", "--scheduled", "--settings", settings, "--state", state, "--splay", "90",
    ]  # fmt: skip
    assert (told["StartInterval"], told["Nice"], told["LowPriorityIO"]) == (900, 19, True)


def test_the_scheduler_of_windows_is_told(root: Root) -> None:
    program = r"C:\Program Files\shadowledger-agent\agent.exe"
    root.do("install", "windows", "--program", program)
    content = (root.folder / FILES["windows"][0]).read_bytes()
    assert content.startswith(b"\xff\xfe")
    task = ET.fromstring(content.decode("utf-16"))  # noqa: S314 - written just now
    found = {key: task.findtext(f".//{TASKS}{key}") for key in ("Command", "Arguments", "UserId", "Interval")}
    settings, state = PLACES["windows"]
    assert found == {
        "Command": program, "UserId": "S-1-5-18", "Interval": "PT15M",
        "Arguments": f"run --scheduled --settings {settings} --state {state}",
    }  # fmt: skip


def systemd(*words: str | Path) -> subprocess.CompletedProcess[str]:
    if not shutil.which("systemd-analyze"):
        pytest.skip("there is no systemd-analyze here")
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["agent", "a b é/agent"], ids=["plain", "with blanks"])
@pytest.mark.parametrize("state", ["/var/lib/agent", "/var/lib/a b é"], ids=["plain", "with blanks"])
def test_systemd_understands_its_units(root: Root, name: str, state: str) -> None:
    program = root.folder / name
    program.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy("/bin/true", program)
    root.do("install", "linux", "--program", str(program), "--state", state)
    done = systemd("verify", "--man=no", *(root.folder / unit for unit in FILES["linux"]))
    assert [line for line in done.stderr.splitlines() if "shadowledger" in line] == []
    assert done.returncode == 0


def test_a_program_that_is_not_there_is_noticed_by_systemd(root: Root) -> None:
    """Which says that the test above can fail."""
    root.do("install", "linux", "--program", "/opt/none/agent")
    done = systemd("verify", "--man=no", root.folder / FILES["linux"][0])
    assert "/opt/none/agent is not executable" in done.stderr


@pytest.mark.parametrize("odd", ['"', "'", "\\", "$HOME", "%i", "\n"])
@pytest.mark.parametrize("option", ["--program", "--state", "--settings"])
def test_a_path_that_systemd_would_read_as_its_own_is_refused(root: Root, option: str, odd: str) -> None:
    assert root.do("install", "linux", option, f"/opt/a{odd}b/agent") == 1
    assert root.files() == []


def test_systemd_says_that_it_is_exposed_little(root: Root) -> None:
    root.do("install", "linux", "--program", "/bin/true")
    done = systemd("security", "--offline=yes", "--no-pager", "--threshold=40", root.folder / FILES["linux"][0])
    found = re.search(r"Overall exposure level for .*: ([0-9.]+)", done.stdout)
    assert found is not None, done
    assert float(found[1]) < 4.0
    assert done.returncode == 0


def test_purging_takes_all_that_the_agent_kept_and_nothing_else(
    machine: AgentMachine, server: AgentServer, disk: Path
) -> None:
    machine.run()
    (machine.state / "notes.txt").touch()
    root = disk / "live"
    root.mkdir()
    inside = root / str(disk).lstrip("/")
    inside.mkdir(parents=True)
    shutil.move(machine.state, inside / "state")
    shutil.move(machine.settings.parent, inside / "etc")
    places = ["--settings", str(machine.settings), "--state", str(machine.state), "--root", str(root)]
    assert machine.plainly("uninstall", *places).code == 0
    assert (inside / "state/device.json").exists()
    assert machine.plainly("uninstall", "--purge", *places).code == 0
    left = sorted(str(path.relative_to(inside)) for path in inside.rglob("*"))
    assert left == ["state", "state/notes.txt"]


@pytest.mark.skipif(os.geteuid() != 0, reason="nothing is started for an account without rights")
def test_what_others_may_change_is_not_started_with_all_rights(stranger: AgentMachine, disk: Path) -> None:
    program = disk / "open/agent"
    program.parent.mkdir()
    program.write_text("#!/bin/true\n")
    for place, mode in ((program.parent, 0o777), (program, 0o755)):
        place.chmod(mode)
    done = stranger.plainly("install", "--program", str(program), "--state", str(disk / "none"))
    assert (done.code, (disk / "none").exists()) == (1, False)
    assert "root's alone" in done.err
    program.parent.chmod(0o755)
    os.chown(program, 12345, 12345)
    assert stranger.plainly("install", "--program", str(program), "--state", str(disk / "none")).code == 1


@pytest.mark.parametrize("system", ["macos", "windows"])
def test_another_systems_files_are_for_another_root(stranger: AgentMachine, system: str) -> None:
    done = stranger.plainly("install", "--system", system, "--program", "/bin/true")
    assert done.code == 1
    assert "--root" in done.err
