"""What tests of the scanner share: a site in a folder of its own, and a way to scan into it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shadowledger.db.identities import Identities
from shadowledger.scanner.knowledge import Signatures
from shadowledger.scanner.pipeline import Scan
from shadowledger.scanner.site import Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "site" / "inventory.db")


@pytest.fixture
def scan(site: Site, signatures: Signatures) -> Iterator[Scan]:
    connection = site.inventory(create=True)
    scan = Scan(connection, site.names(connection, create=True), signatures)
    yield scan
    scan.close()


@pytest.fixture
def store(scan: Scan) -> Identities:
    return scan.identities
