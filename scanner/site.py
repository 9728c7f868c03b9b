"""Where one organization's files lie: the inventory, and beside it its identities, their key and its own signatures."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from shadowledger.db.opening import open_identities, open_inventory


@dataclass(frozen=True, slots=True)
class Site:
    """All paths follow from the inventory's: `inventory.db` has `inventory.identities.db`, `inventory.key` and the
    folder `signatures.d` for neighbours."""

    inventory_path: Path

    @property
    def identities_path(self) -> Path:
        return self.inventory_path.with_suffix(".identities.db")

    @property
    def key_path(self) -> Path:
        return self.inventory_path.with_suffix(".key")

    @property
    def overlay_path(self) -> Path:
        return self.inventory_path.with_name("signatures.d")

    def inventory(self, *, create: bool = False) -> sqlite3.Connection:
        """Open the inventory; see `db.opening` for errors."""
        return open_inventory(self.inventory_path, create=create)

    def identities(self, *, create: bool = False) -> sqlite3.Connection:
        """Open the identities store; see `db.opening` for errors."""
        return open_identities(self.identities_path, create=create)
