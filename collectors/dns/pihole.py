"""Pi-hole's long-term database of questions, pihole-FTL.db.

https://docs.pi-hole.net/database/query-database/. In old versions `queries` is a table; since then it is a view over
`query_storage`, whose numbers stand for rows of `domain_by_id` and `client_by_id`. Only plain tables are read and never
a view, because a view, a virtual table or a computed column runs what the file says."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import NamedTuple

from shadowledger.collectors.clock import EXPLICIT, seconds_us
from shadowledger.collectors.collector import Collector, Head
from shadowledger.collectors.databases import MAGIC, NotReadableError, readable
from shadowledger.collectors.dns.questions import question_word
from shadowledger.collectors.lines import LONGEST_KEY, REMEMBERED, Unwanted
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import Ignored, Issue, Record, Traffic
from shadowledger.collectors.sources import Opened
from shadowledger.signatures.hosts import clean_host

_REFERENCE = "https://docs.pi-hole.net/database/query-database/"
_DAMAGED = "the database is damaged; what could be read of it was read"
_MOST_SCHEMA_STEPS = 100_000
"""Of SQLite's machine, to learn the schema: thousands of tables; Pi-hole has a dozen."""
_MOST_ROW_BYTES = 1 << 16

_QUESTION = frozenset(("timestamp", "type", "status", "domain", "client"))
_COLUMNS = {
    "queries": _QUESTION,
    "query_storage": _QUESTION,
    "domain_by_id": frozenset(("domain",)),
    "client_by_id": frozenset(("ip", "name")),
}
_LINKED = frozenset(("query_storage", "domain_by_id", "client_by_id"))
_MADE = re.compile(r"""CREATE TABLE ["'`\[]?(\w+)["'`\]]?\s*\(""", re.ASCII | re.IGNORECASE)
_ROWS = "select rowid, timestamp, type, status, domain, client from queries not indexed where rowid > ? order by rowid"
_STORED_ROWS = _ROWS.replace("queries", "query_storage")
_BEFORE_ALL = -(1 << 63)
_DOMAIN = "select domain from domain_by_id where rowid = ?"
_CLIENT = "select ip, name from client_by_id where rowid = ?"

# The tables "Supported query types" and "Supported status types" of the page above. OTHER (14) says nothing.
_TYPES = (
    "", "A", "AAAA", "ANY", "SRV", "SOA", "PTR", "TXT", "NAPTR", "MX", "DS", "RRSIG", "DNSKEY", "NS", "", "SVCB",
    "HTTPS",
)  # fmt: skip
_ACTIONS: dict[object, str] = {
    **dict.fromkeys((1, 4, 5, 6, 7, 8, 9, 10, 11, 15, 16, 18), "blocked"),
    **dict.fromkeys((2, 3, 12, 13, 14, 17), "allowed"),
}
# https://docs.pi-hole.net/ftldns/privacylevels/
_HIDDEN_DOMAIN, _HIDDEN_CLIENT = "hidden", "0.0.0.0"  # noqa: S104 - what stands there, and no address to listen on
# `_FTL_new_query` in https://github.com/pi-hole/FTL/blob/master/src/dnsmasq_interface.c: its own questions for DNSSEC
_ITSELF = "::"

# As SQLite keeps the schema: https://www.sqlite.org/fileformat2.html#storage_of_the_sql_database_schema
_SCHEMA = re.compile(rb"""CREATE (?:TABLE|VIEW) ["'`\[]?(?:queries|query_storage)["'`\]]?[\s(][^\0]{0,2000}""")
_SCHEMA_WORDS = tuple(column.encode() for column in sorted(_QUESTION))

_DAMAGE = (sqlite3.Error, UnicodeDecodeError)
"""The second where the text of the first quotes bytes of the file."""

Value = str | int | float | bytes | None


class _Row(NamedTuple):
    rowid: int
    timestamp: Value
    """Seconds since 1970 UTC, with a fraction since version 6 of Pi-hole."""
    type: Value
    status: Value
    domain: Value
    client: Value


def read(reading: Reading) -> Iterator[Record]:
    """A record is a question, numbered from 1 in the order of the rows. A damaged database is read up to the damage,
    which is one Issue more."""
    try:
        with readable(reading.opened) as uri:
            yield from _records(reading, uri)
    except NotReadableError as error:
        reading.opened.damage = reading.opened.damage or str(error)


def _records(reading: Reading, uri: str) -> Iterator[Record]:
    try:
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
            connection.text_factory = lambda data: data.decode("utf-8", "replace")
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MOST_ROW_BYTES)
            tables = _tables(connection)
            is_linked = tables >= _LINKED
            if not is_linked and "queries" not in tables:
                lacking = ", ".join(sorted(_LINKED - tables))
                reading.opened.damage = reading.opened.damage or f"is no query database of Pi-hole: it lacks {lacking}"
                return
            questions = _Questions(reading, connection, is_linked=is_linked)
            yield from questions.records(_STORED_ROWS if is_linked else _ROWS)
    except _DAMAGE:
        reading.opened.damage = reading.opened.damage or _DAMAGED
        reading.record_count += 1
        yield Issue(reading.record_count, "the database is damaged from here on")


def _tables(connection: sqlite3.Connection) -> set[str]:
    """Which of our tables are there, with all the columns they are read by, none of them computed. What counts is the
    text that makes a table: the names that the schema puts beside it are for people."""
    connection.set_progress_handler(lambda: 1, _MOST_SCHEMA_STEPS)
    connection.execute("pragma cell_size_check = on")
    tables = {name for name in _plain_tables(connection) & _COLUMNS.keys() if _has_columns(connection, name)}
    connection.set_progress_handler(None, 0)
    return tables


def _plain_tables(connection: sqlite3.Connection) -> set[str]:
    rows = connection.execute("select sql from sqlite_master")
    return {found[1].lower() for (sql,) in rows if isinstance(sql, str) and (found := _MADE.match(sql))}


def _has_columns(connection: sqlite3.Connection, table: str) -> bool:
    found = connection.execute("select lower(name), hidden from pragma_table_xinfo(?)", (table,)).fetchall()
    plain = {name for name, hidden in found if not hidden}
    return plain >= _COLUMNS[table] and "rowid" not in plain


class _Questions:
    """The rows of one database as records. What numbers stand for is remembered, up to a bound."""

    def __init__(self, reading: Reading, connection: sqlite3.Connection, *, is_linked: bool) -> None:
        self._reading = reading
        self._connection = connection
        self._is_linked = is_linked
        self._clients: dict[int, tuple[str, str]] = {}

    def records(self, rows: str) -> Iterator[Record]:
        """What the rows give; nearly all are passed over because nobody wants their name. Raises sqlite3.Error."""
        reading = self._reading
        unwanted: Unwanted[tuple[Value, Value]] = Unwanted()
        for row in self._rows(rows):
            reading.record_count += 1
            question = row.domain, row.type
            if question in unwanted:
                continue
            record = self._record(reading.record_count, row)
            if record is not None:
                yield record
            else:
                unwanted.remember(question)

    def _rows(self, rows: str) -> Iterator[_Row]:
        last = _BEFORE_ALL
        try:
            for values in self._connection.execute(rows, (last,)):
                row = _Row(*values)
                if row.rowid <= last:  # pages that point to one another in a circle give the same rows for ever
                    raise sqlite3.DatabaseError("rows out of order")
                last = row.rowid
                yield row
        except _DAMAGE:  # a cursor looks for the next row before it gives one, and so loses the last good one
            yield from map(_Row._make, self._connection.execute(f"{rows} limit 1", (last,)))
            raise

    def _record(self, position: int, row: _Row) -> Record | None:
        domain = self._domain(row.domain)
        host, kind = clean_host(domain), _type_word(row.type)
        if not host:
            return Ignored(position, "a question about the root") if domain == "." else Issue(position, "no host")
        if domain == _HIDDEN_DOMAIN:
            return Ignored(position, "a domain that Pi-hole was told to hide")
        if self._reading.wanted is not None and not self._reading.wanted(host, "", "", 0, "", kind):
            return None
        client, device = self._client(row.client)
        if client == _ITSELF:
            return Ignored(position, "a question of Pi-hole itself")
        if client == _HIDDEN_CLIENT:
            client = device = ""
        time_us = seconds_us(row.timestamp) if isinstance(row.timestamp, int | float) else 0
        return Traffic(
            position=position,
            via="dns",
            host=host,
            time_us=time_us,
            tz_source=EXPLICIT if time_us else "",
            client=client,
            device=device,
            action=_ACTIONS.get(row.status, ""),
            question_type=kind,
        )

    def _domain(self, value: Value) -> str:
        """What was asked for; empty where it is no text or stands nowhere."""
        if isinstance(value, int) and self._is_linked:
            found = self._linked(_DOMAIN, value)
            value = found[0] if found else None
        return value if isinstance(value, str) else ""

    def _client(self, value: Value) -> tuple[str, str]:
        """Address and name of who asked, each empty where it is not known."""
        if not isinstance(value, int) or not self._is_linked:
            return (value if isinstance(value, str) else "", "")
        client = self._clients.get(value)
        if client is None:
            address, name = self._linked(_CLIENT, value) or (None, None)
            client = (address if isinstance(address, str) else "", name if isinstance(name, str) else "")
            if len(self._clients) == REMEMBERED:
                self._clients.clear()
            if len(client[0]) + len(client[1]) <= LONGEST_KEY:
                self._clients[value] = client
        return client

    def _linked(self, select: str, number: int) -> tuple[Value, ...] | None:
        """The row that a number stands for; None where there is none, or where that part of the file is damaged: the
        rows that do not point there can still be read."""
        try:
            found: tuple[Value, ...] | None = self._connection.execute(select, (number,)).fetchone()
        except _DAMAGE:
            self._reading.opened.damage = self._reading.opened.damage or _DAMAGED
            return None
        return found


def _type_word(number: Value) -> str:
    """A type of Pi-hole's own counting; those that it has no number for are stored with 100 added."""
    if not isinstance(number, int):
        return ""
    if 0 <= number < len(_TYPES):
        return _TYPES[number]
    return question_word(str(number - 100)) if 100 < number <= 65_635 else ""


def detect(head: Head) -> str:
    """By the schema, which stands at the beginning of a database unless it was changed after it had grown."""
    if not head.data.startswith(MAGIC):
        return ""
    is_ours = any(all(word in made for word in _SCHEMA_WORDS) for made in _SCHEMA.findall(head.data))
    return "an SQLite database that keeps queries by domain and client, as Pi-hole's FTL does" if is_ours else ""


def first_counted(opened: Opened) -> bytes:
    """When the database began to count, which it keeps for as long as it lives: `ftl`, row 2, on the page above."""
    if opened.path is None or not opened.path.is_file():
        return b""
    try:
        with closing(sqlite3.connect(f"{opened.path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MOST_ROW_BYTES)
            if "ftl" not in _plain_tables(connection):
                return b""
            found = connection.execute("select value from ftl where id = 2").fetchone()
    except _DAMAGE:
        return b""
    return f"pihole {found[0]}".encode() if found and isinstance(found[0], int) and found[0] > 0 else b""


PIHOLE_FTL = Collector(
    id="pihole_ftl",
    title="Pi-hole query database (FTL)",
    framing="rows",
    fills=("time", "host", "client", "device", "action", "question_type"),
    detect=detect,
    read=read,
    reference=_REFERENCE,
    export="Copy /etc/pihole/pihole-FTL.db, and the -wal file beside it where there is one.",
    cannot="Users. Questions that Pi-hole has deleted since the last scan are withdrawn with it.",
    lasting=first_counted,
)
