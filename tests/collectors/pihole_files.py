"""Databases as Pi-hole keeps them, in its old schema and its new one, for tests and as golden samples.

python tests/collectors/pihole_files.py writes tests/golden/pihole_ftl anew; another version of SQLite writes other
bytes, and the same rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

GOLDEN = Path(__file__).parents[1] / "golden" / "pihole_ftl"
START_S = 1_741_600_800  # 2025-03-10T10:00:00Z
Value = str | int | float | bytes | None

_SMALL_PAGES = "pragma page_size = 1024;"
# Columns and their order: https://docs.pi-hole.net/database/query-database/#query-table
OLD = """
create table queries (id integer primary key autoincrement, timestamp integer not null, type integer not null,
    status integer not null, domain text not null, client text not null, forward text);
create table ftl (id integer primary key not null, value blob not null);
create table counters (id integer primary key not null, value integer not null);
create index idx_queries_timestamps on queries (timestamp);
"""
NEW = """
create table query_storage (id integer primary key autoincrement, timestamp integer not null, type integer not null,
    status integer not null, domain integer not null, client integer not null, forward integer,
    additional_info integer, reply_type integer, reply_time real, dnssec integer, list_id integer);
create table domain_by_id (id integer primary key, domain text not null);
create table client_by_id (id integer primary key, ip text not null, name text);
create table forward_by_id (id integer primary key, forward text not null);
create view queries as
    select id, timestamp, type, status, d.domain as domain, c.ip as client
    from query_storage q join domain_by_id d on d.id = q.domain join client_by_id c on c.id = q.client;
create table ftl (id integer primary key not null, value blob not null);
create index idx_query_storage_timestamp on query_storage (timestamp);
create unique index domain_by_id_domain_idx on domain_by_id (domain);
"""


class Asked(NamedTuple):
    """One question, in the words of either schema."""

    domain: Value = "chatgpt.com"
    client: Value = "10.20.3.1"
    name: Value = None
    type: Value = 1
    status: Value = 2
    timestamp: Value = START_S


def write_old(path: Path, rows: Iterable[Asked], *, schema: str = OLD) -> Path:
    """A database of the time before the linking tables; clients have no names in it."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(_SMALL_PAGES + schema)
        insert = "insert into queries (timestamp, type, status, domain, client) values (?, ?, ?, ?, ?)"
        connection.executemany(insert, ((r.timestamp, r.type, r.status, r.domain, r.client) for r in rows))
    return path


def write_new(path: Path, rows: Iterable[Asked], *, schema: str = NEW) -> Path:
    """A database with linking tables; each domain and each client stands there once."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(_SMALL_PAGES + schema)
        add_new(connection, rows)
    return path


def add_new(connection: sqlite3.Connection, rows: Iterable[Asked]) -> None:
    for row in rows:
        domain = _linked(connection, "domain_by_id", {"domain": row.domain})
        client = _linked(connection, "client_by_id", {"ip": row.client, "name": row.name})
        connection.execute(
            "insert into query_storage (timestamp, type, status, domain, client) values (?, ?, ?, ?, ?)",
            (row.timestamp, row.type, row.status, domain, client),
        )


def _linked(connection: sqlite3.Connection, table: str, columns: dict[str, Value]) -> int:
    """The number that stands for these, made where there is none."""
    where = " and ".join(f"{column} is ?" for column in columns)
    values = tuple(columns.values())
    found = connection.execute(f"select id from {table} where {where}", values).fetchone()  # noqa: S608 - names of ours
    if found is None:
        marks = ", ".join("?" * len(columns))
        insert = f"insert into {table} ({', '.join(columns)}) values ({marks})"  # noqa: S608 - names of ours
        return connection.execute(insert, values).lastrowid or 0
    return int(found[0])


ADA, BO, TV = ("10.20.3.1", "ada-laptop.lan"), ("10.20.3.2", "bo-desktop.lan"), ("2001:db8:20:3::5", None)
GOLDEN_NEW = [
    Asked("chatgpt.com", *ADA, 1, 2, START_S + 0.25),
    Asked("chatgpt.com", *ADA, 16, 3, START_S + 0.5),
    Asked("www.example.org", *BO, 1, 2, START_S + 1),
    Asked("claude.ai", *BO, 2, 1, START_S + 2.125),
    Asked("api.openai.com", *TV, 1, 14, START_S + 3.5),
    Asked("telemetry.example.net", *TV, 1, 5, START_S + 4),
    Asked("openai.com", "::", "pi.hole", 10, 2, START_S + 5),
    Asked("gemini.google.com", *ADA, 16, 17, START_S + 6.0625),
    Asked("api.mistral.ai", *BO, 7, 12, START_S + 7),
    Asked("mask.icloud.com", *ADA, 1, 16, START_S + 8),
    Asked("huggingface.co", *BO, 143, 2, START_S + 9.75),
    Asked(".", *BO, 13, 3, START_S + 10),
    Asked("hidden", "0.0.0.0", None, 1, 2, START_S + 11),  # noqa: S104 - as Pi-hole hides clients
    Asked("api.anthropic.com", *BO, 1, 18, START_S + 12.5),
    Asked("api.groq.com", "0.0.0.0", None, 1, 0, START_S + 13),  # noqa: S104
    Asked(b"\xff\xfe", *ADA, 1, 2, START_S + 14),
    Asked("Perplexity.AI", *TV, 2, 8, START_S + 15),
]
GOLDEN_OLD = [
    Asked(domain, client, None, kind, status, START_S + 60 * number)
    for number, (domain, client, kind, status) in enumerate(
        [
            ("chat.openai.com", "192.168.7.20", 1, 2),
            ("chat.openai.com", "192.168.7.20", 2, 3),
            ("api.deepseek.com", "192.168.7.21", 1, 1),
            ("printer.lan", "192.168.7.21", 6, 3),
            ("copilot.microsoft.com", "192.168.7.22", 1, 4),
            ("cursor.sh", "192.168.7.22", 15, 9),
            ("www.example.com", "fd00::7", 14, 2),
            ("midjourney.com", "fd00::7", 1, 7),
            ("poe.com", "localhost", 9, 13),
        ]
    )
]


if __name__ == "__main__":
    for name, write, rows in (("linked.db", write_new, GOLDEN_NEW), ("old.db", write_old, GOLDEN_OLD)):
        (GOLDEN / name).unlink(missing_ok=True)
        write(GOLDEN / name, rows)
