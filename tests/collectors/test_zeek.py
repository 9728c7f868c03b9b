"""Zeek's dns, ssl, http and quic logs, as tab-separated files and as JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from log_lines import claimed_by, read, reading_of, reason, traffic

from shadowledger.collectors.clock import clock_of
from shadowledger.collectors.records import Ignored, Issue, Traffic
from shadowledger.collectors.zeek import ZEEK_TSV
from shadowledger.collectors.zeek_json import ZEEK_JSON, Usuals, with_care

BASE = {"ts": "1697961600.5", "uid": "C1", "id.orig_h": "10.0.0.5", "id.orig_p": "51234", "id.resp_h": "10.0.0.1"}
DNS = {**BASE, "id.resp_p": "53", "query": "a.example", "qtype_name": "A"}
TLS = {**BASE, "id.resp_p": "443", "server_name": "a.example", "cipher": "TLS_AES_128_GCM_SHA256"}
QUIC = {**BASE, "id.resp_p": "443", "client_initial_dcid": "cee", "server_name": "a.example"}
HTTP = {**BASE, "id.resp_p": "80", "method": "GET", "host": "a.example", "uri": "/x?y", "user_agent": "curl/8.5.0",
        "status_code": "200", "request_body_len": "5", "response_body_len": "7", "username": "ada"}  # fmt: skip

CASES = [
    (DNS, {"via": "dns", "host": "a.example", "question_type": "A", "client": "10.0.0.5", "port": 0,
           "time_us": 1_697_961_600_500_000, "tz_source": "explicit"}),
    ({**DNS, "query": "A.Example."}, {"host": "a.example"}),
    ({**DNS, "id.resp_p": "5353"}, {"via": "mdns"}),
    ({**DNS, "id.resp_p": "5355"}, {"via": "llmnr"}),
    ({**DNS, "qtype_name": "query-65"}, {"question_type": "HTTPS"}),
    ({**DNS, "qtype_name": "*"}, {"question_type": "ANY"}),
    ({**DNS, "qtype_name": "-"}, {"question_type": ""}),
    ({**DNS, "qtype_name": "-", "qtype": "28"}, {"question_type": "AAAA"}),
    ({**DNS, "ts": "XXXXXXXXXX.XXXXXX"}, {"time_us": 0, "tz_source": "", "host": "a.example"}),
    ({**DNS, "ts": "2023-10-22T08:00:00.500000Z"}, {"time_us": 1_697_961_600_500_000, "tz_source": "explicit"}),
    ({**DNS, "ts": "-"}, {"time_us": 0}),
    (TLS, {"via": "tls", "host": "a.example", "port": 443}),
    ({**TLS, "id.resp_p": "99999"}, {"port": 0}),
    (QUIC, {"via": "quic", "host": "a.example", "port": 443}),
    (HTTP, {"via": "http", "host": "a.example", "path": "/x", "port": 0, "scheme": "http", "method": "GET",
            "user": "ada", "status": 200, "sent_bytes": 5, "received_bytes": 7, "user_agent": "curl/8.5.0"}),
    ({**HTTP, "id.resp_p": "11434"}, {"port": 11434}),
    ({**HTTP, "host": "a.example:8000", "id.resp_p": "11434"}, {"host": "a.example", "port": 8000}),
    ({**HTTP, "host": "[2001:db8::1]:8000"}, {"host": "2001:db8::1", "port": 8000}),
    ({**HTTP, "method": "CONNECT", "host": "-", "uri": "a.example:443", "id.resp_p": "3128"},
     {"host": "a.example", "port": 443, "path": "", "scheme": ""}),
    ({**HTTP, "host": "proxy.example", "uri": "https://a.example/y#z", "id.resp_p": "3128"},
     {"host": "a.example", "port": 0, "path": "/y", "scheme": "https"}),
    ({**HTTP, "uri": "/y?u=http://b.example/"}, {"host": "a.example", "path": "/y"}),
    ({**HTTP, "status_code": "-", "request_body_len": "-", "response_body_len": "-"},
     {"status": 0, "sent_bytes": -1, "received_bytes": -1}),
]  # fmt: skip
WITHOUT = [
    ({**DNS, "query": "-"}, "no question in this record"),
    ({**TLS, "server_name": "(empty)"}, "no server name in this handshake"),
    ({**QUIC, "server_name": "-"}, "no server name in this handshake"),
    ({**HTTP, "host": "-"}, "no host in this request"),
]


def tsv(*rows: dict[str, str], path: str = "x", separator: str = "\t") -> str:
    names = separator.join(("#fields", *rows[0]))
    lines = (separator.join(row.values()) for row in rows)
    written = f"\\x{ord(separator):02x}"
    head = (f"#separator {written}", f"#unset_field{separator}-", f"#path{separator}{path}", names)
    return "\n".join((*head, *lines)) + "\n"


@pytest.mark.parametrize(("row", "wants"), CASES)
def test_rows(row: dict[str, str], wants: dict[str, object]) -> None:
    (record,) = read(ZEEK_TSV, tsv(row))
    assert isinstance(record, Traffic)
    assert record.position == 5
    assert {name: getattr(record, name) for name in wants} == wants


@pytest.mark.parametrize(("row", "wants"), CASES)
@pytest.mark.parametrize("flat", [False, True])
def test_objects(row: dict[str, str], wants: dict[str, object], flat: bool) -> None:
    record = traffic(ZEEK_JSON, json_line(row, flat=flat))
    assert {name: getattr(record, name) for name in wants} == wants


def json_line(row: dict[str, str], *, flat: bool = False) -> str:
    """A row as Zeek's JSON writer puts it: numbers as numbers, nothing for what is unset."""
    numbers = {"id.resp_p", "id.orig_p", "status_code", "request_body_len", "response_body_len", "qtype"}
    fields: dict[str, object] = {
        name: int(text) if name in numbers else float(text) if name == "ts" and text[:10].isdigit() else text
        for name, text in row.items()
        if text != "-"
    }
    return json.dumps({name.replace("id.", "id_") if flat else name: value for name, value in fields.items()})


@pytest.mark.parametrize(("row", "why"), WITHOUT)
def test_records_without_a_name_are_ignored(row: dict[str, str], why: str) -> None:
    assert read(ZEEK_TSV, tsv(row)) == [Ignored(5, why)]
    assert reason(ZEEK_JSON, json_line(row)) in (why, "another Zeek log, which names no host")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("conn", "a Zeek conn log names no host"),
        ("x509", "a Zeek x509 log names no host"),
        ("a\x1b[31m log", "another Zeek log, which names no host"),
        ("x" * 99, "another Zeek log, which names no host"),
    ],
)
def test_other_logs_are_known_and_ignored(path: str, why: str) -> None:
    assert read(ZEEK_TSV, tsv(BASE, path=path)) == [Ignored(5, why)]
    assert reason(ZEEK_JSON, json.dumps({"_path": path, **BASE})) == why


@pytest.mark.parametrize(
    ("text", "host"),
    [
        (r"b\xc3\xbccher.example", "xn--bcher-kva.example"),
        (r"a\x20b.local", "a b.local"),
        (r"a\\b.local", r"a\b.local"),
        (r"a\\x20b.local", r"a\x20b.local"),
        (r"a\xff.local", "a\ufffd.local"),
        (r"a\xz.local", r"a\xz.local"),
    ],
)
def test_escapes_in_rows_are_undone(text: str, host: str) -> None:
    (record,) = read(ZEEK_TSV, tsv({**DNS, "query": text}))
    assert isinstance(record, Traffic)
    assert record.host == host


@pytest.mark.parametrize("separator", ["\t", ",", "|", " "])
def test_the_separator_is_as_the_file_says(separator: str) -> None:
    (record,) = read(ZEEK_TSV, tsv(DNS, separator=separator))
    assert isinstance(record, Traffic)
    assert record.host == "a.example"


def test_a_header_may_come_again_with_other_columns() -> None:
    other = {"query": "b.example", "ts": "1697961601.0", "id.orig_h": "10.0.0.6"}
    records = read(ZEEK_TSV, tsv(DNS) + "#close\tx\n" + tsv(other) + tsv(BASE, path="conn") + tsv(TLS))
    assert [getattr(record, "host", "") for record in records] == ["a.example", "b.example", "", "a.example"]
    assert [record.position for record in records] == [5, 11, 16, 21]


def test_a_row_cut_short_or_without_header_is_an_issue() -> None:
    assert read(ZEEK_TSV, tsv(DNS) + "1697961600.5\tC1\n")[1:] == [Issue(6, "fewer than 8 fields")]
    assert read(ZEEK_TSV, "1697961600.5\tC1\n") == [Issue(1, "no #fields line before it")]


@pytest.mark.parametrize("line", ["[1]", '"text"', "1", "{", '{"ts":1,', '{"ts":1}{"ts":2}', "no JSON", "[" * 5000])
def test_what_is_no_object_is_an_issue(line: str) -> None:
    assert reason(ZEEK_JSON, line) == "not a JSON object"


def test_an_object_without_anything_of_zeeks_is_no_log_to_pass_over() -> None:
    assert reason(ZEEK_JSON, '{"events": [' + json_line(DNS) + "]}") == "not a record of Zeek's"
    assert reason(ZEEK_JSON, json_line(BASE)) == "another Zeek log, which names no host"


def test_odd_types_of_values_cost_no_record() -> None:
    odd = {
        "ts": None,
        "id.orig_h": 5,
        "id.resp_p": "53",
        "query": "a.example",
        "qtype_name": ["A"],
        "answers": {"a": 1},
    }
    record = traffic(ZEEK_JSON, json.dumps(odd))
    assert (record.host, record.question_type, record.time_us, record.client) == ("a.example", "", 0, "5")


def test_what_splunk_exports_is_unwrapped() -> None:
    line = json.dumps({"preview": False, "result": {"_raw": json_line(DNS), "sourcetype": "zeek"}})
    assert traffic(ZEEK_JSON, line).host == "a.example"
    assert reason(ZEEK_JSON, json.dumps({"result": {"_raw": "cut {"}})) == "not a JSON object"


@pytest.mark.parametrize("collector", [ZEEK_TSV, ZEEK_JSON], ids=lambda collector: collector.id)
def test_a_name_that_nobody_wanted_is_asked_about_once(collector: object) -> None:
    asked: list[str] = []

    def wanted(host: str, path: str, method: str, port: int, agent: str, kind: str) -> bool:
        asked.append(host + kind)
        return host == "claude.ai" and kind == "A"

    rows = [DNS, {**DNS, "query": "claude.ai", "qtype_name": "MX"}, {**DNS, "query": "claude.ai"}, DNS, DNS]
    text = tsv(*rows) if collector is ZEEK_TSV else "".join(json_line(row) + "\n" for row in rows)
    reading = reading_of(text, wanted=wanted)
    read_ = ZEEK_TSV.read if collector is ZEEK_TSV else ZEEK_JSON.read
    hosts = [record.host for record in read_(reading) if isinstance(record, Traffic)]
    assert (hosts, reading.record_count, asked.count("a.exampleA")) == (["claude.ai"], 5, 1)


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        (tsv(DNS), ["zeek_tsv"]),
        ("### made by a test suite\n" + tsv(BASE, path="conn"), ["zeek_tsv"]),
        (tsv(DNS, separator=","), ["zeek_tsv"]),
        (json_line(DNS) + "\n", ["zeek_json"]),
        (json_line(TLS, flat=True) + "\n", ["zeek_json"]),
        ((json_line(HTTP) + "\n") * 3 + "odd\n", ["zeek_json"]),
        ((json_line(HTTP) + "\n") * 2 + "odd\n", []),
        ('{"ts": 1, "query": "a.example"}\n', []),
        ('{"events": [' + json_line(DNS) + "," + json_line(DNS) + "]}\n", []),
        ('{"timestamp": "2023-10-22", "event_type": "dns", "flow_id": 1, "src_ip": "10.0.0.5"}\n', []),
        ("#Fields: date time cs-host\n2023-10-22 08:00:00 a.example\n", []),
        ("#separator and #fields are words\n", []),
    ],
)
def test_who_claims_what(text: str, claim: list[str]) -> None:
    assert claimed_by(text) == claim


CELLS = st.one_of(
    st.text(max_size=8), st.sampled_from(["-", "a.example", "\\x", "\\xff", "53", "1e9", "http://a/?", "%"])
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | CELLS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(CELLS, inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(st.lists(CELLS, max_size=9), max_size=6), st.sampled_from([DNS, TLS, QUIC, HTTP, BASE]))
def test_any_rows_give_records_that_add_up(rows: list[list[str]], row: dict[str, str]) -> None:
    read(ZEEK_TSV, tsv(row) + "\n".join("\t".join(cells) for cells in rows) + "\n")


@given(st.dictionaries(st.sampled_from([*DNS, *TLS, *QUIC, *HTTP, "_path", "@stream", "result"]), VALUES, max_size=9))
def test_any_object_gives_one_record(fields: dict[str, object]) -> None:
    assert len(read(ZEEK_JSON, json.dumps(fields) + "\n")) == 1


TOLD: dict[str, list[object]] = {
    "_path": ["dns", "ssl", "http", "quic", "conn", "", None],
    "@stream": ["dns", 5],
    "ts": [1697961600.5, 1793919033.123457, 1793919033.1234565, 1697961600, 1697961600123, 5, 0.0, -1.5,
           "2023-10-22T08:00:00Z"],
    "id.orig_h": ["10.0.0.5", "fe80::1", "-", ""],
    "id_orig_h": ["10.0.0.6", "(empty)"],
    "id.resp_p": [53, 80, 443, 5353, 5355, 99999, -1, 0, "443", 443.0, True],
    "id_resp_p": [5353, 11434],
    "query": ["A.Example.", "chatgpt.com", "-", "%41.example", 5],
    "qtype_name": ["A", "query-65", "*", "-", "(empty)"],
    "qtype": [28, "28"],
    "server_name": ["a.example", "(empty)", "b.example:443", "\u00e4.example"],
    "host": ["a.example:8000", "[2001:db8::1]:8000", "user@a.example", "a?b", "-", "a.example"],
    "uri": ["/x?y#z", "/", "https://a.example/y", "a.example:443", "-", "?x", "/y?u=http://b.example/"],
    "method": ["GET", "CONNECT", "-", "post"],
    "status_code": [200, -5, 10**13, 10**12, "200", 1.5],
    "user_agent": ["curl/8.5.0", "-", "(empty)"],
    "username": ["ada", "-", None],
    "request_body_len": [5, -1, 10**13, 10**30],
    "response_body_len": [7, "7", None],
    "result": [None, 5, {"_raw": json.dumps(DNS)}],
}  # fmt: skip


@settings(max_examples=500)
@given(st.fixed_dictionaries({}, optional={name: st.sampled_from(told) for name, told in TOLD.items()}), st.booleans())
def test_a_usual_record_is_read_as_with_care(fields: dict[str, object], is_whole: bool) -> None:
    whole = {"_path": "http", "ts": 5e9, "id.orig_h": "10.0.0.5", "query": "a.example", "server_name": "b.example"}
    line = json.dumps({**whole, **fields} if is_whole else fields)
    reading = reading_of(line)
    usual, clock = Usuals(clock_of(reading), reading), clock_of(reading)
    assert usual.record(1, line) == with_care(1, line, clock, reading)


@given(st.binary(max_size=300))
def test_any_bytes_are_read(data: bytes) -> None:
    assume(not data.startswith(b"PK"))  # an archive in a stream is refused before
    read(ZEEK_TSV, data)
    read(ZEEK_TSV, tsv(DNS).encode() + data)
    read(ZEEK_JSON, data)
