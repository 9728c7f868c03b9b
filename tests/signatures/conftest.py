"""The catalogue that ships with the program, read and compiled once."""

from __future__ import annotations

import pytest

from shadowledger.signatures.index import Index
from shadowledger.signatures.load import Catalogue, load_catalogue


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue()[0]


@pytest.fixture(scope="session")
def index(catalogue: Catalogue) -> Index:
    return Index(catalogue)
