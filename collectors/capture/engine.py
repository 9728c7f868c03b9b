"""One packet in, the names it shows out. Files are read through it, and so are live sockets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from struct import Struct

from shadowledger.collectors.capture import blind, dns, tls
from shadowledger.collectors.capture.clients import Clients
from shadowledger.collectors.capture.datagrams import Datagrams
from shadowledger.collectors.capture.fragments import Fragments
from shadowledger.collectors.capture.frames import TUNNEL_PORTS, UDP, Transport, in_tunnel, transport
from shadowledger.collectors.capture.streams import ACK, SYN, Streams
from shadowledger.collectors.capture.usage import Usage
from shadowledger.collectors.capture.verdicts import Verdicts
from shadowledger.collectors.records import Issue, Traffic
from shadowledger.signatures.wanted import Wanted

_MOST_TUNNELS = 4
DNS_PORT, _MDNS_PORT, _LLMNR_PORT, _NETBIOS_PORT = 53, 5353, 5355, 137
HTTPS_PORT, _FIRST_OF_CLIENTS = 443, 1024
"""From the one to the other only servers send, and a client's ports need not be looked up."""
_NAME_PORTS = frozenset((DNS_PORT, _MDNS_PORT, _LLMNR_PORT))
_REST_US = 60_000_000
"""How long a flow that told all it will is left alone: after that its ports may be another's."""

_SEGMENT = Struct(">HHI4xBB")
_UDP = Struct(">HHH")

Found = Sequence[Traffic | Issue]
_NOTHING: Found = ()


class Engine:
    """Takes packets one by one, in order. Its memory is bounded: of a packet it keeps nothing but what may become a
    name with the next."""

    def __init__(self, wanted: Wanted | None = None, usage: Usage | None = None) -> None:
        """With `usage` a hello is told when its connection is over, with its bytes: what is over, `usage` gives, to
        whom all that is found is given to hold."""
        self.usage = usage
        self.packet_count = 0
        self.named_count = 0
        """Packets of which something is told, or would be if it were wanted."""
        self.unexamined_count = 0
        """Packets with a question that holds no wanted name, as a screen says."""
        self.blind: Counter[str] = Counter()
        """Blind spots, by the words of `blind`."""
        self.verdicts = Verdicts(wanted)
        self.streams = Streams(self._gave_up)
        self.datagrams = Datagrams(self._unopened)
        self.clients = Clients()
        self._fragments = Fragments()
        self._fresh_until_us = 0
        self._rests: dict[tuple[int, str], tuple[str | int, ...]] = {}
        """By port of a hello or by question type, of which there are 65,536 each."""
        self._is_named = False

    @property
    def nameless_count(self) -> int:
        """Packets of which nothing is told: acknowledgements, responses, other protocols."""
        seen = self.packet_count - self.unexamined_count
        return seen - self.named_count - (self.usage.named_count if self.usage is not None else 0)

    def packet(self, time_us: int, link_type: int, buffer: bytes, start: int, end: int) -> Found:
        """The names in the packet that lies from `start` to `end`, as far as they are wanted, and what was unreadable.
        Every packet is numbered, from 1; several names of one packet share its number."""
        self.packet_count += 1
        return self.frame(time_us, link_type, buffer, start, end)

    def frame(self, time_us: int, link_type: int, buffer: bytes, start: int, end: int) -> Found:
        """The same of a packet that was counted."""
        place = transport(link_type, buffer, start, end)
        return self.transported(time_us, buffer, place) if place is not None else _NOTHING

    def transported(self, time_us: int, buffer: bytes, place: Transport) -> Found:
        """The same of a packet whose datagram or segment was found."""
        if time_us > self._fresh_until_us:
            self._fresh_until_us = time_us + _REST_US
            self.datagrams.quiet.rest()
        self._is_named = False
        found = self._carried(time_us, buffer, place)
        if self._is_named:
            self.named_count += 1
            if self.usage is not None:
                self.usage.was_named(self.packet_count)
        return found

    def whole(self, time_us: int, buffer: bytes, is_udp: bool, ip_at: int, at: int, end: int, key: bytes) -> Found:
        """The same of a datagram or segment of a flow that is all there, where nobody counts bytes."""
        if time_us > self._fresh_until_us:
            self._fresh_until_us = time_us + _REST_US
            self.datagrams.quiet.rest()
        self._is_named = False
        if is_udp:
            found = self._datagram(time_us, buffer, ip_at, at, end, key, 0)
        else:
            found = self._segment(time_us, buffer, ip_at, at, end, key)
        if self._is_named:
            self.named_count += 1
        return found

    def end(self) -> None:
        """Nothing follows: what is unfinished is counted as such."""
        self.streams.end()
        self.datagrams.end()

    def _carried(self, time_us: int, buffer: bytes, place: Transport, tunnels: int = 0) -> Found:
        protocol, ip_at, at, end, is_cut, piece = place
        if is_cut:
            self.blind[blind.CUT] += 1
        if piece is not None:
            if protocol == UDP and not piece.offset:
                found = self._datagram(time_us, buffer, ip_at, at, end, flow_of(buffer, ip_at, at), tunnels)
                if any(isinstance(record, Traffic) for record in found):
                    self._fragments.told(piece)
                    return found
                self._is_named = False
            body = self._fragments.whole(piece, buffer, at, end)
            if body is None:
                return _NOTHING
            head = bytes(buffer[ip_at : ip_at + (20 if buffer[ip_at] >> 4 == 4 else 40)])
            buffer, ip_at, at, end = head + body, 0, len(head), len(head) + len(body)
            if end < at + 8:
                return _NOTHING
        if self.usage is not None:
            self.usage.packet(self.packet_count, time_us, protocol, buffer, ip_at, at, end)
        key = flow_of(buffer, ip_at, at)
        if protocol == UDP:
            return self._datagram(time_us, buffer, ip_at, at, end, key, tunnels)
        return self._segment(time_us, buffer, ip_at, at, end, key)

    def _datagram(self, time_us: int, buffer: bytes, ip_at: int, at: int, end: int, key: bytes, tunnels: int) -> Found:
        source, target, length = _UDP.unpack_from(buffer, at)
        start = at + 8
        if length >= 8:
            end = min(end, at + length)
        if target in _NAME_PORTS or source in _NAME_PORTS:
            if dns.is_answer(buffer, start, end):
                if self.usage is not None:
                    self.usage.answer(time_us, _target_of(buffer, ip_at), buffer, start, end)
                return _NOTHING
            via = dns.via_of(buffer, start, end, source, target)
            return self._questions(time_us, via, buffer, ip_at, buffer, start, end)
        if target in TUNNEL_PORTS:
            inner = in_tunnel(target, buffer, start, end) if tunnels < _MOST_TUNNELS else None
            if inner is not None:
                return self._carried(time_us, buffer, inner, tunnels + 1)
        if source == HTTPS_PORT and target >= _FIRST_OF_CLIENTS:
            return _NOTHING
        if self.datagrams.quiet.get(key) is not None:
            return _NOTHING
        if _NETBIOS_PORT not in (source, target) and dns.unmistakable(buffer, start, end):
            self.datagrams.told(key)
            return self._questions(time_us, "dns", buffer, ip_at, buffer, start, end)
        hello = self.datagrams.take(key, buffer, start, end)
        if hello is None:
            return _NOTHING
        via = "quic" if buffer[start] & 0x80 else "tls"
        return self._hello(time_us, via, hello, buffer, ip_at, at, end)

    def _segment(self, time_us: int, buffer: bytes, ip_at: int, at: int, end: int, key: bytes) -> Found:
        if at + 20 > end:
            return _NOTHING
        source, target, sequence, offset, flags = _SEGMENT.unpack_from(buffer, at)
        start = at + (offset >> 4) * 4
        if source == HTTPS_PORT and target >= _FIRST_OF_CLIENTS:
            return _NOTHING
        if flags & SYN:
            if flags & ACK:
                return _NOTHING
            self.streams.begin(key, sequence)
            sequence += 1
        if start < at + 20 or start >= end:
            return _NOTHING
        told = self.streams.segment(key, sequence & 0xFFFFFFFF, buffer, start, end, source, target)
        if told is None:
            return _NOTHING
        if isinstance(told, tls.Hello):
            return self._hello(time_us, "tls", told, buffer, ip_at, at, end)
        found: list[Traffic | Issue] = []
        for message in told:
            via = dns.via_of(message, 0, len(message), source, target)
            found += self._questions(time_us, via, buffer, ip_at, message, 0, len(message))
        return found

    def _questions(
        self, time_us: int, via: str, packet: bytes, ip_at: int, buffer: bytes, start: int, end: int
    ) -> Found:
        """What a DNS message asks, which lies from `start` to `end`; the client is that of the packet's IP header."""
        if not via:
            return _NOTHING
        names, problem = self.verdicts.questions(buffer, start, end)
        if not names:
            self._is_named |= bool(problem)
            return (Issue(self.packet_count, problem),) if problem else _NOTHING
        self._is_named = True
        client = ""
        found: list[Traffic | Issue] = []
        for name in names:
            if name:
                client = client or self.clients.of(packet, ip_at)
                found.append(self._traffic(time_us, via, name[0], client, 0, name[1]))
        return found

    def _hello(self, time_us: int, via: str, hello: tls.Hello, buffer: bytes, ip_at: int, at: int, end: int) -> Found:
        port = buffer[at + 2] << 8 | buffer[at + 3]
        if port == blind.ENCRYPTED_DNS_PORT:
            self.blind[blind.DNS_OVER_QUIC if via == "quic" else blind.DNS_OVER_TLS] += 1
        elif blind.is_resolver(hello.name) or (
            port == HTTPS_PORT and buffer[ip_at + 16 : ip_at + 20] in blind.ADDRESSES and buffer[ip_at] >> 4 == 4
        ):
            self.blind[blind.DNS_OVER_HTTPS] += 1
        if hello.is_outer:
            self.blind[blind.OUTER_NAME] += 1
        if not hello.name:
            self.blind[blind.HELLO_WITHOUT_NAME] += 1
            return _NOTHING
        self._is_named = True
        told = None
        if self.verdicts.is_wanted(hello.name, port):
            told = self._traffic(time_us, via, hello.name, self.clients.of(buffer, ip_at), port, "")
        is_kept = self.usage is not None and self.usage.hello(told, buffer, ip_at, at, end)
        return (told,) if told is not None and not is_kept else _NOTHING

    def _traffic(self, time_us: int, via: str, host: str, client: str, port: int, question_type: str) -> Traffic:
        zone = "explicit" if time_us else ""
        rest = self._rests.get((port, question_type))
        if rest is None:
            rest = self._rests[port, question_type] = Traffic(0, "", "", port=port, question_type=question_type)[6:]
        return tuple.__new__(Traffic, (self.packet_count, via, host, time_us, zone, client, *rest))

    def _gave_up(self) -> None:
        self.blind[blind.HELLO_UNREADABLE] += 1

    def _unopened(self) -> None:
        self.blind[blind.QUIC_UNOPENED] += 1


def flow_of(buffer: bytes, ip_at: int, at: int) -> bytes:
    """Addresses and ports, of one direction."""
    if buffer[ip_at] >> 4 == 4:
        return bytes(buffer[ip_at + 12 : ip_at + 20]) + bytes(buffer[at : at + 4])
    return bytes(buffer[ip_at + 8 : ip_at + 40]) + bytes(buffer[at : at + 4])


def _target_of(buffer: bytes, ip_at: int) -> bytes:
    """The address that a packet goes to."""
    return bytes(buffer[ip_at + 16 : ip_at + 20] if buffer[ip_at] >> 4 == 4 else buffer[ip_at + 24 : ip_at + 40])
