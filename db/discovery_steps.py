"""The schema's steps for discovered initiatives: how each was found before, and what was used together."""

from __future__ import annotations

from sqlite_utils import Database

from shadowledger.db.privacy_steps import identity_steps, inventory_steps
from shadowledger.db.statements import run_statements

__all__ = ["identity_steps", "inventory_steps"]

DISCOVERY_TABLES = """
-- Discovered initiatives whenever they were found to be another than before. Products, units and whoms are JSON; whoms
-- are digests of ids, some of many, by which an initiative is known again.
create table discovery_state (
    number integer primary key,
    discovery text not null,
    recorded_at text not null,
    products text not null,
    side text not null,
    units text not null,
    nature text not null,
    whoms text not null
) strict;
create index discovery_state_of on discovery_state (discovery);

-- In how many minutes programs of one actor, machine or address (an id of the identities store) reached two services'
-- instances, and each of them at all.
create table together (
    source_id integer not null references source(id),
    run_id integer not null references run(id),
    whom_id text not null,
    one integer not null references service_instance(number),
    other integer not null references service_instance(number),
    minute_count integer not null,
    one_minute_count integer not null,
    other_minute_count integer not null
) strict;
create index together_source on together (source_id);
"""


@inventory_steps()
def m008_discoveries(db: Database) -> None:
    """What initiatives were before, and services used within the same minute."""
    run_statements(db.execute, DISCOVERY_TABLES)
    db.execute("drop table if exists discovered")
