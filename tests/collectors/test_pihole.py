"""Pi-hole's database: both schemas, what stands beside a file, and files that are not what they say."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from commands import shadowledger
from hypothesis import given
from hypothesis import strategies as st
from pihole_files import GOLDEN, NEW, OLD, START_S, Asked, Value, add_new, write_new, write_old

from shadowledger.collectors.collector import look
from shadowledger.collectors.databases import _save
from shadowledger.collectors.dns.pihole import PIHOLE_FTL
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import Ignored, Issue, Record, Traffic
from shadowledger.collectors.sources import Opened, open_source
from shadowledger.signatures.wanted import Wanted

DUMP = Path(__file__).parents[3] / "shared" / "data" / "logs" / "samples" / "pihole_ftl_sqlite" / "pihole-FTL.db.sql"
DAMAGED = "the database is damaged; what could be read of it was read"
CUT = "the database is cut off; what is left of it was read"
FROM_HERE = "the database is damaged from here on"
LAWFUL = [Asked(f"n{number}.example", f"10.0.{number % 7}.1", f"pc{number % 7}") for number in range(2000)]
Write = Callable[[Path, Iterable[Asked]], Path]
BOTH = pytest.mark.parametrize("write", [write_old, write_new])


class Read(NamedTuple):
    records: list[Record]
    damage: str
    delivered_bytes: int

    @property
    def hosts(self) -> list[str]:
        return [record.host for record in self.records if isinstance(record, Traffic)]

    @property
    def reasons(self) -> list[str]:
        return [record.reason for record in self.records if isinstance(record, Issue | Ignored)]


def read(path: Path, wanted: Wanted | None = None) -> Read:
    """All records; where all are built, they are numbered one by one."""
    with open_source(path) as opened:
        reading = Reading(opened, None, wanted)
        records = list(reading.records(PIHOLE_FTL))
        if wanted is None:
            assert [record.position for record in records] == list(range(1, reading.record_count + 1))
        return Read(records, opened.damage, opened.delivered_bytes)


def detect(path: Path) -> str:
    return PIHOLE_FTL.detect(look(path.read_bytes()[: 1 << 16]))


def only(folder: Path, asked: Asked, write: Write = write_new) -> Record:
    (record,) = read(write(folder / "one.db", [asked])).records
    return record


def traffic(folder: Path, asked: Asked, write: Write = write_new) -> Traffic:
    record = only(folder, asked, write)
    assert isinstance(record, Traffic), record
    return record


def database(path: Path, script: str) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
    return path


@pytest.mark.parametrize(
    ("number", "word"),
    [(1, "A"), (2, "AAAA"), (3, "ANY"), (4, "SRV"), (5, "SOA"), (6, "PTR"), (7, "TXT"), (8, "NAPTR"), (9, "MX"),
     (10, "DS"), (11, "RRSIG"), (12, "DNSKEY"), (13, "NS"), (14, ""), (15, "SVCB"), (16, "HTTPS"),
     (65_380, "TYPE65280"), (152, "TLSA"), (65_635, "TYPE65535"), (65_636, ""), (0, ""), (17, ""), (100, ""), (-1, ""),
     (1 << 62, ""),
     (1.5, ""), ("A", ""), (b"\1", "")],
)  # fmt: skip
def test_types_are_words(tmp_path: Path, number: Value, word: str) -> None:
    assert traffic(tmp_path, Asked(type=number)).question_type == word


@pytest.mark.parametrize(
    ("status", "action"),
    [*((status, "blocked") for status in (1, 4, 5, 6, 7, 8, 9, 10, 11, 15, 16, 18)),
     *((status, "allowed") for status in (2, 3, 12, 13, 14, 17)),
     (0, ""), (19, ""), (-1, ""), ("blocked", ""), (b"", "")],
)  # fmt: skip
def test_a_status_says_whether_it_was_let_through(tmp_path: Path, status: Value, action: str) -> None:
    assert traffic(tmp_path, Asked(status=status)).action == action


@BOTH
@pytest.mark.parametrize(
    ("timestamp", "time_us"),
    [(START_S, START_S * 1_000_000), (START_S + 0.123456, START_S * 1_000_000 + 123_456), (0, 0), (-5, 0),
     (1 << 62, 0), (9e18, 0), (float("inf"), 0), ("soon", 0), (b"\0", 0)],
)  # fmt: skip
def test_times_are_seconds_in_utc(tmp_path: Path, write: Write, timestamp: Value, time_us: int) -> None:
    record = traffic(tmp_path, Asked(timestamp=timestamp), write)
    assert (record.time_us, record.tz_source) == (time_us, "explicit" if time_us else "")


@pytest.mark.parametrize(
    ("asked", "client", "device"),
    [
        (Asked(client="10.20.3.1", name="pc.lan"), "10.20.3.1", "pc.lan"),
        (Asked(client="2001:db8::5", name=None), "2001:db8::5", ""),
        (Asked(client="0.0.0.0", name="hidden"), "", ""),  # noqa: S104 - as Pi-hole hides clients
        (Asked(client=b"\x0a\0\0\1", name=b"pc"), "", ""),
        (Asked(client="", name="pc.lan"), "", "pc.lan"),
    ],
)
def test_who_asked(tmp_path: Path, asked: Asked, client: str, device: str) -> None:
    record = traffic(tmp_path, asked)
    assert (record.client, record.device) == (client, device)


@BOTH
@pytest.mark.parametrize(
    ("domain", "reason"),
    [
        ("", "no host"),
        (b"claude.ai", "no host"),
        (".", "a question about the root"),
        ("hidden", "a domain that Pi-hole was told to hide"),
    ],
)
def test_rows_without_traffic(tmp_path: Path, write: Write, domain: Value, reason: str) -> None:
    record = only(tmp_path, Asked(domain), write)
    assert isinstance(record, Issue | Ignored)
    assert record.reason == reason


@BOTH
def test_what_pihole_asks_for_itself_is_nobodys(tmp_path: Path, write: Write) -> None:
    assert only(tmp_path, Asked(client="::", type=12), write) == Ignored(1, "a question of Pi-hole itself")


@BOTH
def test_text_that_is_no_text_is_read_as_far_as_it_goes(tmp_path: Path, write: Write) -> None:
    path = write(tmp_path / "one.db", [Asked("claudeXai.example")])
    path.write_bytes(path.read_bytes().replace(b"claudeXai", b"claude\xffai"))
    assert "claude" in read(path).hosts[0]


def test_words_may_stand_where_numbers_do_since_the_schema_changed(tmp_path: Path) -> None:
    path = write_new(tmp_path / "one.db", [Asked("claude.ai")])
    database(
        path, "insert into query_storage values (7, 1741600800, 1, 2, 'chatgpt.com', '10.9.9.9', 0, 0, 0, 0, 0, 0)"
    )
    database(path, "insert into query_storage values (9, 1741600800, 1, 2, 77, 77, 0, 0, 0, 0, 0, 0)")
    database(path, "insert into query_storage values (11, 1741600800, 1, 2, 1, 77, 0, 0, 0, 0, 0, 0)")
    got = read(path)
    assert [record[:2] for record in got.records] == [(1, "dns"), (2, "dns"), (3, "no host"), (4, "dns")]
    assert [record.client for record in got.records if isinstance(record, Traffic)] == ["10.20.3.1", "10.9.9.9", ""]
    assert got.damage == ""


@BOTH
def test_a_name_that_nobody_wanted_is_asked_about_once_for_each_type(tmp_path: Path, write: Write) -> None:
    asked: list[tuple[str, str]] = []

    def wanted(host: str, path: str, method: str, port: int, agent: str, kind: str) -> bool:
        asked.append((host, kind))
        return host == "claude.ai" and kind == "A"

    rows = [Asked("a.example"), Asked("claude.ai", type=9), Asked("claude.ai"), Asked("a.example"), Asked("claude.ai")]
    got = read(write(tmp_path / "one.db", rows), wanted)
    assert [record.position for record in got.records] == [3, 5]
    assert asked.count(("a.example", "A")) == 1


@BOTH
def test_a_database_is_claimed_by_its_schema(tmp_path: Path, write: Write) -> None:
    assert detect(write(tmp_path / "none.db", []))


@pytest.mark.parametrize(
    "script",
    [
        "create table urls (id integer primary key, url text, title text, visit_count integer, last_visit integer)",
        "create table keyword_search_terms (keyword_id integer, url_id integer, term text); create table visits (id)",
        "create table queries (id integer primary key, sql text, saved_at integer)",
        "create table clients (timestamp, type, status, domain, client)",
        "create table numbers (one)",
    ],
)
def test_other_databases_are_refused(tmp_path: Path, script: str) -> None:
    assert detect(database(tmp_path / "other.db", script)) == ""


def test_other_files_are_refused() -> None:
    assert PIHOLE_FTL.detect(look(OLD.upper().encode())) == ""
    assert PIHOLE_FTL.detect(look(b"")) == ""


@pytest.mark.parametrize(("mode", "is_delivered"), [("delete", True), ("wal", False)])
def test_a_file_that_stands_alone_is_read_where_it_is(tmp_path: Path, mode: str, is_delivered: bool) -> None:
    path = write_new(tmp_path / "a file?with#odd %41.db", [Asked("claude.ai")])
    database(path, f"pragma journal_mode = {mode}")
    got = read(path)
    assert (got.hosts, got.damage) == (["claude.ai"], "")
    assert got.delivered_bytes == (path.stat().st_size if is_delivered else 0), "what is delivered is not read again"
    assert os.listdir(tmp_path) == [path.name]  # noqa: PTH208 - names are compared


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_what_only_the_write_ahead_log_holds_is_read_and_nothing_is_touched(tmp_path: Path) -> None:
    path = write_new(tmp_path / "live.db", [Asked("claude.ai")])
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("pragma journal_mode = wal")
        add_new(writer, [Asked("chatgpt.com", name="pc.lan")])
        before = contents(tmp_path)
        assert {"live.db", "live.db-wal"} <= before.keys()
        got = read(path)
        assert contents(tmp_path) == before
    assert got.hosts == ["claude.ai", "chatgpt.com"]
    assert got.damage == ""
    assert got.delivered_bytes == 0, "so that it is read again, with what the log holds then"


def test_what_was_never_committed_is_not_read(tmp_path: Path) -> None:
    whole = write_new(tmp_path / "whole.db", LAWFUL)
    left = tmp_path / "left"
    left.mkdir()
    with closing(sqlite3.connect(whole, isolation_level=None)) as writer:
        writer.execute("pragma cache_size = 5")
        writer.execute("begin")
        writer.execute("update domain_by_id set domain = 'uncommitted.' || domain")
        for name in ("whole.db", "whole.db-journal"):  # as a machine leaves them that loses its power
            shutil.copy(tmp_path / name, left / name)
    assert b"uncommitted." in (left / "whole.db").read_bytes()
    before = contents(left)
    assert read(left / "whole.db").hosts == [row.domain for row in LAWFUL]
    assert contents(left) == before


def test_a_database_that_is_written_to_meanwhile_is_told(tmp_path: Path) -> None:
    path = write_old(tmp_path / "one.db", LAWFUL)
    with open_source(path) as opened:
        records = PIHOLE_FTL.read(Reading(opened))
        next(records)
        database(path, "insert into ftl values (0, 0)")
        assert len(list(records)) == len(LAWFUL) - 1
        assert opened.damage.startswith("was written to while it was read")


@BOTH
def test_a_packed_database_is_read(tmp_path: Path, write: Write) -> None:
    plain = write(tmp_path / "one.db", LAWFUL).read_bytes()
    packed = tmp_path / "one.db.gz"
    packed.write_bytes(gzip.compress(plain))
    got = read(packed)
    assert got == (got.records, "", len(plain))
    assert got.hosts == [row.domain for row in LAWFUL]


def test_a_packed_database_that_is_cut_off_is_read_up_to_the_cut(tmp_path: Path) -> None:
    rows = [Asked(f"n{number}.example", f"10.0.{number % 7}.1") for number in range(20_000)]
    packed = tmp_path / "one.db.gz"
    data = gzip.compress(write_old(tmp_path / "one.db", rows).read_bytes(), mtime=0)
    packed.write_bytes(data[: len(data) // 2])
    got = read(packed)
    assert got.damage == "the gz file is cut off; what came before the cut was read"
    assert got.reasons == [FROM_HERE]
    assert got.hosts == [row.domain for row in rows][: len(got.hosts)]
    assert len(got.hosts) > 1000


def test_a_stream_is_no_file() -> None:
    opened = Opened("-", io.BytesIO((GOLDEN / "old.db").read_bytes()))
    reading = Reading(opened)
    assert list(reading.records(PIHOLE_FTL)) == []
    assert opened.damage == "is a database in a stream, which cannot be read: save it as a file"
    assert (reading.record_count, opened.delivered_bytes) == (0, 0)


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    path = write_old(tmp_path / "one.db", [])
    with open_source(path) as opened:
        path.unlink()
        assert list(Reading(opened).records(PIHOLE_FTL)) == []
        assert opened.damage


def test_a_copy_is_bounded(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="larger than 4 GiB"):
        _save([_Long()], tmp_path / "copy")


class _Long(bytes):
    """A piece that says it is longer than any disk of a test."""

    def __len__(self) -> int:
        return (4 << 30) + 1


def test_a_database_that_is_cut_off_gives_its_rows_and_one_issue(tmp_path: Path) -> None:
    whole = write_old(tmp_path / "whole.db", LAWFUL)
    data = whole.read_bytes()
    cut = tmp_path / "cut.db"
    cut.write_bytes(data[: len(data) // 2])
    got = read(cut)
    assert got.damage == CUT
    assert got.reasons == [FROM_HERE]
    assert got.hosts == [row.domain for row in LAWFUL][: len(got.hosts)]
    assert len(got.hosts) > 500


def test_a_database_that_lost_none_of_its_rows_is_told_as_cut_off(tmp_path: Path) -> None:
    path = write_old(tmp_path / "one.db", LAWFUL[:9])
    database(path, "create table later (a); insert into later values (zeroblob(9000))")
    path.write_bytes(path.read_bytes()[:-4096])
    got = read(path)
    assert (len(got.hosts), got.reasons, got.damage) == (9, [], CUT)


def test_damage_in_a_linking_table_costs_only_the_rows_that_point_there(tmp_path: Path) -> None:
    path = write_new(tmp_path / "one.db", LAWFUL)
    data = bytearray(path.read_bytes())
    page = next(at for at in range(0, len(data), 1024) if data[at] == 13 and b"n1000.example" in data[at : at + 1024])
    data[page : page + 1024] = bytes(1024)  # 13 begins a leaf of a table, not of an index
    path.write_bytes(data)
    got = read(path)
    assert got.damage == DAMAGED
    assert len(got.records) == len(LAWFUL)
    assert 1 < got.reasons.count("no host") == len(got.reasons) < 200


def test_pages_in_a_circle_end(tmp_path: Path) -> None:
    path = write_old(tmp_path / "one.db", LAWFUL)
    data = bytearray(path.read_bytes())
    with closing(sqlite3.connect(path)) as connection:
        (root,) = connection.execute("select rootpage from sqlite_master where name = 'queries'").fetchone()
    at = (root - 1) * 1024  # the pointers of an interior page: https://www.sqlite.org/fileformat2.html#b_tree_pages
    assert data[at] == 5
    cells = [int.from_bytes(data[at + 12 + 2 * n : at + 14 + 2 * n]) for n in range(data[at + 4])]
    first = data[at + cells[0] : at + cells[0] + 4]
    for cell in cells:
        data[at + cell : at + cell + 4] = first
    path.write_bytes(data)
    got = read(path)
    assert got.damage == DAMAGED
    assert got.reasons == [FROM_HERE]
    assert 0 < len(got.hosts) < 100


COMPUTED = "hex(zeroblob(1000000000))"
FIVE = "timestamp, type, status, domain, client"
BOMB = """with recursive r(timestamp, type, status, domain, client) as (select 1, 1, 2, 'claude.ai', 'c'
    union all select timestamp, type, status, domain, client from r) select * from r"""


@pytest.mark.parametrize(
    "script",
    [
        f"create view queries as {BOMB}",
        f"create view query_storage as {BOMB}",
        "create view queries as select * from queries",
        NEW.replace("create table client_by_id", "create table other_by_id"),
        NEW.replace("create table domain_by_id (id integer primary key, domain text not null)",
                    "create view domain_by_id as select 1 as id, 'claude.ai' as domain")
           .replace("create unique index domain_by_id_domain_idx on domain_by_id (domain);", ""),
        f"create table queries (timestamp, type, status, client, domain text as ({COMPUTED}))",
        "create table queries (timestamp, type, status, client, domain, rowid text)",
        "create table queries (timestamp, type, status, client)",
        f"create virtual table queries using fts5 ({FIVE})",
    ],
)  # fmt: skip
def test_only_plain_tables_are_read(tmp_path: Path, script: str) -> None:
    got = read(database(tmp_path / "odd.db", script))
    assert got.records == []
    assert got.damage.startswith("is no query database of Pi-hole: it lacks ")


@pytest.mark.parametrize("text", [f"CREATE /* */ VIEW queries AS {BOMB}", f"CREATE VIEW 'queries' AS {BOMB}"])
@pytest.mark.parametrize("name", ["queries", "bomb"])
def test_of_two_things_with_one_name_neither_is_read(tmp_path: Path, text: str, name: str) -> None:
    path = database(tmp_path / "odd.db", f"create view bomb as {BOMB}; create table queries ({FIVE})")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("pragma writable_schema = on")
        connection.execute(
            "update sqlite_master set type = 'table', name = ?, sql = ? where name = 'bomb'", (name, text)
        )
    got = read(path)
    assert (got.reasons, got.damage) == ([FROM_HERE], DAMAGED)


def test_a_table_without_rowids_is_damage(tmp_path: Path) -> None:
    got = read(database(tmp_path / "odd.db", f"create table queries ({FIVE}, primary key (domain)) without rowid"))
    assert (got.reasons, got.damage) == ([FROM_HERE], DAMAGED)


def test_a_value_larger_than_any_name_ends_the_reading(tmp_path: Path) -> None:
    rows = [Asked("claude.ai"), Asked("a" * 100_000), Asked("chatgpt.com")]
    got = read(write_old(tmp_path / "odd.db", rows))
    assert (got.hosts, got.reasons, got.damage) == (["claude.ai"], [FROM_HERE], DAMAGED)


def test_a_schema_without_end_is_not_learnt(tmp_path: Path) -> None:
    path = write_old(tmp_path / "odd.db", [Asked()])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("pragma writable_schema = on")
        row = "insert into sqlite_master values ('table', ?, ?, 2, ?)"
        names = [f"t{number}" for number in range(50_000)]
        connection.executemany(row, ((name, name, f"CREATE TABLE {name}(a)") for name in names))
    got = read(path)
    assert (got.reasons, got.damage) == ([FROM_HERE], DAMAGED)


@pytest.mark.skipif(not DUMP.is_file(), reason="../shared/data/logs is not there")
def test_the_schema_of_pihole_own_tests_is_claimed(tmp_path: Path) -> None:
    path = database(tmp_path / "own.db", DUMP.read_text())
    assert detect(path)
    assert read(path).damage == ""


@given(
    st.sampled_from(["old.db", "linked.db"]),
    st.lists(st.tuples(st.integers(16, 12_000), st.integers(0, 255)), max_size=40),
    st.integers(200, 12_000),
)
def test_changed_bytes_anywhere_give_records_issues_or_damage(
    tmp_path_factory: pytest.TempPathFactory, sample: str, changes: list[tuple[int, int]], end: int
) -> None:
    changed = bytearray((GOLDEN / sample).read_bytes())
    for at, value in changes:
        changed[at % len(changed)] = value
    path = tmp_path_factory.getbasetemp() / "changed.db"
    path.write_bytes(changed[:end])
    read(path)


def test_a_database_that_has_changed_is_read_again_in_place_of_what_it_was(tmp_path: Path) -> None:
    database = write_new(tmp_path / "pihole-FTL.db", [Asked(), Asked(domain="claude.ai")])
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("insert into ftl values (2, 1741600000)")
    inventory = tmp_path / "inventory.db"

    def scan() -> list[tuple[str, int | None]]:
        done = shadowledger("--db", inventory, "scan", database, "--format", "jsonl")
        return [(row["standing"], row["hits"]) for row in done.lines]

    assert scan() == [("new", 2)]
    assert scan() == [("known", None)]
    with closing(sqlite3.connect(database)) as connection, connection:
        add_new(connection, [Asked(domain="chatgpt.com", timestamp=START_S + 60)])
    assert scan() == [("grown", 3)]
    sources = shadowledger("--db", inventory, "sources", "list", "--format", "jsonl").lines
    assert [(row["hit_count"], row["record_count"]) for row in sources] == [(3, 3)]
    found = json.loads(shadowledger("--db", inventory, "reconcile", "--format", "json").stdout)["discovered"]
    assert sorted(one["service"] for one in found) == ["ChatGPT", "Claude"]
