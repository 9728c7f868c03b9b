-- What follows from postings and entries, kept beside them so that nobody has to read those by the million.
-- Made anew from them by `db rebuild`, and when `LAYOUT` in rollups.py changes.

create table way_total (
    way integer primary key,
    record_count integer not null,
    session_count integer not null,
    sent_bytes integer,
    received_bytes integer
) strict;

-- Days are those with a date.
create table instance_total (
    service_instance integer primary key,
    first_day integer,
    last_day integer,
    day_count integer not null,
    source_count integer not null
) strict;

-- Whom entries of a day name for one strand, as a set in bits (whoms.py). Counts of different days are never added up:
-- unite the sets.
create table whom_day (
    day integer not null,
    strand integer not null,
    chunk integer not null,
    whom_count integer not null,
    whoms blob not null,
    primary key (day, strand, chunk)
) strict, without rowid;

-- The same of all days with a date.
create table whom_ever (
    strand integer not null,
    chunk integer not null,
    whom_count integer not null,
    whoms blob not null,
    primary key (strand, chunk)
) strict, without rowid;
