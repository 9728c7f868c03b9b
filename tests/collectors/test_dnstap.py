"""dnstap: who asks, the frames around it, and every place to be cut."""

from __future__ import annotations

import gzip
import io
import itertools
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from capture_files import query
from dnstap_files import (
    AUTH_QUERY,
    AUTH_RESPONSE,
    CLIENT_QUERY,
    CLIENT_RESPONSE,
    CONTENT,
    FORWARDER_QUERY,
    FORWARDER_RESPONSE,
    RECURSIVE,
    RESOLVER_QUERY,
    RESOLVER_RESPONSE,
    RESPONSES,
    START,
    START_S,
    STOP,
    STUB_QUERY,
    STUB_RESPONSE,
    TOOL_QUERY,
    TOOL_RESPONSE,
    UPDATE_QUERY,
    UPDATE_RESPONSE,
    answer,
    control,
    field,
    fixed,
    frame,
    message,
    stream,
)
from hypothesis import given
from hypothesis import strategies as st

from shadowledger.collectors.collector import look
from shadowledger.collectors.dns.dnstap import DNSTAP, LONGEST_FRAME_BYTES
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import Ignored, Issue, Record, Traffic
from shadowledger.collectors.registry import claims
from shadowledger.collectors.sources import Opened, open_source
from shadowledger.signatures.wanted import Wanted

SAMPLE = Path(__file__).parents[3] / "shared" / "data" / "logs" / "samples" / "dnstap_fstrm" / "dnstap.fstrm"
NO_STOP = "no stop frame: it is still written to, or was cut off before frame"
TIME_US = START_S * 1_000_000 + 250_000


class Read(NamedTuple):
    records: list[Record]
    damage: str

    @property
    def hosts(self) -> list[str]:
        return [record.host for record in self.records if isinstance(record, Traffic)]


def read(data: bytes, wanted: Wanted | None = None) -> Read:
    """All records; where all are built, they are numbered one by one."""
    opened = Opened("test", io.BytesIO(data))
    reading = Reading(opened, None, wanted)
    records = list(reading.records(DNSTAP))
    if wanted is None:
        assert [record.position for record in records] == list(range(1, reading.record_count + 1))
    return Read(records, opened.damage)


def only(data: bytes) -> Record:
    (record,) = read(stream([data])).records
    return record


def traffic(data: bytes) -> Traffic:
    record = only(data)
    assert isinstance(record, Traffic), record
    return record


def reason(data: bytes) -> str:
    record = only(data)
    assert isinstance(record, Issue | Ignored), record
    return record.reason


@pytest.mark.parametrize("kind", [CLIENT_QUERY, STUB_QUERY, TOOL_QUERY])
@pytest.mark.parametrize("client", ["10.20.3.1", "2001:db8:20:3::5"])
def test_who_asked_for_what_and_when(kind: int, client: str) -> None:
    record = traffic(message(kind, query("Api.OpenAI.com", 65), client))
    assert record == Traffic(1, "dns", "api.openai.com", TIME_US, "explicit", client, question_type="HTTPS")


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (AUTH_QUERY, "a question to an authoritative server"),
        (RESOLVER_QUERY, "a resolver's own question"),
        (FORWARDER_QUERY, "a forwarder's own question"),
        (UPDATE_QUERY, "a dynamic update"),
        *((kind, "a response") for kind in (AUTH_RESPONSE, RESOLVER_RESPONSE, FORWARDER_RESPONSE, STUB_RESPONSE,
                                            TOOL_RESPONSE, UPDATE_RESPONSE)),
        (0, "a message of another kind"),
        (99, "a message of another kind"),
    ],
)  # fmt: skip
def test_whatever_else_a_server_does_is_ignored(kind: int, why: str) -> None:
    assert only(message(kind)) == Ignored(1, why)


def test_an_answer_counts_only_where_no_question_is_written() -> None:
    both = [message(CLIENT_QUERY, query("claude.ai")), message(CLIENT_RESPONSE, answer("claude.ai"))]
    assert read(stream(both)).records[1] == Ignored(2, "a response")
    assert read(stream(both[::-1])).records[0] == Ignored(1, "a response"), "its question is in the file before"
    assert read(stream([both[1]])).hosts == ["claude.ai"]
    assert traffic(both[1]).time_us == TIME_US


def test_an_answer_no_longer_counts_when_a_question_comes_late() -> None:
    answers = [message(CLIENT_RESPONSE, answer(f"n{number}.example")) for number in range(900)]
    late = [message(CLIENT_QUERY, query("claude.ai")), answers[0]]
    got = read(stream(answers + late))
    assert len(got.hosts) == 901
    assert got.records[-1] == Ignored(902, "a response")


ASKED = field(1, CLIENT_QUERY) + field(10, query("claude.ai"))


def tap(body: bytes) -> bytes:
    return field(14, body) + field(15, 1)


@pytest.mark.parametrize(
    ("body", "time_us", "client"),
    [
        (b"", 0, ""),
        (field(8, START_S), START_S * 1_000_000, ""),
        (field(8, START_S) + fixed(9, 1_999_999_999), START_S * 1_000_000, ""),
        (field(8, 1 << 63), 0, ""),
        (field(8, b"soon"), 0, ""),
        (field(8, START_S) + field(9, b"soon"), 0, ""),
        (fixed(9, 5_000), 0, ""),
        (field(12, START_S) + fixed(13, 7_000), START_S * 1_000_000 + 7, ""),
        (field(4, b"\x0a\0\0\1"), 0, "10.0.0.1"),
        (field(4, bytes(15) + b"\1"), 0, "::1"),
        (field(4, b"\x0a\0\0"), 0, ""),
        (field(4, 7), 0, ""),
        (field(4, b"\x0a\0\0\1") + field(4, b"\x0a\0\0\2"), 0, "10.0.0.2"),
        (field(99, 5) + field(99, b"later") + b"\xa1\x06" + bytes(8), 0, ""),
    ],
)
def test_fields_may_be_missing_odd_or_new(body: bytes, time_us: int, client: str) -> None:
    record = traffic(tap(ASKED + body))
    assert (record.host, record.time_us, record.client) == ("claude.ai", time_us, client)
    assert record.tz_source == ("explicit" if time_us else "")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\0", "a dnstap message that is cut off"),
        (b"\x7f", "no dnstap message"),
        (field(15, 1), "no dnstap message"),
        (field(14, ASKED), "no dnstap message"),
        (field(14, ASKED) + field(15, 2), "no dnstap message"),
        (field(14, 7) + field(15, 1), "no dnstap message"),
        (tap(b""), "no dnstap message"),
        (tap(field(1, b"5")), "no dnstap message"),
        (tap(ASKED[:-1]), "a dnstap message that is cut off"),
        (tap(ASKED + b"\x40" + b"\xff" * 11), "a dnstap message that is cut off"),
        (tap(ASKED + b"\x22\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "a dnstap message that is cut off"),
        (tap(ASKED + b"\x4d\0\0"), "a dnstap message that is cut off"),
        (tap(ASKED + b"\x43"), "no dnstap message"),
        (tap(field(1, CLIENT_QUERY)), "no DNS message"),
        (tap(field(1, CLIENT_QUERY) + field(10, 9)), "no DNS message"),
        (message(CLIENT_QUERY, b""), "the DNS question is cut off"),
        (message(CLIENT_QUERY, query("claude.ai")[:-1]), "the DNS question is cut off"),
        (message(CLIENT_QUERY, query("x")[:12] + b"\xc0\x0c\0\1\0\1"), "a DNS name that points astray"),
        (message(CLIENT_QUERY, query("")), "a question about the root"),
        (message(CLIENT_QUERY, query("")[:4] + bytes(8)), "asks for no name"),
        (message(CLIENT_QUERY, query("claude.ai", flags=0x3000)), "asks for no name"),
    ],
)
def test_messages_without_traffic(data: bytes, why: str) -> None:
    assert reason(data) == why


@pytest.mark.parametrize(("flags", "via"), [(0x0100, "dns"), (0x2400, "dns_notify"), (0x2800, "dns_update")])
def test_how_a_name_was_told(flags: int, via: str) -> None:
    assert traffic(message(wire=query("corp.example", flags=flags))).via == via


def test_a_name_that_nobody_wanted_is_asked_about_once_for_each_type() -> None:
    asked: list[tuple[str, str]] = []

    def wanted(host: str, path: str, method: str, port: int, agent: str, kind: str) -> bool:
        asked.append((host, kind))
        return host == "claude.ai" and kind == "A"

    questions = [("a.example", 1), ("claude.ai", 15), ("claude.ai", 1), ("a.example", 1), ("claude.ai", 1)]
    data = stream([message(wire=query(*question)) for question in questions])
    assert [record.position for record in read(data, wanted).records] == [3, 5]
    assert asked.count(("a.example", "A")) == 1


@pytest.mark.parametrize(
    "data",
    [
        START,
        stream(RECURSIVE),
        control(4, CONTENT) + START,
        control(4, b"protobuf:other", CONTENT) + START,
    ],
)
def test_a_stream_is_claimed_by_its_content_type(data: bytes) -> None:
    assert [claim.collector.id for claim in claims(data)] == ["dnstap"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(40),
        START[:-1],
        control(2),
        control(2, b"protobuf:other"),
        control(3, CONTENT),
        START[4:],
        bytes(4) + b"\xff" * 8 + CONTENT,
    ],
)
def test_other_streams_are_refused(data: bytes) -> None:
    assert DNSTAP.detect(look(data)) == ""


ONE = frame(message(wire=query("claude.ai")))


@pytest.mark.parametrize(
    ("data", "count", "damage"),
    [
        (START + STOP, 0, ""),
        (control(4, CONTENT) + control(1, CONTENT) + START + ONE + STOP + control(5), 1, ""),
        (START + ONE + control(77) + ONE + STOP, 2, ""),
        (START + ONE + STOP + START + ONE + STOP, 2, ""),
        (START + ONE + START + ONE + STOP, 2, ""),
        (control(2) + ONE + STOP, 1, ""),
        (START + ONE, 1, f"{NO_STOP} 2"),
        (START, 0, f"{NO_STOP} 1"),
        (ONE, 0, "the frames are damaged at frame 1"),
        (START + ONE + STOP + ONE, 1, "the frames are damaged at frame 2"),
        (START + ONE + STOP + control(2, b"protobuf:other") + ONE, 1, "something other than dnstap begins at frame 2"),
        (START + bytes(4) + struct.pack(">I", 513) + bytes(513), 0, "the frames are damaged at frame 1"),
        (START + bytes(8), 0, "the frames are damaged at frame 1"),
        (START + b"\xff\xff\xff\xff" + ONE, 0, "the frames are cut off in frame 1"),
        (START + ONE + b"\0\0", 1, "the frames are cut off in frame 2"),
    ],
)
def test_control_frames(data: bytes, count: int, damage: str) -> None:
    got = read(data)
    assert (got.hosts, got.damage) == (["claude.ai"] * count, damage)


def test_a_frame_that_is_too_long_is_passed_over_and_takes_no_memory() -> None:
    long = struct.pack(">I", 40 * LONGEST_FRAME_BYTES)
    data = b"".join((START, ONE, long, bytes(40 * LONGEST_FRAME_BYTES), ONE, STOP))
    tracemalloc.start()
    got = read(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [type(record) for record in got.records] == [Traffic, Issue, Traffic]
    assert got.records[1] == Issue(2, "longer than 1 MiB")
    assert got.damage == ""
    assert peak < 8 * LONGEST_FRAME_BYTES


@pytest.mark.parametrize("pack", [bytes, lambda data: gzip.compress(data, mtime=0)])
def test_what_is_whole_before_a_cut_is_read_and_the_cut_is_told(pack: Callable[[bytes], bytes]) -> None:
    whole, packed = read(stream(RESPONSES)), pack(stream(RESPONSES))
    assert len(whole.hosts) == len(RESPONSES)
    for size in range(len(packed)):
        got = read(packed[:size])
        assert got.records == whole.records[: len(got.records)]
        assert (got.damage == "") == (size == 0), size
    assert read(packed) == whole


def test_a_cut_is_told_with_the_number_of_the_frame() -> None:
    sizes = list(itertools.accumulate(len(frame(data)) for data in RESPONSES))
    data = stream(RESPONSES)
    assert read(data[: len(START) + sizes[2] + 9]).damage == "the frames are cut off in frame 4"
    assert read(data[: len(START) + sizes[2]]).damage == f"{NO_STOP} 4"


@pytest.mark.skipif(not SAMPLE.is_file(), reason="../shared/data/logs is not there")
def test_what_dnsdist_wrote() -> None:
    with open_source(SAMPLE) as opened:
        assert [claim.collector.id for claim in claims(opened.head)] == ["dnstap"]
        records = list(Reading(opened).records(DNSTAP))
        assert opened.damage == ""
    asked = Traffic(1, "dns", "www.google.com", 1_717_613_389_590_209, "explicit", "172.19.0.1", question_type="A")
    assert records == [asked, Ignored(2, "a response")]


@given(
    st.sampled_from([stream(RECURSIVE), stream(RESPONSES)]),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255))),
)
def test_changed_bytes_anywhere_give_records_issues_or_damage(data: bytes, changes: list[tuple[int, int]]) -> None:
    changed = bytearray(data)
    for at, value in changes:
        changed[at % len(changed)] = value
    read(bytes(changed))


@given(st.lists(st.binary(min_size=1, max_size=60)))
def test_arbitrary_frames_are_read(frames: list[bytes]) -> None:
    assert len(read(stream(frames)).records) == len(frames)


@given(st.binary(max_size=120))
def test_an_arbitrary_message_is_read(body: bytes) -> None:
    only(tap(ASKED + body))
