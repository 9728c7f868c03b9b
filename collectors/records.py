"""What collectors turn bytes into. These are the hot nouns: plain tuples, built only for records that are wanted."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

UNKNOWN_BYTES = -1
TOO_MANY_DIGITS = 14
"""No record has ten terabytes: a source that says so says nothing. Sums of what is left fit a database."""


class Traffic(NamedTuple):
    """Somebody contacted a host. Text fields are empty, and numbers 0, where the source does not say."""

    position: int
    """The record's number in its source, from 1: physical line, array element, data row, row id or packet."""
    via: str
    """What saw it: proxy, http, dns, mdns, llmnr, tls, quic, dns_update, dns_notify, dns_response."""
    host: str
    """As `signatures.hosts.clean_host` writes it."""
    time_us: int = 0
    """Microseconds since 1970 UTC; 0 where unknown."""
    tz_source: str = ""
    """Where the zone of `time_us` comes from: explicit, config or assumed; empty where there is no time."""
    client: str = ""
    """The address that asked."""
    user: str = ""
    """As the source writes it (`DOM\\ada`, `ada@x.example`)."""
    device: str = ""
    """Host name or id of the machine, where the source knows it."""
    port: int = 0
    scheme: str = ""
    path: str = ""
    """Never with query or fragment."""
    method: str = ""
    status: int = 0
    sent_bytes: int = UNKNOWN_BYTES
    """From the client; -1 where the source does not say."""
    received_bytes: int = UNKNOWN_BYTES
    user_agent: str = ""
    process: str = ""
    action: str = ""
    """allowed or blocked; empty where the source does not say."""
    question_type: str = ""
    """Of a DNS question, as a word: A, AAAA, HTTPS, TXT ..., or TYPE123."""
    app_label: str = ""
    category_label: str = ""
    """What the proxy itself called it."""
    content_type: str = ""
    """Of the answer, as the source writes it."""


traffic_of: Callable[[tuple[object, ...]], Traffic] = partial(tuple.__new__, Traffic)
"""A Traffic of all its fields, in their order, in half the time that calling it takes."""


class Artifact(NamedTuple):
    """Something is on a device or an account."""

    position: int
    kind: str
    """One of `signatures.schema.ARTIFACT_KINDS`."""
    value: str
    """What is compared and kept: a base name, an id, a package; of a command line only the words a signature names."""
    time_us: int = 0
    """When it was seen."""
    tz_source: str = ""
    device: str = ""
    user: str = ""


class Issue(NamedTuple):
    """A record that could not be read. The reason never holds the raw line."""

    position: int
    reason: str


class Ignored(NamedTuple):
    """A record that was understood and is not for us: a resolver's own query, a response, a header repeated."""

    position: int
    reason: str


Record = Traffic | Artifact | Issue | Ignored
