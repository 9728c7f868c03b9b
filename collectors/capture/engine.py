"""One packet in, the names it shows out. Files are read through it, and so can a live socket be."""

from __future__ import annotations

from collections.abc import Sequence
from socket import AF_INET6, inet_ntop
from struct import Struct
from typing import NamedTuple

from shadowledger.collectors.capture import dns, tls
from shadowledger.collectors.capture.frames import ETHERNET, TCP, UDP, Transport, in_tunnel, transport
from shadowledger.collectors.records import Ignored, Issue, Traffic
from shadowledger.signatures.wanted import Wanted

_MOST_VERDICTS = 32_768
_MOST_TUNNELS = 4
_DNS_PORT, _MDNS_PORT, _LLMNR_PORT, _NETBIOS_PORT = 53, 5353, 5355, 137
_NAME_PORTS = frozenset((_DNS_PORT, _MDNS_PORT, _LLMNR_PORT))

_COMMON = Struct(">12xHBxHxxHxB")
"""Ethernet's type; of IPv4 the version with the header's length, the total length, the fragment and the protocol."""
_COMMON_BYTES = 14 + 20 + 8
_PORTS = Struct(">HH")
_UDP = Struct(">HHH")
_IPV4_SOURCE, _IPV6_SOURCE = 12, 8

Found = Sequence[Traffic | Issue | Ignored]
_NOTHING: Found = ()


class _Verdict(NamedTuple):
    """What is known of a question that was seen before."""

    name: str
    type: str
    is_wanted: bool


class Engine:
    """Takes packets one by one, in order. Its memory is bounded: of a packet it keeps nothing but the question."""

    def __init__(self, wanted: Wanted | None = None) -> None:
        self.packet_count = 0
        self.nameless_count = 0
        """Packets of which nothing is told: acknowledgements, other protocols, later fragments."""
        self._wanted = wanted
        self._verdicts: dict[bytes, _Verdict] = {}

    def packet(self, time_us: int, link_type: int, buffer: bytes, start: int, end: int) -> Found:
        """The names in the packet that lies from `start` to `end`, as far as they are wanted, and what was unreadable.
        Every packet is numbered, from 1; several names of one packet share its number."""
        self.packet_count += 1
        if link_type == ETHERNET and end - start >= _COMMON_BYTES:
            kind, version, length, fragment, protocol = _COMMON.unpack_from(buffer, start)
            if kind == 0x0800 and version == 0x45 and not fragment & 0x1FFF:
                ip_at = start + 14
                if length:
                    end = min(end, ip_at + length)
                if protocol == UDP:
                    return self._datagram(time_us, buffer, ip_at, ip_at + 20, end)
                if protocol == TCP:
                    return self._segment(time_us, buffer, ip_at, ip_at + 20, end)
        return self._carried(time_us, buffer, transport(link_type, buffer, start, end))

    def _carried(self, time_us: int, buffer: bytes, found: Transport | None, tunnels: int = 0) -> Found:
        if not found:
            return self._count(0, _NOTHING)
        if found.protocol == UDP:
            return self._datagram(time_us, buffer, found.ip_at, found.at, found.end, tunnels)
        return self._segment(time_us, buffer, found.ip_at, found.at, found.end)

    def _datagram(self, time_us: int, buffer: bytes, ip_at: int, at: int, end: int, tunnels: int = 0) -> Found:
        if at + 8 > end:
            return self._count(0, _NOTHING)
        source, target, length = _UDP.unpack_from(buffer, at)
        start = at + 8
        if length >= 8:
            end = min(end, at + length)
        has_names = target in _NAME_PORTS or source in _NAME_PORTS
        if has_names and dns.is_answer(buffer, start, end):
            return (Ignored(self.packet_count, "a response"),)
        if has_names or (_NETBIOS_PORT not in (source, target) and dns.unmistakable(buffer, start, end)):
            found: list[Traffic | Issue] = []
            via = dns.via_of(buffer, start, end, source, target)
            return self._count(self._questions(found, time_us, via, buffer, ip_at, start, end), found)
        inner = in_tunnel(target, buffer, start, end) if tunnels < _MOST_TUNNELS else None
        return self._carried(time_us, buffer, inner, tunnels + 1)

    def _segment(self, time_us: int, buffer: bytes, ip_at: int, at: int, end: int) -> Found:
        """Names that lie in one segment; a stream is not put together yet."""
        if at + 20 > end:
            return self._count(0, _NOTHING)
        source, target = _PORTS.unpack_from(buffer, at)
        start = at + (buffer[at + 12] >> 4) * 4
        if start < at + 20 or start + 6 > end:
            return self._count(0, _NOTHING)
        found: list[Traffic | Issue] = []
        if tls.is_hello(buffer, start, end):
            name = tls.server_name(buffer, start, end)
            if name and (self._wanted is None or self._wanted(name, "", "", target, "", "")):
                found.append(self._traffic(time_us, "tls", name, _client(buffer, ip_at), port=target))
            return self._count(1 if name else 0, found)
        names = 0
        for begin, stop in dns.framed(buffer, start, end, is_named=_DNS_PORT in (source, target)):
            via = dns.via_of(buffer, begin, stop, source, target)
            names += self._questions(found, time_us, via, buffer, ip_at, begin, stop)
        return self._count(names, found)

    def _questions(
        self, found: list[Traffic | Issue], time_us: int, via: str, buffer: bytes, ip_at: int, start: int, end: int
    ) -> int:
        """Add what a DNS message asks to `found`; how many names and unreadable questions it has, wanted or not."""
        if not via:
            return 0
        at, names, promised = start + dns.HEADER_BYTES, 0, dns.question_count(buffer, start)
        for _ in range(promised):
            try:
                verdict, at = self._verdict(buffer, start, at, end)
            except dns.UnreadableError as error:
                if promised == 1:  # more is what other protocols look like on these ports
                    names += 1
                    found.append(Issue(self.packet_count, str(error)))
                break
            if not verdict.name:
                continue
            names += 1
            if verdict.is_wanted:
                client = _client(buffer, ip_at)
                found.append(self._traffic(time_us, via, verdict.name, client, question_type=verdict.type))
        return names

    def _verdict(self, buffer: bytes, start: int, at: int, end: int) -> tuple[_Verdict, int]:
        """The question at `at`, and the index after it. Raises dns.UnreadableError.

        A question whose very bytes were read before, up to the first zero and the 4 bytes after, reads the same again.
        """
        after = buffer.find(b"\0", at, end) + 5
        raw = buffer[at:after] if at < after <= end else b""
        verdict = self._verdicts.get(raw)
        if verdict:
            return verdict, after
        question = dns.read_question(buffer, start, at, end)
        name, word = question.name, question.type
        verdict = _Verdict(name, word, self._wanted is None or self._wanted(name, "", "", 0, "", word))
        if question.end == after and not question.has_pointer:
            if len(self._verdicts) == _MOST_VERDICTS:
                self._verdicts.clear()
            self._verdicts[raw] = verdict
        return verdict, question.end

    def _traffic(
        self, time_us: int, via: str, host: str, client: str, *, port: int = 0, question_type: str = ""
    ) -> Traffic:
        zone = "explicit" if time_us else ""
        return Traffic(self.packet_count, via, host, time_us, zone, client, port=port, question_type=question_type)

    def _count(self, names: int, found: Found) -> Found:
        if not names:
            self.nameless_count += 1
        return found


def _client(buffer: bytes, ip_at: int) -> str:
    """The address that asked: the packet's source."""
    if buffer[ip_at] >> 4 == 4:
        at = ip_at + _IPV4_SOURCE
        return f"{buffer[at]}.{buffer[at + 1]}.{buffer[at + 2]}.{buffer[at + 3]}"
    at = ip_at + _IPV6_SOURCE
    return inet_ntop(AF_INET6, buffer[at : at + 16])
