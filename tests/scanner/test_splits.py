"""However a log is cut into grown and rotated pieces, scanned in order it amounts to the same."""

from __future__ import annotations

import gzip
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from scanner_inputs import DAY_S, HEADED, squid_line

from shadowledger.scanner.choices import Choices
from shadowledger.scanner.knowledge import Signatures
from shadowledger.scanner.pipeline import Scan
from shadowledger.scanner.site import Site

HOSTS = ("chatgpt.com", "claude.ai", "www.hyundai.com", "api.openai.com", "contoso.openai.azure.com")


def text_of(layout: str) -> str:
    """Each line is its own; some are thousands of bytes long, so that pieces end before, in and behind the first
    64 KiB and the last 4 KiB that prove an identity."""
    made = []
    for number in range(60):
        host, padding = HOSTS[number % len(HOSTS)], "x" * (number * 977 % 5000)
        if layout == "squid_native":
            client, at_s = f"10.0.0.{number % 5}", DAY_S + number * 700
            made.append(squid_line(host, f"user{number % 7}{padding}", at_s=at_s, client=client))
        else:
            made.append(HEADED[layout](host, number, padding))
    return "".join(made)


LOGS = {layout: text_of(layout).encode() for layout in ("squid_native", *HEADED)}


def totals(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    """What observations amount to. Sessions are left out: one that goes on behind a cut is two."""
    return connection.execute(
        "select day_on, service_id, instance, channel, action, hours, sum(record_count), sum(sent_bytes), "
        "sum(received_bytes), count(distinct client_id), count(distinct actor_id) from observation "
        "group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6"
    ).fetchall()


def accounted(connection: sqlite3.Connection) -> tuple[int, int, int]:
    row = connection.execute("select sum(record_count), sum(hit_count), sum(no_hit_count) from source_total").fetchone()
    return int(row[0]), int(row[1]), int(row[2])


def make(folder: Path, signatures: Signatures) -> Scan:
    site = Site(folder / "inventory.db")
    connection = site.inventory(create=True)
    return Scan(connection, site.names(connection, create=True), signatures)


@pytest.fixture(scope="module", params=LOGS)
def truth(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, signatures: Signatures
) -> tuple[str, object, object]:
    folder = tmp_path_factory.mktemp("truth")
    (folder / "access.log").write_bytes(LOGS[request.param])
    with closing(make(folder, signatures)) as scan:
        (outcome,) = scan.run([folder / "access.log"], Choices()).outcomes
        assert (outcome.collector, outcome.counts.issue_count if outcome.counts else -1) == (request.param, 0)
        assert outcome.counts is not None
        assert outcome.counts.hit_count > 30
        return request.param, totals(scan.connection), accounted(scan.connection)


HOW = st.sampled_from(("grow", "rotate", "pack", "again", "copy"))
STEPS = st.lists(st.tuples(st.integers(1, 40_000), st.booleans(), HOW), max_size=7)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
@example(steps=[(20_000, True, "grow"), (50_000, True, "grow"), (30_000, True, "copy"), (9_000, True, "again")])
def test_any_split_amounts_to_the_whole(
    truth: tuple[str, object, object], signatures: Signatures, steps: list[tuple[int, bool, str]]
) -> None:
    """A log grows by so many bytes, to the end of a line or to the middle of one; then it is scanned, and perhaps
    rotated, packed, scanned a second time, or scanned as a copy."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log, rest, rotated = folder / "access.log", LOGS[truth[0]], 0
        with closing(make(folder, signatures)) as scan:
            for size, is_whole, how in [*steps, (len(rest), False, "grow")]:
                if is_whole:
                    size = rest.find(b"\n", size - 1) + 1
                piece, rest = rest[:size], rest[size:]
                with log.open("ab") as file:
                    file.write(piece)
                scan.run([log], Choices())
                if how == "again":
                    scan.run([log], Choices())
                if how == "copy":
                    (folder / "copy.log").write_bytes(log.read_bytes())
                    scan.run([folder / "copy.log"], Choices())
                if how in ("rotate", "pack"):
                    end = rest.find(b"\n") + 1 if not log.read_bytes().endswith(b"\n") else 0
                    with log.open("ab") as file:
                        file.write(rest[:end])
                    rest = rest[end:]
                    rotated += 1
                    old = log.rename(folder / f"access.log.{rotated}")
                    headers = [one for one in old.read_bytes().splitlines(keepends=True) if one.startswith(b"#")]
                    log.write_bytes(b"".join(headers))  # as whoever rotates such a log does
                    if how == "pack":
                        (folder / f"{old.name}.gz").write_bytes(gzip.compress(old.read_bytes()))
                        old.unlink()
                        old = folder / f"{old.name}.gz"
                    scan.run([old], Choices())
            assert (totals(scan.connection), accounted(scan.connection)) == truth[1:]
