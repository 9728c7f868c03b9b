"""What DNS messages ask for: the words told, and what is refused."""

from __future__ import annotations

import struct

import pytest
from capture_files import Read, client_hello, pcap, query, read, tcp, udp
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.dns import DNS, DNSQR, DNSRR, DNSRROPT
from scapy.layers.dns import dnstypes as scapy_types
from scapy.layers.netbios import NBNSHeader, NBNSQueryRequest

from shadowledger.collectors.capture import dns
from shadowledger.collectors.records import Issue, Traffic


def asked(payload: bytes, target: int = 53, source: int = 40_000) -> Read:
    return read(pcap([udp(payload, target, source)]))


def over_tcp(*messages: bytes, target: int = 53) -> Read:
    return read(pcap([tcp(b"".join(struct.pack(">H", len(m)) + m for m in messages), target)]))


def wire(name: bytes, tail: bytes = b"\0\x01\0\x01", count: int = 1, flags: int = 0x0100) -> bytes:
    return struct.pack(">HHHHHH", 1, flags, count, 0, 0, 0) + name + tail


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b"\x03api\x06openai\x03com\0", "api.openai.com"),
        (b"\x03ApI\x06oPeNaI\x03CoM\0", "api.openai.com"),
        (b"\x0a_ipp-2\x5f\x5f\x5fx\x05local\0", "_ipp-2___x.local"),
        (b"\x03a.b\x01c\0", "a\\.b.c"),
        (b"\x04a.b\\\x01c\0", "a\\.b\\\\.c"),
        (b"\x05a\0\xff b\x01c\0", "a\\000\\255\\032b.c"),
        (b"\x06%61pi\n\x03com\0", "%61pi\\010.com"),
        (b"\x07M\xc3\xbcller\x05local\0", "m\\195\\188ller.local"),
        (b"\x3f" + b"a" * 63 + b"\x03com\0", "a" * 63 + ".com"),
        (b"\x01a" * 127 + b"\0", ".".join("a" * 127)),
    ],
)
def test_a_name_is_written_as_rfc_1035_writes_it(name: bytes, expected: str) -> None:
    assert asked(wire(name)).names == [("dns", expected)]


@pytest.mark.parametrize(
    ("number", "word"),
    [(1, "A"), (28, "AAAA"), (65, "HTTPS"), (64, "SVCB"), (16, "TXT"), (255, "ANY"), (65400, "TYPE65400")],
)
def test_a_question_type_is_a_word(number: int, word: str) -> None:
    assert [r.question_type for r in asked(query("claude.ai", number)).records if isinstance(r, Traffic)] == [word]


def test_question_types_are_named_as_scapy_names_them() -> None:
    ours = {number: dns.type_word(number) for number in (1, 2, 5, 6, 12, 15, 16, 28, 33, 35, 43, 48, 64, 65, 257)}
    assert ours == {number: scapy_types[number] for number in ours}


@pytest.mark.parametrize(
    ("payload", "target", "source", "via"),
    [
        (query("claude.ai"), 53, 40_000, "dns"),
        (query("claude.ai", flags=0), 40_000, 53, "dns"),
        (query("printer.local", flags=0), 5353, 5353, "mdns"),
        (wire(b"\x07printer\x05local\0", b"\0\x0c\x80\x01", flags=0), 5353, 5353, "mdns"),
        (query("fileserver", flags=0), 5355, 50_000, "llmnr"),
        (query("example.org", 6, flags=0x2400), 53, 40_000, "dns_notify"),
        (query("example.org", 6, flags=0x2800), 53, 40_000, "dns_update"),
        (query("claude.ai"), 8053, 40_000, "dns"),
        (query("claude.ai", flags=0x0120), 443, 40_000, "dns"),
        (bytes(DNS(qd=DNSQR(qname="claude.ai"), ar=DNSRROPT())), 8053, 40_000, "dns"),
    ],
)
def test_what_asks_is_told_apart_by_port_and_opcode(payload: bytes, target: int, source: int, via: str) -> None:
    assert [found for found, _ in asked(payload, target, source).names] == [via]


@pytest.mark.parametrize(
    "payload",
    [
        bytes(DNS(qr=1, qd=DNSQR(qname="api.openai.com"), an=DNSRR(rrname="api.openai.com", rdata="192.0.2.1"))),
        query("api.openai.com", flags=0x8180),
        query("example.org", 6, flags=0xA800),
    ],
)
def test_an_answer_is_only_counted(payload: bytes) -> None:
    for source, target in ((53, 40_000), (5353, 5353), (5355, 40_000)):
        got = asked(payload, target, source)
        assert (got.records, got.ignored_count) == ([], 1)


OFF_PORT = [
    query("api.openai.com", flags=0x8180),  # an answer
    query("localhost"),  # too little to go by
    query("claude.ai", 32_000),
    query("claude.ai") + b"x",
    query("claude.ai", flags=0x0140),
    query("cl aude.ai"),
    wire(b"\x06claude\x02ai\0", b"\0\x01\0\x03"),
    wire(b"\x06claude\x02ai\0", count=2),
    wire(b"\x06claude\xc0\x0c"),
]


@pytest.mark.parametrize("payload", OFF_PORT)
def test_on_other_ports_only_the_unmistakable_counts(payload: bytes) -> None:
    got = asked(payload, 8053)
    assert (got.records, got.ignored_count) == ([], 1)


def test_netbios_asks_in_the_same_shape_for_no_host() -> None:
    shaped = NBNSHeader() / NBNSQueryRequest(QUESTION_NAME="FILESERVER")
    assert asked(bytes(shaped), 137, 137).records == []
    assert asked(query("claude.ai"), 137, 137).records == []


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (wire(b"\x03api\x06ope", b""), "the DNS question is cut off"),
        (wire(b"\x03api\x06openai\x03com", b"\0\0\x01"), "the DNS question is cut off"),
        (wire(b"\x03api\x03com\0", b"\0\x01\0"), "the DNS question is cut off"),
        (wire(b"\x03api\xc0", b"")[:-1] + b"\xc0", "the DNS question is cut off"),
        (wire(b"\x40" + b"a" * 64 + b"\0"), "a DNS label of unknown kind"),
        (wire(b"\x80a\0"), "a DNS label of unknown kind"),
        (wire(b"\x01a" * 128 + b"\0"), "a DNS name over 255 bytes"),
        (wire(b"\xc0\x0c"), "a DNS name that points astray"),  # to itself
        (wire(b"\x03api\xc0\x0c"), "a DNS name that points astray"),  # to its own beginning
        (wire(b"\x03api\xc0\x20" + bytes(20)), "a DNS name that points astray"),  # forward
        (wire(b"\x03api\xc0\x02"), "a DNS name that points astray"),  # into the header
        (wire(b"\x03api\xff\xff"), "a DNS name that points astray"),  # out of the message
    ],
)
def test_a_question_that_cannot_be_read_is_an_issue(payload: bytes, reason: str) -> None:
    got = asked(payload)
    assert got.records == [Issue(1, reason)]
    assert (got.record_count, got.ignored_count) == (1, 0)


@pytest.mark.parametrize(
    "payload", [b"", bytes(11), bytes(60), query("", 2), wire(b"\x40", count=9), query("a.example", flags=0x4800)]
)
def test_messages_that_ask_for_no_name_are_only_counted(payload: bytes) -> None:
    got = asked(payload)
    assert (got.records, got.record_count, got.ignored_count) == ([], 1, 1)


def test_several_questions_share_the_number_of_their_packet() -> None:
    first = b"\x04_ipp\x04_tcp\x05local\0\0\x0c\x80\x01"
    second = b"\x07printer\xc0\x0c\0\x21\0\x01"
    third = b"\x05_ipps\xc0\x11\0\x0c\0\x01"
    data = wire(first + second + third, b"", count=3, flags=0)
    got = read(pcap([udp(data, 5353, 5353)] * 2))
    told = [(r.position, r.via, r.host, r.question_type) for r in got.records if isinstance(r, Traffic)]
    assert told == [
        (number, "mdns", host, word)
        for number in (1, 2)
        for host, word in (("_ipp._tcp.local", "PTR"), ("printer._ipp._tcp.local", "SRV"), ("_ipps._tcp.local", "PTR"))
    ]
    assert (got.record_count, got.ignored_count) == (2, 0)


def test_questions_in_great_number_and_pointers_in_chains_are_bounded() -> None:
    many = wire(b"\x01a\x01b\0\0\x01\0\x01" * 5000, b"", count=5000, flags=0)
    assert len(asked(many, 5353, 5353).names) == dns.MOST_QUESTIONS
    chain = b"\x01a\x01b\0\0\x01\0\x01"  # each next question points at the one before it
    for at in [12, *range(12 + len(chain), 240, 6)]:
        chain += struct.pack(">H", 0xC000 | at) + b"\0\x01\0\x01"
    assert len(asked(wire(chain, b"", count=41, flags=0), 5353, 5353).names) == 17


def test_a_question_seen_before_reads_the_same_whatever_follows_it() -> None:
    pointer = b"\x03api\xc1\0\0\x01\0\x01"  # its first zero is half a pointer, to offset 256
    frames = []
    for host in (b"\x03one", b"\x03two"):
        there = (b"\x3c" + b"x" * 60) * 4 + host + b"\0\0\x01\0\x01"
        assert wire(there, b"").index(host) == 256
        frames.append(udp(wire(there + pointer, b"", count=2, flags=0), 5353, 5353))
    assert [host for _, host in read(pcap(frames)).names if host.startswith("api")] == ["api.one", "api.two"]
    cut = udp(query("api.openai.com"))
    got = read(pcap([cut, cut[:-2], cut]))
    assert [type(record) for record in got.records] == [Traffic, Issue, Traffic]


def test_only_what_is_wanted_is_built_and_all_is_counted() -> None:
    frames = [udp(query("api.openai.com")), udp(query("example.org")), tcp(client_hello("claude.ai")), udp(b"")]
    told: list[tuple[str, int, str]] = []

    def wanted(host: str, _path: str, _method: str, port: int, _agent: str, question: str) -> bool:
        told.append((host, port, question))
        return host == "claude.ai"

    got = read(pcap([*frames, *frames[:2], tcp(client_hello("claude.ai"), source=40_001), frames[3]]), wanted)
    assert got.names == [("tls", "claude.ai")] * 2
    assert (got.record_count, got.ignored_count) == (8, 2)
    assert set(told) == {("api.openai.com", 0, "A"), ("example.org", 0, "A"), ("claude.ai", 443, "")}


def test_queries_over_tcp_are_read_where_they_are_whole() -> None:
    assert over_tcp(query("claude.ai"), query("example.org", 28)).names == [
        ("dns", "claude.ai"),
        ("dns", "example.org"),
    ]
    assert over_tcp(query("claude.ai"), target=5300).names == [("dns", "claude.ai")]
    cut = read(pcap([tcp(b"\0\x1b" + query("claude.ai")[:20], 53)]))
    assert (cut.records, cut.ignored_count) == ([], 1)
    for payload in OFF_PORT:
        assert over_tcp(payload, target=5300).records == []
    assert over_tcp(query("claude.ai", flags=0x8180)).records == []


@given(st.binary(max_size=120))
def test_arbitrary_messages_are_counted(payload: bytes) -> None:
    for frame in (
        udp(payload),
        udp(payload, 5353),
        udp(payload, 9999),
        tcp(payload),
        tcp(payload, 53),
        udp(wire(payload)),
    ):
        got = read(pcap([frame]))
        assert len({record.position for record in got.records}) + got.ignored_count == got.record_count == 1


@given(st.binary(max_size=60), st.binary(max_size=8))
def test_no_name_is_read_from_beyond_the_end(message: bytes, beyond: bytes) -> None:
    """What comes after the end changes nothing."""
    data = wire(message, b"")

    def told(buffer: bytes) -> dns.Question | str:
        try:
            return dns.read_question(buffer, 0, dns.HEADER_BYTES, len(data))
        except dns.UnreadableError as error:
            return str(error)

    assert told(data) == told(data + beyond)
