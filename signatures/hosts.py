"""Host names and URLs as sources write them, brought to the one form that signatures use.

The form: lower case, IDNA A-labels (UTS #46, https://www.unicode.org/reports/tr46/), no port, no final dot; IPv6
addresses without brackets."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote

import idna

_LONGEST_NAME = 255  # RFC 1035, section 2.3.4


class Url(NamedTuple):
    """The parts of a URL that are kept: never its query, fragment or userinfo."""

    scheme: str
    """Lower case; empty where the text had none."""
    host: str
    port: int
    """0 where the text named none."""
    path: str
    """From the first slash; empty where there is none."""


def clean_host(text: str) -> str:
    """Bring a host name to the form that signatures use; text that is no name at all comes back in lower case."""
    host = text.lower() if text.isascii() and "%" not in text else _clean_unusual(text)
    return host[:-1] if host.endswith(".") else host


def _clean_unusual(text: str) -> str:
    if len(text) > 12 * _LONGEST_NAME:  # no name, however it is encoded
        return text.lower()
    host = unquote(text, errors="replace") if "%" in text else text
    if len(host) > _LONGEST_NAME:
        return host.lower()
    try:
        return idna.uts46_remap(host, std3_rules=False).encode("ascii").decode().lower()
    except UnicodeEncodeError:
        pass
    except (idna.IDNAError, IndexError, ValueError):
        return host.lower()
    try:
        return idna.encode(host, uts46=True, std3_rules=False).decode()
    except (idna.IDNAError, UnicodeError, IndexError, ValueError):
        return host.lower()


def split_authority(text: str) -> tuple[str, int]:
    """`user@host:port` as (clean host, port); the port is 0 where none, or none that can be, is named."""
    authority = text.rpartition("@")[2]
    if authority.startswith("["):
        host, _, rest = authority[1:].partition("]")
        return host.lower(), _port(rest[1:]) if rest.startswith(":") else 0
    host, colon, port = authority.partition(":")
    if ":" in port:  # a bare IPv6 address
        return authority.lower(), 0
    return clean_host(host), _port(port) if colon else 0


def _port(digits: str) -> int:
    if digits.isascii() and digits.isdigit() and len(digits) <= 5:
        port = int(digits)
        return port if port <= 65535 else 0
    return 0


def split_url(text: str) -> Url:
    """Take a URL apart, with or without its scheme (`example.org/path?u=https://other/` has none)."""
    scheme, rest = "", text
    mark = text.find("://")
    if mark > 0 and text[:mark].replace("+", "").replace("-", "").replace(".", "").isalnum():
        scheme, rest = text[:mark].lower(), text[mark + 3 :]
    end = len(rest)
    for stop in "/?#\\":
        at = rest.find(stop, 0, end)
        if at >= 0:
            end = at
    host, port = split_authority(rest[:end])
    path = rest[end:]
    if not path.startswith("/"):
        path = "/" + path[1:] if path.startswith("\\") else ""
    for stop in "?#":
        at = path.find(stop)
        if at >= 0:
            path = path[:at]
    return Url(scheme, host, port, path)
