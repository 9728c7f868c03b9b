"""However many processes read, in whatever parts and pieces: what is counted is the same."""

from __future__ import annotations

import gzip
import os
import pickle
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scanner_inputs import DAY_S, HEADED, squid_line

from shadowledger.collectors.reading import Census
from shadowledger.collectors.sources import open_source
from shadowledger.scanner import fold, inputs, parts, pipeline, stretches
from shadowledger.scanner.census import domain_days
from shadowledger.scanner.choices import Choices
from shadowledger.scanner.inputs import Input, look_at
from shadowledger.scanner.knowledge import Signatures
from shadowledger.scanner.outcomes import Outcome
from shadowledger.scanner.parts import Part, parts_of
from shadowledger.scanner.pipeline import Scan
from shadowledger.scanner.share import Share
from shadowledger.scanner.site import Site
from shadowledger.scanner.unknowns import Unknowns
from shadowledger.scanner.workers import StoppedError, Workers

HOSTS = ("chatgpt.com", "claude.ai", "www.hyundai.com", "contoso.openai.azure.com", "llm.corp.example")


def lines(count: int, seed: int = 7) -> Iterator[str]:
    """Hits, others, candidates, comments, blank lines and lines that cannot be read; times jump."""
    random = Random(seed)  # noqa: S311 - the same each time
    for number in range(count):
        host = random.choice(HOSTS)
        at_s = DAY_S + random.choice((number * 700, number, 86_400 * (number % 3)))
        line = squid_line(host, f"user{number % 7}", at_s=at_s, client=f"10.0.0.{number % 5}")
        chat = line.replace("CONNECT", "POST").replace(f"{host}:443", f"http://{host}/v1/chat/completions")
        yield random.choice((line, line, chat, "# said\n", "\n", "once upon a time\n", line.replace("\n", "\r\n")))


LOG = "".join(lines(600)).encode() + b"no end"


LOGS = {
    "squid_native": LOG,
    **{
        layout: "".join(line(HOSTS[number % len(HOSTS)], number) for number in range(600)).encode()
        for layout, line in HEADED.items()
    },
}


@pytest.fixture(scope="module", params=LOGS)
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("jobs") / "access.log"
    path.write_bytes(LOGS[request.param])
    return path


@pytest.fixture(scope="module")
def module_scan(tmp_path_factory: pytest.TempPathFactory, signatures: Signatures) -> Iterator[Scan]:
    site = Site(tmp_path_factory.mktemp("site") / "inventory.db")
    connection = site.inventory(create=True)
    with closing(Scan(connection, site.names(connection, create=True), signatures)) as scan:
        yield scan


def figures(share: Share) -> Iterator[tuple[object, ...]]:
    """Row by row, as they are stored."""
    whos = list(share.sums.whos)
    for day, way, columns in share.sums.figures():
        for number, *row in zip(*columns, strict=True):
            yield day, way, whos[number], *row


def told(share: Share) -> tuple[object, ...]:
    """All that is stored of a share."""
    sums, passage = share.sums, share.passage
    counts = share.accounting.counts(passage, sums.days, sums.zones)
    return (
        list(figures(share)),
        sorted(share.unknowns.rows(lambda name: name.text)),
        share.sketch.marks(),
        domain_days(passage.contacts),
        counts,
        share.accounting.reasons,
        passage._replace(contacts=None),  # type: ignore[arg-type]  # told above
    )


def shares_of(scan: Scan, path: Path, choices: Choices, cuts: list[Part], done: ExitStack) -> list[Share]:
    found = []
    for part in cuts:
        with open_source(path) as opened:
            read = look_at(scan.connection, scan.identities, opened, choices, None, Outcome(""))
            assert read is not None
            done.callback(read.close)
            share = read.share(scan.signatures, part, lambda *_: None)
            found.append(pickle.loads(pickle.dumps(share)))  # noqa: S301 - our own
    return found


def cut_at(data: bytes, numbers: set[int]) -> list[Part]:
    """Parts that end behind the lines with these numbers."""
    ends = [at + 1 for at, byte in enumerate(data) if byte == 10]
    starts = [0, *sorted(ends[number] for number in numbers)]
    return [Part(*one) for one in zip(starts, [*starts[1:], None], [1] * len(starts), strict=True)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cuts=st.sets(st.integers(0, 598), max_size=6),
    block=st.sampled_from((64, 1000, 1 << 16, 1 << 18)),
    census=st.sampled_from(Census),
    prefilter=st.booleans(),
    held=st.sampled_from((1, 7, 100, 1 << 16)),
)
def test_parts_put_together_are_the_whole(
    module_scan: Scan,
    log: Path,
    monkeypatch: pytest.MonkeyPatch,
    cuts: set[int],
    block: int,
    census: Census,
    prefilter: bool,
    held: int,
) -> None:
    choices = Choices(census=census, prefilter=prefilter)
    monkeypatch.setattr(inputs, "WORTH_A_SCREEN_BYTES", 0)
    monkeypatch.setattr("shadowledger.collectors.reading.CELL_BYTES", 4096)
    monkeypatch.setattr("shadowledger.collectors.sources.BLOCK_BYTES", 4096)
    with ExitStack() as done:
        (whole,) = shares_of(module_scan, log, choices, [Part()], done)
        if census is not Census.SAMPLE:
            monkeypatch.setattr("shadowledger.collectors.sources.BLOCK_BYTES", block)
        monkeypatch.setattr(fold, "MOST_HITS", held)
        monkeypatch.setattr(stretches, "KEPT_BYTES", held)
        first, *more = shares_of(module_scan, log, choices, cut_at(log.read_bytes(), cuts), done)
        for share in more:
            first.go_on(share)
        assert told(first) == told(whole)
        assert sum(sum(columns.counts) for _, _, columns in whole.sums.figures()) > 200, "the test asks for something"


def test_a_cut_is_behind_a_line_and_none_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "LEAST_BYTES", 1000)
    path = tmp_path / "access.log"
    path.write_bytes(LOG * 40 + b"\n" + b"x" * 3_000_000 + b"\n" + LOG * 40)
    with open_source(path) as opened:
        found = parts_of(opened, Part(), 16)
    data = path.read_bytes()
    assert len(found) > 16
    assert [one.start_byte for one in found[1:]] == [one.stop_byte for one in found[:-1]]
    assert (found[0].start_byte, found[-1].stop_byte) == (0, None)
    assert all(data[one.start_byte - 1 : one.start_byte] == b"\n" for one in found[1:])


def rows(db: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    """Everything that is stored, without the ids that chance made."""
    asked = {
        "observation": "select day_on, service_id, instance, channel, action, hours, record_count, session_count, "
        "sent_bytes, received_bytes from observation",
        "source": "select name, collector, head_sha256, read_bytes, tail_sha256, next_position, open_line from source",
        "reading": "select source_id, record_count, hit_count, no_hit_count, ignored_count, issue_count, "
        "not_examined_count, from_byte, to_byte, zones, damage from reading",
        "issue": "select source_id, kind, reason, record_count, first_positions from issue",
        "clue": "select source_id, reason, points, record_count, first_position from clue",
        "census": "select source_id, day_on, domain, record_count, is_sampled from census",
    }
    return {name: sorted(db.execute(query).fetchall(), key=repr) for name, query in asked.items()}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is large enough for a process, for parts and for a screen."""
    monkeypatch.setattr(pipeline, "WORTH_A_PROCESS_BYTES", 1)
    monkeypatch.setattr(parts, "LEAST_BYTES", 2000)
    monkeypatch.setattr(inputs, "WORTH_A_SCREEN_BYTES", 0)
    monkeypatch.setattr("shadowledger.collectors.reading.CELL_BYTES", 4096)
    monkeypatch.setattr("shadowledger.collectors.sources.BLOCK_BYTES", 4096)


def logs(folder: Path) -> list[Path]:
    """Plain, packed, another format, one that cannot be read, and the first again, packed too."""
    folder.mkdir()
    (folder / "a.log").write_bytes(LOG)
    (folder / "b.log.gz").write_bytes(gzip.compress("".join(lines(300, seed=8)).encode(), mtime=0))
    (folder / "c.jsonl").write_text(
        '{"_path":"dns","ts":1764000001.1,"query":"claude.ai","id.orig_h":"10.0.0.3"}\n' * 90
    )
    (folder / "d.bin").write_bytes(bytes(range(256)) * 99)
    (folder / "e.log").write_bytes(LOG)
    (folder / "f.log.gz").write_bytes(gzip.compress(LOG, mtime=0))
    return sorted(folder.iterdir())


def make(folder: Path, signatures: Signatures, jobs: int) -> Scan:
    site = Site(folder / "inventory.db")
    connection = site.inventory(create=True)
    return Scan(connection, site.names(connection, create=True), signatures, jobs)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("jobs", [2, 5])
def test_any_number_of_processes_stores_the_same(tmp_path: Path, signatures: Signatures, jobs: int) -> None:
    paths = logs(tmp_path / "logs")
    stored = []
    for number in (1, jobs):
        with closing(make(tmp_path / str(number), signatures, number)) as scan:
            report = scan.run(paths, Choices())
            again = scan.run(paths, Choices())
            stored.append((rows(scan.connection), [(one.standing, one.problem) for one in report.outcomes]))
            assert {one.standing for one in again.outcomes} == {"known", "unreadable"}
    assert stored[0] == stored[1]
    assert [standing for standing, _ in stored[0][1]] == ["new", "new", "new", "unreadable", "known", "known"]


@pytest.mark.usefixtures("small")
def test_in_any_order_the_same_is_counted(tmp_path: Path, signatures: Signatures) -> None:
    paths = logs(tmp_path / "logs")
    totals = []
    for number, order in enumerate((paths, paths[::-1], [*paths[3:], *paths[:3]])):
        with closing(make(tmp_path / str(number), signatures, 3)) as scan:
            scan.run(order, Choices(census=Census.OFF))
            counted = rows(scan.connection)["observation"]
            totals.append([(row[:6], row[6]) for row in counted])
    assert totals[0] == totals[1] == totals[2]


@pytest.mark.usefixtures("small")
def test_a_source_that_has_grown_is_read_on_in_parts(tmp_path: Path, signatures: Signatures) -> None:
    path, stored = tmp_path / "a.log", []
    for number in (1, 4):
        path.write_bytes(LOG[: LOG.rindex(b"\n", 0, 9000) + 1])
        with closing(make(tmp_path / str(number), signatures, number)) as scan:
            assert scan.run([path], Choices()).outcomes[0].standing == "new"
            path.write_bytes(LOG)
            assert scan.run([path], Choices()).outcomes[0].standing == "grown"
            stored.append(rows(scan.connection))
    assert stored[0] == stored[1]


@pytest.mark.usefixtures("small")
def test_a_file_that_is_replaced_meanwhile_is_read_as_what_it_is_now(
    tmp_path: Path, signatures: Signatures, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, other = tmp_path / "a.log", "".join(lines(80, seed=9))
    path.write_bytes(LOG)
    begin = Scan._begin

    def begin_and_replace(self: Scan, one: object) -> None:
        work = Input.work
        monkeypatch.setattr(Input, "work", lambda *told: (path.write_text(other), work(*told))[1])
        begin(self, one)  # type: ignore[arg-type]  # passed through

    monkeypatch.setattr(Scan, "_begin", begin_and_replace)
    with closing(make(tmp_path / "site", signatures, 3)) as scan:
        (outcome,) = scan.run([path], Choices()).outcomes
        assert outcome.counts is not None
        assert (outcome.standing, outcome.counts.to_byte) == ("new", len(other.encode()))


@pytest.mark.usefixtures("small")
def test_a_file_that_is_cut_meanwhile_is_counted_up_to_its_end(
    tmp_path: Path, signatures: Signatures, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(LOG * 2)
    kept = LOG[: LOG.rindex(b"\n", 0, 40_000) + 1]
    work = Input.work
    monkeypatch.setattr(Input, "work", lambda *told: (path.write_bytes(kept), work(*told))[1])
    monkeypatch.setattr(parts, "LEAST_BYTES", 10_000)
    with closing(make(tmp_path / "site", signatures, 3)) as scan:
        (outcome,) = scan.run([path], Choices()).outcomes
        assert outcome.counts is not None
        assert outcome.counts.to_byte <= len(kept)
        monkeypatch.undo()
        assert scan.run([path], Choices()).outcomes[0].standing in ("known", "grown")
        stored = rows(scan.connection)["observation"]
    with closing(make(tmp_path / "other", signatures, 1)) as scan:
        scan.run([path], Choices())
        assert sum(row[6] for row in rows(scan.connection)["observation"]) == sum(row[6] for row in stored)  # type: ignore[misc]  # counts


@pytest.mark.usefixtures("small")
def test_a_process_that_is_killed_is_told_and_nothing_of_it_is_counted(
    tmp_path: Path, signatures: Signatures, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = logs(tmp_path / "logs")[:3]
    share = Input.share
    monkeypatch.setattr(
        Input,
        "work",
        lambda read, known, part: lambda tell: (_die_at(read, paths[0]), share(read, known, part, tell))[1],
    )
    with closing(make(tmp_path / "site", signatures, 2)) as scan:
        report = scan.run(paths, Choices())
        first = report.outcomes[0]
        assert (report.status, first.standing, first.counts) == ("partial", "unreadable", None)
        assert "SIGKILL" in first.problem
        assert report.outcomes[1].standing == "new"
        monkeypatch.undo()
        assert scan.run(paths[:1], Choices()).outcomes[0].standing == "new"


def _die_at(read: Input, path: Path) -> None:
    if read.opened.path == path:
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_mistake_of_our_own_is_no_users_problem(capfd: pytest.CaptureFixture[str]) -> None:
    workers: Workers[int] = Workers(2)
    good, bad = workers.begin(lambda _: 7), workers.begin(lambda _: 1 // 0)
    assert workers.wait(good, lambda: None) == 7
    with pytest.raises(RuntimeError):
        workers.wait(bad, lambda: None)
    assert "ZeroDivisionError" in capfd.readouterr().err
    with pytest.raises(StoppedError):
        workers.wait(workers.begin(lambda _: os.kill(os.getpid(), signal.SIGTERM)), lambda: None)  # type: ignore[func-returns-value, arg-type, return-value]  # it never returns
    workers.close()


def test_of_too_many_candidates_the_same_are_kept_in_any_order(
    signatures: Signatures, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shadowledger.collectors.records import Traffic

    monkeypatch.setattr("shadowledger.scanner.unknowns._MOST_HOSTS", 20)
    records = [
        Traffic(number, "proxy", f"h{number % 90}.example", path="/v1/chat/completions", method="POST")
        for number in range(1, 500)
    ]

    def counted(order: list[Traffic], cut: int) -> list[tuple[str, int]]:
        first, second = Unknowns(), Unknowns()
        for unknowns, some in ((first, order[:cut]), (second, order[cut:])):
            for record in some:
                unknowns.add(signatures.index, record)
        first.go_on(second, 0)
        return sorted((row.host, row.record_count) for row in first.rows(lambda name: name.text))

    whole = counted(records, len(records))
    assert len(whole) == 20
    assert all(count in (5, 6) for _, count in whole)
    for cut in (0, 30, 250):
        assert counted(records, cut) == whole
        assert counted(Random(cut).sample(records, len(records)), cut) == whole  # noqa: S311 - the same each time
