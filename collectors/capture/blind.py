"""What a capture shows without showing what is asked for: counted, because silence there means nothing.

The resolvers are those that browsers and systems offer: https://github.com/curl/curl/wiki/DNS-over-HTTPS and
https://support.mozilla.org/en-US/kb/dns-over-https; their addresses are from their own pages."""

from __future__ import annotations

from functools import lru_cache

HELLO_WITHOUT_NAME = "TLS hello without a name"
HELLO_UNREADABLE = "TLS hello of which a part is missing"
OUTER_NAME = "outer name of an encrypted TLS hello"
QUIC_UNOPENED = "QUIC connection that could not be opened"
DNS_OVER_TLS = "DNS over TLS"
DNS_OVER_QUIC = "DNS over QUIC"
DNS_OVER_HTTPS = "DNS over HTTPS"
CUT = "packet that was not captured whole"
DROPPED = "packet that was dropped before it could be captured"

ENCRYPTED_DNS_PORT = 853
"""RFC 7858, section 3.1, and RFC 9250, section 4.1.1."""

_RESOLVERS = (
    "cloudflare-dns.com",
    "one.one.one.one",
    "dns.google",
    "dns64.dns.google",
    "quad9.net",
    "doh.opendns.com",
    "dns.umbrella.com",
    "dns.nextdns.io",
    "adguard-dns.com",
    "dns.adguard.com",
    "cleanbrowsing.org",
    "controld.com",
    "dns.mullvad.net",
    "doh.dns.apple.com",
    "doh.xfinity.com",
    "dns.alidns.com",
    "doh.pub",
    "dns.sb",
    "doh.360.cn",
    "dns.switch.ch",
    "dns0.eu",
    "doh.ffmuc.net",
    "anycast.dns.nextdns.io",
    "dns.rabbitdns.org",
    "blahdns.com",
)
_ADDRESS_TEXTS = (
    "1.0.0.1", "1.1.1.1", "1.1.1.2", "1.1.1.3", "8.8.4.4", "8.8.8.8", "9.9.9.9", "9.9.9.10", "9.9.9.11",
    "45.90.28.0", "45.90.30.0", "76.76.2.0", "76.76.10.0", "94.140.14.14", "94.140.15.15", "149.112.112.112",
    "185.228.168.9", "185.228.168.10", "185.228.168.168", "194.242.2.2", "208.67.220.220", "208.67.222.222",
    "223.5.5.5", "223.6.6.6",
)  # fmt: skip
ADDRESSES = frozenset(bytes(map(int, text.split("."))) for text in _ADDRESS_TEXTS)
"""Of public resolvers, which answer no other HTTPS."""


@lru_cache(maxsize=1 << 16)
def is_resolver(name: str) -> bool:
    """Whether a name is that of a public resolver of encrypted DNS, or below it."""
    return name.endswith(_RESOLVERS) and any(name == one or name.endswith("." + one) for one in _RESOLVERS)
