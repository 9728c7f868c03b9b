"""The schema's steps for privacy: settings of a site, approvals by a second person, what is known of people who are no
longer there, sealed lines and places."""

from __future__ import annotations

from sqlite_utils import Database

from shadowledger.db.migrations import identity_steps, inventory_steps, read_views
from shadowledger.db.statements import run_statements

__all__ = ["identity_steps", "inventory_steps"]

PRIVACY_TABLES = """
create table setting (
    name text primary key,
    value text not null
) strict, without rowid;

-- A second person's leave to open one name. The token itself is nowhere.
create table approval (
    id integer primary key,
    token_sha256 text not null unique,
    approver text not null,
    made_at text not null,
    made_by text not null,
    expires_at text not null,
    ended_at text not null default '',
    ended_how text not null default '' check (ended_how in ('', 'used', 'revoked'))
) strict;

-- How many people stood behind entries that name nobody any more, or never did: bounds, of one source's share in a
-- day (since 1970; -1 where the source has no time) and a service's instance. Source 0 is all sources together.
create table unnamed (
    service_instance integer not null references service_instance(number),
    day integer not null,
    source_id integer not null,
    low integer not null,
    high integer not null,
    primary key (service_instance, day, source_id)
) strict, without rowid;
create index unnamed_source on unnamed (source_id);

-- A few raw lines of each service's instance in each source, sealed under a key that follows from the site's.
create table sealed_line (
    source_id integer not null references source(id),
    service_instance integer not null references service_instance(number),
    position integer not null,
    sealed_on text not null,
    block integer not null,
    block_sha256 blob not null,
    sealed blob not null,
    primary key (source_id, service_instance, position)
) strict, without rowid;
alter table source add column place blob;
"""


@inventory_steps()
def m007_privacy(db: Database) -> None:
    """Settings, approvals, unnamed people, sealed lines, and places of sources sealed."""
    run_statements(db.execute, PRIVACY_TABLES)
    read_views(db)
