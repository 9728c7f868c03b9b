"""The schema's step for control totals: how many records a vendor's console counts in a source on a day."""

from __future__ import annotations

from sqlite_utils import Database

from shadowledger.db.discovery_steps import identity_steps, inventory_steps
from shadowledger.db.statements import run_statements

__all__ = ["identity_steps", "inventory_steps"]

EXPECTATION_TABLES = """
-- What people read off consoles; of a source and day the newest counts.
create table expectation (
    id integer primary key,
    source_name text not null,
    day integer not null,
    record_count integer not null,
    stated_at text not null,
    stated_by text not null
) strict;
"""


@inventory_steps()
def m009_expectations(db: Database) -> None:
    """Control totals by source and day."""
    run_statements(db.execute, EXPECTATION_TABLES)
