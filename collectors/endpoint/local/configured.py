"""What AI tools are set up with: the names and hosts of MCP servers, and the domain of the account that is signed in.

No argument, no variable, no path of an address and no local part of a mail address leaves this module."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from shadowledger.collectors.endpoint.local.formats import at_key, parsed
from shadowledger.collectors.endpoint.local.machine import NOT_PARSED, Found, Machine, Spot

_LONGEST_NAME = 128
_ADDRESSES = ("url", "serverUrl", "httpUrl", "uri", "endpoint")
# https://www.rfc-editor.org/rfc/rfc1123#section-2.1: a host, without port or user
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?\Z|\[?[0-9a-f:.]{2,45}\]?\Z")
_DOMAIN = re.compile(r"[^@\s/\\:]{1,250}\.[^@\s/\\:.0-9][^@\s/\\:.]{1,62}\Z")
_STATE_BYTES = 1 << 30
_MOST_STEPS = 5_000_000
_OWN_TYPES = ("builtin", "platform", "frontend")
"""What Goose calls an extension of its own, which is no server."""
_CLAIMS = ("email", "preferred_username", "upn")
Tools = list[dict[str, list[dict[str, object]]]]


def servers(machine: Machine, tools: Tools) -> Iterator[Found]:
    """Each configuration that names a server, and then its servers."""
    for tool in tools:
        for row in tool.get("mcp", ()):
            for spot in machine.spots([str(row["file"])]):
                yield from servers_in(machine, spot, list(map(str, _texts(row["keys"]))), str(tool["name"]))


def servers_in(machine: Machine, spot: Spot, keys: list[str], client: str) -> Iterator[Found]:
    """The same of one file."""
    config = parsed(machine, spot)
    named = {name: one for key in keys for value in at_key(config, key) for name, one in _named(value)}
    if named:
        yield Found("mcp_config", spot.shown[:512], spot.user, {"client": client})
    for name, one in named.items():
        more: dict[str, str | int | bool] = {"client": client}
        if host := _host_of(one):
            more["host"] = host
        if one.get("disabled") is True or str(one.get("enabled")).lower() == "false":
            more["is_enabled"] = False
        yield Found("mcp_server", name, spot.user, more)


def _texts(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _named(value: object) -> Iterator[tuple[str, dict[str, object]]]:
    """The servers of a table of them, or of a list."""
    listed = value if isinstance(value, list) else []
    pairs = [(one.get("name"), one) for one in listed if isinstance(one, dict)]
    if isinstance(value, dict):
        pairs = list(value.items())
    for name, one in pairs:
        if isinstance(name, str) and name and isinstance(one, dict) and one.get("type") not in _OWN_TYPES:
            shown = _host(name) if "://" in name else name[:_LONGEST_NAME]
            if shown:
                yield shown, one


def _host_of(server: dict[str, object]) -> str:
    """The host of a remote server: of its address, or of one that a bridge (`mcp-remote`) is started with."""
    told = [server.get(key) for key in _ADDRESSES]
    command = server.get("command")
    for arguments in (server.get("args"), command):
        told += arguments if isinstance(arguments, list) else []
    return next((host for text in told if isinstance(text, str) and (host := _host(text))), "")


def _host(address: str) -> str:
    if not address.lower().startswith(("http://", "https://", "ws://", "wss://")):
        return ""
    try:
        host = (urlsplit(address[:4096]).hostname or "").rstrip(".")
    except ValueError:
        return ""
    return host if _HOST.match(host) else ""


def accounts(machine: Machine, tools: Tools, *, with_tokens: bool) -> Iterator[Found]:
    """Whose account is signed in to a tool, by its domain; `account_at` says at whose service."""
    told: set[tuple[str, str, str]] = set()
    for tool in tools:
        for row in tool.get("accounts", ()):
            if row.get("token") and not with_tokens:
                continue
            for spot in machine.spots([str(row["file"])]):
                for domain in sorted(_domains(machine, spot, str(row["key"]))):
                    key = (spot.user, domain, str(row["at"]))
                    if key not in told:
                        told.add(key)
                        more: dict[str, str | int | bool] = {"account_at": key[2], "client": str(tool["name"])}
                        yield Found("account_domain", domain, spot.user, more)


def _domains(machine: Machine, spot: Spot, key: str) -> set[str]:
    if spot.path.endswith(".vscdb"):
        values: list[object] = [_of_state(machine, spot, key)]
    else:
        values = list(at_key(parsed(machine, spot), key))
    return {domain for value in values if isinstance(value, str) and (domain := _domain(value))}


def _domain(text: str) -> str:
    """The domain of a mail address, or of the address in a token (https://www.rfc-editor.org/rfc/rfc7519)."""
    if text.count(".") == 2 and "@" not in text and len(text) < 1 << 16:
        text = _of_token(text)
    local, at, domain = text.strip().lower().rpartition("@")
    domain = domain.rstrip(".")
    return domain if at and local and _DOMAIN.match(domain) else ""


def _of_token(token: str) -> str:
    body = token.split(".")[1]
    try:
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (ValueError, RecursionError):
        return ""
    for claim in _CLAIMS:
        value = claims.get(claim) if isinstance(claims, dict) else None
        if isinstance(value, str) and "@" in value:
            return value
    return ""


def _of_state(machine: Machine, spot: Spot, key: str) -> str:
    """One value of an editor's state, a table `ItemTable (key, value)` of SQLite.

    https://www.sqlite.org/uri.html: `immutable` makes no file beside it and takes no lock."""
    import sqlite3
    from urllib.request import pathname2url

    opened = machine.open(spot, _STATE_BYTES)
    if opened is None:
        return ""
    os.close(opened)
    try:
        connection = sqlite3.connect(f"file:{pathname2url(os.path.realpath(spot.path))}?mode=ro&immutable=1", uri=True)
    except sqlite3.Error:
        machine.note(NOT_PARSED)
        return ""
    try:
        connection.execute("pragma trusted_schema = off")
        connection.set_progress_handler(lambda: 1, _MOST_STEPS)  # what is no table may be a view without an end
        (row,) = connection.execute("select value from ItemTable where key = ?", (key,)).fetchall()[:1] or ((None,),)
    except (sqlite3.Error, OverflowError):
        machine.note(NOT_PARSED)
        return ""
    finally:
        connection.close()
    value = row[0].decode("utf-8", "replace") if isinstance(row[0], bytes) else row[0]
    return value.strip('"') if isinstance(value, str) and len(value) < 1024 else ""
