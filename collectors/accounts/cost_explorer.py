"""AWS Cost Explorer's CSV, whose columns are services and whose rows are days or months.

https://docs.aws.amazon.com/cost-management/latest/userguide/ce-exploring-data.html; a record is a row after the header.
The first cell of the header is `Service`, the others are names of services with the currency behind them:
`Bedrock($)`, `Claude Sonnet 4 (Amazon Bedrock Edition)($)`. Amounts are only looked at for whether there are any."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from itertools import islice

from shadowledger.collectors.clock import clock_of
from shadowledger.collectors.collector import Collector, Head
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import Artifact, Ignored, Issue, Record

_CURRENCY = re.compile(r"\([^()]{1,4}\)\Z")
_SOME = re.compile(r"[\d.,]*[1-9]")
_MOST_COLUMNS = 1000
_LONGEST_NAME = 256


def _row(line: str) -> list[str]:
    """A row's cells; no name of a service holds a line break."""
    try:
        return next(csv.reader([line]), [])[:_MOST_COLUMNS]
    except csv.Error:
        return []


def _services(line: str) -> list[str]:
    """The names above the amounts, in order; empty where the line is no header of Cost Explorer."""
    first, *others = [cell.strip() for cell in _row(line)] or [""]
    names = [_CURRENCY.sub("", name)[:_LONGEST_NAME] for name in others]
    is_header = first.lower() == "service" and any(map(_CURRENCY.search, others))
    return names if is_header and names[-1].lower().startswith("total cost") else []


def _read(reading: Reading) -> Iterator[Record]:
    """Issues: `no header row of Cost Explorer`, `not a row of Cost Explorer`."""
    lines = (line for _, block in reading.blocks() for line in block if line.strip())
    services = _services(next(lines, ""))
    if not services:
        reading.record_count += 1
        yield Issue(1, "no header row of Cost Explorer")
        return
    clock = clock_of(reading)
    for position, line in enumerate(lines, 1):
        reading.record_count += 1
        period, *amounts = _row(line) or [""]
        time_us, tz_source = clock.read(period, "date", "utc")
        spent = [name for name, amount in zip(services[:-1], amounts, strict=False) if _SOME.match(amount)]
        if period.strip().lower().endswith("total"):
            yield Ignored(position, "a sum")
        elif not time_us:
            yield Issue(position, "not a row of Cost Explorer")
        elif not spent:
            yield Ignored(position, "nothing was spent")
        for name in spent if time_us else ():
            yield Artifact(position, "cloud_resource", name, time_us, tz_source)


def _detect(head: Head) -> str:
    for line in islice(head.whole, 1):
        if services := _services(line):
            return f"Cost Explorer's header with {len(services) - 1} services"
    return ""


AWS_COST_EXPLORER = Collector(
    id="aws_cost_explorer",
    title="AWS Cost Explorer",
    framing="csv",
    fills=("cloud_resource",),
    detect=_detect,
    read=_read,
    reference="https://docs.aws.amazon.com/cost-management/latest/userguide/ce-exploring-data.html",
    export="Billing and Cost Management > Cost Explorer > group by Service > Download as CSV.",
    cannot="Who used it, and in which account. Amounts are not read.",
)
