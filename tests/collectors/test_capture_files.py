"""pcap and pcapng: every variant, every place to be cut, and lengths that lie."""

from __future__ import annotations

import gzip
import itertools
import struct
import tracemalloc
from random import Random

import pytest
from capture_files import TIME_US, block, enhanced, interface, pcap, query, read, section, udp
from hypothesis import assume, given
from hypothesis import strategies as st

from shadowledger.collectors.capture.captures import CAPTURE
from shadowledger.collectors.collector import look
from shadowledger.collectors.proxy.squid import SQUID_NATIVE
from shadowledger.collectors.records import Traffic
from shadowledger.collectors.registry import detect

FRAMES = [udp(query("api.openai.com")), udp(query("example.org", 28)), udp(query("claude.ai", 65))]
NAMES = [("dns", "api.openai.com"), ("dns", "example.org"), ("dns", "claude.ai")]
NANOSECONDS, MODIFIED = 0xA1B23C4D, 0xA1B2CD34


def pcapng(order: str = "<") -> bytes:
    return section(order) + interface(1, order=order) + b"".join(enhanced(0, TIME_US, f, order) for f in FRAMES)


def times(data: bytes) -> list[int]:
    return [record.time_us for record in read(data).records if isinstance(record, Traffic)]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("magic", "ticks"), [(0xA1B2C3D4, 123_456), (NANOSECONDS, 123_456_999), (MODIFIED, 123_456)])
def test_every_variant_of_pcap_is_claimed_and_read(order: str, magic: int, ticks: int) -> None:
    data = pcap(FRAMES, order=order, magic=magic, ticks=ticks)
    assert CAPTURE.detect(look(data))
    assert read(data).names == NAMES
    assert times(data) == [TIME_US] * 3
    assert read(data).damage == ""


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_is_claimed_and_read(order: str) -> None:
    assert CAPTURE.detect(look(pcapng(order)))
    assert read(pcapng(order)).names == NAMES
    assert times(pcapng(order)) == [TIME_US] * 3


def option(code: int, value: bytes, order: str = "<") -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


@pytest.mark.parametrize(
    ("options", "ticks", "expected_us"),
    [
        (b"", TIME_US, TIME_US),
        (option(9, b"\x09"), TIME_US * 1000 + 7, TIME_US),
        (option(9, b"\x00"), 1_740_000_000, 1_740_000_000_000_000),
        (option(9, b"\x8a"), 1_740_000_000 << 10 | 512, 1_740_000_000_500_000),
        (option(14, struct.pack("<q", 1_740_000_000)), 123_456, TIME_US),
        (option(2, b"eth0") + option(9, b"\x09") + option(0, b""), TIME_US * 1000, TIME_US),
        (option(0, b"") + option(9, b"\x09"), TIME_US, TIME_US),  # after the end of the options nothing counts
        (option(9, b"\x7f"), TIME_US, 0),  # before any time that can be
        (option(9, b"\x00"), 1 << 63, 0),  # after it
        (struct.pack("<HH", 9, 60_000), TIME_US, TIME_US),  # an option longer than its block
    ],
)
def test_each_interface_has_its_own_clock(options: bytes, ticks: int, expected_us: int) -> None:
    data = section() + interface(1, options) + enhanced(0, ticks, FRAMES[0])
    assert read(data).names == NAMES[:1]
    assert times(data) == [expected_us]


def test_interfaces_have_their_own_link_types_and_sections_their_own_interfaces() -> None:
    raw = FRAMES[1][14:]
    data = section() + interface(1) + interface(101) + enhanced(1, 1, raw) + enhanced(0, 2, FRAMES[0])
    data += section(">") + interface(12, order=">") + enhanced(0, 3, raw, ">")
    assert [host for _, host in read(data).names] == ["example.org", "api.openai.com", "example.org"]
    assert times(data) == [1, 2, 3]


def test_simple_and_old_packet_blocks_count_as_packets_and_others_do_not() -> None:
    simple = block(3, struct.pack("<I", len(FRAMES[0])) + FRAMES[0])
    old = block(2, struct.pack("<HHIIII", 0, 0, 0, 5, len(FRAMES[1]), len(FRAMES[1])) + FRAMES[1])
    other = block(4, b"names") + block(0x0BAD, bytes(3_000_000)) + block(0x80000001, b"")
    data = section() + other + interface(1) + simple + other + old + other
    assert [(record.position, record.time_us) for record in read(data).records if isinstance(record, Traffic)] == [
        (1, 0),
        (2, 5),
    ]
    assert read(data).damage == ""


def test_a_simple_packet_is_no_longer_than_its_interface_keeps() -> None:
    kept = FRAMES[0][:60]
    data = section() + interface(1, snap_bytes=60) + block(3, struct.pack("<I", len(FRAMES[0])) + kept)
    assert [record.reason for record in read(data).records] == ["the DNS question is cut off"]


def test_the_upper_bits_of_a_pcap_link_type_are_no_part_of_it() -> None:
    assert read(pcap(FRAMES, 0x3000_0001)).names == NAMES


def ends(first: bytes, *pieces: bytes) -> tuple[bytes, set[int]]:
    """The whole file, and the sizes at which nothing of it is cut."""
    sizes = itertools.accumulate([len(first), *(len(piece) for piece in pieces)])
    return first + b"".join(pieces), set(sizes)


@pytest.mark.parametrize(
    ("data", "whole_sizes"),
    [
        ends(pcap([]), *(pcap([frame])[24:] for frame in FRAMES)),
        ends(section(), interface(1), *(enhanced(0, TIME_US, frame) for frame in FRAMES)),
        ends(section(">"), interface(1, order=">"), *(enhanced(0, TIME_US, frame, ">") for frame in FRAMES)),
        ends(gzip.compress(pcap(FRAMES), mtime=0)),
    ],
)
def test_what_is_whole_before_a_cut_is_read_and_the_cut_is_told(data: bytes, whole_sizes: set[int]) -> None:
    whole = read(data)
    assert whole.names == NAMES
    for size in range(len(data) + 1):
        got = read(data[:size])
        assert got.records == whole.records[: len(got.records)]
        assert len(got.records) + got.ignored_count == got.record_count
        assert (got.damage == "") == (size in whole_sizes)


def test_a_cut_is_told_with_the_number_of_the_packet() -> None:
    assert read(pcap(FRAMES)[:-1]).damage == "the capture is cut off in packet 3"
    assert read(pcapng()[:-1]).damage == "the capture is cut off in packet 3"
    assert read(b"").damage == "the capture is cut off in packet 1"


HEAD = pcap([])
IDB = section() + interface(1)


@pytest.mark.parametrize(
    "data",
    [
        HEAD + struct.pack("<IIII", 1, 1, 0xFFFFFFFF, 60),
        HEAD + struct.pack("<IIII", 1, 1, 262_145, 60) + bytes(300_000),
        IDB + struct.pack("<II", 6, 8) + bytes(20),
        IDB + struct.pack("<II", 6, 0xFFFFFFF0) + bytes(100),
        IDB + enhanced(1, 0, FRAMES[0]),
        IDB + block(6, struct.pack("<IIIII", 0, 0, 0, 5000, 5000) + bytes(40)),
        IDB + block(6, bytes(8)),
        IDB + block(3, b""),
        section() + block(3, struct.pack("<I", 4) + bytes(4)),
        section() + block(1, b""),
        section()[:8] + bytes(20),
        block(6, bytes(40)),
        section() + interface(1) * 65_537,
    ],
)
def test_a_lying_length_ends_the_reading_and_is_told(data: bytes) -> None:
    assert read(data).damage == "the capture is damaged at packet 1"


def test_a_lying_length_takes_no_memory() -> None:
    tail = bytes(4_000_000)
    tracemalloc.start()
    for lie in (HEAD + struct.pack("<IIII", 1, 1, 0xFFFFFFFF, 60), IDB + struct.pack("<II", 77, 0xFFFFFFF0)):
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        assert read(lie + tail).records == []
        assert tracemalloc.get_traced_memory()[1] - before < 8_000_000
    tracemalloc.stop()


def test_packets_across_the_pieces_of_a_stream_are_whole() -> None:
    frame = udp(query("api.openai.com") + bytes(1171))
    data = pcap([frame] * 5000)
    assert len(data) > 5 << 20
    assert read(data).names == NAMES[:1] * 5000
    ng = section() + interface(1) + enhanced(0, 1, frame) * 5000
    assert read(ng).names == NAMES[:1] * 5000


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xd4\xc3\xb2\xa1",
        b"\xd4\xc3\xb2\xa1\x09\x00\x04\x00",
        b"\n\r\r\n",
        b"\n\r\r\n then some prose",
        b"1740 GET /",
    ],
)
def test_other_content_is_not_claimed(data: bytes) -> None:
    assert CAPTURE.detect(look(data)) == ""


def test_a_capture_that_carries_a_log_is_a_capture() -> None:
    line = b"1740000000.123 180 10.0.0.5 TCP_MISS/200 411 GET http://example.com/ - HIER_DIRECT/192.0.2.7 -\n"
    data = pcap([udp(line * 10)] * 4)
    assert SQUID_NATIVE.detect(look(data))
    found = detect(data)
    assert found is not None
    assert found.collector is CAPTURE


@given(
    st.sampled_from([pcap(FRAMES), pcapng(), pcapng(">")]),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255))),
)
def test_changed_bytes_anywhere_give_records_issues_or_damage(data: bytes, changes: list[tuple[int, int]]) -> None:
    changed = bytearray(data)
    for at, value in changes:
        changed[at % len(changed)] = value
    got = read(bytes(changed))
    assert len({record.position for record in got.records}) + got.ignored_count == got.record_count


@given(st.sampled_from([HEAD, IDB, b""]), st.binary(max_size=300))
def test_arbitrary_bytes_end_in_counted_records(head: bytes, tail: bytes) -> None:
    assume(not (head + tail).startswith(b"PK"))  # an archive in a stream is refused before
    got = read(head + tail)
    assert len({record.position for record in got.records}) + got.ignored_count == got.record_count


@pytest.mark.parametrize("kind", ["pcap", "modified", "pcapng", "pcapng with blocks that are passed over"])
@pytest.mark.parametrize("seed", range(4))
def test_wherever_a_file_is_cut_into_chunks_no_packet_is_lost_or_met_twice(kind: str, seed: int) -> None:
    random = Random(seed)  # noqa: S311 - repeatable
    frames = []
    for number in range(1500):
        frames.append(udp(query(f"n{number}.example.org")))
        long = random.choice((1, 60, 1500, 9000)) if number % 300 else 250_000  # one alone is about a chunk
        frames.append(bytes(12) + b"\x88\xcc" + bytes(random.randrange(long)))
    if kind.startswith("pcapng"):
        between = block(0xBAD, bytes(700_001)) if "passed over" in kind else b""
        packets = [enhanced(0, TIME_US, frame) for frame in frames]
        data = section() + interface(1) + between.join((b"".join(packets[:900]), b"".join(packets[900:]), b""))
    else:
        data = pcap(frames, magic=MODIFIED if kind == "modified" else 0xA1B2C3D4)
    told = read(data)
    assert [(one.position, one.host) for one in told.records if isinstance(one, Traffic)] == [
        (2 * number + 1, f"n{number}.example.org") for number in range(1500)
    ]
    assert (told.record_count, told.damage) == (3000, "")
    cut = read(data[: -random.randrange(1, 400)])
    assert cut.record_count < 3000 or "passed over" in kind
    assert "cut off" in cut.damage
