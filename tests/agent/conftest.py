"""A server, and a machine with an agent that is enrolled there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from agent_machine import AgentMachine
from agent_server import AgentServer, serving


@pytest.fixture
def server() -> Iterator[AgentServer]:
    """A server on loopback, without TLS."""
    with serving() as found:
        yield found


@pytest.fixture
def stranger(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> AgentMachine:
    """A machine that no server knows."""
    return AgentMachine(tmp_path, capsys)


@pytest.fixture
def machine(stranger: AgentMachine, server: AgentServer) -> AgentMachine:
    """A machine that the server knows, and that asked for nothing yet."""
    done = stranger.enroll(server)
    assert (done.code, done.err) == (0, ""), done
    server.asked.clear()
    return stranger
