"""The same question asked of DuckDB: hits by service, person and day, in one query on one thread.

`python in_duckdb.py FORMAT LOG SUFFIXES` prints records by service as JSON. The quickest of what was tried: every
distinct host is looked up once, by all that its labels end in; five joins by the last 2 to 6 labels take three times as
long, one regular expression of all suffixes four times."""

from __future__ import annotations

import json
import sys

import duckdb

HOST = "create macro host_of(url) as rtrim(lower(split_part(split_part(url, '/', 1), ':', 1)), '.')"
CSV_COLUMNS = "{" + ", ".join(f"'c{number}': 'varchar'" for number in range(33)) + "}"
ROWS = {
    "squid": """
        select epoch_ms(word[1][:10]::bigint * 1000)::date as day, word[-3] as who,
            host_of(case when starts_with(word[-4], 'http://') then word[-4][8:] else word[-4] end) as host
        from (select string_split(line, ' ') as word
              from read_csv($log, header = false, delim = '\x01', quote = '', columns = {'line': 'varchar'}))""",
    "csv": """
        select c0[5:10] || c0[20:] as day, c1 as who, host_of(c3) as host
        from read_csv($log, header = false, delim = ',', quote = '"', columns = COLUMNS)""".replace(
        "COLUMNS", CSV_COLUMNS
    ),
    "zeek_json": """
        select epoch_ms((ts * 1000)::bigint)::date as day, "id.orig_h" as who,
            host_of(coalesce(host, server_name)) as host
        from read_json($log, format = 'newline_delimited', columns = {
            'ts': 'double', 'id.orig_h': 'varchar', 'host': 'varchar', 'server_name': 'varchar'})""",
}
QUERY = """
    with row as materialized ({rows}),
    name as (
        select * from read_csv($suffixes, delim = '\t', header = false,
                               columns = {{'suffix': 'varchar', 'service': 'varchar'}})),
    host as (select distinct host from row),
    ending as (
        select host, unnest(list_transform(range(1, len(label) + 1), lambda first: array_to_string(label[first:], '.')))
            as suffix
        from (select host, string_split(host, '.') as label from host)),
    known as (select host, arg_max(service, length(suffix)) as service from ending join name using (suffix) group by 1),
    found as (select service, who, day, count(*) as record_count from row join known using (host) group by all)
    select service, sum(record_count)::bigint from found group by 1"""


def main(layout: str, log: str, suffixes: str) -> None:
    """Ask, and print."""
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    connection.execute("set preserve_insertion_order = false")
    connection.execute(HOST)
    query = QUERY.format(rows=ROWS[layout])
    told = connection.execute(query, {"log": log, "suffixes": suffixes}).fetchall()
    print(json.dumps(dict(told)))


if __name__ == "__main__":
    main(*sys.argv[1:])
