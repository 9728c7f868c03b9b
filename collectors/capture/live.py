"""Packets from a network interface of this machine, through the same engine as files.

AF_PACKET (https://man7.org/linux/man-pages/man7/packet.7.html) with a filter in the kernel; where a system has none,
scapy's sniffer, which is loaded only there."""

from __future__ import annotations

import contextlib
import ctypes
import socket
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from shadowledger.collectors.capture import fast, narrow
from shadowledger.collectors.capture.engine import Engine
from shadowledger.collectors.capture.frames import ETHERNET
from shadowledger.collectors.capture.pcap import LONGEST_PACKET_BYTES
from shadowledger.collectors.capture.pcapng import RUNS
from shadowledger.collectors.records import Issue, Traffic

HAS_PACKETS = hasattr(socket, "AF_PACKET")
"""Whether this system has sockets of packets."""
BUFFER_BYTES = 256 << 20
"""Of packets that wait in the kernel, where each takes most of a kilobyte: at 100,000 a second some seconds. Only what
waits takes room."""
PACKETS_AT_ONCE = 1024
MOST_AT_END = 1024
"""Batches that are taken after the end: more cannot have waited."""
_RAW = 101
_LINK_TYPES = {1: ETHERNET, 772: ETHERNET, 65534: _RAW, 512: _RAW, 768: _RAW, 776: _RAW}
"""Of ARPHRD_ETHER, LOOPBACK, NONE, PPP, TUNNEL and SIT: linux/if_arp.h."""
_ALL_PROTOCOLS, _SOL_PACKET, _STATISTICS, _IGNORE_OUTGOING = 0x0003, 263, 6, 23  # linux/if_ether.h, linux/if_packet.h
_ATTACH_FILTER, _BUFFER_FORCE, _LOOPBACK = 26, 33, 772  # asm-generic/socket.h
_WAIT_S = 0.2
_HEAD = struct.Struct(RUNS.order + "IIII")


class CannotListenError(Exception):
    """Why nothing can be captured there, in words."""


class Drops(NamedTuple):
    """What the kernel says of a capture so far."""

    packet_count: int
    """That passed the filter, the dropped ones included."""
    dropped_count: int
    """For which there was no room because we were too slow."""


class Interface:
    """An interface that is listened at. Needs root or CAP_NET_RAW until it is open, and nothing afterwards."""

    def __init__(self, name: str, *, is_narrow: bool = True) -> None:
        """Raises CannotListenError."""
        if not HAS_PACKETS:
            raise CannotListenError("this system has no sockets of packets")
        try:
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)  # nothing comes before it is bound
        except PermissionError:
            raise CannotListenError("root or CAP_NET_RAW is needed") from None
        try:
            self._open(name, is_narrow=is_narrow)
        except OSError as error:
            self._socket.close()
            raise CannotListenError(f"{name}: {error.strerror or error}") from None
        except CannotListenError:
            self._socket.close()
            raise
        self._counted = Drops(0, 0)
        self._gone = ""
        """Why no more will come."""

    def _open(self, name: str, *, is_narrow: bool) -> None:
        hardware = _hardware_of(name)
        if hardware not in _LINK_TYPES:
            raise CannotListenError(f"{name}: its frames (kind {hardware}) are not known; capture them with dumpcap")
        self.link_type = _LINK_TYPES[hardware]
        if is_narrow:
            _attach(self._socket, narrow.program(is_raw=self.link_type == _RAW))
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, _BUFFER_FORCE, BUFFER_BYTES)
        except PermissionError:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        if hardware == _LOOPBACK:  # where each packet is seen twice
            with contextlib.suppress(OSError):
                self._socket.setsockopt(_SOL_PACKET, _IGNORE_OUTGOING, 1)
        self._socket.bind((name, _ALL_PROTOCOLS))

    def packets(self, *, waits: bool = True) -> bytes:
        """Those that came, up to PACKETS_AT_ONCE, as a pcap file has them; empty where none came for a while, or, where
        it does not wait, none is there. Raises CannotListenError where the interface is gone, or down, once all that
        came before was given."""
        parts: list[bytes] = []
        try:
            self._take(parts, waits=waits and not self._gone)
        except (TimeoutError, BlockingIOError):
            pass
        except OSError as error:  # told once, and before what still waits
            self._gone = error.strerror or str(error)
            with contextlib.suppress(OSError):
                self._take(parts, waits=False)
        if self._gone and not parts:
            raise CannotListenError(self._gone)
        return b"".join(parts)

    def _take(self, parts: list[bytes], *, waits: bool) -> None:
        """Raises OSError where no more can be had."""
        receive, now, pack = self._socket.recv, time.time_ns, _HEAD.pack
        self._socket.settimeout(_WAIT_S if waits else 0)
        while len(parts) < 2 * PACKETS_AT_ONCE:
            packet = receive(LONGEST_PACKET_BYTES)
            if not parts:
                self._socket.setblocking(False)
            seconds, rest = divmod(now(), 1_000_000_000)
            size = len(packet)
            parts += (pack(seconds, rest // 1000, size, size), packet)

    def drops(self) -> Drops:
        """Since it was opened."""
        packets, dropped = struct.unpack("=II", self._socket.getsockopt(_SOL_PACKET, _STATISTICS, 8))  # which reset
        self._counted = Drops(self._counted.packet_count + packets, self._counted.dropped_count + dropped)
        return self._counted

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Interface:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Sniffer:
    """An interface that is listened at with scapy, for systems without AF_PACKET; slower by far, and it does not say
    what was dropped."""

    def __init__(self, name: str) -> None:
        """Raises CannotListenError."""
        try:
            from scapy.config import conf
            from scapy.error import Scapy_Exception
        except ImportError:
            raise CannotListenError("scapy is needed here: pip install 'shadowledger[capture]'") from None
        try:
            conf.ifaces.reload()  # some come and go
            self._socket = conf.L2listen(iface=name)
        except PermissionError:
            raise CannotListenError("root or CAP_NET_RAW is needed") from None
        except (OSError, Scapy_Exception) as error:
            raise CannotListenError(f"{name}: {error}") from None
        self._link_types = conf.l2types.layer2num

    def packet(self) -> tuple[int, int, bytes] | None:
        """The next packet's time in microseconds, link type and bytes; None where none came for a while."""
        if not self._socket.select([self._socket], _WAIT_S):
            return None
        layer, packet, when = self._socket.recv_raw()
        if not packet or layer is None:
            return None
        return int((when or time.time()) * 1_000_000), self._link_types.get(layer, ETHERNET), packet

    def drops(self) -> Drops:
        """Nobody knows."""
        return Drops(0, 0)

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Sniffer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_interface(name: str, *, is_narrow: bool = True) -> Interface | Sniffer:
    """Listen in the way that this system has. Raises CannotListenError."""
    return Interface(name, is_narrow=is_narrow) if HAS_PACKETS else Sniffer(name)


def listen(
    interface: Interface | Sniffer, engine: Engine, goes_on: Callable[[], bool], asked: fast.Asked[fast.Item]
) -> Iterator[Sequence[fast.Item | Traffic | Issue]]:
    """What the packets of an interface tell, a batch at a time (an empty one where nothing came), as long as `goes_on`
    says so, and then what had come by then. Of most questions it is what `asked` makes of them."""
    if isinstance(interface, Sniffer):
        while goes_on():
            told = interface.packet()
            yield engine.packet(*told, 0, len(told[2])) if told is not None else ()
        return
    read = fast.loop(engine, RUNS, asked)
    turns_left = MOST_AT_END
    while turns_left:
        turns_left = turns_left if goes_on() else turns_left - 1
        batch = interface.packets(waits=turns_left == MOST_AT_END)
        if not batch and turns_left < MOST_AT_END:
            break
        if interface.link_type == ETHERNET:
            _, _, found = read(batch + bytes(fast.LOOKAHEAD_BYTES), 0)
            yield found
        else:
            yield [one for packet in _parted(batch, interface.link_type) for one in engine.packet(*packet)]


def _parted(batch: bytes, link_type: int) -> Iterator[tuple[int, int, bytes, int, int]]:
    at = 0
    while at < len(batch):
        seconds, micros, size, _ = _HEAD.unpack_from(batch, at)
        start = at + _HEAD.size
        yield seconds * 1_000_000 + micros, link_type, batch, start, start + size
        at = start + size


def _hardware_of(name: str) -> int:
    """The kind of an interface's hardware."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as asked:
        asked.bind((name, 0))
        kind: int = asked.getsockname()[3]
        return kind


def _attach(to: socket.socket, program: bytes) -> None:
    kept = ctypes.create_string_buffer(program, len(program))
    told = struct.pack("HL", len(program) // 8, ctypes.addressof(kept))
    to.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, told)
