"""Records inside other systems' objects and columns. Each line is written after the page that its wrapper names."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from collections.abc import Iterator
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowledger.collectors.sources import LONGEST_LINE_BYTES
from shadowledger.collectors.wrappers import EACH, WRAPPERS, Wrapper, raw_column, rows, unwrapped, unwrapper

BY_ID = {wrapper.id: wrapper for wrapper in WRAPPERS}
LINE = "1697961600.123    250 10.0.0.5 TCP_TUNNEL/200 5000 CONNECT a.example:443 ada HIER_DIRECT/192.0.2.1 -"
OBJECT = '{"ts": 1.50, "host": "a.example", "ts": 1.50}'

WRAPPED: list[tuple[str, str, list[str]]] = [
    ("splunk_result", '{"preview":false,"offset":0,"result":{"_time":"2023-10-22","host":"h","_raw":"%s"}}', [LINE]),
    ("raw", '{"_time":1697961600.1,"cribl_breaker":"x","host":"h","_raw":"%s","source":"s"}', [LINE]),
    ("elastic_original", '{"_index":"i","_id":"1","_source":{"event":{"original":"%s"},"message":"x"}}', [LINE]),
    ("elastic_original_flat", '{"_index":"i","_id":"1","_source":{"event.original":"%s"}}', [LINE]),
    ("original", '{"@timestamp":"2023-10-22T08:00:00Z","event":{"kind":"event","original":"%s"}}', [LINE]),
    ("original_flat", '{"@timestamp":"2023-10-22T08:00:00Z","event.original":"%s"}', [LINE]),
    ("splunk_hec", '{"time":1697961600,"host":"h","source":"s","sourcetype":"squid","event":"%s"}', [LINE]),
    ("splunk_hec", '{"sourcetype":"zscalernss-web","event":{"cip": "10.0.0.5"}}', ['{"cip": "10.0.0.5"}']),
    ("splunk_hec", '{"index":"main","fields":{"a":"b"},"event":"%s"}', [LINE]),
    ("sentinel_syslog", '{"TenantId":"t","Computer":"h","Facility":"local0","SyslogMessage":"%s"}', [LINE]),
    ("sentinel_raw", '{"TimeGenerated":"2023-10-22T08:00:00Z","Computer":"h","RawData":"%s"}', [LINE]),
    ("cloudwatch", '{"messageType":"DATA_MESSAGE","logEvents":[{"id":1,"message":"%s"},{"message":"b"}]}', [LINE, "b"]),
    ("google_text", '{"insertId":"i","textPayload":"%s","logName":"projects/p/logs/l"}', [LINE]),
    ("google_message", '{"insertId":"i","jsonPayload":{"message":"%s"},"logName":"projects/p/logs/l"}', [LINE]),
    ("otel_file",
     ('{"resourceLogs":[{"resource":{},"scopeLogs":[{"scope":{},"logRecords":[{"body":{"stringValue":"%s"}},'
     '{"body":{"stringValue":"b"}}]}]},{"scopeLogs":[]}]}'), [LINE, "b"]),
    ("otel_record", '{"timeUnixNano":"1","severityText":"INFO","body":{"stringValue":"%s"}}', [LINE]),
    ("otel_body", '{"timestamp":"1","body":"%s","resource":{}}', [LINE]),
    ("gelf_full", '{"version":"1.1","host":"h","short_message":"x","full_message":"%s"}', [LINE]),
    ("gelf_short", '{"version":"1.1","host":"h","short_message":"%s","_pid":1}', [LINE]),
    ("docker", '{"log":"%s\\n","stream":"stdout","time":"2023-10-22T08:00:00.1Z"}', [LINE]),
    ("docker", '{"log":"%s\\r\\n","kubernetes":{"pod_name":"p"}}', [LINE]),
    ("elastic_message", '{"_index":"i","_source":{"@timestamp":"2023-10-22T08:00:00Z","message":"%s"}}', [LINE]),
    ("elastic_source", f'{{"_index":"i","_source":{OBJECT},"sort":[1]}}', [OBJECT]),
    ("message", '{"@timestamp":"2023-10-22T08:00:00Z","agent":{"type":"filebeat"},"message":"%s"}', [LINE]),
    ("message", f'{{"message":{OBJECT}}}', [OBJECT]),
    ("message", '{"message":"one\\ntwo\\r\\nthree\\n"}', ["one two three"]),
    ("message", '{"message":"a\\tb\\u0000\\u00e9\\"\\\\"}', ['a\tb\x00é"\\']),
    ("message", '{"message":""}', [""]),
    ("defender_stream", f'{{"time":"t","tenantId":"x","category":"c","properties":{OBJECT}}}', [OBJECT]),
    ("raw_member", '{"raw":"%s","sourcetype":"squid"}', [LINE]),
    ("message", '{"message":"first","message":"last"}', ["last"]),
    ("message", '{"message":"%s","n":' + "9" * 5000 + "}", [LINE]),
    ("journal", '{"__REALTIME_TIMESTAMP":"1697961600000000","_HOSTNAME":"h","MESSAGE":"%s"}', [LINE]),
    ("nxlog", '{"EventReceivedTime":"2023-10-22 08:00:00","SourceModuleName":"in","Message":"%s"}', [LINE]),
    ("azure_records", f'{{"records":[{OBJECT},{{"b":[1, 2]}}]}}', [OBJECT, '{"b":[1, 2]}']),
    ("azure_records", '{"records": []}', []),
    ("aws_records", f'{{"Records":[{OBJECT}]}}', [OBJECT]),
    ("aws_records", '{"Records":["%s"]}', [LINE]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "line", "inner"), WRAPPED)
def test_what_is_inside(name: str, line: str, inner: list[str]) -> None:
    assert unwrapper(BY_ID[name])(line.replace("%s", LINE)) == inner


def test_every_wrapper_has_a_name_a_place_and_a_line_here() -> None:
    assert {name for name, _, _ in WRAPPED} == set(BY_ID)
    assert len(BY_ID) == len(WRAPPERS)
    assert len({wrapper.path for wrapper in WRAPPERS}) == len(WRAPPERS)
    assert all(wrapper.reference.startswith("https://") for wrapper in WRAPPERS)


NOT_WRAPPED = [
    ("message", ""),
    ("message", LINE),
    ("message", "[]"),
    ("message", "{}"),
    ("message", '{"Message":"x"}'),
    ("message", '{"a":{"message":"x"}}'),
    ("message", '{"message":"x"} y'),
    ("message", '{"message":"x"'),
    ("message", '{"message":5}'),
    ("message", '{"message":null}'),
    ("message", '{"message":["x"]}'),
    ("message", '{"message":"\x00"}'),
    ("message", '{"message":"\\ud800"}'),
    ("message", "[" * 100_000),
    ("message", '{"message":' + "[" * 100_000),
    ("message", '{"message":' + '{"a":' * 100_000),
    ("message", '{"a":' + "[" * 100_000 + ',"message":"x"}'),
    ("message", '{"message":' + "9" * 5000 + "}"),
    ("splunk_hec", '{"event":"login","user":"ada"}'),
    ("splunk_hec", '{"time":1,"host":"h"}'),
    ("splunk_result", '{"result":"_raw"}'),
    ("splunk_result", '{"result":[{"_raw":"x"}]}'),
    ("azure_records", '{"records":{"a":1}}'),
    ("azure_records", '{"records":[{"a":1},5]}'),
    ("aws_records", '{"records":[{"a":1}]}'),
    ("cloudwatch", '{"logEvents":[{"message":"x"},{"id":"2"}]}'),
    ("cloudwatch", '{"logEvents":[{"message":"x"},[]]}'),
    ("journal", '{"MESSAGE":[104,105]}'),
]


@pytest.mark.parametrize(("name", "line"), NOT_WRAPPED)
def test_what_is_not_wrapped_so(name: str, line: str) -> None:
    assert unwrapper(BY_ID[name])(line) is None


@given(st.sampled_from(WRAPPERS), st.text())
def test_a_text_comes_back_as_one_line(wrapper: Wrapper, text: str) -> None:
    value: object = text
    for key in reversed(wrapper.path):
        value = [value] if key == EACH else {key: value}
    (inner,) = unwrapper(wrapper)(json.dumps(value)) or [None]
    assert inner is not None
    assert "\n" not in inner
    assert inner.split() == text.split() or "\r" in text
    if "\n" not in text:
        assert inner == text


@given(st.sampled_from(WRAPPERS), st.text(alphabet='{}[]",:\\ 1amesg'))
def test_no_line_breaks_a_wrapper(wrapper: Wrapper, line: str) -> None:
    unwrapper(wrapper)(line)
    unwrapper(wrapper)('{"' + wrapper.path[0] + '":' + line + "}")


def named(lines: list[str]) -> dict[str, tuple[str, ...]]:
    return {wrapper.id: inner for wrapper, inner in unwrapped(lines)}


def test_the_original_comes_before_what_is_left_of_it() -> None:
    line = json.dumps({"_source": {"event": {"original": LINE}, "message": "x"}})
    assert list(named([line])) == ["elastic_original", "elastic_message", "elastic_source"]
    assert list(named(['{"short_message":"x","full_message":"y"}'])) == ["gelf_full", "gelf_short"]


def test_what_fits_more_lines_comes_first() -> None:
    lines = ['{"log":"1","message":"a"}', '{"message":"b"}', '{"log":"3","message":"c"}', '{"log":"4","message":"d"}']
    assert named(lines) == {"message": ("a", "b", "c", "d"), "docker": ("1", "3", "4")}
    assert next(iter(named(lines))) == "message"


@pytest.mark.parametrize(("fitting", "others", "found"), [(3, 1, True), (2, 1, False), (6, 2, True), (5, 2, False)])
def test_three_of_four_lines_must_fit(fitting: int, others: int, found: bool) -> None:
    lines = ['{"message":"x"}'] * fitting + [LINE] * others
    assert named(lines) == ({"message": ("x",) * fitting} if found else {})


def test_lists_are_laid_end_to_end_and_empty_ones_prove_nothing() -> None:
    assert named(['{"records":[{"a":1},{"b":2}]}', '{"records":[{"c":3}]}']) == {
        "azure_records": ('{"a":1}', '{"b":2}', '{"c":3}')
    }
    assert named(['{"records":[]}']) == {}
    assert named([]) == {}
    assert named([LINE, LINE]) == {}


HEADERS: list[tuple[str, tuple[str, int] | None]] = [
    ("_time,host,_raw\n", ("_raw", 2)),
    ('"_raw","_time"\r\n"x","y"\r\n', ("_raw", 0)),
    ("_raw\nx\n", ("_raw", 0)),
    ("\ufeff_time,_raw\n", ("_raw", 1)),
    ("message,_raw\n", ("_raw", 1)),
    ('"@timestamp",message\n', ("message", 1)),
    ("_id,_index,_source.message\n", ("_source.message", 2)),
    ('"TimeGenerated [UTC]",Computer,SyslogMessage\n', ("SyslogMessage", 2)),
    ("TimeGenerated,RawData", ("RawData", 1)),
    ("_raw,_raw\n", ("_raw", 0)),
    ("", None),
    ("\n_raw\n", None),
    ("time,raw message,url\n", None),
    ('_time,"_raw\n', None),
    ('"_raw"x,_raw\n', None),
    ('{"_raw":"x","message":"y"}\n', None),
    (LINE, None),
    ("x" * 200_000 + ",_raw\n", None),
    ("\x00,_raw\x00\n", None),
]


@pytest.mark.parametrize(("head", "found"), HEADERS)
def test_a_header_with_a_raw_column(head: str, found: tuple[str, int] | None) -> None:
    assert raw_column(head) == found


ROWS: list[tuple[str, list[str | None]]] = [
    ("h,r\n", []),
    ("h,r\n1,a\n2,b\n", ["a", "b"]),
    ("h,r\r\n1,a\r\n\r\n2,b", ["a", "b"]),
    ('"h","r"\n1,"say ""x"", y"\n', ['say "x", y']),
    ('h,r\n1,"two\nlines\n"\n2,b\n', ["two lines", "b"]),
    ('"h\nh",r\n1,a\n', ["a"]),
    ("h,r\n1\n2,b,3\n,\n", [None, "b", ""]),
    ('h,r\n1,"a"x\n2,b\n', [None, "b"]),
    ('h,r\n1,a"x\n2,b\n', ['a"x', "b"]),
    ('h,r\n1,a\n2,"b\n3,c\n', ["a", None]),
    ("h,r\n1,a\x00b\n", ["a\x00b"]),
]


@pytest.mark.parametrize(("text", "wanted"), ROWS)
@pytest.mark.parametrize("ends", [False, True])
def test_rows(text: str, wanted: list[str | None], ends: bool) -> None:
    assert list(rows(text.splitlines(keepends=ends), 1)) == wanted


@given(st.lists(st.tuples(st.text(), st.text()), max_size=8))
def test_cells_come_back(cells: list[tuple[str, str]]) -> None:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    clean = [tuple(text.replace("\r", "") for text in row) for row in cells]
    writer.writerows([("h", "r"), *clean])
    wanted = [text.rstrip("\n").replace("\n", " ") for _, text in clean]
    assert list(rows(out.getvalue().removesuffix("\n").split("\n"), 1)) == wanted


@pytest.mark.parametrize(("more", "kept"), [(0, True), (1, False)])
def test_the_longest_cell(more: int, kept: bool) -> None:
    cell = "x" * (LONGEST_LINE_BYTES - 3 + more)
    assert list(rows(["h,r", f"1,{cell}", "2,b"], 1)) == [cell if kept else None, "b"]


def unclosed(line: str) -> Iterator[str]:
    yield "h,r"
    yield '1,"a'
    while True:
        yield line


@pytest.mark.parametrize("line", ["x" * 100_000, '","' * 1000 + "x"])
def test_a_quote_that_never_closes_takes_constant_memory(line: str) -> None:
    tracemalloc.start()
    try:
        found = list(islice(rows(islice(unclosed(line), 2000), 1), 100))
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found[0] is None
    assert peak_bytes < 16 * LONGEST_LINE_BYTES
