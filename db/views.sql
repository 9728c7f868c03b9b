-- The views that every face reads. Each is dropped and made anew by a migration step when this file changes.

drop view if exists contribution;

-- What one source added to one observation in one run: entries with their postings, in words. `day_on` is empty where
-- the source has no time, and ids are empty where it names nobody.
create view contribution as
select
    entry.id, run_id, source_id,
    case when day < 0 then '' else date(day * 86400, 'unixepoch') end as day_on,
    coalesce(actors.id, '') as actor_id,
    coalesce(devices.id, '') as device_id,
    coalesce(clients.id, '') as client_id,
    service_id, instance, channel, role, action, agent_class, use_rung, presence_rung, indicator, strength,
    entry.record_count, entry.session_count, entry.sent_bytes, entry.received_bytes, hours,
    first_position, last_position,
    coalesce(
        positions,
        case when first_position = last_position then '' || first_position
            else first_position || ' ' || last_position end
    ) as positions
from posting
cross join entry on entry.id between first_entry and last_entry
join way on way.number = posting.way
join service_instance on service_instance.number = way.service_instance
left join pseudonym as actors on actors.number = entry.actor
left join pseudonym as devices on devices.number = entry.device
left join pseudonym as clients on clients.number = entry.client;

drop view if exists observation;

-- What the contributions of all sources say together of one day, actor, device, client, service and way of use.
-- `hours` is a mask: bit 0 is the hour from 00:00 UTC. Byte counts are null where no source told them.
create view observation as
select
    case when day < 0 then '' else date(day * 86400, 'unixepoch') end as day_on,
    coalesce(actors.id, '') as actor_id,
    coalesce(devices.id, '') as device_id,
    coalesce(clients.id, '') as client_id,
    service_id, instance, channel, role, action, agent_class, use_rung, presence_rung,
    record_count, session_count, sent_bytes, received_bytes, hours, source_count
from (
    select
        day, actor, device, client, service_instance, channel, role, action, agent_class,
        max(use_rung) as use_rung,
        max(presence_rung) as presence_rung,
        sum(entry.record_count) as record_count,
        sum(entry.session_count) as session_count,
        sum(entry.sent_bytes) as sent_bytes,
        sum(entry.received_bytes) as received_bytes,
        max(hours & 1)
            | max(hours & 2)
            | max(hours & 4)
            | max(hours & 8)
            | max(hours & 16)
            | max(hours & 32)
            | max(hours & 64)
            | max(hours & 128)
            | max(hours & 256)
            | max(hours & 512)
            | max(hours & 1024)
            | max(hours & 2048)
            | max(hours & 4096)
            | max(hours & 8192)
            | max(hours & 16384)
            | max(hours & 32768)
            | max(hours & 65536)
            | max(hours & 131072)
            | max(hours & 262144)
            | max(hours & 524288)
            | max(hours & 1048576)
            | max(hours & 2097152)
            | max(hours & 4194304)
            | max(hours & 8388608) as hours,
        count(distinct source_id) as source_count
    from posting
    cross join entry on entry.id between first_entry and last_entry
    join way on way.number = posting.way
    group by day, actor, device, client, service_instance, channel, role, action, agent_class
) as seen
join service_instance on service_instance.number = seen.service_instance
left join pseudonym as actors on actors.number = actor
left join pseudonym as devices on devices.number = device
left join pseudonym as clients on clients.number = client;

drop view if exists source_total;

-- What was read of each source, over all its readings. The counts add up: records = hits + no hits + ignored
-- + issues + not examined.
create view source_total as
select
    source.id, source.name, source.label, source.collector, source.settings, source.state,
    coalesce(sum(record_count), 0) as record_count,
    coalesce(sum(hit_count), 0) as hit_count,
    coalesce(sum(no_hit_count), 0) as no_hit_count,
    coalesce(sum(ignored_count), 0) as ignored_count,
    coalesce(sum(issue_count), 0) as issue_count,
    coalesce(sum(not_examined_count), 0) as not_examined_count,
    coalesce(min(nullif(first_on, '')), '') as first_on,
    coalesce(max(last_on), '') as last_on,
    coalesce(max(damage), '') as damage,
    coalesce(max(run_id), 0) as last_run_id
from source left join reading on reading.source_id = source.id
group by source.id;

drop view if exists smallest_group;

-- The smallest number of people that any view shows: five, or what the site asked for beyond that.
create view smallest_group as
select max(5, coalesce((select cast(value as integer) from setting where name = 'smallest_group'), 5)) as people;

drop view if exists service_by_day;

-- What was counted of each service's instance on each day, through each channel. Nobody is in it.
create view service_by_day as
select
    case when day < 0 then '' else date(day * 86400, 'unixepoch') end as day_on,
    service.id as service_id, service.name as service, vendor, instance, channel, role, action,
    max(use_rung) as use_rung, max(presence_rung) as presence_rung,
    sum(record_count) as record_count, sum(session_count) as session_count,
    sum(sent_bytes) as sent_bytes, sum(received_bytes) as received_bytes,
    count(distinct source_id) as source_count
from posting
join way on way.number = posting.way
join service_instance on service_instance.number = way.service_instance
join service on service.id = service_id
group by day, service_id, instance, channel, role, action;

drop view if exists unnamed_by_day;

-- Between how many people stood on a day behind entries of a service's instance that name nobody any more. Bounds of 1 up
-- to the smallest group that is shown are moved outward.
create view unnamed_by_day as
select
    day_on, service_id, instance,
    iif(low < people, 0, low) as low_count,
    iif(high between 1 and people - 1, people - 1, high) as high_count,
    high between 1 and people - 1 as is_hidden
from (
    select
        case when day < 0 then '' else date(day * 86400, 'unixepoch') end as day_on, service_id, instance,
        coalesce(max(iif(source_id = 0, low, null)), max(low)) as low,
        coalesce(max(iif(source_id = 0, high, null)), sum(high)) as high
    from unnamed join service_instance on number = service_instance
    group by day, service_id, instance
) join smallest_group;

drop view if exists reveals_by_month;

-- How often names and lines were opened, by month and action, as the audit chain tells. Whose is not in it.
create view reveals_by_month as
select substr(at, 1, 7) as month, action, count(*) as reveal_count
from audit where action in ('reveal', 'find', 'reveal evidence', 'reveal sources')
group by 1, 2;

drop view if exists people_by_day;

-- Between how many accounts, machines without an account, and addresses without either an instance's entries of a day
-- name: bounds, because one of them may have been seen in several ways. Small ones are moved outward.
create view people_by_day as
select
    day_on, service_id, instance, kind,
    iif(low < people, 0, low) as low_count,
    iif(high between 1 and people - 1, people - 1, high) as high_count,
    high between 1 and people - 1 as is_hidden
from (
    select day_on, service_id, instance, kind, max(whom_count) as low, sum(whom_count) as high
    from (
        select
            case when day < 0 then '' else date(day * 86400, 'unixepoch') end as day_on, service_id, instance,
            case pseudonym_chunk.kind when 'd' then 'machine' when 'a' then 'address' else 'account' end as kind,
            strand, sum(whom_count) as whom_count
        from whom_day
        join strand on strand.number = strand
        join service_instance on service_instance.number = service_instance
        join pseudonym_chunk using (chunk)
        group by day, strand, 4
    )
    group by 1, 2, 3, 4
) join smallest_group;
