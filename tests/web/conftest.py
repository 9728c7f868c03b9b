"""What tests of the server share: one that runs, and a device that is enrolled there."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from serving import Server, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("served") / "inventory.db") as server:
        yield server


@pytest.fixture
def token(server: Server) -> str:
    """Of a device of its own, which is called as others are."""
    return server.device("lab-7", device=os.urandom(32).hex())
