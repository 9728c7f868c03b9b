"""Inputs that tests of the scanner share, written by the tests themselves."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

DAY_S = 1_793_836_800  # 2026-11-05 00:00:00 UTC


def squid_line(
    host: str, user: str = "-", client: str = "10.0.0.5", at_s: float = DAY_S + 9 * 3600, result: str = "TCP_TUNNEL/200"
) -> str:
    """One line of Squid's own log: a tunnel to a host."""
    return f"{at_s:.3f}    120 {client} {result} 5120 CONNECT {host}:443 {user} HIER_DIRECT/192.0.2.1 -\n"


def write_squid(path: Path, lines: Iterable[str]) -> Path:
    path.write_text("".join(lines))
    return path


def write_snapshot(path: Path, device: str, names: Iterable[str], user: str = "") -> Path:
    """A process list as `collect processes` prints it."""
    processes = [{"name": name, "path": "", "user": user, "command_words": ""} for name in names]
    document = {
        "schema": "shadowledger/processes/1",
        "device": device,
        "taken_at": "2026-11-05T10:00:00Z",
        "system": "linux",
        "visible": len(processes),
        "total": len(processes),
        "processes": processes,
    }
    path.write_text(json.dumps(document))
    return path
