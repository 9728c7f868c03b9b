"""Where the server is, and the proxy before it, as settings write them."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from shadowledger.scanner.agent.sentences import AgentError, printable


class Address(NamedTuple):
    """A server."""

    host: str
    port: int
    path: str
    """What stands before `/v1/...`; empty as a rule."""
    is_tls: bool

    @property
    def authority(self) -> str:
        """As it stands in `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_tls else 80) else f"{host}:{self.port}"


class Proxy(NamedTuple):
    """Who is asked to connect to the server."""

    host: str
    port: int
    credentials: str
    """name:password; empty where none are needed."""


def address_of(server: str) -> Address:
    """An https address, or http to this machine itself. Raises AgentError."""
    parts = _split(server, "server")
    if parts.scheme not in ("https", "http") or parts.username is not None or parts.query or parts.fragment:
        raise AgentError(f"'{printable(server)}' is no server: write https://name, with a port and a path where needed")
    host = parts.hostname or ""
    if parts.scheme == "http" and not is_loopback(host):
        raise AgentError(f"{printable(server)}: http is spoken with this machine itself only; write https")
    port = parts.port if parts.port is not None else 443 if parts.scheme == "https" else 80
    return Address(host, port, parts.path.rstrip("/"), parts.scheme == "https")


def proxy_of(proxy: str) -> Proxy:
    """Raises AgentError."""
    parts = _split(proxy, "proxy")
    if parts.scheme != "http" or parts.path.strip("/") or parts.query or parts.fragment:
        raise AgentError("the proxy is written http://name:port, or http://user:password@name:port")
    user = "" if parts.username is None else f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return Proxy(parts.hostname or "", parts.port or 3128, user)


def is_loopback(host: str) -> bool:
    """Whether a name means this machine whoever resolves it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _split(text: str, what: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        has_place = bool(parts.hostname) and parts.port != 0
    except ValueError:
        has_place = False
    if not has_place or not text.isprintable() or not text.isascii() or " " in text:
        raise AgentError(f"the {what} in the settings is no address")
    return parts
