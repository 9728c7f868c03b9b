"""A server, and a machine with an agent that is enrolled there."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from agent_machine import AgentMachine
from agent_packs import KEY, pack
from agent_server import AgentServer, serving

from shadowledger.scanner.packs import public_line

_MEMORY = "/dev/shm"  # noqa: S108 - the folders in it are the tests' own


@pytest.fixture
def server() -> Iterator[AgentServer]:
    """A server on loopback, without TLS."""
    with serving() as found:
        yield found


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: agents wait for the disk often, and tests need not."""
    if not os.access(_MEMORY, os.W_OK):
        yield tmp_path
        return
    folder = Path(tempfile.mkdtemp(prefix="shadowledger-agent-", dir=_MEMORY))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def stranger(disk: Path, capsys: pytest.CaptureFixture[str]) -> AgentMachine:
    """A machine that no server knows."""
    return AgentMachine(disk, capsys)


@pytest.fixture
def machine(stranger: AgentMachine, server: AgentServer) -> AgentMachine:
    """A machine that the server knows, and that asked for nothing yet."""
    done = stranger.enroll(server)
    assert (done.code, done.err) == (0, ""), done
    server.asked.clear()
    return stranger


@pytest.fixture
def trusting(stranger: AgentMachine, server: AgentServer) -> AgentMachine:
    """A machine that the server knows, and that takes the packs that the server offers."""
    server.pack = pack("2026.11.1")
    assert stranger.enroll(server, "--trust-pack-key", public_line(KEY.public_key())).code == 0
    return stranger
