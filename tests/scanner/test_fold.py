"""A contribution takes the fields of a way as they come, so both must have them in one order."""

from __future__ import annotations

from shadowledger.db.contributions import Contribution
from shadowledger.scanner.sums import Way


def test_a_way_is_a_run_of_a_contributions_fields() -> None:
    start = Contribution._fields.index("service_id")
    assert Contribution._fields[start : start + len(Way._fields)] == Way._fields
