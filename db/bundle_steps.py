"""The schema's step for bundles: which were taken in, which runs they held, and on which days devices were seen."""

from __future__ import annotations

from sqlite_utils import Database

from shadowledger.db.expectation_steps import identity_steps, inventory_steps
from shadowledger.db.statements import run_statements

__all__ = ["identity_steps", "inventory_steps"]

BUNDLE_TABLES = """
create table bundle (
    id integer primary key,
    site text not null,
    number integer not null,
    sha256 text not null,
    made_at text not null,
    source_id integer references source(id),
    is_stored integer not null default 0 check (is_stored in (0, 1)),
    unique (site, number)
) strict;

-- The bundle that a run counts from, where several have it. Ids are kept for a while.
create table bundle_run (
    run blob primary key,
    bundle integer not null references bundle(id),
    day integer not null
) strict, without rowid;

-- When servers received runs of a device, by their clock; complete ones alone say what is on it.
create table device_day (
    device_id text not null,
    day integer not null,
    is_complete integer not null check (is_complete in (0, 1)),
    primary key (device_id, day)
) strict, without rowid;

-- A bundle that is forgotten is new when it comes again.
create trigger forgotten_bundle after update of state on source when new.state = 'forgotten' begin
delete from bundle_run where bundle in (select id from bundle where source_id = new.id);\
 delete from bundle where source_id = new.id;\
 end;
"""


@inventory_steps()
def m011_bundles(db: Database) -> None:
    """Bundles of servers, and the days of devices."""
    run_statements(db.execute, BUNDLE_TABLES)
