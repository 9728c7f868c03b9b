"""What the agent takes: to start, for a run with a light look at 300 processes, for the daily walk through a home of
150,000 files, and at its server for each delivery.

The agent is the one that `make agent` builds. The machine is a folder with a home as people who use AI have it, and the
list of processes of this one; a run keeps its look in the spool, and sends nothing. Medians."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import server
from costs import Cost, run

CHECKOUT = Path(__file__).parents[1]
BUILT = CHECKOUT / "dist/agent"
FOLDER_BUILD, ZIPAPP = BUILT / "shadowledger-agent/shadowledger-agent", BUILT / "shadowledger-agent.pyz"

PROCESSES = 300
FILES = int(os.environ.get("BENCH_HOME_FILES", "150000"))
IN_A_FOLDER = 8
IN_NODE_MODULES = 3
"""One folder in so many is one of npm's, which nobody walks through."""
TIMES = 7
STARTS = 20
_WALK = "import sys; from shadowledger.collectors.endpoint.local.snapshot import take; \
sys.stdout.writelines(take('minimal', sys.argv[1], walk=True))"


def measure(folder: Path) -> dict[str, object]:
    """`agent.{start_ms, start_zipapp_ms, scan_cpu_ms, scan_rss_mb, walk_cpu_ms}`, and what bench/server.py measures."""
    subprocess.run(["make", "--silent", "--directory", CHECKOUT, "agent"], stdout=sys.stderr, check=True)
    root = folder / "machine"
    _make_home(root / "home/ada")
    (root / "proc").symlink_to("/proc")
    running = sum(path.name.isdigit() for path in Path("/proc").iterdir())
    sleepers = [subprocess.Popen(["sleep", "900"]) for _ in range(max(PROCESSES - running, 0))]
    try:
        light = [run(_sending_nothing(folder, root)) for _ in range(TIMES)]
    finally:
        for process in sleepers:
            process.kill()
            process.wait()
    _make_files(root / "home/ada/src")
    (root / "proc").unlink()
    walk = [run([sys.executable, "-I", "-c", _WALK, str(root)]) for _ in range(TIMES)]
    told: dict[str, object] = {
        "start_ms": _start_ms(folder, FOLDER_BUILD),
        "start_zipapp_ms": _start_ms(folder, sys.executable, "-I", ZIPAPP),
        "scan_cpu_ms": _cpu_ms(light),
        "scan_rss_mb": round(max(cost.peak_mb for cost in light), 1),
        "walk_cpu_ms": _cpu_ms(walk),
    }
    served = server.measure(folder)["agent"]
    return {"agent": told | served if isinstance(served, dict) else told}


def _cpu_ms(costs: list[Cost]) -> float:
    return round(statistics.median(cost.cpu_s for cost in costs) * 1000, 1)


def _start_ms(folder: Path, *program: str | Path) -> float:
    """Until `status` has said all, from the second start on: the first one of a zipapp unpacks it."""
    command = [*program, "status", "--settings", folder / "settings.json", "--state", folder / "state"]
    took_s = []
    for _ in range(1 + STARTS):
        start = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        took_s.append(time.perf_counter() - start)
    return round(statistics.median(took_s[1:]) * 1000, 1)


def _sending_nothing(folder: Path, root: Path) -> list[str]:
    """A run of an agent that is enrolled, and that is to wait before it tries again."""
    settings, state, now = folder / "settings.json", folder / "state", int(time.time())
    state.mkdir(exist_ok=True)
    address = "https://ledger.acme.example"
    enrolment = {"server": address, "token": "0" * 64, "device": "0" * 64, "name": "lab-1"}
    facts = {"attempt_at": now, "next_attempt_at": now + 3600, "walk_every_s": 0}
    for path, told in (
        (settings, {"server": address}), (state / "device.json", enrolment), (state / "state.json", facts)
    ):  # fmt: skip
        path.write_text(json.dumps(told))
        path.chmod(0o600)
    return [str(FOLDER_BUILD), "run", "--settings", str(settings), "--state", str(state), "--root", str(root)]


def _make_home(home: Path) -> None:
    """64 extensions of an editor, 3 of a browser, 200 packages, MCP settings and an account."""
    for number in range(64):
        (home / f".vscode/extensions/acme.tool{number}-1.0.{number}").mkdir(parents=True)
    for letter in "abc":
        inside = home / f".config/google-chrome/Default/Extensions/{letter * 32}/1.0_0"
        inside.mkdir(parents=True)
        (inside / "manifest.json").write_text(json.dumps({"name": "Acme", "version": "1.0"}))
    for number in range(200):
        (home / f".local/lib/python3.12/site-packages/package{number}-1.0.dist-info").mkdir(parents=True)
    servers = {f"server{number}": {"url": f"https://mcp{number}.acme.example/sse"} for number in range(8)}
    account = {"emailAddress": "ada@acme.example"}
    (home / ".claude.json").write_text(json.dumps({"mcpServers": servers, "oauthAccount": account}))
    (home / ".cursor").mkdir()
    (home / ".cursor/mcp.json").write_text(json.dumps({"mcpServers": servers}))


def _make_files(top: Path) -> None:
    for number in range(FILES // IN_A_FOLDER):
        kind = "node_modules" if number % IN_NODE_MODULES == 0 else "lib"
        folder = top / f"project{number // 400}" / kind / f"part{number // 20 % 20}" / f"folder{number % 20}"
        folder.mkdir(parents=True, exist_ok=True)
        for name in range(IN_A_FOLDER):
            (folder / f"file{name}.{'gguf' if number == 7 and not name else 'txt'}").touch()
