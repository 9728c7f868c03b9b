"""How much each client exchanged with whom, because a lookup is not use: bytes of both directions by connection, under
the name that its hello told or, where none did, for which DNS gave the client the address just before.

What is told waits until it can be told in the order of the packets: connections last, and lookups do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from shadowledger.collectors.capture import dns
from shadowledger.collectors.capture.clients import Clients
from shadowledger.collectors.capture.flows import Flows
from shadowledger.collectors.capture.frames import TCP
from shadowledger.collectors.records import Issue, Traffic
from shadowledger.signatures.wanted import Wanted

VIA_ADDRESS = "address"
"""Of a connection whose name is inferred: somebody contacted an address that had this name, among others perhaps."""
_MOST_CONNECTIONS = 32_768
_MOST_ADDRESSES = 65_536
_LONGEST_TTL_S = 86_400
_LEAST_TTL_S = 60
"""Programs keep an address for a while after its time is over."""
_ADDRESS_BYTES = {1: 4, 28: 16}
"""Of A and AAAA records (RFC 1035, section 3.4.1; RFC 3596, section 2.2)."""
_MOST_ANSWERS = 64
_MOST_HELD = 65_536
"""Of what waits."""
_NOT_YET = 0
"""The position of a connection that has told everything so far, until its next packet."""


class _Connection:
    """Both directions of a flow."""

    __slots__ = ("has_hello", "is_counted", "received_bytes", "sent_bytes", "told")

    def __init__(self, told: Traffic | None) -> None:
        self.told = told
        """With the inferred name, or what its hello told; None where there is none that is wanted."""
        self.has_hello = False
        self.is_counted = False
        """Whether the packet at which it is told is one that told a name anyway."""
        self.sent_bytes = 0
        self.received_bytes = 0


class _Given(NamedTuple):
    """A name that DNS gave an address for."""

    name: str
    """The last one that the client asked for; empty where nobody wants it."""
    until_us: int


class Usage:
    """Takes packets, hellos and answers; gives connections when they are over, in the order of the packets that named
    them. Bounded: of too many the oldest are taken for over; and where too much waits, those that are not over are told
    with their bytes so far, and again with the others."""

    def __init__(self, wanted: Wanted | None = None) -> None:
        """`wanted` is asked for the names that DNS gives."""
        self._wanted = wanted
        self._connections: Flows[_Connection] = Flows(_MOST_CONNECTIONS, 1 << 62, self._over)
        self._given: Flows[_Given] = Flows(_MOST_ADDRESSES, 1 << 62, lambda given: None)
        self._clients = Clients()
        self._held: list[tuple[Traffic | Issue, bool]] = []
        """With each whether its packet is one that told a name anyway."""
        self._begun: _Connection | None = None
        """That is told at the present packet."""
        self.named_count = 0
        """Packets at which a connection is told and nothing else."""

    def packet(self, number: int, time_us: int, protocol: int, buffer: bytes, ip_at: int, at: int, end: int) -> None:
        """Count a datagram or segment that begins at `at`."""
        key, back, size = _ends(buffer, ip_at, at, end)
        flags = buffer[at + 13] if protocol == TCP and at + 14 <= end else 0
        if flags & 0x12 == 2:  # a SYN: another connection of the same ports
            old = self._connections.get(key)
            if old is not None and old.received_bytes:
                self._connections.pop(key)
                self._over(old)
        connection, is_back = self._connections.get(key), False
        if connection is None:
            connection, is_back = self._connections.get(back), True
        if connection is None:
            # from a low port servers send
            is_back = flags & 0x12 == 0x12 or (buffer[at] < 4 and buffer[at + 2] >= 4)
            key = back if is_back else key
            connection = self._begun = _Connection(self._inferred(number, time_us, key))
            self._connections.put(key, connection)
        elif connection.told is not None and connection.told.position == _NOT_YET:
            connection.told = connection.told._replace(position=number, time_us=time_us)
            connection.is_counted, self._begun = False, connection
        if is_back:
            connection.received_bytes += size
        else:
            connection.sent_bytes += size

    def was_named(self, number: int) -> None:
        """The present packet told a name."""
        if self._begun is not None and self._begun.told is not None and self._begun.told.position == number:
            self._begun.is_counted = True

    def hello(self, told: Traffic | None, buffer: bytes, ip_at: int, at: int, end: int) -> bool:
        """A connection told its name, or (None) one that nobody wants: nothing is inferred any more. False where it
        told one before."""
        key, _, _ = _ends(buffer, ip_at, at, end)
        connection = self._connections.get(key)
        if connection is None or connection.has_hello:
            return False
        connection.told, connection.has_hello, connection.is_counted = told, True, True
        return True

    def answer(self, time_us: int, client: bytes, buffer: bytes, start: int, end: int) -> None:
        """Remember for a client (its address as bytes) which addresses a DNS answer gives the name it asked for."""
        try:
            question = dns.read_question(buffer, start, start + dns.HEADER_BYTES, end)
            at, name = question.end, question.name
            if self._wanted is not None and not self._wanted(name, "", "", 0, "", ""):
                name = ""
            for _ in range(min(buffer[start + 6] << 8 | buffer[start + 7], _MOST_ANSWERS)):
                _, at, _ = dns.read_name(buffer, start, at, end)
                if at + 10 > end:
                    return
                kind, ttl_s = buffer[at] << 8 | buffer[at + 1], int.from_bytes(buffer[at + 4 : at + 8], "big")
                size = buffer[at + 8] << 8 | buffer[at + 9]
                at += 10
                if size == _ADDRESS_BYTES.get(kind) and at + size <= end:
                    lasts_s = min(max(ttl_s, _LEAST_TTL_S), _LONGEST_TTL_S)
                    given = _Given(name, time_us + lasts_s * 1_000_000)
                    self._given.put(client + bytes(buffer[at : at + size]), given)
                at += size
        except dns.UnreadableError:
            return

    def hold(self, found: Sequence[Traffic | Issue]) -> list[Traffic | Issue]:
        """Keep what a packet told until its turn. Returns what can be told now: mostly nothing."""
        self._held += [(one, True) for one in found]
        if len(self._held) < _MOST_HELD:
            return []
        for connection in self._connections.states():
            self._over(connection)
            if connection.told is not None:
                connection.told = connection.told._replace(position=_NOT_YET)
            connection.sent_bytes = connection.received_bytes = 0
        return self._taken()

    def end(self) -> list[Traffic | Issue]:
        """Nothing follows: all are over. Returns what was not told yet."""
        self._connections.end()
        return self._taken()

    def _taken(self) -> list[Traffic | Issue]:
        held, self._held = sorted(self._held, key=lambda one: one[0].position), []
        counted = {one.position for one, is_counted in held if is_counted}
        self.named_count += len({one.position for one, _ in held} - counted)
        return [one for one, _ in held]

    def _inferred(self, number: int, time_us: int, key: bytes) -> Traffic | None:
        given = self._given.get(key[:-4])
        if given is None or not given.name or time_us > given.until_us:
            return None
        client = key[: (len(key) - 4) // 2]
        zone, port = "explicit" if time_us else "", key[-2] << 8 | key[-1]
        who = self._clients.known.get(client) or self._clients.add(client)
        return Traffic(number, VIA_ADDRESS, given.name, time_us, zone, who, port=port)

    def _over(self, connection: _Connection) -> None:
        told = connection.told
        if told is not None and told.position != _NOT_YET:
            sent, received = connection.sent_bytes, connection.received_bytes
            self._held.append((told._replace(sent_bytes=sent, received_bytes=received), connection.is_counted))


def _ends(buffer: bytes, ip_at: int, at: int, end: int) -> tuple[bytes, bytes, int]:
    """The flow of a packet, that of its answers, and how long it was, by its own word."""
    if buffer[ip_at] >> 4 == 4:
        source, target = bytes(buffer[ip_at + 12 : ip_at + 16]), bytes(buffer[ip_at + 16 : ip_at + 20])
        size = buffer[ip_at + 2] << 8 | buffer[ip_at + 3]
    else:
        source, target = bytes(buffer[ip_at + 8 : ip_at + 24]), bytes(buffer[ip_at + 24 : ip_at + 40])
        size = 40 + (buffer[ip_at + 4] << 8 | buffer[ip_at + 5])
    own, other = bytes(buffer[at : at + 2]), bytes(buffer[at + 2 : at + 4])
    return source + target + own + other, target + source + other + own, size or end - ip_at
