"""What other tools export of machines' processes and programs: mappings in the folder `exported`, and what all of them
need beside: the file's time where they tell none, and names of applications as signatures write them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from shadowledger.collectors.collector import Collector
from shadowledger.collectors.endpoint.programs import app_values, seen_by
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import Artifact, Record


def export_of(mapped: Collector) -> Collector:
    """The collector of a mapping, with what its records lack."""

    def read(reading: Reading) -> Iterator[Record]:
        default = seen_by(reading)
        reading.wanted = None if "app" in mapped.fills else reading.wanted  # knows names only as they stand
        for record in mapped.read(reading):
            if not isinstance(record, Artifact):
                yield record
                continue
            one = record if record.time_us else record._replace(time_us=default.time_us, tz_source=default.tz_source)
            yield from (one._replace(value=value) for value in app_values(one.value)) if one.kind == "app" else (one,)

    return replace(mapped, read=read)
