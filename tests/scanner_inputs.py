"""Inputs that tests of the scanner share, written by the tests themselves."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path

DAY_S = 1_793_836_800  # 2026-11-05 00:00:00 UTC


def squid_line(
    host: str, user: str = "-", client: str = "10.0.0.5", at_s: float = DAY_S + 9 * 3600, result: str = "TCP_TUNNEL/200"
) -> str:
    """One line of Squid's own log: a tunnel to a host."""
    return f"{at_s:.3f}    120 {client} {result} 5120 CONNECT {host}:443 {user} HIER_DIRECT/192.0.2.1 -\n"


def zeek_line(host: str, number: int, padding: str = "") -> str:
    """A lookup in a log whose columns stand elsewhere from each thirtieth line on, which is the header that says so."""
    columns = ["query", "qtype_name"]
    question = [host, "A"]
    if number // 30 % 2:
        columns.reverse()
        question.reverse()
    if number % 30 == 0:
        header = ("#separator \\x09", "#path\tdns", "\t".join(("#fields", "ts", "uid", "id.orig_h", *columns)))
        return "".join(f"{one}\n" for one in header)
    return "\t".join((f"{DAY_S + number * 700}.5", f"C{padding}", f"10.0.0.{number % 5}", *question)) + "\n"


def w3c_line(host: str, number: int, padding: str = "") -> str:
    """The same of ProxySG; a header tells the day of rows that have none."""
    columns = ["time", "c-ip", "cs-username", "cs-method", "cs-uri-scheme", "cs-host", "cs-uri-path", "s-action"]
    at = dt.datetime.fromtimestamp(DAY_S + number * 2500, dt.UTC)
    client, user = f"10.0.0.{number % 5}", f"user{number % 7}"
    values = [f"{at:%H:%M:%S}", client, user, "GET", "https", host, f"/{padding}", "TCP_MISS"]
    if number // 30 % 2:
        columns.reverse()
        values.reverse()
    if number % 30 == 0:
        software = "#Software: SGOS 7.3.14.1\n#Version: 1.0\n"
        return f"{software}#Date: {at:%Y-%m-%d} 00:00:00\n#Fields: {' '.join(columns)}\n"
    return " ".join(values) + "\n"


HEADED = {"zeek_tsv": zeek_line, "proxysg": w3c_line}
"""Logs whose headers say what the lines behind them mean."""


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
