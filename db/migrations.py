"""The inventory's schema, step by step. A published step is never edited: what changes is a further step.

Columns that can point at a person hold random ids of the identities store (`*_id`), never names or addresses."""

from __future__ import annotations

from pathlib import Path

from sqlite_utils import Database, Migrations

from shadowledger.db.directory_tables import DIRECTORY_TABLES
from shadowledger.db.manners import MANNER_OF_WAY
from shadowledger.db.moving import move_contributions
from shadowledger.db.statements import run_statements

inventory_steps = Migrations("shadowledger.inventory")

TABLES = """
create table run (
    id integer primary key,
    command text not null,
    started_at text not null,
    ended_at text,
    status text not null default 'running' check (status in ('running', 'complete', 'partial', 'failed')),
    program_version text not null,
    catalogue_digest text not null,
    overlay_digest text not null
) strict;

create table source (
    id integer primary key,
    name text not null,
    label text not null,
    collector text not null,
    settings text not null,
    head_bytes integer not null,
    head_sha256 text not null,
    read_bytes integer not null,
    tail_bytes integer not null,
    tail_sha256 text not null,
    next_position integer not null,
    open_line integer not null check (open_line in (0, 1)),
    state text not null default 'known' check (state in ('known', 'forgotten'))
) strict;
create index source_head on source (head_sha256);

create table reading (
    run_id integer not null references run(id),
    source_id integer not null references source(id),
    record_count integer not null,
    hit_count integer not null,
    no_hit_count integer not null,
    ignored_count integer not null,
    issue_count integer not null,
    not_examined_count integer not null,
    from_byte integer not null,
    to_byte integer not null,
    first_on text not null,
    last_on text not null,
    zones text not null,
    damage text not null,
    primary key (run_id, source_id, from_byte)
) strict, without rowid;

create table issue (
    run_id integer not null references run(id),
    source_id integer not null references source(id),
    kind text not null check (kind in ('issue', 'ignored')),
    reason text not null,
    record_count integer not null,
    first_positions text not null,
    from_byte integer not null,
    primary key (run_id, source_id, kind, reason, from_byte)
) strict, without rowid;

create table service (
    id text primary key,
    name text not null,
    vendor text not null,
    family text not null,
    category text not null,
    ai_kind text not null,
    origin text not null check (origin in ('catalogue', 'overlay', 'declared'))
) strict, without rowid;

create table contribution (
    id integer primary key,
    run_id integer not null references run(id),
    source_id integer not null references source(id),
    day_on text not null,
    actor_id text not null,
    device_id text not null,
    client_id text not null,
    service_id text not null references service(id),
    instance text not null,
    channel text not null,
    role text not null,
    action text not null,
    agent_class text not null,
    use_rung integer not null,
    presence_rung integer not null,
    indicator text not null,
    strength text not null,
    record_count integer not null,
    session_count integer not null,
    sent_bytes integer,
    received_bytes integer,
    hours integer not null,
    first_position integer not null,
    last_position integer not null,
    positions text not null
) strict;
create index contribution_source on contribution (source_id);
create index contribution_service on contribution (service_id, instance);

create table discovered (
    id text primary key,
    service_id text not null,
    instance text not null,
    unique (service_id, instance)
) strict, without rowid;

create table list_mapping (
    name text primary key,
    mapping text not null,
    saved_at text not null
) strict, without rowid;

create table list_import (
    id integer primary key,
    file_name text not null,
    file_sha256 text not null,
    mapping_name text not null,
    imported_at text not null,
    added_count integer not null,
    changed_count integer not null,
    removed_count integer not null,
    unchanged_count integer not null
) strict;

create table declared (
    id text not null,
    revision integer not null,
    import_id integer references list_import(id),
    recorded_at text not null,
    listed integer not null check (listed in (0, 1)),
    fields text not null,
    primary key (id, revision)
) strict, without rowid;

create table decision (
    id integer primary key,
    decided_at text not null,
    decided_by text not null,
    verb text not null,
    subject text not null,
    object text not null,
    reason text not null,
    until_on text not null
) strict;
create index decision_subject on decision (subject);

create table audit (
    id integer primary key,
    at text not null,
    who text not null,
    action text not null,
    detail text not null,
    sha256 text not null
) strict;
"""

APPEND_ONLY = ("decision", "audit")


@inventory_steps()
def m001_first_tables(db: Database) -> None:
    """Runs, sources, contributions, the official list, decisions and the audit chain."""
    run_statements(db.execute, TABLES)
    for table in APPEND_ONLY:
        for verb in ("update", "delete"):
            db.execute(
                f"create trigger {table}_never_{verb} before {verb} on {table} "
                f"begin select raise(abort, '{table} is append-only'); end"
            )


@inventory_steps()
def m002_views(db: Database) -> None:
    """The views that every face reads."""
    read_views(db)


UNKNOWN_TABLES = """
create table clue (
    id integer primary key,
    run_id integer not null references run(id),
    source_id integer not null references source(id),
    host text not null,
    reason text not null,
    points integer not null,
    record_count integer not null,
    first_on text not null,
    last_on text not null,
    first_position integer not null
) strict;
create index clue_source on clue (source_id);

create table census (
    id integer primary key,
    run_id integer not null references run(id),
    source_id integer not null references source(id),
    day_on text not null,
    domain text not null,
    record_count integer not null,
    is_sampled integer not null check (is_sampled in (0, 1))
) strict;
create index census_source on census (source_id);
create index census_day on census (day_on, domain);
"""


@inventory_steps()
def m003_unknown_ai(db: Database) -> None:
    """Hosts that look like AI, and the domains of each day that later signatures are asked of."""
    run_statements(db.execute, UNKNOWN_TABLES)


@inventory_steps()
def m004_postings_and_entries(db: Database) -> None:
    """Contributions as numbers, a tenth of the size; `contribution` is a view of them from here on."""
    move_contributions(db)
    read_views(db)


PROOF_TABLES = """
create table block (
    source_id integer not null references source(id),
    number integer not null,
    sha256 blob not null,
    primary key (source_id, number)
) strict, without rowid;

create table sketch (
    source_id integer primary key references source(id),
    below integer not null
) strict;

create table mark (
    mark integer not null,
    source_id integer not null references source(id),
    primary key (mark, source_id)
) strict, without rowid;
create index mark_source on mark (source_id);
"""


@inventory_steps()
def m005_blocks_and_marks(db: Database) -> None:
    """Digests of what was read, and marks of hits by which a second source with the same records is noticed."""
    run_statements(db.execute, PROOF_TABLES)


STRAND_TABLES = f"""
create table strand (
    number integer primary key,
    service_instance integer not null references service_instance(number),
    manner text not null,
    use_rung integer not null,
    presence_rung integer not null,
    unique (service_instance, manner, use_rung, presence_rung)
) strict;
alter table way add column strand integer not null default 0;
insert into strand (service_instance, manner, use_rung, presence_rung)
select distinct service_instance, {MANNER_OF_WAY.strip()}, use_rung, presence_rung from way;
update way set strand = (
    select strand.number from strand
    where strand.service_instance = way.service_instance and strand.use_rung = way.use_rung
    and strand.presence_rung = way.presence_rung and manner = {MANNER_OF_WAY.strip()}
);
"""  # noqa: S608 - an expression of our own


@inventory_steps()
def m006_strands(db: Database) -> None:
    """Whom records name, apart by manner and rungs: people, programs, background, refused, presence."""
    run_statements(db.execute, STRAND_TABLES)


def read_views(db: Database) -> None:
    """Make the views anew, as `views.sql` has them now; where a table has the name of one, that comes later."""
    tables = {name for (name,) in db.execute("select name from sqlite_master where type = 'table'")}
    text = Path(__file__).with_name("views.sql").read_text(encoding="utf-8")
    for view in text.split("drop view if exists ")[1:]:
        if view.partition(";")[0] not in tables:
            run_statements(db.execute, f"drop view if exists {view}")


identity_steps = Migrations("shadowledger.identities")

IDENTITY_TABLES = """
create table name (
    id text primary key,
    kind text not null check (kind in ('upn', 'sam', 'email', 'device', 'address', 'person', 'system')),
    digest blob not null unique,
    sealed blob not null
) strict, without rowid;

create table link (
    from_id text not null references name(id),
    to_id text not null references name(id),
    valid_from_us integer not null,
    valid_to_us integer not null,
    origin text not null,
    primary key (from_id, to_id, valid_from_us)
) strict, without rowid;

create table membership (
    id text not null references name(id),
    unit text not null,
    site text not null,
    role text not null,
    valid_from_us integer not null,
    valid_to_us integer not null,
    primary key (id, valid_from_us, unit)
) strict, without rowid;

create table subnet (
    cidr text primary key,
    unit text not null,
    site text not null
) strict, without rowid;
"""


@identity_steps()
def m001_first_identity_tables(db: Database) -> None:
    """Names sealed under the key, dated links between their ids, and the units they belong to."""
    run_statements(db.execute, IDENTITY_TABLES)


@identity_steps()
def m002_directory(db: Database) -> None:
    """What directory files and leases say, apart from what follows; where addresses lie; what several people share."""
    run_statements(db.execute, DIRECTORY_TABLES)
