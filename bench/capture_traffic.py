"""Write captures with a fixed seed and a known truth: who asked for which name, in DNS, TLS and QUIC.

`dns` is what a resolver sees: queries and answers, one in ten over IPv6, some in mixed case, some over TCP in two
segments. `mixed` is what a gateway sees: 772 bytes a packet, sessions of TLS and QUIC interleaved, hellos in one
segment, in several, out of order, in small records and in several Initials. 3 % of the names are AI. A mean packet of
126 and 772 bytes is that of the captures the research measured."""

from __future__ import annotations

import random
import struct
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import generate

sys.path.append(str(Path(__file__).parents[1] / "tests" / "collectors"))

from hello_files import initial, message, pieces, records

AI_SHARE = 0.03
CLIENTS = 10_000
SESSIONS_AT_ONCE = 200
SNAP_BYTES = 262_144
_FOUR = b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\0"
_SIX = b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x86\xdd"
_SYN, _SYN_ACK, _ACK, _DATA = 0x02, 0x12, 0x10, 0x18
_DAY = datetime.fromtimestamp(generate.MIDNIGHT_S, UTC).date().isoformat()
Session = list[bytes]
"""The frames of one conversation, in order."""


class Truth(NamedTuple):
    """What there is to find."""

    names: Counter[tuple[str, str]]
    """By client and name."""
    services: Counter[str]
    days: Counter[str]


def write(path: Path, kind: str, packet_count: int, seed: int = 7) -> Truth:
    """Write a capture, `dns` or `mixed`, of about so many packets, and return its truth."""
    traffic = _Traffic(random.Random(seed))  # noqa: S311 - repeatable, not secret
    make = traffic.dns if kind == "dns" else traffic.mixed
    count = 0
    with path.open("wb", buffering=1 << 20) as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, SNAP_BYTES, 1))
        while count < packet_count:
            for frame in _interleaved([make() for _ in range(SESSIONS_AT_ONCE)], traffic.rng):
                second, part = divmod(count, 20_000)
                file.write(struct.pack("<IIII", generate.MIDNIGHT_S + second, part * 50, len(frame), len(frame)))
                file.write(frame)
                count += 1
    return traffic.truth


def _interleaved(sessions: list[Session], rng: random.Random) -> Iterator[bytes]:
    turns = [number for number, frames in enumerate(sessions) for _ in frames]
    rng.shuffle(turns)
    following = [iter(frames) for frames in sessions]
    for turn in turns:
        yield next(following[turn])


class _Ends:
    """Two machines and their ports."""

    def __init__(self, rng: random.Random, port: int) -> None:
        number = rng.randrange(CLIENTS)
        self.is_six = rng.random() < 0.1
        self.port, self.own_port = port, rng.randrange(32_768, 61_000)
        if self.is_six:
            self.address = b"\x20\x01\x0d\xb8" + bytes(10) + struct.pack(">H", number + 1)
            self.server = b"\x20\x01\x0d\xb8\0\1" + bytes(6) + rng.randbytes(4)
            self.client = f"2001:db8::{number + 1:x}"
        else:
            self.address = bytes((10, 1, number >> 8, number & 255))
            self.server = bytes((93, 184, *rng.randbytes(2)))
            self.client = f"10.1.{number >> 8}.{number & 255}"
        self.sequences = [rng.getrandbits(32), rng.getrandbits(32)]

    def udp(self, payload: bytes, *, back: bool = False) -> bytes:
        return self._ip(17, struct.pack(">HHHH", *self._ports(back), 8 + len(payload), 0) + payload, back)

    def tcp(self, payload: bytes, flags: int = _DATA, *, back: bool = False, ahead: int = 0) -> bytes:
        """A segment; `ahead` places it so many bytes after those that were sent, without counting it as sent."""
        mine, theirs = self.sequences[back], self.sequences[not back]
        if not ahead:
            self.sequences[back] = mine + len(payload) + (flags & _SYN) // 2 & 0xFFFFFFFF
        head = struct.pack(">HHIIBBHHH", *self._ports(back), mine + ahead & 0xFFFFFFFF, theirs, 0x80, flags, 501, 0, 0)
        return self._ip(6, head + b"\1\1\x08\x0a" + bytes(8) + payload, back)

    def _ports(self, back: bool) -> tuple[int, int]:
        return (self.port, self.own_port) if back else (self.own_port, self.port)

    def _ip(self, protocol: int, body: bytes, back: bool) -> bytes:
        source, target = (self.server, self.address) if back else (self.address, self.server)
        if self.is_six:
            return _SIX + struct.pack(">IHBB", 6 << 28, len(body), protocol, 64) + source + target + body
        head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0x4000, 64, protocol, 0)
        return _FOUR + head + source + target + body


class _Traffic:
    """Conversations, and what they truly ask for."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.truth = Truth(Counter(), Counter(), Counter())
        self._hosts = generate.hosts()
        self._noise = rng.randbytes(1 << 20)

    def dns(self) -> Session:
        """A query and its answer; one in two hundred over TCP."""
        ends = _Ends(self.rng, 53)
        query, answer = self._question(self._name(ends.client))
        if self.rng.random() > 0.005:
            return [ends.udp(query), ends.udp(answer, back=True)]
        return [
            *_opened(ends),
            ends.tcp(struct.pack(">H", len(query))),
            ends.tcp(query),
            ends.tcp(struct.pack(">H", len(answer)) + answer, back=True),
        ]

    def mixed(self) -> Session:
        """One conversation as a gateway sees it."""
        dice = self.rng.random()
        if dice < 0.35:
            return self.dns()
        return self._tls() if dice < 0.8 else self._quic()

    def _tls(self) -> Session:
        rng, ends = self.rng, _Ends(self.rng, 443)
        name, dice = self._name(ends.client), rng.random()
        share = 32 if dice < 0.35 else 1216
        sent = records(message(name, key_share_bytes=share, random=rng.randbytes(32)), 400 if dice > 0.9 else 16_384)
        frames = _opened(ends)
        cut = rng.randrange(80, min(len(sent), 1400))
        if dice < 0.35:
            frames.append(ends.tcp(sent))
        elif dice < 0.8:
            frames += [ends.tcp(sent[:cut]), ends.tcp(sent[cut:])]
        else:  # out of order, and the second half once more
            later = ends.tcp(sent[cut:], ahead=cut)
            frames += [later, ends.tcp(sent[:cut]), ends.tcp(sent[cut:])]
        frames.append(ends.tcp(b"\x16\x03\x03\0\x7a\x02" + self._bytes(1300), back=True))
        for number in range(int(rng.expovariate(1 / 11))):
            frames.append(ends.tcp(self._bytes(1448), _ACK, back=True))
            if number % 4:
                frames.append(ends.tcp(b"", _ACK))
        return frames

    def _quic(self) -> Session:
        rng, ends = self.rng, _Ends(self.rng, 443)
        name, dice, own_id = self._name(ends.client), rng.random(), rng.randbytes(8)
        hello = message(name, key_share_bytes=32 if dice < 0.6 else 1216, random=rng.randbytes(32))
        cut = rng.randrange(60, min(len(hello), 1000))
        parts = [[(0, hello)]] if dice < 0.6 else [[piece] for piece in pieces(hello, [cut])]
        first = [ends.udp(initial(part, target_id=own_id, packet_number=number)) for number, part in enumerate(parts)]
        frames = first[::-1] if dice > 0.9 else first
        answer = b"\xc3\0\0\0\1\0\x08" + rng.randbytes(8) + b"\0\x44\x9e" + self._bytes(1182)
        frames.append(ends.udp(answer, back=True))
        for number in range(int(rng.expovariate(1 / 9))):
            frames.append(ends.udp(b"\x41" + self._bytes(1200), back=True))
            if number % 2:
                frames.append(ends.udp(b"\x43" + self._bytes(34)))
        return frames

    def _name(self, client: str) -> str:
        rng, known = self.rng, self._hosts
        if rng.random() < AI_SHARE:
            name, service = known.hits[rng.randrange(len(known.hits))]
            self.truth.services[service] += 1
            self.truth.days[_DAY] += 1
        else:
            name = known.ordinary[int(rng.random() * rng.random() * generate.ORDINARY_HOSTS)]
        self.truth.names[client, name] += 1
        return name

    def _question(self, name: str) -> tuple[bytes, bytes]:
        """A query and its answer, as messages."""
        rng = self.rng
        shown = "".join(rng.choice((c, c.upper())) for c in name) if rng.random() < 0.02 else name
        wire = b"".join(bytes((len(label),)) + label.encode() for label in shown.split(".")) + b"\0"
        number = rng.choice((1, 1, 1, 28, 28, 65))
        asked = wire + struct.pack(">HH", number, 1)
        options = b"\0\0\x29\x04\xd0\0\0\0\0\0\0" if rng.random() < 0.5 else b""
        own_id, size = rng.getrandbits(16), 16 if number == 28 else 4
        answers = (b"\xc0\x0c" + struct.pack(">HHIH", 28 if size == 16 else 1, 1, 300, size) + rng.randbytes(size)) * 2
        return (
            struct.pack(">HHHHHH", own_id, 0x0100, 1, 0, 0, bool(options)) + asked + options,
            struct.pack(">HHHHHH", own_id, 0x8180, 1, 2, 0, bool(options)) + asked + answers + options,
        )

    def _bytes(self, size: int) -> bytes:
        at = self.rng.randrange(len(self._noise) - size)
        return self._noise[at : at + size]


def _opened(ends: _Ends) -> Session:
    return [ends.tcp(b"", _SYN), ends.tcp(b"", _SYN_ACK, back=True), ends.tcp(b"", _ACK)]
