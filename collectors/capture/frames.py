"""From a captured frame to its UDP datagram or TCP segment, through whatever lies around it.

Link types: https://www.tcpdump.org/linktypes.html. Every function takes a buffer with the first and the last index of
what it may look at, and gives an index, or NOWHERE; none copies, and none looks past `end`."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

NOWHERE = -1
TCP, UDP = 6, 17
ETHERNET = 1
_DEEPEST = 8
"""Headers of the internet layer inside each other; more are no traffic but a trick."""

_IPV4, _IPV6, _TRANSPARENT_ETHERNET, _MPLS, _PPPOE = 0x0800, 0x86DD, 0x6558, (0x8847, 0x8848), 0x8864
_VLAN_TAGS = (0x8100, 0x88A8, 0x9100, 0x9200)  # IEEE 802.1Q and 802.1ad, and what came before the latter
_ERSPAN = b"\x88\xbe"
_PPP_IP = (b"\x00\x21", b"\x00\x57")  # https://www.iana.org/assignments/ppp-numbers/
_SNAP = b"\xaa\xaa\x03\x00\x00\x00"  # RFC 1042
_VXLAN, _GENEVE, _GTP = 4789, 6081, 2152
TUNNEL_PORTS = frozenset((_VXLAN, _GENEVE, _GTP))

_IN_IP = (4, 41)  # IPv4, IPv6: https://www.iana.org/assignments/protocol-numbers/
_GRE, _FRAGMENT, _AUTHENTICATION = 47, 44, 51
_OPTIONS_OF_IPV6 = (0, 43, 60, 135, 139, 140)  # https://www.iana.org/assignments/ipv6-parameters/


class Fragment(NamedTuple):
    """A packet is only a piece of one: RFC 791, section 3.2, and RFC 8200, section 4.5."""

    packet: bytes
    """What all its pieces share."""
    offset: int
    is_last: bool


class Transport(NamedTuple):
    """Where one datagram or segment lies in a buffer."""

    protocol: int
    """TCP or UDP."""
    ip_at: int
    """Of the innermost IP header."""
    at: int
    end: int
    """By the lengths of the packets around it, and never beyond what was captured."""
    is_cut: bool = False
    """Whether its packet was longer than what was captured of it."""
    fragment: Fragment | None = None
    """Where it is a piece, which piece."""


def transport(link_type: int, buffer: bytes, start: int, end: int) -> Transport | None:
    """The TCP segment or UDP datagram in a frame, or a piece of one; None where there is none."""
    walk = _LINKS.get(link_type)
    at = walk(buffer, start, end) if walk else NOWHERE
    return _internet(buffer, at, end) if at != NOWHERE else None


def in_tunnel(port: int, buffer: bytes, at: int, end: int) -> Transport | None:
    """What the payload of a UDP datagram to `port` wraps, where that is the port of a tunnel."""
    if port == _VXLAN:  # RFC 7348, section 5
        at = _ethernet(buffer, at + 8, end)
    elif port == _GENEVE and at < end:  # RFC 8926, section 3.4
        at = _ethertype(buffer, at + 2, at + 8 + 4 * (buffer[at] & 0x3F), end)
    elif port == _GTP:
        at = _after_gtp(buffer, at, end)
    else:
        return None
    return _internet(buffer, at, end) if at != NOWHERE else None


def _after_gtp(buffer: bytes, at: int, end: int) -> int:
    """What a mobile network carries for a phone: version 1, G-PDU: 3GPP TS 29.281, sections 5.1 and 5.2."""
    if at + 12 > end or buffer[at] >> 4 != 3 or buffer[at + 1] != 255:
        return NOWHERE
    flags = buffer[at]
    extension = buffer[at + 11] if flags & 4 else 0
    at += 12 if flags & 7 else 8
    while extension:
        if at >= end or not buffer[at] or at + 4 * buffer[at] > end:
            return NOWHERE
        at += 4 * buffer[at]
        extension = buffer[at - 1]
    return at


def _internet(buffer: bytes, at: int, end: int) -> Transport | None:
    """Walk IP headers from `at`: RFC 791, section 3.1; RFC 8200, sections 3 and 4; RFC 2784 and 2890 for GRE."""
    for _ in range(_DEEPEST):
        if at == NOWHERE or at + 20 > end:
            return None
        ip_at, captured = at, end
        if buffer[at] >> 4 == 4:
            protocol, at, end, fragment = _after_ipv4(buffer, at, end)
        elif buffer[at] >> 4 == 6:
            protocol, at, end, fragment = _after_ipv6(buffer, at, end)
        else:
            return None
        if protocol in (UDP, TCP):
            is_cut, end = end > captured, min(end, captured)
            is_enough = at + 8 <= end or (fragment is not None and fragment.offset and at < end)
            return Transport(protocol, ip_at, at, end, is_cut, fragment) if is_enough else None
        end = min(end, captured)
        if fragment is not None and fragment.offset:
            return None
        if protocol == _GRE:
            at = _gre(buffer, at, end)
        elif protocol not in _IN_IP:
            return None
    return None


_Header = tuple[int, int, int, Fragment | None]
"""Protocol, index after the header, end by its own length, and which fragment it is; protocol NOWHERE for what cannot
be read on."""


def _after_ipv4(buffer: bytes, at: int, end: int) -> _Header:
    header = (buffer[at] & 15) * 4
    length = buffer[at + 2] << 8 | buffer[at + 3]
    if header < 20:
        return NOWHERE, at, end, None
    place, fragment = (buffer[at + 6] & 0x3F) << 8 | buffer[at + 7], None
    if place:
        packet = bytes(buffer[at + 12 : at + 20]) + bytes(buffer[at + 4 : at + 6]) + bytes(buffer[at + 9 : at + 10])
        fragment = Fragment(packet, (place & 0x1FFF) * 8, not place & 0x2000)
    # a length of 0 is what a network card writes that splits segments itself
    return buffer[at + 9], at + header, at + length if length else end, fragment


def _after_ipv6(buffer: bytes, at: int, end: int) -> _Header:
    if at + 40 > end:
        return NOWHERE, at, end, None
    length = buffer[at + 4] << 8 | buffer[at + 5]
    protocol, ip_at, fragment = buffer[at + 6], at, None
    at += 40
    stop = at + length if length else end
    end = min(end, stop)
    while at + 8 <= end:
        if protocol in _OPTIONS_OF_IPV6:
            header = (buffer[at + 1] + 1) * 8
        elif protocol == _FRAGMENT:
            place = buffer[at + 2] << 8 | buffer[at + 3]
            if place & 0xFFF9:
                packet = bytes(buffer[ip_at + 8 : ip_at + 40]) + bytes(buffer[at + 4 : at + 8])
                fragment = Fragment(packet + bytes((buffer[at],)), place & 0xFFF8, not place & 1)
                if fragment.offset:
                    return buffer[at], at + 8, stop, fragment
            header = 8
        elif protocol == _AUTHENTICATION:
            header = (buffer[at + 1] + 2) * 4
        else:
            break
        protocol = buffer[at]
        at += header
    return protocol, at, stop, fragment


def _gre(buffer: bytes, at: int, end: int) -> int:
    """Also what switches mirror to a monitor: https://datatracker.ietf.org/doc/html/draft-foschiano-erspan-03, whose
    type II has a header of 8 bytes and a sequence number, and whose type I has neither."""
    if at + 8 <= end and buffer[at + 1] & 7 == 1:  # RFC 2637, section 4.1: PPP, with a sequence number where it has any
        return _ppp(buffer, at + 8 + 4 * (bool(buffer[at] & 0x10) + bool(buffer[at + 1] & 0x80)), end)
    if at + 4 > end or buffer[at + 1] & 7:
        return NOWHERE
    has_checksum, has_key, has_sequence = buffer[at] & 0x80, buffer[at] & 0x20, buffer[at] & 0x10
    body = at + 4 + 4 * (bool(has_checksum) + bool(has_key) + bool(has_sequence))
    if buffer.startswith(_ERSPAN, at + 2, end):
        return _ethernet(buffer, body + (8 if has_sequence else 0), end)
    return _ethertype(buffer, at + 2, body, end)


def _ethernet(buffer: bytes, at: int, end: int) -> int:
    return _ethertype(buffer, at + 12, at + 14, end)


def _ethertype(buffer: bytes, at: int, body: int, end: int) -> int:
    """The IP header in a `body` whose type stands at `at`; types: https://www.iana.org/assignments/ieee-802-numbers/"""
    while at + 2 <= end and body < end:
        kind = buffer[at] << 8 | buffer[at + 1]
        if kind in (_IPV4, _IPV6):
            return body
        if kind in _VLAN_TAGS:
            at, body = body + 2, body + 4
        elif kind < 0x0600:  # a length: IEEE 802.3
            if not buffer.startswith(_SNAP, body, end):
                return NOWHERE
            at, body = body + 6, body + 8
        elif kind == _TRANSPARENT_ETHERNET:
            at, body = body + 12, body + 14
        elif kind == _PPPOE:  # RFC 2516, section 4
            return body + 8 if buffer[body + 6 : min(body + 8, end)] in _PPP_IP else NOWHERE
        elif kind in _MPLS:
            return _after_labels(buffer, body, end)
        else:
            return NOWHERE
    return NOWHERE


def _after_labels(buffer: bytes, at: int, end: int) -> int:
    """After a stack of MPLS labels (RFC 3032, section 2.1), where IP follows, or Ethernet after a control word (RFC
    4448, section 4.6)."""
    while at + 4 < end:
        last = buffer[at + 2] & 1
        at += 4
        if last:
            return at if buffer[at] >> 4 else _ethernet(buffer, at + 4, end)
    return NOWHERE


def _ppp(buffer: bytes, at: int, end: int) -> int:
    """RFC 1662, section 3.1: address and control may be left out; RFC 1661, section 6.5: so may half the protocol."""
    if buffer.startswith(b"\xff\x03", at, end):
        at += 2
    if at < end and buffer[at] in (0x21, 0x57):
        return at + 1
    return at + 2 if buffer[at : min(at + 2, end)] in _PPP_IP else NOWHERE


def _skip(count: int) -> Callable[[bytes, int, int], int]:
    return lambda buffer, at, end: at + count


def _typed(kind_at: int, body_at: int) -> Callable[[bytes, int, int], int]:
    return lambda buffer, at, end: _ethertype(buffer, at + kind_at, at + body_at, end)


_LINKS: dict[int, Callable[[bytes, int, int], int]] = {
    ETHERNET: _ethernet,
    0: _skip(4),  # NULL: an address family in the byte order of the machine; the version tells as much
    108: _skip(4),  # LOOP
    8: _skip(16),  # SLIP
    9: _ppp,  # PPP
    50: _ppp,  # PPP_HDLC
    12: _skip(0),  # RAW, as some systems number it
    14: _skip(0),  # the same on others
    101: _skip(0),  # RAW
    228: _skip(0),  # IPV4
    229: _skip(0),  # IPV6
    104: _typed(2, 4),  # C_HDLC
    113: _typed(14, 16),  # LINUX_SLL
    276: _typed(0, 20),  # LINUX_SLL2
}
