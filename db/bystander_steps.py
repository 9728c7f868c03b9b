"""The schema's step for bystanders: whom sources name, with AI or without."""

from __future__ import annotations

from sqlite_utils import Database

from shadowledger.db.bundle_steps import identity_steps, inventory_steps
from shadowledger.db.statements import run_statements

__all__ = ["identity_steps", "inventory_steps"]

BYSTANDER_TABLES = """
-- Sets of those whom a source names, with AI or without, as numbers of pseudonyms; days are since 1970, -1 where it has
-- no time.
create table bystander (
    source_id integer not null references source(id),
    run_id integer not null references run(id),
    channel text not null,
    chunk integer not null,
    first_day integer not null,
    last_day integer not null,
    whoms blob not null,
    primary key (source_id, run_id, channel, chunk)
) strict, without rowid;
"""


@inventory_steps()
def m012_bystanders(db: Database) -> None:
    """Whom sources name, with AI or without."""
    run_statements(db.execute, BYSTANDER_TABLES)
