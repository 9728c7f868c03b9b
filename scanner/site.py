"""Where one organization's files lie: the inventory, and beside it its identities, their key and its own signatures."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from shadowledger.db.contributions import any_name_id
from shadowledger.db.errors import UnusableError
from shadowledger.db.identities import Identities, is_empty, read_key
from shadowledger.db.opening import open_identities, open_inventory
from shadowledger.db.settings import Profile, privacy_of
from shadowledger.scanner.privacy.aggregate import Nobody


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

    @property
    def pack_path(self) -> Path:
        """The signature pack that was taken in, if any."""
        return self.inventory_path.with_suffix(".pack")

    @property
    def trusted_keys_path(self) -> Path:
        """Whose packs are taken: one key a line, and its name."""
        return self.overlay_path / "trusted-keys.txt"

    def inventory(self, *, create: bool = False) -> sqlite3.Connection:
        """Open the inventory; see `db.opening` for errors."""
        return open_inventory(self.inventory_path, create=create)

    def names(self, inventory: sqlite3.Connection, *, create: bool = False) -> Identities:
        """Open the identities store with its key. Raises UnusableError where one of them is missing that there was, or
        where they do not belong together: with others, everybody would be counted twice."""
        met = any_name_id(inventory)
        store = self.identities(create=create and not met)
        try:
            kind = Nobody if privacy_of(inventory).profile is Profile.AGGREGATE else Identities
            names = kind(store, read_key(self.key_path, create=create and is_empty(store)))
            names.check_key()
            if met and names.reveal(met) is None:
                raise UnusableError(
                    f"{self.identities_path} is not the identities store of this inventory; put the right one back."
                )
        except UnusableError:
            store.close()
            raise
        return names

    def identities(self, *, create: bool = False) -> sqlite3.Connection:
        """Open the identities store; see `db.opening` for errors."""
        return open_identities(self.identities_path, create=create)
