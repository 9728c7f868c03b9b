"""What captures hold that readers of captures get wrong, case by case: names and blind spots, whichever way the packets
come. Scapy writes the packets."""

from __future__ import annotations

import struct
from collections import Counter
from random import Random

import pytest
from capture_files import TIME_US, block, enhanced, interface, pcap, query, read, section
from hello_files import DRAFT_29, V1, V2, dtls, initial, message, pieces, records, retry
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.contrib.geneve import GENEVE
from scapy.layers.inet import IP, TCP, UDP, fragment
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment, fragment6
from scapy.layers.l2 import GRE, Dot1AD, Dot1Q, Ether
from scapy.layers.ppp import PPP, PPPoE
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet, Raw

from shadowledger.collectors.capture import blind
from shadowledger.collectors.capture.engine import Engine
from shadowledger.collectors.records import Traffic

NAME = "api.openai.com"
ETHER = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
FOUR, SIX = IP(src="10.1.2.3", dst="192.0.2.1"), IPv6(src="2001:db8::3", dst="2001:db8::53")
FIRST = 4_294_967_000
"""Of the sequence numbers, which begin anew within a hello."""

HELLO = message(NAME, random=b"\x01" * 32)
LARGE = message(NAME, key_share_bytes=1216, random=b"\x02" * 32)
WHERE = LARGE.index(NAME.encode())


def stream(*parts: tuple[int, bytes], opened: bool = True, port: int = 443, layer: Packet = FOUR) -> list[Packet]:
    """Segments of a client, each with the index of its first byte in the stream."""
    head = [ETHER / layer / TCP(sport=40_000, dport=port, flags="S", seq=FIRST)] if opened else []
    return head + [
        ETHER / layer / TCP(sport=40_000, dport=port, flags="PA", seq=FIRST + 1 + at & 0xFFFFFFFF) / Raw(data)
        for at, data in parts
    ]


def cut(data: bytes, *places: int) -> list[tuple[int, bytes]]:
    return pieces(data, places)


def flow(*payloads: bytes, port: int = 443, layer: Packet = FOUR) -> list[Packet]:
    return [ETHER / layer / UDP(sport=40_000, dport=port) / Raw(payload) for payload in payloads]


def framed(message: bytes) -> bytes:
    return struct.pack(">H", len(message)) + message


SENT = records(LARGE)
SHUFFLED = [LARGE[at : at + 90] for at in range(0, len(LARGE), 90)]
SERVERS_ID, CLIENTS_ID = b"servers1", b"\x83\x94\xc8\xf0\x3e\x51\x57\x08"
IN_PIECES = [(number * 90, piece) for number, piece in enumerate(SHUFFLED)]
Random(4).shuffle(IN_PIECES)  # noqa: S311 - repeatable, not secret
TWO_QUERIES = framed(query(NAME)) + framed(query("claude.ai", 28))
TLS, QUIC, DNS = [("tls", NAME)], [("quic", NAME)], [("dns", NAME)]
BOTH = [("dns", NAME), ("dns", "claude.ai")]
RETRY_ID, RETRY_TOKEN = b"\xf0\x67\xa5\x50\x2a\x42\x62\xb5", b"token"
LONG_DTLS = UDP(sport=40_000, dport=4433) / Raw(dtls(message(NAME, key_share_bytes=3000))[0])
FRAGMENTED = UDP(sport=40_000, dport=53) / Raw(query(NAME))

CASES: list[tuple[str, list[Packet], list[tuple[str, str]], dict[str, int]]] = [
    ("hello whole", stream((0, SENT)), TLS, {}),
    ("hello whole, IPv6", stream((0, SENT), layer=SIX), TLS, {}),
    ("hello on another port", stream((0, SENT), port=8443), TLS, {}),
    ("hello split", stream(*cut(SENT, 700)), TLS, {}),
    ("hello split before its name", stream(*cut(SENT, 60, 90)), TLS, {}),
    ("hello split in its name", stream(*cut(SENT, WHERE + 9)), TLS, {}),
    ("hello split, IPv6", stream(*cut(SENT, 60), layer=SIX), TLS, {}),
    ("hello split, octet by octet", stream(*cut(SENT[:200], *range(1, 200))), TLS, {}),
    ("hello out of order", stream(*cut(SENT, 60)[::-1]), TLS, {}),
    ("hello out of order in three", stream(*(cut(SENT, 50, 100)[at] for at in (2, 0, 1))), TLS, {}),
    ("hello split, no SYN", stream(*cut(SENT, 60), opened=False), TLS, {}),
    ("hello out of order, no SYN", stream(*cut(SENT, 60)[::-1], opened=False), TLS, {}),
    ("hello sent again", stream(*cut(SENT, 60), *cut(SENT, 60)), TLS, {}),
    ("hello sent again in larger pieces", stream((0, SENT[:50]), (0, SENT[:70]), (40, SENT[40:])), TLS, {}),
    ("hello in records", stream((0, records(LARGE, 70))), TLS, {}),
    ("hello in records, split", stream(*cut(records(LARGE, 70), 40, 160, 161)), TLS, {}),
    ("hello of which the end is missing", stream((0, SENT[:300])), TLS, {}),
    ("hello of which the beginning is missing", stream((60, SENT[60:])), [], {}),
    ("hello that never becomes readable", stream((0, SENT[:60])), [], {blind.HELLO_UNREADABLE: 1}),
    ("hello with post-quantum keys", stream(*cut(SENT, 1000)), TLS, {}),
    ("hello encrypted", stream((0, records(message(NAME, is_encrypted=True)))), TLS, {blind.OUTER_NAME: 1}),
    ("hello without a name", stream((0, records(message(None)))), [], {blind.HELLO_WITHOUT_NAME: 1}),
    ("hello after a proxy's CONNECT", stream((0, b"CONNECT x:443 HTTP/1.1\r\n\r\n"), (26, SENT)), TLS, {}),
    ("hello of the next connection, no SYN", stream((0, records(HELLO)), (5000, SENT), opened=False), TLS * 2, {}),
    ("DTLS", flow(*dtls(HELLO), port=4433), TLS, {}),
    ("DTLS in fragments", flow(*dtls(LARGE, b"cookie", 100), port=4433), TLS, {}),
    ("DTLS in fragments, out of order", flow(*dtls(LARGE, size=100)[::-1], port=4433), TLS, {}),
    *((f"QUIC {v:x}", flow(initial([(0, HELLO)], version=v)), QUIC, {}) for v in (V1, V2, DRAFT_29)),
    ("QUIC, IPv6", flow(initial([(0, HELLO)]), layer=SIX), QUIC, {}),
    ("QUIC on another port", flow(initial([(0, HELLO)]), port=4433), QUIC, {}),
    (
        "QUIC in two Initials",
        flow(*(initial([part], packet_number=number) for number, part in enumerate(cut(LARGE, 90)))),
        QUIC,
        {},
    ),
    (
        "QUIC in two Initials, out of order",
        flow(*(initial([part], packet_number=number) for number, part in enumerate(cut(LARGE, 90)[::-1]))),
        QUIC,
        {},
    ),
    ("QUIC with its CRYPTO shuffled", flow(initial(IN_PIECES[:9]), initial(IN_PIECES[9:], packet_number=1)), QUIC, {}),
    (
        "QUIC, two Initials in a datagram",
        flow(b"".join(initial([part], least_bytes=0, packet_number=n) for n, part in enumerate(cut(LARGE, 90)))),
        QUIC,
        {},
    ),
    (
        "QUIC goes on with the server's id",
        flow(initial([(0, LARGE[:90])]), initial([(90, LARGE[90:])], target_id=SERVERS_ID, key_id=CLIENTS_ID)),
        QUIC,
        {},
    ),
    (
        "QUIC after a Retry",
        [
            *flow(initial([(0, LARGE[:90])])),
            ETHER / IP(src="192.0.2.1", dst="10.1.2.3") / UDP(sport=443, dport=40_000) / Raw(retry()),
            *flow(initial([(0, LARGE)], target_id=RETRY_ID, token=RETRY_TOKEN)),
        ],
        QUIC,
        {},
    ),
    ("QUIC of which the end is missing", flow(initial([(0, LARGE[:200])])), QUIC, {}),
    ("QUIC that cannot be opened", flow(initial([(0, HELLO)], key_id=b"other")), [], {blind.QUIC_UNOPENED: 1}),
    ("DNS over TCP", stream((0, TWO_QUERIES), port=53), BOTH, {}),
    ("DNS over TCP, length apart", stream(*cut(TWO_QUERIES, 2), port=53), BOTH, {}),
    ("DNS over TCP, split", stream(*cut(TWO_QUERIES, 20, 40), port=53), BOTH, {}),
    ("DNS over TCP, octet by octet", stream(*cut(TWO_QUERIES, *range(1, len(TWO_QUERIES))), port=53), BOTH, {}),
    ("DNS over TCP, out of order", stream(*cut(TWO_QUERIES, 20)[::-1], port=53), BOTH, {}),
    ("DNS over TCP, no SYN", stream((0, TWO_QUERIES), opened=False, port=53), BOTH, {}),
    ("DNS on 8053", flow(query(NAME), port=8053), DNS, {}),
    ("DNS in mixed case", flow(query("aPi.OpenAI.cOm"), query("API.openai.com"), port=53), DNS * 2, {}),
    ("DNS in fragments", [ETHER / part for part in fragment(FOUR / FRAGMENTED, fragsize=16)], DNS, {}),
    (
        "DNS in fragments, out of order",
        [ETHER / part for part in fragment(FOUR / FRAGMENTED, fragsize=16)[::-1]],
        DNS,
        {},
    ),
    (
        "a hello in fragments of IPv6",
        [ETHER / part for part in fragment6(SIX / IPv6ExtHdrFragment() / LONG_DTLS, 1280)],
        TLS,
        {},
    ),
    ("PPPoE over QinQ", [ETHER / Dot1AD() / Dot1Q() / PPPoE() / PPP(proto=0x21) / FOUR / FRAGMENTED], DNS, {}),
    ("GRE, a hello split", [ETHER / IP() / GRE() / one[IP] for one in stream(*cut(SENT, 60))], TLS, {}),
    ("VXLAN", [ETHER / IP() / UDP(sport=1, dport=4789) / VXLAN() / one for one in stream(*cut(SENT, 60))], TLS, {}),
    ("Geneve", [ETHER / IP() / UDP(sport=1, dport=6081) / GENEVE() / ETHER / FOUR / FRAGMENTED], DNS, {}),
    ("DNS over TLS", stream((0, SENT), port=853), TLS, {blind.DNS_OVER_TLS: 1}),
    ("DNS over QUIC", flow(initial([(0, HELLO)]), port=853), QUIC, {blind.DNS_OVER_QUIC: 1}),
    (
        "DNS over HTTPS, by name",
        stream((0, records(message("mozilla.cloudflare-dns.com")))),
        [("tls", "mozilla.cloudflare-dns.com")],
        {blind.DNS_OVER_HTTPS: 1},
    ),
    (
        "DNS over HTTPS, by address",
        stream((0, records(message(None))), layer=IP(src="10.1.2.3", dst="1.1.1.1")),
        [],
        {blind.DNS_OVER_HTTPS: 1, blind.HELLO_WITHOUT_NAME: 1},
    ),
]  # fmt: skip
ROWS = [row[1:] for row in CASES]
NAMES_OF_ROWS = [row[0] for row in CASES]


def through_engine(frames: list[bytes]) -> tuple[list[tuple[str, str]], Counter[str], int]:
    engine = Engine()
    found = [one for frame in frames for one in engine.packet(1, 1, frame, 0, len(frame))]
    engine.end()
    return [(one.via, one.host) for one in found if isinstance(one, Traffic)], engine.blind, engine.nameless_count


@pytest.mark.parametrize(("packets", "names", "hidden"), ROWS, ids=NAMES_OF_ROWS)
def test_case(packets: list[Packet], names: list[tuple[str, str]], hidden: dict[str, int]) -> None:
    frames = [bytes(packet) for packet in packets]
    assert through_engine(frames)[:2] == (names, hidden)
    assert read(pcap(frames)).names == names
    assert read(pcap(frames, order=">")).names == names


def test_what_was_not_captured_whole_is_counted() -> None:
    assert through_engine([bytes(stream((0, SENT))[1])[:120]])[1][blind.CUT] == 1


FRAMES = [[bytes(packet) for packet in packets] for packets, _, _ in ROWS]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(range(len(FRAMES))), min_size=1, max_size=6), st.integers(0, 2**32))
def test_the_loop_for_most_packets_says_what_the_engine_says(numbers: list[int], seed: int) -> None:
    """The same packets in files of both kinds, and in blocks of pcapng that the loop does not know."""
    frames = [frame for number in numbers for frame in FRAMES[number]]
    if seed % 3 == 0:
        Random(seed).shuffle(frames)  # noqa: S311 - repeatable, not secret
    frames += [bytes(60)] * 8  # the loop leaves the last bytes to the engine
    blocks = section() + interface(1) + b"".join(enhanced(0, TIME_US, frame) for frame in frames)
    size = map(len, frames)
    high, low = divmod(TIME_US, 1 << 32)
    heads = (struct.pack("<HHIIII", 0, 0, high, low, length, length) for length in size)
    others = (block(2, head + frame) for head, frame in zip(heads, frames, strict=True))
    assert read(pcap(frames)) == read(blocks) == read(section() + interface(1) + b"".join(others))


def test_floods_are_bounded() -> None:
    """Half-open streams, Initials that wait for more, fragments of nothing, and names that never come again."""
    import tracemalloc

    waiting = records(message(None, key_share_bytes=9000))[:1200]
    engine, hello = Engine(), struct.pack(">HHIIBBHHH", 1, 443, 1, 1, 0x50, 0x18, 0, 0, 0) + waiting
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for number in range(40_000):
        source = struct.pack(">I", number)
        for protocol, body in ((6, hello), (17, struct.pack(">HHHH", 1, 53, 80, 0) + query(f"{number}.example.org"))):
            packet = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 1, 0, 64, protocol, 0) + source + source + body
            engine.packet(1, 101, packet, 0, len(packet))
        packet = struct.pack(">BBHHHBBH", 0x45, 0, 1220, 1, 0x2000, 64, 6, 0) + source + source + bytes(1200)
        engine.packet(1, 101, packet, 0, len(packet))
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert held < 60_000_000
    assert engine.blind[blind.HELLO_UNREADABLE] > 20_000


def test_blocks_of_other_kinds_do_not_disturb() -> None:
    frame = bytes(flow(query(NAME), port=53)[0])
    assert read(section() + interface(1) + block(5, bytes(12)) + enhanced(0, 1, frame)).names == DNS
