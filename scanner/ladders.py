"""The two ladders: how far use is shown, and how far presence is. Never compared with each other and never added.

Use: resolved < contacted < interactive (a person's pages) | programmatic (an API, an SDK) < upload.
Presence: installed < running < signed in. Installed is not used, and silent is not absent."""

from __future__ import annotations

from shadowledger.collectors.records import Traffic
from shadowledger.db.manners import BACKGROUND_ROLES, HANDSHAKE, PRECONNECT
from shadowledger.signatures.schema import Indicator

NOTHING, RESOLVED, CONTACTED, INTERACTIVE, PROGRAMMATIC, UPLOAD = 0, 10, 20, 30, 31, 40
"""Rungs of use; the tens are the height, so interactive and programmatic stand side by side."""
INSTALLED, RUNNING, SIGNED_IN = 10, 20, 30

USE_WORDS = {
    NOTHING: "",
    RESOLVED: "resolved",
    CONTACTED: "contacted",
    INTERACTIVE: "interactive",
    PROGRAMMATIC: "programmatic",
    UPLOAD: "upload",
}
PRESENCE_WORDS = {NOTHING: "", INSTALLED: "installed", RUNNING: "running", SIGNED_IN: "signed_in"}

UPLOAD_BYTES = 1_000_000
"""Sent in one request, from which on a contact is told as an upload: a prompt is shorter, a document is not."""

EMPTY_BYTES = 100
"""Received at the most by a tunnel in which nothing was said: a proxy's own answer (Squid's has 39 bytes)."""
HANDSHAKE_BYTES = 5_000
"""Received at the most by a TLS handshake with an ordinary chain of certificates (two or three of them)."""

_NAME_ONLY = frozenset(("dns", "mdns", "llmnr", "dns_update", "dns_notify", "dns_response"))
_RUNNING_KINDS = frozenset(("process", "cmdline", "port", "cloud_resource"))
_SIGNED_IN_KINDS = frozenset(("account_domain", "oauth_app"))
ACCOUNT_KINDS = frozenset((*_SIGNED_IN_KINDS, "merchant", "cloud_resource", "email_sender"))
"""What an account, a payment or a cloud betrays, and no device."""


def idle_role(record: Traffic) -> str:
    """PRECONNECT or HANDSHAKE of a tunnel that carried no more, as far as its source tells; empty of other contacts.
    Browsers open some ahead: the first is no use; what the second is, only other contacts of the same people tell."""
    received = record.received_bytes
    if record.method != "CONNECT" or record.path or not 0 <= received < HANDSHAKE_BYTES:
        return ""
    return PRECONNECT if received < EMPTY_BYTES else HANDSHAKE


def role_of(record: Traffic, indicator: Indicator) -> str:
    """What a contact says: the indicator's role, or that a tunnel to a page carried nothing of one."""
    return (indicator.role == "interactive" and idle_role(record)) or indicator.role


def use_rung(record: Traffic, role: str, agent_class: str) -> int:
    """How far one contact shows use."""
    if record.action == "blocked":
        return NOTHING
    if record.via in _NAME_ONLY:
        return RESOLVED
    if role in BACKGROUND_ROLES or record.via == "address":  # which other names may have too
        return CONTACTED
    if record.sent_bytes >= UPLOAD_BYTES:
        return UPLOAD
    if agent_class == "sdk" or (record.path and role == "api"):
        return PROGRAMMATIC
    return INTERACTIVE if record.path and role == "interactive" else CONTACTED


def presence_rung(kind: str) -> int:
    """How far one artifact shows presence."""
    if kind in _SIGNED_IN_KINDS:
        return SIGNED_IN
    return RUNNING if kind in _RUNNING_KINDS else INSTALLED
