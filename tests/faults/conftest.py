"""What the tests of faults share."""

from __future__ import annotations

import pytest
from forked import get_ready


@pytest.fixture(scope="session", autouse=True)
def _ready(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Everything that a scan imports is imported before anything is forked."""
    get_ready(tmp_path_factory.mktemp("ready"))
