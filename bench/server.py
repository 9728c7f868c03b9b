"""What one delivery costs the server: CPU of its process alone, for documents of 50 rows, each on the disk before it is
acknowledged. The client is this process; medians of several rounds."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import json
import os
import re
import statistics
import subprocess
from pathlib import Path

import psutil
from costs import console

ROWS = 50
POSTS = 1000
TIMES = 3
DEVICES = 20


def measure(folder: Path) -> dict[str, object]:
    """`agent.{server_cpu_ms_per_post, server_cpu_ms_per_post_kept_alive}`: each delivery on a connection of its own, as
    agents come, and all on one."""
    shadowledger = [console("shadowledger"), "--db", str(folder / "served" / "inventory.db")]
    token = _said([*shadowledger, "devices", "token", "--uses", str(DEVICES * (2 * TIMES + 1))])
    command = [*shadowledger, "serve", "--port", "0", "--seal-every", "1d", "--no-import"]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert server.stderr is not None  # noqa: S101 - for the reader: it was asked for
        found = re.search(r":(\d+)$", server.stderr.readline())
        if found is None:
            raise SystemExit("The server did not start.")
        measured = psutil.Process(server.pid)
        client = _Client(int(found[1]), token)
        client.round(measured, keeps=True)
        return {
            "agent": {
                "server_cpu_ms_per_post": _median(client, measured, keeps=False),
                "server_cpu_ms_per_post_kept_alive": _median(client, measured, keeps=True),
            }
        }
    finally:
        server.terminate()
        server.wait()


def _said(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _median(client: _Client, server: psutil.Process, *, keeps: bool) -> float:
    return round(statistics.median(client.round(server, keeps=keeps) for _ in range(TIMES)), 2)


class _Client:
    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._enrolment = token
        self._count = 0

    def round(self, server: psutil.Process, *, keeps: bool) -> float:
        """CPU milliseconds a post, over POSTS of them, one after the other."""
        devices = [self._enrolled() for _ in range(DEVICES)]
        packed = [document(*devices[number % DEVICES]) for number in range(POSTS)]
        line = http.client.HTTPConnection("127.0.0.1", self._port)
        before = sum(server.cpu_times()[:2])
        for token, body in packed:
            headers = {"Authorization": f"Bearer {token}", "Content-Encoding": "gzip"}
            line.request("POST", "/v1/runs", body, headers)
            answer = line.getresponse()
            if json.loads(answer.read()).get("stored") != "now":
                raise SystemExit(f"A run was not stored: {answer.status}.")
            if not keeps:
                line.close()
        took_s = sum(server.cpu_times()[:2]) - before
        line.close()
        return took_s / POSTS * 1000

    def _enrolled(self) -> tuple[str, str]:
        """The name and the token of a new device."""
        self._count += 1
        name = f"lab-{self._count}"
        told = {"token": self._enrolment, "device": hashlib.sha256(name.encode()).hexdigest(), "name": name,
                "system": "linux", "version": "0"}  # fmt: skip
        line = http.client.HTTPConnection("127.0.0.1", self._port)
        line.request("POST", "/v1/enroll", json.dumps(told))
        answer = json.loads(line.getresponse().read())
        line.close()
        return name, answer["device_token"]


def document(name: str, token: str) -> tuple[str, bytes]:
    """A token, and a document that goes with it, packed."""
    head = {"time": "2026-11-23T09:00:00Z", "tz_source": "explicit", "device": name, "user": "ada"}
    rows = ({"record": row, **head, "kind": "process", "value": f"program-{row}", "path": f"/usr/bin/program-{row}"}
            for row in range(1, ROWS + 1))  # fmt: skip
    lines = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)
    summary = {
        "schema": "shadowledger/endpoint/1", "run": os.urandom(16).hex(), "device": name, "records": ROWS,
        "sha256": hashlib.sha256(lines.encode()).hexdigest(), "complete": True, "profile": "standard",
    }  # fmt: skip
    return token, gzip.compress((lines + json.dumps(summary) + "\n").encode(), 6)
