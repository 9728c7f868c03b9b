"""Each record counts once, whatever it gave."""

from __future__ import annotations

import io

import pytest

from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import Ignored, Issue
from shadowledger.collectors.sources import Opened
from shadowledger.scanner.accounting import Accounting
from shadowledger.scanner.passage import passage_of


@pytest.mark.parametrize(
    ("events", "hits", "ignored", "issues"),
    [
        ("h1 h2", 2, 0, 0),
        ("h1 h1 h1", 1, 0, 0),
        ("g1 x2 h3", 1, 1, 1),
        ("g1 h1 x1 g1 g2", 1, 1, 0),
        ("x1 g1 x1", 0, 0, 1),
        ("", 0, 0, 0),
    ],
)
def test_a_record_of_several_objects_counts_once(events: str, hits: int, ignored: int, issues: int) -> None:
    accounting = Accounting()
    for event in events.split():
        position = int(event[1:])
        if event[0] == "h":
            accounting.hit(position)
        else:
            accounting.left_out((Issue if event[0] == "x" else Ignored)(position, "because"))
    reading = Reading(Opened("x", io.BytesIO(b"")))
    reading.record_count, reading.ignored_count = 9, 2
    counts = accounting.counts(passage_of(reading), ("", ""), {})
    assert (counts.hit_count, counts.ignored_count, counts.issue_count) == (hits, ignored + 2, issues)
    total = counts.hit_count + counts.no_hit_count + counts.ignored_count + counts.issue_count
    assert total == counts.record_count == 9
