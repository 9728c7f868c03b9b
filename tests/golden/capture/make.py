"""Write the captures of this folder: every wrapping and trap once, among ordinary packets. Needs Scapy.

python tests/golden/capture/make.py
"""

from __future__ import annotations

import struct
from pathlib import Path

from scapy.layers.dns import DNS, DNSQR, DNSRR, DNSRROPT
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption_Router_Alert, fragment
from scapy.layers.inet6 import IPv6, IPv6ExtHdrHopByHop
from scapy.layers.l2 import ARP, GRE, CookedLinuxV2, Dot1AD, Dot1Q, Ether
from scapy.layers.netbios import NBNSHeader, NBNSQueryRequest
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet, Raw

HERE = Path(__file__).parent
START_S = 1_741_600_800  # 2025-03-10T10:00:00Z
ETHER = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
RESOLVER, RESOLVER6 = "10.20.0.53", "2001:db8:20::53"


def dns(name: str, kind: str | int = "A", **fields: object) -> Packet:
    return DNS(id=0x2A2A, rd=1, qd=DNSQR(qname=name, qtype=kind), **fields)


def from4(last: int, target: int = 53, to: str = RESOLVER, **fields: object) -> Packet:
    return IP(src=f"10.20.3.{last}", dst=to, **fields) / UDP(sport=50000 + last, dport=target)


def from6(last: int, target: int = 53) -> Packet:
    return IPv6(src=f"2001:db8:20:3::{last:x}", dst=RESOLVER6) / UDP(sport=50000 + last, dport=target)


def hello(name: bytes) -> bytes:
    """A ClientHello of the smallest kind: https://www.rfc-editor.org/rfc/rfc8446#section-4.1.2."""
    entry = b"\0" + struct.pack(">H", len(name)) + name
    server = struct.pack(">HHH", 0, len(entry) + 2, len(entry)) + entry if name else b""
    extensions = b"\x5a\x5a\0\0" + server + b"\0\x2b\0\x03\x02\x03\x04"
    body = b"\x03\x03" + bytes(range(32)) + b"\0" + b"\0\x02\x13\x01" + b"\x01\0"
    body += struct.pack(">H", len(extensions)) + extensions
    return b"\x16\x03\x01" + struct.pack(">H", len(body) + 4) + b"\x01\0" + struct.pack(">H", len(body)) + body


def tcp(last: int, payload: bytes, target: int = 443, flags: str = "PA") -> Packet:
    segment = TCP(sport=40000 + last, dport=target, flags=flags, seq=1, ack=1)
    return IP(src=f"10.20.3.{last}", dst="198.51.100.7") / segment / Raw(payload)


def framed(*messages: Packet) -> bytes:
    return b"".join(struct.pack(">H", len(bytes(message))) + bytes(message) for message in messages)


def wire(questions: bytes, count: int = 1, flags: int = 0x0100) -> Raw:
    return Raw(struct.pack(">HHHHHH", 0x2A2A, flags, count, 0, 0, 0) + questions)


ANSWER = dns("api.openai.com", qr=1, ra=1, an=DNSRR(rrname="api.openai.com", ttl=60, rdata="203.0.113.9"))
SIX = IPv6(src="2001:db8:20:3::5", dst=RESOLVER6)
SHARED = b"\x04_ipp\x04_tcp\x05local\0\0\x0c\x80\x01" + b"\x06office\xc0\x0c\0\x21\0\x01"
MIRRORED = IP(src="192.0.2.1", dst="192.0.2.2")
FRAGMENTS = fragment(from4(31) / dns("api.mistral.ai") / Raw(bytes(1600)), fragsize=1400)

MIXED: list[Packet] = [
    ETHER / from4(1) / dns("api.openai.com"),
    ETHER / IP(src=RESOLVER, dst="10.20.3.1") / UDP(sport=53, dport=50001) / ANSWER,
    ETHER / Dot1Q(vlan=30) / from4(2) / dns("ChAtGpT.cOm", "AAAA"),
    ETHER / Dot1AD(vlan=9) / Dot1Q(vlan=30) / from4(3) / dns("claude.ai", "HTTPS", ar=DNSRROPT()),
    ETHER / from4(4) / dns("www.example.org", "TXT"),
    ETHER / SIX / IPv6ExtHdrHopByHop() / UDP(sport=50005, dport=53) / dns("gemini.google.com"),
    ETHER / from4(6, 5353, "224.0.0.251") / wire(SHARED, 2, 0),
    ETHER / from4(7, 5355, "224.0.0.252") / dns("wpad"),
    ETHER / tcp(8, b"", flags="S"),
    ETHER / tcp(8, hello(b"api.anthropic.com")),
    ETHER / SIX / TCP(sport=40009, dport=8443, flags="PA") / Raw(hello(b"Ollama.Example.NET")),
    ETHER / tcp(10, hello(b"")),
    ETHER / tcp(11, framed(dns("huggingface.co"), dns("intranet.example.com", "AAAA")), 53),
    ETHER / from4(12, 8053, "10.20.0.99") / dns("api.groq.com"),
    ETHER / from4(13, options=[IPOption_Router_Alert()]) / dns("copilot.microsoft.com"),
    *[ETHER / part for part in FRAGMENTS],
    ETHER / ARP(psrc="10.20.3.14", pdst=RESOLVER, hwsrc="02:00:00:00:00:01"),
    ETHER / IP(src="10.20.3.14", dst=RESOLVER) / ICMP(),
    ETHER / from4(15) / wire(b"\x06a.b\0\xff \x06tunnel\x07example\0\0\x0a\0\x01"),
    ETHER / from4(16) / wire(b"\x03api\xc0\x0c\0\x01\0\x01"),
    ETHER / from4(17) / dns("example.org", "SOA", opcode=4, aa=1),
    ETHER / from4(18) / DNS(id=1, opcode=5, qd=DNSQR(qname="corp.example.com", qtype="SOA")),
    ETHER / from4(19, 137, "10.20.3.255") / NBNSHeader() / NBNSQueryRequest(QUESTION_NAME="FILESERVER"),
    ETHER / from4(20) / dns(".", "NS"),
    ETHER / from4(21) / dns("new.example.com", 65400),
    ETHER / MIRRORED / UDP(sport=4000, dport=4789) / VXLAN(vni=1) / ETHER / from4(22) / dns("perplexity.ai", "HTTPS"),
    ETHER / MIRRORED / GRE(proto=0x88BE) / ETHER / from4(23) / dns("cursor.sh"),
    ETHER / from4(24) / dns("api.deepseek.com"),
]  # fmt: skip


def write_pcap(path: Path) -> None:
    """Little-endian, microseconds; of the last packet only 60 bytes were kept."""
    parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1)]
    frames = [bytes(packet) for packet in MIXED]
    for number, frame in enumerate(frames):
        kept = frame if number < len(frames) - 1 else frame[:60]
        parts += [struct.pack("<IIII", START_S + number, number * 1000 + 5, len(kept), len(frame)), kept]
    path.write_bytes(b"".join(parts))


def block(order: str, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def enhanced(order: str, number: int, ticks: int, packet: Packet) -> bytes:
    data = bytes(packet)
    return block(
        order, 6, struct.pack(order + "IIIII", number, ticks >> 32, ticks & (1 << 32) - 1, len(data), len(data)) + data
    )


def write_pcapng(path: Path) -> None:
    """Two sections: little-endian with an Ethernet interface in microseconds and a cooked one in nanoseconds, then
    big-endian with a raw one in units of 2**-10 s that begin at START_S."""
    head = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)
    nanoseconds = struct.pack("<HHB3x", 9, 1, 9) + struct.pack("<HH", 0, 0)
    at_us, at_ns = START_S * 1_000_000, START_S * 1_000_000_000
    simple = bytes(ETHER / from4(3) / dns("www.example.com"))
    little = [
        block("<", 0x0A0D0D0A, head + struct.pack("<HH", 3, 5) + b"Linux" + bytes(3) + bytes(4)),
        block("<", 1, struct.pack("<HHI", 1, 0, 262_144)),
        block("<", 1, struct.pack("<HHI", 276, 0, 0) + nanoseconds),
        enhanced("<", 0, at_us + 1_000_250, ETHER / from4(1) / dns("api.openai.com")),
        block("<", 4, b"\0\0\0\0"),  # name resolution
        enhanced("<", 1, at_ns + 2_000_000_999, CookedLinuxV2(proto=0x86DD) / from6(2) / dns("claude.ai", "AAAA")),
        block("<", 3, struct.pack("<I", len(simple)) + simple),
        block("<", 0x80000001, b"somebody's own"),
        enhanced("<", 0, at_us + 4_000_000, ETHER / tcp(4, hello(b"chat.mistral.ai"))),
        enhanced("<", 0, at_us + 5_000_000, ETHER / tcp(4, b"", flags="A")),
    ]
    options = struct.pack(">HHB3x", 9, 1, 0x8A) + struct.pack(">HHq", 14, 8, START_S) + struct.pack(">HH", 0, 0)
    big = [
        block(">", 0x0A0D0D0A, struct.pack(">IHHq", 0x1A2B3C4D, 1, 0, -1)),
        block(">", 1, struct.pack(">HHI", 101, 0, 0) + options),
        enhanced(">", 0, 6 * 1024 + 512, from4(6) / dns("gemini.google.com", "HTTPS")),
        block(">", 5, bytes(12)),  # statistics
        enhanced(">", 0, 7 * 1024, from6(7, 5355) / dns("printer")),
        enhanced(">", 0, 8 * 1024, from4(8) / dns("www.example.net", "MX")),
    ]
    path.write_bytes(b"".join(little + big))


if __name__ == "__main__":
    write_pcap(HERE / "mixed.pcap")
    write_pcapng(HERE / "sections.pcapng")
