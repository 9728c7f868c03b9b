"""What `scan`, `sources` and `collect` make of captures: what they hide, and how much was sent and received."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from capture_files import enhanced, interface, pcap, query, section, statistics, tcp, udp
from commands import shadowledger
from hello_files import message, records
from scanner_inputs import squid_line, write_squid
from scapy.layers.inet import TCP
from scapy.packet import Raw
from test_capture_usage import HELLO, MIXED, NAMELESS, OUT, connection, given

NAMES_ALONE = "names alone: with --bytes, the bytes and sessions of connections too"
HIDING = [
    tcp(records(message("dns.google"))),
    tcp(NAMELESS, source=41_000),
    tcp(records(message("public.example", is_encrypted=True)), source=42_000),
    udp(query("api.openai.com")),
]
HIDDEN = {
    "DNS over HTTPS": 1,
    "TLS hello without a name": 1,
    "outer name of an encrypted TLS hello": 1,
    "packet that was dropped before it could be captured": 9,
}


def write_hiding(folder: Path) -> Path:
    packets = [enhanced(0, 1_740_000_000_000_000, frame) for frame in HIDING]
    told = statistics(0, 5), *packets[:2], statistics(0, 7), *packets[2:], section(), interface(1), statistics(0, 2)
    path = folder / "hiding.pcapng"
    path.write_bytes(section() + interface(1) + b"".join(told))
    return path


def write(folder: Path, data: bytes) -> Path:
    path = folder / "some.pcap"
    path.write_bytes(data)
    return path


def test_what_a_capture_hides_is_told_and_kept_with_its_source(tmp_path: Path) -> None:
    path, db = write_hiding(tmp_path), tmp_path / "i.db"
    (row,) = shadowledger("scan", path, "--format", "json", db=db).json["sources"]
    assert (row["blind_spots"], row["hits"], row["note"]) == (HIDDEN, 1, NAMES_ALONE)
    (source,) = shadowledger("sources", "list", "--format", "json", db=db).json["sources"]
    assert source["blind_spots"] == HIDDEN
    table = shadowledger("sources", "rescan", "1", db=db).stdout
    assert "hides: DNS over HTTPS (1), TLS hello without a name (1), " in table
    with closing(sqlite3.connect(db)) as connection:
        assert dict(connection.execute("select what, record_count from blind_spot where run_id = 2")) == HIDDEN
        assert connection.execute("select count(*) from blind_spot where run_id = 1").fetchone() == (0,)
    assert shadowledger("sources", "forget", "1", db=db).code == 0
    with closing(sqlite3.connect(db)) as connection:
        assert connection.execute("select count(*) from blind_spot").fetchone() == (0,)


def test_logs_hide_nothing(tmp_path: Path) -> None:
    log = write_squid(tmp_path / "access.log", [squid_line("chatgpt.com", "ada")])
    done = shadowledger("scan", log, db=tmp_path / "i.db")
    assert "hides" not in done.stdout
    (source,) = shadowledger("sources", "list", "--format", "json", db=tmp_path / "i.db").json["sources"]
    assert source["blind_spots"] == {}


USES = """
select channel, use_rung, sum(record_count), sum(session_count), sum(sent_bytes), sum(received_bytes)
from observation where service_id = 'openai-api' group by 1, 2 order by 1
"""


def uses(db: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(db)) as connection:
        return connection.execute(USES).fetchall()


def test_bytes_and_sessions_are_counted_where_they_are_asked_for(tmp_path: Path) -> None:
    path, db = write(tmp_path, pcap([bytes(packet) for packet in MIXED], 101)), tmp_path / "i.db"
    (row,) = shadowledger("scan", path, "--format", "json", db=db).json["sources"]
    assert row["note"] == NAMES_ALONE
    assert uses(db) == [("dns", 10, 2, 1, None, None), ("tls", 20, 1, 1, None, None)]
    assert shadowledger("scan", path, "--bytes", db=db).code == 3, "it was read before with other settings"
    (row,) = shadowledger("sources", "rescan", "1", "--bytes", "--format", "json", db=db).json["sources"]
    assert (row["note"], row["records"]) == ("", len(MIXED))
    assert row["records"] == row["hits"] + row["no_hit"] + row["ignored"]
    sent = 80 + len(HELLO)
    assert uses(db) == [("address", 20, 1, 1, 40, 180), ("dns", 10, 2, 1, None, None), ("tls", 20, 1, 1, sent, 180)]
    (row,) = shadowledger("scan", path, "--bytes", "--format", "json", db=db).json["sources"]
    assert row["standing"] == "known"
    assert shadowledger("sources", "rescan", "1", db=db).code == 0
    assert len(uses(db)) == 3, "a rescan keeps what was asked for"


@pytest.mark.parametrize("more", [(), ("--bytes",)])
def test_of_logs_bytes_are_what_they_say(tmp_path: Path, more: tuple[str, ...]) -> None:
    log = write_squid(tmp_path / "access.log", [squid_line("chatgpt.com", "ada")])
    assert shadowledger("scan", log, *more, db=tmp_path / "i.db").code == 0
    (row,) = shadowledger("scan", log, "--format", "json", db=tmp_path / "i.db").json["sources"]
    assert (row["standing"], row["note"]) == ("known", "")


def test_a_name_that_only_an_address_had_is_no_more_than_a_contact(tmp_path: Path) -> None:
    upload = bytes(OUT / TCP(sport=40_000, dport=443, flags="A") / Raw(bytes(1400)))
    packets = [bytes(packet) for packet in [*given("api.openai.com"), *connection()]]
    path = write(tmp_path, pcap([*packets, *[upload] * 800], 101))
    assert shadowledger("scan", path, "--bytes", db=tmp_path / "i.db").code == 0
    assert uses(tmp_path / "i.db") == [("address", 20, 1, 1, 40 + 800 * 1440, 180), ("dns", 10, 1, 1, None, None)]
