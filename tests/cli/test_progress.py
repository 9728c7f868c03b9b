"""A scan shows how far it is on a terminal, leaves nothing of it behind, and is quiet everywhere else."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from pathlib import Path

import pytest
from commands import PROGRAM

LINE = "1764000001.123 120 10.1.2.3 TCP_TUNNEL/200 5120 CONNECT {}:443 ada HIER_DIRECT/- -\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_text((LINE.format("www.shop.com") * 99 + LINE.format("chatgpt.com")) * 2000)
    return path


def test_a_terminal_sees_how_far_it_is(log: Path, tmp_path: Path) -> None:
    leader, follower = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    command = [PROGRAM, "--db", tmp_path / "x.db", "scan", log, "--no-prefilter"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=follower, env=environment)
    os.close(follower)
    seen = b""
    try:
        while piece := os.read(leader, 1 << 16):
            seen += piece
    except OSError:  # Linux says so when nobody writes any more
        pass
    os.close(leader)
    assert process.wait() == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode())
    assert re.search(r"access\.log .* lines/s, [\d,]+ hits", text)
    assert b"\x1b[2K" in seen, "the line is taken away again"


def test_a_pipe_sees_nothing_of_it(log: Path, tmp_path: Path) -> None:
    done = subprocess.run([PROGRAM, "--db", tmp_path / "x.db", "scan", log], capture_output=True, check=True)
    assert done.stderr == b""
    assert b"lines/s" not in done.stdout
