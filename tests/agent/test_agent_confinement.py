"""What the service may do is enough: the agent does all its work with the capabilities and system calls of its unit."""

from __future__ import annotations

import ctypes.util
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from agent_confined import settings
from agent_machine import MAIN, AgentMachine, Done
from agent_packs import pack
from agent_server import AgentServer

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can be confined as the service is"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="filters are tried on one kind of machine"),
    pytest.mark.skipif(
        not (shutil.which("setpriv") and shutil.which("systemd-analyze") and ctypes.util.find_library("seccomp")),
        reason="there is no setpriv here, no systemd-analyze or no libseccomp",
    ),
]
CONFINED = Path(__file__).with_name("agent_confined.py")
NOBODY = 12345


def confined(unit: Path, *command: str) -> Done:
    """Run a command as the service would."""
    kept = settings(unit, "CapabilityBoundingSet")[0].lower().replace("cap_", "+").split()
    drop = ["setpriv", f"--bounding-set={','.join(['-all', *kept])}", "--no-new-privs"]
    line = [*drop, sys.executable, str(CONFINED), str(unit), sys.executable, *command]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def unit(stranger: AgentMachine, disk: Path) -> Path:
    """The service as it is installed."""
    assert stranger.plainly("install", "--root", str(disk), "--system", "linux", "--program", "/bin/true").code == 0
    return disk / "etc/systemd/system/shadowledger-agent.service"


def test_all_its_work_is_done(trusting: AgentMachine, server: AgentServer, unit: Path) -> None:
    home = trusting.root / "home/ada"
    (trusting.root / "proc").symlink_to("/proc")
    for path in (home, *home.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
        path.chmod(0o700 if path.is_dir() else 0o600)
    server.pack = pack("2026.11.1")
    sleeper = subprocess.Popen(["setpriv", f"--reuid={NOBODY}", "--clear-groups", "sleep", "900"])
    try:
        while Path(f"/proc/{sleeper.pid}/exe").readlink().name != "sleep":
            time.sleep(0)
        done = confined(unit, "-c", MAIN, *trusting.words("run"))
    finally:
        sleeper.kill()
        sleeper.wait()
    assert done == (0, "", "")
    (lines,) = server.documents.values()
    summary = lines[-1]
    assert summary["homes"] == [{"user": "ada", "is_readable": True}]
    assert [one["value"] for one in lines if one.get("kind") == "mcp_server"] == ["git"]
    assert (str(NOBODY), "sleep") in {(one.get("user"), one.get("value")) for one in lines}
    assert summary["processes"]["visible"] >= summary["processes"]["total"] - 1
    assert trusting.facts()["pack_version"] == "2026.11.1"
    assert (trusting.state / "sent.log").stat().st_mode & 0o777 == 0o644
    assert (trusting.state / "device.json").stat().st_mode & 0o777 == 0o600


FORBIDDEN = {
    "writing to others' files": "open('/home-of-nobody/x', 'w')",
    "a file system of its own": "import ctypes; assert ctypes.CDLL(None).unshare(0x20000) == 0",
    "giving files away": "import os; os.chown('/home-of-nobody', 0, 0)",
    "tracing": "import ctypes; assert ctypes.CDLL(None).ptrace(0, 0, 0, 0) == 0",
    "memory that is written and run": "import mmap; mmap.mmap(-1, 4096, prot=7)",
    "a nicer life": "import os; os.nice(-5)",
}


@pytest.mark.parametrize("forbidden", FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_what_it_has_no_need_of_is_forbidden(unit: Path, disk: Path, forbidden: str) -> None:
    """And would be done without the unit."""
    folder = disk / "nobodys"
    folder.mkdir()
    folder.chmod(0o700)
    os.chown(folder, NOBODY, NOBODY)
    code = forbidden.replace("/home-of-nobody", str(folder))
    done = confined(unit, "-c", code)
    assert done.code == 1
    assert "Permission" in done.err or "not permitted" in done.err or "AssertionError" in done.err, done
    subprocess.run([sys.executable, "-c", code], check=True)
