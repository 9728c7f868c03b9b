"""What a look at one machine takes: a light one at 300 processes, and the daily walk through a home of 150,000 files.

The machine is a folder with a home as people who use AI have it, and the list of processes of this one; Python's start
is counted. Medians."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from costs import Cost, run

PROCESSES = 300
FILES = int(os.environ.get("BENCH_HOME_FILES", "150000"))
IN_A_FOLDER = 8
IN_NODE_MODULES = 3
"""One folder in so many is one of npm's, which nobody walks through."""
TIMES = 7
_LOOK = "import sys; from shadowledger.collectors.endpoint.local.snapshot import take; \
sys.stdout.writelines(take(sys.argv[1], sys.argv[2], walk=len(sys.argv) > 3))"


def measure(folder: Path) -> dict[str, object]:
    """`agent.{scan_cpu_ms, scan_rss_mb, walk_cpu_ms}`."""
    root = folder / "machine"
    _make_home(root / "home/ada")
    (root / "proc").symlink_to("/proc")
    running = sum(path.name.isdigit() for path in Path("/proc").iterdir())
    sleepers = [subprocess.Popen(["sleep", "900"]) for _ in range(max(PROCESSES - running, 0))]
    try:
        light = [_look(root, "standard") for _ in range(TIMES)]
    finally:
        for process in sleepers:
            process.kill()
            process.wait()
    _make_files(root / "home/ada/src")
    (root / "proc").unlink()
    walk = [_look(root, "minimal", "walk") for _ in range(TIMES)]
    return {
        "agent": {
            "scan_cpu_ms": round(statistics.median(cost.cpu_s for cost in light) * 1000, 1),
            "scan_rss_mb": round(max(cost.peak_mb for cost in light), 1),
            "walk_cpu_ms": round(statistics.median(cost.cpu_s for cost in walk) * 1000, 1),
        }
    }


def _look(root: Path, *words: str) -> Cost:
    profile, *more = words
    return run([sys.executable, "-I", "-c", _LOOK, profile, str(root), *more])


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
