"""The tables of a directory in the identities store: what files say, and what follows from it for readers.

`statement` and `lease` hold what files say, `link` and `membership` what follows from all of them together; so files
may come late, twice or in any order."""

from __future__ import annotations

DIRECTORY_TABLES = """
-- What lists say of a name. `as_of_us` is -1 where they date it themselves; else it holds from then on, 0 is always.
-- `value` is an id (whose it is, how a lease names it) or unit, site and role as a JSON array.
create table statement (
    about text not null references name(id),
    topic text not null check (topic in ('unit', 'whose', 'named')),
    as_of_us integer not null,
    since_us integer not null,
    until_us integer not null,
    value text not null,
    primary key (about, topic, as_of_us, since_us, value)
) strict, without rowid;
create index statement_named on statement (value) where topic = 'named';
create index link_bare on link (to_id) where origin = 'bare form';

-- What servers say of an address: freed (0; by whomever where the holder is empty), held until a told (1) or an assumed
-- (2) moment.
create table lease (
    address_id text not null,
    since_us integer not null,
    event integer not null check (event in (0, 1, 2)),
    holder_id text not null,
    until_us integer not null,
    primary key (address_id, since_us, event, holder_id)
) strict, without rowid;

create table shared (
    id text primary key references name(id),
    how text not null
) strict, without rowid;

alter table subnet rename to first_subnet;
create table subnet (
    cidr text not null,
    valid_from_us integer not null,
    valid_to_us integer not null,
    unit text not null,
    site text not null,
    shared text not null,
    primary key (cidr, valid_from_us)
) strict, without rowid;

-- Where each address lies, by the longest prefix of the time. Empty where no subnet has it; without a row where nobody
-- with the key has asked yet.
create table placement (
    id text not null references name(id),
    valid_from_us integer not null,
    valid_to_us integer not null,
    unit text not null,
    site text not null,
    shared text not null,
    primary key (id, valid_from_us)
) strict, without rowid;

insert into subnet select cidr, 0, 4611686018427387904, unit, site, '' from first_subnet;
drop table first_subnet;
insert into lease select from_id, valid_from_us, 1, to_id, valid_to_us from link where origin = 'leases';
insert into statement
    select from_id, 'whose', iif(valid_from_us = 0 and valid_to_us = 4611686018427387904, 0, -1), valid_from_us,
        valid_to_us, to_id
    from link where origin in ('people', 'devices');
insert into statement
    select id, 'unit', iif(valid_from_us = 0 and valid_to_us = 4611686018427387904, 0, -1), valid_from_us, valid_to_us,
        json_array(unit, site, role)
    from membership;
update link set origin = 'directory' where origin in ('people', 'devices');
"""
