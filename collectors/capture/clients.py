"""Client addresses as text, each written once."""

from __future__ import annotations

from socket import AF_INET6, inet_ntop

_MOST = 65_536
_IPV4_SOURCE, _IPV6_SOURCE = 12, 8


class Clients:
    """Bounded: when there are too many, all are written anew."""

    def __init__(self) -> None:
        self.known: dict[bytes, str] = {}
        """By the bytes of the address; always the same dict."""

    def of(self, buffer: bytes, ip_at: int) -> str:
        """The address that asked: the source in the IP header at `ip_at`."""
        is_four = buffer[ip_at] >> 4 == 4
        at = ip_at + (_IPV4_SOURCE if is_four else _IPV6_SOURCE)
        address = bytes(buffer[at : at + (4 if is_four else 16)])
        text = self.known.get(address)
        return self.add(address) if text is None else text

    def add(self, address: bytes) -> str:
        """Write an address and remember it."""
        if len(self.known) >= _MOST:
            self.known.clear()
        text = ".".join(map(str, address)) if len(address) == 4 else inet_ntop(AF_INET6, address)
        self.known[address] = text
        return text
