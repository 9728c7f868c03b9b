"""Real captures of other projects, with the names that tshark sees in them. They lie beside this repository, in
../shared, and not in it; without them this test says so and is skipped."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shadowledger.collectors.capture.captures import CAPTURE
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import Traffic
from shadowledger.collectors.registry import claims
from shadowledger.collectors.sources import open_source

CAPTURES = Path(__file__).parents[3] / "shared" / "data" / "captures"
LEAST_RECALL, MOST_EXTRA = 0.94, 0.03


def plain(names: set[str]) -> set[str]:
    """Names that no tool escapes."""
    return {name for name in names if name and all(32 < ord(c) < 127 and c not in '"\\<>' for c in name)}


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="../shared/data/captures is not there")
def test_real_captures_are_claimed_once_and_counted_and_give_the_names_that_tshark_sees() -> None:
    expected_count = found_count = extra_count = 0
    for line in (CAPTURES / "expected.jsonl").read_text().splitlines():
        row = json.loads(line)
        with open_source(CAPTURES / "samples" / row["file"]) as opened:
            assert [claim.collector.id for claim in claims(opened.head)] == ["capture"], row["file"]
            reading = Reading(opened)
            records = list(reading.records(CAPTURE))
        told = {record.position for record in records}
        assert len(told) + reading.ignored_count == reading.record_count, row["file"]
        found = plain({record.host for record in records if isinstance(record, Traffic)})
        expected = plain({name.lower().rstrip(".") for name in row["dns"] + row["tls"]})
        expected_count += len(expected)
        found_count += len(found & expected)
        extra_count += len(found - expected)
    assert found_count >= LEAST_RECALL * expected_count
    assert extra_count <= MOST_EXTRA * expected_count
