"""What one process makes of an input, or of a part of one: matched, folded and accounted for. The shares of an input's
parts, put together in order, are what one reading of the whole gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shadowledger.collectors.bystanders import Bystanders
from shadowledger.collectors.collector import Collector
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import Ignored, Issue, Traffic
from shadowledger.scanner.accounting import Accounting
from shadowledger.scanner.days import ALL_DAYS, DAY_US, Days
from shadowledger.scanner.fold import Fold
from shadowledger.scanner.keepsakes import Keepsakes
from shadowledger.scanner.ladders import ACCOUNT_KINDS
from shadowledger.scanner.match import NOT_A_QUESTION, match_record
from shadowledger.scanner.minutes import Minutes
from shadowledger.scanner.passage import Passage, passage_of
from shadowledger.scanner.sketch import Sketch
from shadowledger.scanner.spill import Spill
from shadowledger.scanner.sums import Sums
from shadowledger.scanner.unknowns import AT_ANY_HOST, Unknowns
from shadowledger.signatures.index import Index

OnBlock = Callable[[int, int, int], None]
"""Told of bytes, lines and hits so far."""
_LEFT_OUT = (Issue, Ignored)


@dataclass(slots=True)
class Share:
    """All that is kept of a stretch of an input."""

    sums: Sums
    unknowns: Unknowns
    sketch: Sketch
    accounting: Accounting
    passage: Passage
    kept: Keepsakes
    minutes: Minutes
    bystanders: Bystanders

    def go_on(self, other: Share) -> None:
        """Take in the share of what follows, whose positions begin with 1."""
        positions = self.passage.next_position - 1
        self.sums.go_on(other.sums, positions)
        self.unknowns.go_on(other.unknowns, positions)
        self.sketch.go_on(other.sketch)
        self.accounting.go_on(other.accounting, positions)
        self.passage = self.passage.and_then(other.passage)
        self.kept.go_on(other.kept, positions)
        self.minutes.go_on(other.minutes)
        self.bystanders.go_on(other.bystanders)


def read_share(
    index: Index,
    collector: Collector,
    reading: Reading,
    days: Days = ALL_DAYS,
    on_block: OnBlock | None = None,
    spill: Spill | None = None,
) -> Share:
    """Match and fold everything that a collector finds on some days, and account for all of it."""
    fold, unknowns, sketch, accounting, kept = Fold(index, spill), Unknowns(), Sketch(), Accounting(), Keepsakes()
    if on_block is not None:
        tell = on_block
        reading.on_block = lambda size, lines: tell(size, lines, accounting.hits)
    is_limited = days != ALL_DAYS
    for record in reading.records(collector):
        if isinstance(record, _LEFT_OUT):
            accounting.left_out(record, reading.cell)
            continue
        if is_limited and (why := days.left_out(record.time_us)):
            accounting.left_out(Ignored(record.position, why))
            continue
        found = match_record(index, record)
        if found is not None:
            sketch.add(record)
            kept.add(record, found, reading.here)
            accounting.hit(record.position)
        if not isinstance(record, Traffic):
            if found is not None:
                fold.add_artifact(record, found)
            else:
                channel = "accounts" if record.kind in ACCOUNT_KINDS else "endpoint"
                reading.bystanders.add((channel, record.user, record.device, ""))
            continue
        if found is not None:
            fold.add(record, found)
        if found is None or found.indicator.kind in AT_ANY_HOST:
            unknowns.add(index, record)
        if reading.is_census and record.via not in NOT_A_QUESTION:
            reading.count(record.host, record.time_us, (record.via, record.user, record.device, record.client))
    if is_limited:
        reading.contacts.leave_out(day for day in reading.contacts.days if days.left_out(day * DAY_US))
    bystanders = Bystanders() if is_limited else reading.bystanders  # of which days they are nobody noted
    return Share(fold.sums, unknowns, sketch, accounting, passage_of(reading), kept, fold.minutes, bystanders)
