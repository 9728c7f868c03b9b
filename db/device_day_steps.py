"""The schema's step for the days of devices: each goes with the bundle that told it."""

from __future__ import annotations

from sqlite_utils import Database

from shadowledger.db.census_steps import identity_steps, inventory_steps
from shadowledger.db.statements import run_statements

__all__ = ["identity_steps", "inventory_steps"]

DAYS_BY_BUNDLE = """
create temp table day_before as select * from device_day;
drop table device_day;

-- When servers received runs of a device, by their clock; complete ones alone say what is on it. The bundle is 0 where
-- a version before this one took it in.
create table device_day (
    device_id text not null,
    day integer not null,
    bundle integer not null,
    is_complete integer not null check (is_complete in (0, 1)),
    primary key (device_id, day, bundle)
) strict, without rowid;
create index device_day_bundle on device_day (bundle);
insert into device_day select device_id, day, 0, is_complete from day_before;
drop table temp.day_before;

-- A bundle that is forgotten is new when it comes again, and nobody knows of the devices in it any more.
drop trigger forgotten_bundle;
create trigger forgotten_bundle after update of state on source when new.state = 'forgotten' begin
delete from device_day where bundle in (select id from bundle where source_id = new.id);\
 delete from bundle_run where bundle in (select id from bundle where source_id = new.id);\
 delete from bundle where source_id = new.id;\
 end;
"""


@inventory_steps()
def m014_device_days_by_bundle(db: Database) -> None:
    """Whoever forgets a bundle does not take its devices for looked at."""
    run_statements(db.execute, DAYS_BY_BUNDLE)
