"""Bytes of connections, and names for addresses."""

from __future__ import annotations

import io
from collections import Counter

import pytest
from capture_files import pcap, query
from hello_files import initial, message, records
from scapy.layers.dns import DNS, DNSQR, DNSRR
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.packet import Packet, Raw

from shadowledger.collectors.capture import usage
from shadowledger.collectors.capture.captures import CAPTURE
from shadowledger.collectors.capture.engine import Engine
from shadowledger.collectors.capture.usage import VIA_ADDRESS, Usage
from shadowledger.collectors.reading import Reading, Settings
from shadowledger.collectors.records import Traffic
from shadowledger.collectors.sources import Opened
from shadowledger.collectors.telling import tell
from shadowledger.scanner.output import as_json

NAME, SERVER, CLIENT = "api.openai.com", "192.0.2.9", "10.1.2.3"
OUT, BACK = IP(src=CLIENT, dst=SERVER), IP(src=SERVER, dst=CLIENT)
OUT6, BACK6 = IPv6(src="2001:db8::3", dst="2001:db8::9"), IPv6(src="2001:db8::9", dst="2001:db8::3")
SECOND_US = 1_000_000


def answer(name: str, address: str, ttl: int = 300, kind: str = "A") -> Packet:
    """What a resolver answers, over an alias."""
    alias = DNSRR(rrname=name, type="CNAME", rdata="cdn.example", ttl=ttl)
    given = DNSRR(rrname="cdn.example", type=kind, rdata=address, ttl=ttl)
    return DNS(qr=1, qd=DNSQR(qname=name, qtype=kind), an=[alias, given])


def given(name: str, address: str = SERVER, ttl: int = 300) -> list[Packet]:
    asked = IP(src=CLIENT, dst="10.0.0.53") / UDP(sport=5000, dport=53) / Raw(query(name))
    told = IP(src="10.0.0.53", dst=CLIENT) / UDP(sport=53, dport=5000) / answer(name, address, ttl)
    return [asked, told]


def connection(hello: bytes = b"", layer: Packet = OUT, back: Packet = BACK) -> list[Packet]:
    """Opened by the client; 100 bytes of the server's at its end."""
    there, here = {"sport": 40_000, "dport": 443}, {"sport": 443, "dport": 40_000}
    said = [layer / TCP(**there, flags="PA", seq=2) / Raw(hello)] if hello else []
    return [
        layer / TCP(**there, flags="S", seq=1),
        back / TCP(**here, flags="SA"),
        *said,
        back / TCP(**here, flags="A") / Raw(bytes(100)),
    ]


def run(packets: list[Packet], engine: Engine, gap_us: int = 1000) -> list[tuple[str, str, int, int]]:
    found: list[object] = []
    assert engine.usage is not None
    for number, packet in enumerate(packets):
        data = bytes(packet)
        found += engine.usage.hold(engine.packet(SECOND_US + number * gap_us, 101, data, 0, len(data)))
    found += engine.usage.end()
    return [(one.via, one.host, one.sent_bytes, one.received_bytes) for one in found if isinstance(one, Traffic)]


HELLO = records(message(NAME))
NAMELESS, OTHER = records(message(None)), records(message("claude.ai"))
QUESTION = ("dns", NAME, -1, -1)


@pytest.mark.parametrize(
    ("packets", "expected"),
    [
        (connection(HELLO), [("tls", NAME, 40 + 40 + len(HELLO), 40 + 140)]),
        (connection(HELLO, OUT6, BACK6), [("tls", NAME, 60 + 60 + len(HELLO), 60 + 160)]),
        (connection(HELLO)[1:], [("tls", NAME, 40 + len(HELLO), 40 + 140)]),
        (connection(HELLO) * 2, [("tls", NAME, 80 + len(HELLO), 180)] * 2),
        ([OUT / UDP(sport=4000, dport=443) / Raw(initial([(0, message(NAME))]))], [("quic", NAME, 1228, 0)]),
        ([*given(NAME), *connection()], [QUESTION, (VIA_ADDRESS, NAME, 40, 180)]),
        ([*given(NAME), *connection(NAMELESS)], [QUESTION, (VIA_ADDRESS, NAME, 80 + len(NAMELESS), 180)]),
        ([*given(NAME), *connection(OTHER)], [QUESTION, ("tls", "claude.ai", 80 + len(OTHER), 180)]),
        ([*given(NAME, "192.0.2.77"), *connection()], [QUESTION]),
    ],
)
def test_connections(packets: list[Packet], expected: list[tuple[str, str, int, int]]) -> None:
    assert run(packets, Engine(usage=Usage())) == expected


@pytest.mark.parametrize(("gap_s", "ttl", "is_known"), [(1, 60, True), (70, 60, False), (70, 600, True), (20, 1, True)])
def test_a_name_lasts_as_long_as_dns_says_and_a_little_longer(gap_s: int, ttl: int, is_known: bool) -> None:
    told = run([*given(NAME, ttl=ttl), connection()[0]], Engine(usage=Usage()), gap_s * SECOND_US)
    assert [one[0] for one in told] == ["dns", VIA_ADDRESS][: 1 + is_known]


def test_only_wanted_names_are_inferred_and_the_last_one_counts() -> None:
    def wanted(host: str, *_: object) -> bool:
        return host == NAME

    known = run([*given(NAME), connection()[0]], Engine(wanted, Usage(wanted)))
    assert [one[:2] for one in known] == [("dns", NAME), (VIA_ADDRESS, NAME)]
    shared = run([*given(NAME), *given("shared.example"), connection()[0]], Engine(wanted, Usage(wanted)))
    assert [one[:2] for one in shared] == [("dns", NAME)]
    other = run([*given(NAME), *connection(records(message("other.example")))], Engine(wanted, Usage(wanted)))
    assert [one[:2] for one in other] == [("dns", NAME)]


MIXED = [*given(NAME), *connection(), *given("claude.ai", "192.0.2.10"), *connection(HELLO), *given(NAME)]


def read_with_bytes(packets: list[Packet]) -> tuple[list[Traffic], int, int]:
    with Opened("test", io.BytesIO(pcap([bytes(packet) for packet in packets], 101))) as opened:
        reading = Reading(opened, Settings(with_bytes=True))
        told = [one for one in CAPTURE.read(reading) if isinstance(one, Traffic)]
    return told, reading.record_count, reading.ignored_count


def test_a_capture_is_read_with_bytes() -> None:
    told, _, _ = read_with_bytes(connection(HELLO))
    assert [(one.host, one.received_bytes) for one in told] == [(NAME, 180)]


@pytest.mark.parametrize("most", [1 << 16, 1])
def test_what_is_told_comes_in_order_and_once_for_each_packet(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage, "_MOST_HELD", most)
    told, count, ignored = read_with_bytes(MIXED)
    positions = [one.position for one in told]
    assert positions == sorted(positions)
    assert len(set(positions)) + ignored == count == len(MIXED)
    sizes = Counter[str]()
    for one in told:
        sizes[f"{one.via} {one.host}"] += max(one.received_bytes, 0)
    connected = {"address api.openai.com": 180, "tls api.openai.com": 180}
    assert sizes == {"dns api.openai.com": 0, "dns claude.ai": 0, **connected}


def test_lines_with_bytes_are_what_records_tell() -> None:
    data = pcap([bytes(packet) for packet in MIXED], 101)
    assert CAPTURE.text is not None
    with Opened("test", io.BytesIO(data)) as opened:
        lines = "".join(CAPTURE.text(Reading(opened, Settings(with_bytes=True)), as_json))
    assert lines == "".join(as_json(tell(one)) + "\n" for one in read_with_bytes(MIXED)[0])
