"""A query is found through every wrapping, and nothing that wraps can crash or mislead the walk. Scapy writes the
frames."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from capture_files import ETHERNET, pcap, query, read, udp
from hypothesis import given
from hypothesis import strategies as st
from scapy.contrib.erspan import ERSPAN_I, ERSPAN_II
from scapy.contrib.geneve import GENEVE
from scapy.contrib.mpls import MPLS
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption_NOP, IPOption_Router_Alert, fragment
from scapy.layers.inet6 import (
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
    fragment6,
)
from scapy.layers.ipsec import AH
from scapy.layers.l2 import ARP, GRE, LLC, SNAP, CookedLinux, CookedLinuxV2, Dot1AD, Dot1Q, Ether, Loopback
from scapy.layers.ppp import HDLC, PPP, PPPoE
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet, Raw

from shadowledger.collectors.capture.engine import Engine
from shadowledger.collectors.capture.frames import transport
from shadowledger.collectors.records import Traffic

ASKED = UDP(sport=40000, dport=53) / Raw(query("api.openai.com"))
FOUR = IP(src="10.1.2.3", dst="10.0.0.53") / ASKED
SIX = IPv6(src="2001:db8::3", dst="2001:db8::53") / ASKED
ETHER = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
IPV4, IPV6 = "10.1.2.3", "2001:db8::3"
OUTER = ETHER / IP(src="192.0.2.1", dst="192.0.2.2")
IN_GTP = OUTER / UDP(sport=2152, dport=2152)
IN_VXLAN = OUTER / UDP(sport=40000, dport=4789) / VXLAN()
HOP = IPv6(src="2001:db8::3", dst="2001:db8::53")

WRAPPED: list[tuple[str, int, Packet | bytes, str]] = [
    ("Ethernet", 1, ETHER / FOUR, IPV4),
    ("Ethernet, IPv6", 1, ETHER / SIX, IPV6),
    ("VLAN", 1, ETHER / Dot1Q(vlan=7) / FOUR, IPV4),
    ("QinQ", 1, ETHER / Dot1AD(vlan=7) / Dot1Q(vlan=8) / SIX, IPV6),
    ("LLC and SNAP", 1, bytes(12) + struct.pack(">H", 68) + bytes(LLC() / SNAP(code=0x0800) / FOUR), IPV4),
    ("MPLS", 1, ETHER / MPLS(label=16, s=0) / MPLS(label=17, s=1) / FOUR, IPV4),
    ("MPLS with Ethernet inside", 1, ETHER / MPLS(label=16, s=1) / Raw(bytes(4) + bytes(ETHER / FOUR)), IPV4),
    ("PPPoE", 1, ETHER / PPPoE(sessionid=1) / PPP(proto=0x21) / FOUR, IPV4),
    ("Linux cooked", 113, CookedLinux(proto=0x0800) / FOUR, IPV4),
    ("Linux cooked with a VLAN", 113, CookedLinux(proto=0x8100) / Dot1Q() / SIX, IPV6),
    ("Linux cooked 2", 276, CookedLinuxV2(proto=0x86DD) / SIX, IPV6),
    ("null, little-endian", 0, Loopback(type=2) / FOUR, IPV4),
    ("null, big-endian", 0, b"\0\0\0\x1e" + bytes(SIX), IPV6),
    ("loop", 108, b"\0\0\0\x02" + bytes(FOUR), IPV4),
    ("raw", 101, FOUR, IPV4),
    ("raw, IPv6", 101, SIX, IPV6),
    ("raw, as 12", 12, FOUR, IPV4),
    ("raw, as 14", 14, FOUR, IPV4),
    ("IPv4", 228, FOUR, IPV4),
    ("IPv6", 229, SIX, IPV6),
    ("PPP", 9, HDLC() / PPP(proto=0x21) / FOUR, IPV4),
    ("PPP without address", 9, b"\x00\x57" + bytes(SIX), IPV6),
    ("PPP, compressed", 50, b"\x21" + bytes(FOUR), IPV4),
    ("Cisco HDLC", 104, b"\x0f\0\x08\0" + bytes(FOUR), IPV4),
    ("SLIP", 8, bytes(16) + bytes(FOUR), IPV4),
    ("IPv4 options", 1, ETHER / IP(src=IPV4, options=[IPOption_NOP(), IPOption_Router_Alert()]) / ASKED, IPV4),
    ("IPv6 options", 1, ETHER / HOP / IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt() / ASKED, IPV6),
    ("IPv6 routing", 1, ETHER / HOP / IPv6ExtHdrRouting(addresses=["2001:db8::9"]) / ASKED, IPV6),
    ("IPv6, the only fragment", 1, ETHER / HOP / IPv6ExtHdrFragment(offset=0, m=0) / ASKED, IPV6),
    ("IPv6 authenticated", 1, ETHER / HOP / AH(nh=17, payloadlen=4, icv=bytes(12)) / ASKED, IPV6),
    ("a total length of 0", 1, ETHER / IP(src=IPV4, len=0) / ASKED, IPV4),
    ("a UDP length of 0", 1, ETHER / IP(src=IPV4) / UDP(dport=53, len=0) / Raw(query("api.openai.com")), IPV4),
    ("6in4", 1, OUTER / SIX, IPV6),
    ("4in4", 1, OUTER / FOUR, IPV4),
    ("GRE", 1, OUTER / GRE(proto=0x0800) / FOUR, IPV4),
    ("GRE with all its fields", 1, OUTER / GRE(chksum_present=1, key_present=1, seqnum_present=1) / FOUR, IPV4),
    ("GRE with Ethernet", 1, OUTER / GRE(proto=0x6558) / ETHER / Dot1Q() / FOUR, IPV4),
    ("ERSPAN I", 1, OUTER / GRE(proto=0x88BE) / ERSPAN_I() / ETHER / FOUR, IPV4),
    ("ERSPAN II", 1, OUTER / GRE(proto=0x88BE, seqnum_present=1) / ERSPAN_II() / ETHER / SIX, IPV6),
    ("VXLAN", 1, IN_VXLAN / ETHER / FOUR, IPV4),
    ("Geneve", 1, OUTER / UDP(sport=40000, dport=6081) / GENEVE(proto=0x6558) / ETHER / FOUR, IPV4),
    ("GTP", 1, IN_GTP / Raw(b"\x30\xff\0\x3c" + bytes(4)) / FOUR, IPV4),
    ("GTP with a number", 1, IN_GTP / Raw(b"\x32\xff\0\x54" + bytes(8)) / SIX, IPV6),
    ("GTP of 5G", 1, IN_GTP / Raw(b"\x34\xff\0\x44" + bytes(7) + b"\x85" + b"\x01\x10\x09\0") / FOUR, IPV4),
    (
        "Geneve in VXLAN",
        1,
        IN_VXLAN / OUTER / UDP(sport=40000, dport=6081) / GENEVE() / ETHER / SIX,
        IPV6,
    ),
]


@pytest.mark.parametrize(
    ("link_type", "frame", "client"), [row[1:] for row in WRAPPED], ids=[row[0] for row in WRAPPED]
)
def test_a_query_is_found_through(link_type: int, frame: Packet | bytes, client: str) -> None:
    got = read(pcap([bytes(frame)], link_type))
    assert [(r.host, r.client, r.question_type) for r in got.records if isinstance(r, Traffic)] == [
        ("api.openai.com", client, "A")
    ]


def test_what_pads_a_short_frame_is_no_part_of_its_message() -> None:
    nothing = IP(src=IPV4) / UDP(sport=40000, dport=53)
    frames = [bytes(ETHER / FOUR) + bytes(40), bytes(ETHER / nothing) + query("never.example")]
    assert read(pcap(frames)).names == [("dns", "api.openai.com")]


LONG = Raw(query("api.openai.com") + bytes(3000))


@pytest.mark.parametrize(
    "fragments",
    [
        fragment(IP(src=IPV4, dst="10.0.0.53") / UDP(sport=40000, dport=53) / LONG, fragsize=1000),
        fragment6(HOP / IPv6ExtHdrFragment() / UDP(sport=40000, dport=53) / LONG, 1280),
    ],
    ids=["IPv4", "IPv6"],
)
def test_of_fragments_the_first_is_read_and_the_rest_only_counted(fragments: list[Packet]) -> None:
    assert len(fragments) >= 3
    got = read(pcap([bytes(ETHER / part) for part in fragments]))
    assert got.names == [("dns", "api.openai.com")]
    assert (got.record_count, got.ignored_count) == (len(fragments), len(fragments) - 1)


@pytest.mark.parametrize(
    ("link_type", "frame"),
    [
        (1, ETHER / ARP()),
        (1, ETHER / IP() / ICMP()),
        (1, ETHER / IP() / TCP(dport=443, flags="S")),
        (1, b""),
        (1, bytes(13)),
        (1, ETHER),
        (105, ETHER / FOUR),  # a link type nobody here knows
        (101, b"\x55" + bytes(60)),
        (1, ETHER / MPLS(s=0)),
        (1, ETHER / PPPoE(sessionid=1) / PPP(proto=0xC021) / Raw(bytes(20))),
        (1, IN_GTP / Raw(b"\x34\xff\0\x44" + bytes(7) + b"\x85" + bytes(60))),  # an extension without length
        (1, IN_GTP / Raw(b"\x30\x01\0\0" + bytes(40))),  # an echo request
        (1, OUTER / GRE(version=1) / Raw(bytes(40))),
    ],
)
def test_frames_without_names_are_counted_and_not_told(link_type: int, frame: Packet | bytes) -> None:
    got = read(pcap([bytes(frame)], link_type))
    assert (got.records, got.record_count, got.ignored_count) == ([], 1, 1)


def nested(wrap: Callable[[bytes], bytes], innermost: bytes, depth: int) -> bytes:
    for _ in range(depth):
        innermost = wrap(innermost)
    return innermost


def in_ip(inner: bytes) -> bytes:
    return struct.pack(">BBH5xB10x", 0x45, 0, 20 + len(inner), 4) + inner


def in_vxlan(inner: bytes) -> bytes:
    return udp(bytes(8) + inner, target=4789)


@pytest.mark.parametrize(("depth", "names"), [(1, 1), (7, 1), (8, 0), (3000, 0)])
def test_ip_in_ip_is_followed_only_so_deep(depth: int, names: int) -> None:
    assert len(read(pcap([nested(in_ip, bytes(FOUR), depth)], 101)).names) == names


@pytest.mark.parametrize(("depth", "names"), [(1, 1), (4, 1), (5, 0), (900, 0)])
def test_tunnels_are_followed_only_so_deep(depth: int, names: int) -> None:
    assert len(read(pcap([nested(in_vxlan, bytes(ETHER / FOUR), depth)])).names) == names


@pytest.mark.parametrize(("link_type", "frame"), [row[1:3] for row in WRAPPED], ids=[row[0] for row in WRAPPED])
def test_a_frame_cut_anywhere_stays_within_its_bounds(link_type: int, frame: Packet | bytes) -> None:
    whole = bytes(frame)
    after = bytes(udp(query("never.example")))  # what follows in a buffer must not be taken for part of the frame
    for size in range(len(whole)):
        found = Engine().packet(1, link_type, whole[:size] + after, 0, size)
        assert not any(isinstance(record, Traffic) for record in found)
        place = transport(link_type, whole[:size] + after, 0, size)
        assert place is None or place.at + 8 <= place.end <= size


@given(st.sampled_from([0, 1, 8, 9, 12, 50, 101, 104, 108, 113, 228, 229, 276, 999]), st.binary(max_size=200))
def test_arbitrary_frames_are_counted(link_type: int, frame: bytes) -> None:
    engine = Engine()
    found = engine.packet(1, link_type, frame, 0, len(frame))
    assert engine.packet_count == 1
    assert engine.nameless_count == (not found)


@given(
    st.sampled_from([(row[1], bytes(row[2])) for row in WRAPPED]),
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=12),
)
def test_changed_frames_are_counted(row: tuple[int, bytes], changes: list[tuple[int, int]]) -> None:
    frame = bytearray(row[1])
    for at, value in changes:
        frame[at % len(frame)] = value
    engine = Engine()
    found = engine.packet(1, row[0], bytes(frame), 0, len(frame))
    assert engine.nameless_count == (not found)


def test_dpkt_sees_the_same_addresses_and_ports() -> None:
    """An independent reader of headers agrees, for the frames that it can read."""
    import dpkt

    readers = {ETHERNET: dpkt.ethernet.Ethernet, 113: dpkt.sll.SLL, 276: dpkt.sll2.SLL2, 101: dpkt.ip.IP}
    agreed = 0
    for _, link_type, frame, _ in WRAPPED:
        if link_type not in readers:
            continue
        data = bytes(frame)
        layer = readers[link_type](data).data if link_type != 101 else frame
        while not isinstance(layer, bytes | dpkt.udp.UDP) and hasattr(layer, "data"):
            layer = layer.data
        place = transport(link_type, data, 0, len(data))
        assert place
        if isinstance(layer, dpkt.udp.UDP):
            assert (layer.sport, layer.dport) == struct.unpack_from(">HH", data, place.at)
            agreed += 1
    assert agreed >= 10
