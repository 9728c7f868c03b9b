"""The schema's steps for control totals, how many records a vendor's console counts in a source on a day, and for what
sources show without showing what is asked for."""

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

BLIND_SPOT_TABLES = """
create table blind_spot (
    run_id integer not null references run(id),
    source_id integer not null references source(id),
    what text not null,
    record_count integer not null,
    from_byte integer not null,
    primary key (run_id, source_id, what, from_byte)
) strict, without rowid;
"""


@inventory_steps()
def m009_expectations(db: Database) -> None:
    """Control totals by source and day."""
    run_statements(db.execute, EXPECTATION_TABLES)


@inventory_steps()
def m010_blind_spots(db: Database) -> None:
    """What a reading could count and not open: encrypted DNS, hellos without a name, dropped packets."""
    run_statements(db.execute, BLIND_SPOT_TABLES)
