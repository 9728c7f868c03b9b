"""Zeek's dns, ssl, http and quic logs, as Zeek's own tab-separated files (JSON: `zeek_json`).

https://docs.zeek.org/en/master/log-formats.html, and for the fields
https://docs.zeek.org/en/master/logs/dns.html, ssl.html, http.html and quic.html beside it"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from shadowledger.collectors.clock import EXPLICIT, NO_TIME, Clock, Stamp, clock_of, epoch_us
from shadowledger.collectors.collector import Collector, Head
from shadowledger.collectors.dns.questions import question_word
from shadowledger.collectors.lines import NOTHING_KNOWN, Unwanted
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import TOO_MANY_DIGITS, UNKNOWN_BYTES, Ignored, Issue, Record, Traffic
from shadowledger.signatures.hosts import clean_host, split_authority, split_url

REFERENCE = "https://docs.zeek.org/en/master/log-formats.html"
FILLS = (
    "time", "host", "client", "user", "port", "scheme", "path", "method", "status", "sent_bytes", "received_bytes",
    "user_agent", "question_type",
)  # fmt: skip
NEEDED = frozenset((
    "ts", "id.orig_h", "id.resp_p", "query", "qtype", "qtype_name", "server_name", "host", "uri", "method",
    "status_code", "user_agent", "username", "request_body_len", "response_body_len",
))  # fmt: skip
MULTICAST = {"5353": "mdns", "5355": "llmnr"}
_NO_NAME = {"dns": "no question in this record", "tls": "no server name in this handshake",
            "quic": "no server name in this handshake", "http": "no host in this request"}  # fmt: skip
# Zeek writes what is not printable, and its separators, as \xNN; a backslash doubled:
# https://docs.zeek.org/en/master/scripts/base/frameworks/logging/writers/ascii.zeek.html
_ESCAPES = re.compile(r"((?:\\x[0-9a-fA-F]{2})+)|\\\\")


class Target(NamedTuple):
    """What the index is asked about one record. No host: nothing to ask."""

    host: str
    path: str = ""
    method: str = ""
    port: int = 0
    user_agent: str = ""
    question_type: str = ""
    scheme: str = ""


def via_of(columns: Collection[str]) -> str:
    """Which log this is, by the columns that only it has: dns, tls, quic or http; empty for all that name no host."""
    if "query" in columns:
        return "dns"
    if "client_initial_dcid" in columns:
        return "quic"
    if "server_name" in columns:
        return "tls"
    return "http" if "uri" in columns else ""


def ignored(position: int, path: str) -> Ignored:
    """A record of another log of Zeek's, whose name the file gives as `path`."""
    is_name = path.isidentifier() and len(path) <= 40
    return Ignored(position, f"a Zeek {path} log names no host" if is_name else "another Zeek log, which names no host")


def target(via: str, values: Mapping[str, str]) -> Target:
    """Where a record points; `values` holds nothing that is unset."""
    if via == "dns":
        kind = question_word(values.get("qtype_name") or values.get("qtype", ""))
        return Target(clean_host(values.get("query", "")), question_type=kind)
    port = split_authority(f"x:{values.get('id.resp_p', '')}")[1]
    if via != "http":
        return Target(clean_host(values.get("server_name", "")), port=port)
    method, uri, agent = values.get("method", ""), values.get("uri", ""), values.get("user_agent", "")
    if method == "CONNECT" and uri:
        host, port = split_authority(uri)
        return Target(host, "", method, port, agent)
    if not uri.startswith("/") and "://" in uri:  # asked of a proxy
        url = split_url(uri)
        return Target(url.host, url.path, method, url.port, agent, "", url.scheme)
    host, named = split_authority(values.get("host", ""))
    path = uri.partition("?")[0].partition("#")[0]
    return Target(host, path, method, named or (port if port != 80 else 0), agent, "", "http")


def traffic(position: int, via: str, values: Mapping[str, str], found: Target, clock: Clock) -> Traffic:
    """Build the record whose target was asked for and is wanted."""
    time_us, tz_source = _time(values.get("ts", ""), clock)
    return Traffic(
        position=position,
        via=_channel(via, values),
        host=found.host,
        time_us=time_us,
        tz_source=tz_source,
        client=values.get("id.orig_h", ""),
        user=values.get("username", ""),
        port=found.port,
        scheme=found.scheme,
        path=found.path,
        method=found.method,
        status=max(_number(values.get("status_code", "")), 0),
        sent_bytes=_number(values.get("request_body_len", "")),
        received_bytes=_number(values.get("response_body_len", "")),
        user_agent=found.user_agent,
        question_type=found.question_type,
    )


def record(position: int, via: str, values: Mapping[str, str], clock: Clock, reading: Reading) -> Record | None:
    """The record for one row of a log that names hosts; None where it is not wanted."""
    found = target(via, values)
    if not found.host:
        return Ignored(position, _NO_NAME[via])
    if reading.wanted is not None and not reading.wanted(*found[:6]):
        if reading.is_census:
            channel = _channel(via, values)
            bystander = channel, values.get("username", ""), "", values.get("id.orig_h", "")
            reading.count(found.host, _time(values.get("ts", ""), clock)[0], bystander)
        return None
    return traffic(position, via, values, found, clock)


def _channel(via: str, values: Mapping[str, str]) -> str:
    return MULTICAST.get(values.get("id.resp_p", ""), via) if via == "dns" else via


def _time(text: str, clock: Clock) -> Stamp:
    if "T" in text:
        return clock.iso(text)  # LogAscii::json_timestamps = JSON::TS_ISO8601
    time_us = epoch_us(text)
    return (time_us, EXPLICIT) if time_us else NO_TIME


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < TOO_MANY_DIGITS else UNKNOWN_BYTES


class _Header:
    """What the `#` lines say. They may come again in mid-file, with other columns."""

    def __init__(self) -> None:
        self.separator = "\t"
        self.nothing = {"-", "(empty)", ""}
        self.path = ""
        self.via = ""
        self.names: list[str] = []
        self.needed: list[tuple[str, int]] = []
        self.key = (0, 0)
        """The two columns that decide, in all logs but http, whether a row is wanted."""

    def take(self, line: str) -> None:
        if line.startswith("#separator "):
            self.separator = _unescaped(line[11:].strip(" "))[:8] or "\t"
            return
        name, _, rest = line.partition(self.separator)
        if name in ("#unset_field", "#empty_field"):
            self.nothing.add(rest)
        elif name == "#path":
            self.path = rest
        elif name == "#fields":
            self._take_fields(rest.split(self.separator))

    def _take_fields(self, names: list[str]) -> None:
        self.names = names
        self.via = via_of(names)
        self.needed = [(name, at) for at, name in enumerate(names) if name in NEEDED]
        places = dict(self.needed)
        first = places.get({"dns": "query", "http": "host"}.get(self.via, "server_name"), 0)
        second = places.get({"dns": "qtype_name", "http": "uri"}.get(self.via, "id.resp_p"), first)
        self.key = first, second

    def values(self, fields: list[str]) -> dict[str, str]:
        nothing = self.nothing
        return {
            name: _unescaped(text) if "\\" in (text := fields[at]) else text
            for name, at in self.needed
            if fields[at] not in nothing
        }


def read_tsv(reading: Reading) -> Iterator[Record]:
    """One record a row; rows of dns, ssl and quic logs are passed over by their name once nobody wanted it."""
    header, clock = _Header(), clock_of(reading)
    unwanted: Unwanted[tuple[str, str]] = Unwanted()
    for first, lines in reading.blocks():
        known = NOTHING_KNOWN if reading.is_census else unwanted
        for position, line in enumerate(lines, first):
            if not line or line.isspace():
                continue
            if line[0] == "#":
                header.take(line)
                unwanted.clear()
                continue
            reading.record_count += 1
            if not header.via:
                no_header = Issue(position, "no #fields line before it")
                yield ignored(position, header.path) if header.names else no_header
                continue
            fields = line.split(header.separator)
            if len(fields) < len(header.names):
                yield Issue(position, f"fewer than {len(header.names)} fields")
                continue
            key = fields[header.key[0]], fields[header.key[1]]
            if key in known:
                continue
            found = record(position, header.via, header.values(fields), clock, reading)
            if found is not None:
                yield found
            elif header.via != "http":
                unwanted.remember(key)


def _unescaped(text: str) -> str:
    return _ESCAPES.sub(lambda found: _bytes(found[1]) if found[1] else "\\", text)


def _bytes(escapes: str) -> str:
    return bytes.fromhex(escapes.replace("\\x", "")).decode("utf-8", "replace")


def detect_tsv(head: Head) -> str:
    comments = [line for line in head.lines if line.startswith("#")]
    separator = any(line.startswith("#separator ") for line in comments)
    fields = next((line for line in comments if line.startswith("#fields")), "")
    if not separator or not fields:
        return ""
    path = next((line[6:].strip() for line in comments if line.startswith("#path")), "")
    return f"Zeek's header lines #separator and #fields, #path {path[:40] or 'not given'}"


ZEEK_TSV = Collector(
    id="zeek_tsv",
    title="Zeek logs, tab-separated",
    framing="line",
    resumes=True,
    has_headers=True,
    fills=FILLS,
    detect=detect_tsv,
    read=read_tsv,
    reference=REFERENCE,
    is_screened=True,
    export="The files dns.log, ssl.log, http.log and quic.log of a Zeek that writes its default format.",
    cannot="Users, but for HTTP's basic authentication.",
)
