"""A gz file that is cut anywhere is partial as long as it is cut, and counted once when it is whole."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from growing import a_log

from shadowledger.scanner.choices import Choices
from shadowledger.scanner.knowledge import Signatures
from shadowledger.scanner.pipeline import Scan, forget
from shadowledger.scanner.site import Site

CUTS = 1000
LINES = 600
RANDOM = Random(6)  # noqa: S311 - the same bytes each time
LOG, TRUTH = a_log(RANDOM, LINES, 0, users=20)
PACKED = gzip.compress(LOG[: len(LOG) // 3], mtime=0) + gzip.compress(LOG[len(LOG) // 3 :], mtime=0)
FIRST_MEMBER_BYTES = len(gzip.compress(LOG[: len(LOG) // 3], mtime=0))
SQUID = Choices(collector_id="squid_native")
"""Asked for, because recognising takes longer than reading."""
HITS = Counter({(service, day): 0 for service, day, _ in TRUTH})
for (service, day, _), count in TRUTH.items():
    HITS[service, day] += count


@pytest.fixture
def scan(tmp_path: Path, signatures: Signatures) -> Iterator[Scan]:
    site = Site(tmp_path / "site" / "inventory.db")
    connection = site.inventory(create=True)
    with closing(Scan(connection, site.names(connection, create=True), signatures)) as scan:
        yield scan


def counted(scan: Scan) -> tuple[int, Counter[tuple[str, str]]]:
    """Records of all sources, and hits by service and day."""
    (records,) = scan.connection.execute(
        "select coalesce(sum(record_count), 0) from source_total where state = 'known'"
    ).fetchone()
    rows = scan.connection.execute("select service_id, day_on, sum(record_count) from observation group by 1, 2")
    return records, Counter({(service, day): count for service, day, count in rows})


def test_a_gz_that_is_cut_anywhere_is_counted_once_when_it_is_whole(scan: Scan, tmp_path: Path) -> None:
    path = tmp_path / "access.log.gz"
    offsets = {2, 3, 9, 10, 11, 18, *range(len(PACKED) - 9, len(PACKED)), FIRST_MEMBER_BYTES + 1}
    offsets |= set(RANDOM.sample(range(20, len(PACKED)), CUTS - len(offsets)))
    seen = set()
    for offset in sorted(offsets - {FIRST_MEMBER_BYTES}):  # there it is whole, only shorter
        path.write_bytes(PACKED[:offset])
        cut = scan.run([path], SQUID)
        records, hits = counted(scan)
        assert (cut.status, bool(cut.outcomes[0].problem)) == ("partial", True), offset
        assert records <= LINES, offset
        assert hits <= HITS, offset
        path.write_bytes(PACKED)
        whole = scan.run([path], SQUID)
        assert (whole.status, counted(scan)) == ("complete", (LINES, HITS)), offset
        seen.add((cut.outcomes[0].standing, whole.outcomes[0].standing))
        assert forget(scan.connection, whole.outcomes[0].source_id)
    assert seen == {("new", "grown"), ("new", "known")}  # the second where only its sum was cut
