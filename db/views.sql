-- The views that every face reads. Each is dropped and made anew by a migration step when this file changes.

drop view if exists observation;

-- What the contributions of all sources say together of one day, actor, device, client, service and way of use.
-- `hours` is a mask: bit 0 is the hour from 00:00 UTC. Byte counts are null where no source told them.
create view observation as
select
    day_on, actor_id, device_id, client_id, service_id, instance, channel, role, action, agent_class,
    max(use_rung) as use_rung,
    max(presence_rung) as presence_rung,
    sum(record_count) as record_count,
    sum(session_count) as session_count,
    sum(sent_bytes) as sent_bytes,
    sum(received_bytes) as received_bytes,
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
from contribution
group by day_on, actor_id, device_id, client_id, service_id, instance, channel, role, action, agent_class;

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
