"""A filter that the kernel runs on each packet, so that only those that can name something are copied to us.

Classic BPF: https://www.kernel.org/doc/html/latest/networking/filter.html. It lets pass DNS, mDNS and LLMNR queries by
port, what clients send to the ports of TLS and the SYNs before it, QUIC's long headers, and every IP fragment;
untagged, and behind one or two VLAN tags, which most drivers take off anyway."""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

_INSTRUCTION = Struct("=HBBI")
_LOAD_BYTE, _LOAD_HALF, _LOAD_BYTE_X, _LOAD_HALF_X = 0x30, 0x28, 0x50, 0x48
_X_HEADER, _AND, _SHIFT_RIGHT, _MINUS_X, _STORE, _LOAD, _TO_X = 0xB1, 0x54, 0x74, 0x1C, 0x02, 0x60, 0x07
_IF_EQUAL, _IF_SET, _IF_ABOVE_X, _GO, _RETURN = 0x15, 0x45, 0x2D, 0x05, 0x06
_WHOLE_BYTES = 262_144
_DNS_PORTS, _TLS_PORTS, _QUIC_PORTS = (53, 5353, 5355), (53, 443, 853, 8443), (443, 784, 853, 8853)


class _Step(NamedTuple):
    code: int
    value: int = 0
    if_true: str = ""
    """The label to go to; empty for the next step."""
    if_false: str = ""


class _Program:
    """Steps, and labels in front of some of them."""

    def __init__(self) -> None:
        self.steps: list[_Step] = []
        self.labels: dict[str, int] = {}

    def add(self, code: int, value: int = 0, if_true: str = "", if_false: str = "") -> None:
        self.steps.append(_Step(code, value, if_true, if_false))

    def label(self, name: str) -> None:
        self.labels[name] = len(self.steps)

    def assembled(self) -> bytes:
        told = b""
        for number, (code, value, if_true, if_false) in enumerate(self.steps):
            yes, no = (self.labels[name] - number - 1 if name else 0 for name in (if_true, if_false))
            told += _INSTRUCTION.pack(code, 0, 0, yes) if code == _GO else _INSTRUCTION.pack(code, yes, no, value)
        return told


def program(*, is_raw: bool = False) -> bytes:
    """The filter for Ethernet frames, or for packets that begin with their IP header (`is_raw`)."""
    made = _Program()
    for number, at in enumerate((0,) if is_raw else (14, 18, 22)):
        made.label(f"tags {number}")
        _of_kind(made, number, at, is_raw=is_raw)
        _of_four(made, f"{number}", at)
        _of_six(made, f"{number}", at)
        made.label(f"pass {number}")
        made.add(_RETURN, _WHOLE_BYTES)
        made.label(f"drop {number}")
        made.add(_RETURN, 0)
    return made.assembled()


def _of_kind(made: _Program, number: int, at: int, *, is_raw: bool) -> None:
    """By the kind of the packet that begins at `at`."""
    if is_raw:
        made.add(_LOAD_BYTE, 0)
        made.add(_AND, 0xF0)
        made.add(_IF_EQUAL, 0x40, f"four {number}")
        made.add(_IF_EQUAL, 0x60, f"six {number}", f"drop {number}")
        return
    made.add(_LOAD_HALF, at - 2)
    made.add(_IF_EQUAL, 0x0800, f"four {number}")
    made.add(_IF_EQUAL, 0x86DD, f"six {number}")
    if number < 2:
        made.add(_IF_EQUAL, 0x8100, f"next {number}")
        made.add(_IF_EQUAL, 0x88A8, f"next {number}", f"drop {number}")
        made.label(f"next {number}")
        made.add(_GO, 0, f"tags {number + 1}")
    else:
        made.add(_RETURN, 0)


def _of_four(made: _Program, name: str, at: int) -> None:
    made.label(f"four {name}")
    made.add(_X_HEADER, at)
    made.add(_LOAD_HALF, at + 6)
    made.add(_IF_SET, 0x3FFF, f"pass {name}")
    made.add(_LOAD_BYTE, at + 9)
    made.add(_IF_EQUAL, 17, f"udp4 {name}")
    made.add(_IF_EQUAL, 6, "", f"drop {name}")
    made.add(_LOAD_HALF_X, at + 2)
    for port in _TLS_PORTS:
        made.add(_IF_EQUAL, port, f"tcp4 {name}")
    made.add(_RETURN, 0)
    made.label(f"tcp4 {name}")
    made.add(_LOAD_BYTE_X, at + 13)
    made.add(_IF_SET, 2, f"pass {name}")  # SYN
    made.add(_LOAD_HALF, at + 2)
    made.add(_MINUS_X)
    made.add(_STORE, 0)
    made.add(_LOAD_BYTE_X, at + 12)
    made.add(_SHIFT_RIGHT, 2)
    made.add(_AND, 0x3C)
    made.add(_TO_X)
    made.add(_LOAD, 0)
    made.add(_IF_ABOVE_X, 0, f"pass {name}", f"drop {name}")  # data
    made.label(f"udp4 {name}")
    made.add(_LOAD_HALF_X, at + 2)
    _udp(made, f"udp4 {name}", name, _LOAD_BYTE_X, at + 8)


def _of_six(made: _Program, name: str, at: int) -> None:
    made.label(f"six {name}")
    made.add(_LOAD_BYTE, at + 6)
    made.add(_IF_EQUAL, 17, f"udp6 {name}")
    made.add(_IF_EQUAL, 6, f"tcp6 {name}")
    for extension in (0, 43, 44, 60):
        made.add(_IF_EQUAL, extension, f"pass {name}")
    made.add(_RETURN, 0)
    made.label(f"tcp6 {name}")
    made.add(_LOAD_HALF, at + 42)
    for port in _TLS_PORTS:
        made.add(_IF_EQUAL, port, f"to6 {name}")
    made.add(_RETURN, 0)
    made.label(f"to6 {name}")
    made.add(_LOAD_BYTE, at + 53)
    made.add(_IF_SET, 2, f"pass {name}")
    made.add(_LOAD_BYTE, at + 52)
    made.add(_SHIFT_RIGHT, 2)
    made.add(_AND, 0x3C)
    made.add(_TO_X)
    made.add(_LOAD_HALF, at + 4)
    made.add(_IF_ABOVE_X, 0, f"pass {name}", f"drop {name}")
    made.label(f"udp6 {name}")
    made.add(_LOAD_HALF, at + 42)
    _udp(made, f"udp6 {name}", name, _LOAD_BYTE, at + 48)


def _udp(made: _Program, own: str, name: str, load: int, payload_at: int) -> None:
    """With the target's port loaded."""
    for port in _DNS_PORTS:
        made.add(_IF_EQUAL, port, f"pass {name}")
    for port in _QUIC_PORTS:
        made.add(_IF_EQUAL, port, f"long of {own}")
    made.add(_RETURN, 0)
    made.label(f"long of {own}")
    made.add(load, payload_at)
    made.add(_AND, 0xC0)
    made.add(_IF_EQUAL, 0xC0, f"pass {name}", f"drop {name}")
