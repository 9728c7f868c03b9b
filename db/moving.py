"""The step from one table of repeated text to numbers: contributions become postings and entries."""

from __future__ import annotations

from sqlite_utils import Database

from shadowledger.db.statements import run_statements

POSTING_TABLES = """
-- Ids of the identities store, under numbers; those of one chunk of 32,768 are of one kind (the id's first letter).
-- Numbers of system accounts, which are no person's, are negative.
create table pseudonym_chunk (
    chunk integer primary key,
    kind text not null
) strict;

create table pseudonym (
    number integer primary key,
    id text not null unique
) strict;

create table service_instance (
    number integer primary key,
    service_id text not null references service(id),
    instance text not null,
    unique (service_id, instance)
) strict;

-- How a service was seen.
create table way (
    number integer primary key,
    service_instance integer not null references service_instance(number),
    channel text not null,
    role text not null,
    action text not null,
    agent_class text not null,
    use_rung integer not null,
    presence_rung integer not null,
    indicator text not null,
    strength text not null,
    unique (service_instance, channel, role, action, agent_class, use_rung, presence_rung, indicator, strength)
) strict;

-- What one run took from one source of one day (since 1970; -1 where the source has no time) and one way: the entries
-- from first_entry to last_entry, and their sums.
create table posting (
    way integer not null references way(number),
    day integer not null,
    source_id integer not null references source(id),
    run_id integer not null references run(id),
    first_entry integer not null unique,
    last_entry integer not null,
    record_count integer not null default 0,
    session_count integer not null default 0,
    sent_bytes integer,
    received_bytes integer,
    primary key (way, day, source_id, first_entry)
) strict, without rowid;
create index posting_source on posting (source_id);

-- One actor's, device's and client's share in a posting; each is a pseudonym's number, or 0. `positions` is null where
-- they are first_position and last_position alone. `whom` is the first of the three that names somebody.
create table entry (
    id integer primary key,
    actor integer not null,
    device integer not null,
    client integer not null,
    record_count integer not null,
    session_count integer not null,
    sent_bytes integer,
    received_bytes integer,
    hours integer not null,
    first_position integer not null,
    last_position integer not null,
    positions text,
    whom integer generated always as (
        case when actor > 0 then actor when device > 0 then device when client > 0 then client else 0 end
    ) virtual
) strict
"""

_MOVE = """
create temp table met as
    select id, substr(id, 1, 1) as kind, row_number() over (partition by substr(id, 1, 1) order by id) - 1 as place
    from (
        select actor_id as id from contribution union select device_id from contribution
        union select client_id from contribution
    )
    where id != '';

create temp table chunks as
    select kind, number, row_number() over (order by kind, number) as chunk
    from (select distinct kind, place / 32768 as number from met where kind != 's');

insert into pseudonym_chunk (chunk, kind) select chunk, kind from chunks;

insert into pseudonym (number, id)
    select case when met.kind = 's' then -1 - place else chunk * 32768 + place % 32768 end, id
    from met left join chunks on chunks.kind = met.kind and chunks.number = place / 32768 order by 1;

insert into service_instance (service_id, instance)
    select distinct service_id, instance from contribution order by 1, 2;

insert into way (
    service_instance, channel, role, action, agent_class, use_rung, presence_rung, indicator, strength
)
    select distinct number, channel, role, action, agent_class, use_rung, presence_rung, indicator, strength
    from contribution join service_instance using (service_id, instance) order by 1, 2, 3, 4, 5, 6, 7, 8, 9;

insert into entry (
    id, actor, device, client, record_count, session_count, sent_bytes, received_bytes, hours, first_position,
    last_position, positions
)
    select
        contribution.id, coalesce(actor.number, 0), coalesce(device.number, 0), coalesce(client.number, 0),
        record_count, session_count, sent_bytes, received_bytes, hours, first_position, last_position,
        nullif(positions, iif(
            first_position = last_position, cast(first_position as text), first_position || ' ' || last_position
        ))
    from contribution
    left join pseudonym as actor on actor.id = actor_id
    left join pseudonym as device on device.id = device_id
    left join pseudonym as client on client.id = client_id
    order by contribution.id;

create temp table placed as
    select
        contribution.id, run_id, source_id, way.number as way,
        iif(day_on = '', -1, cast(julianday(day_on) - 2440587.5 as integer)) as day
    from contribution
    join service_instance using (service_id, instance)
    join way on (
        service_instance, way.channel, way.role, way.action, way.agent_class, way.use_rung, way.presence_rung,
        way.indicator, way.strength
    ) = (
        service_instance.number, contribution.channel, contribution.role, contribution.action,
        contribution.agent_class, contribution.use_rung, contribution.presence_rung, contribution.indicator,
        contribution.strength
    )
    order by contribution.id;

insert into posting (first_entry, last_entry, run_id, source_id, day, way)
    select min(id), max(id), run_id, source_id, day, way
    from (
        select *, sum(is_first) over (order by id) as stretch
        from (
            select *, (run_id, source_id, day, way) is not (
                lag(run_id) over before, lag(source_id) over before, lag(day) over before, lag(way) over before
            ) as is_first
            from placed window before as (order by id)
        )
    )
    group by stretch;

update posting set (record_count, session_count, sent_bytes, received_bytes) = (
    select sum(entry.record_count), sum(entry.session_count), sum(entry.sent_bytes), sum(entry.received_bytes)
    from entry where entry.id between first_entry and last_entry
);

drop table temp.placed;
drop table temp.chunks;
drop table temp.met;
drop table contribution
"""


def move_contributions(db: Database) -> None:
    """Make the tables of postings and entries, move all contributions there, and drop theirs."""
    run_statements(db.execute, POSTING_TABLES)
    run_statements(db.execute, _MOVE)
