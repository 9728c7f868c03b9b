"""Zeek's logs as lines of JSON: Zeek's own (`id.orig_h`), Corelight's (`id_orig_h`, `_path` or `@stream`), and either
inside the lines that Splunk exports.

https://docs.zeek.org/en/master/log-formats.html#zeek-json-format-logs; https://github.com/corelight/json-streaming-logs"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from shadowledger.collectors.clock import EXPLICIT, Clock, clock_of, seconds_us
from shadowledger.collectors.collector import Collector, Head
from shadowledger.collectors.dns.questions import question_word
from shadowledger.collectors.engines.fields import Remembered
from shadowledger.collectors.lines import NOTHING_KNOWN, Unwanted, fitting
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import TOO_MANY_DIGITS, UNKNOWN_BYTES, Issue, Record, traffic_of
from shadowledger.collectors.urls import Authorities, without_query
from shadowledger.collectors.zeek import FILLS, MULTICAST, NEEDED, REFERENCE, ignored, record, via_of
from shadowledger.signatures.hosts import clean_host

_VIA = {"dns": "dns", "ssl": "tls", "http": "http", "quic": "quic"}
_FLAT = {"id_orig_h": "id.orig_h", "id_resp_p": "id.resp_p"}
# Columns that tell a record's log where nothing names it; `query` and `uri` are often unset, these never are.
_SIGNS = {"qclass": "query", "rejected": "query", "established": "server_name", "cipher": "server_name",
          "status_code": "uri", "response_body_len": "uri"}  # fmt: skip
_OURS = re.compile(
    r'[{,]\s*\\?"(?:id[._]orig_h|_path|@stream|certificate\.version|software_type|port_num)\\?"\s*:', re.ASCII
)
# An array of records in one object is not in lines, and is read by nobody here.
_WRAPPED = re.compile(r'\s*\{\s*"[A-Za-z]{1,20}"\s*:\s*\[\s*\{')
_TIMED = re.compile(r'[{,]\s*\\?"ts\\?"\s*:')


class _Glance(msgspec.Struct, gc=False):
    """What decides whether a record is wanted; the rest is decoded only then."""

    query: str = ""
    qtype_name: str = ""
    server_name: str = ""
    port: int = msgspec.field(default=0, name="id.resp_p")
    flat_port: int = msgspec.field(default=0, name="id_resp_p")


class _Usual(msgspec.Struct, gc=False):
    """A record as Zeek writes it; of what has another type all is left to `with_care`."""

    path: str = msgspec.field(default="", name="_path")
    ts: float = 0.0
    client: str = msgspec.field(default="", name="id.orig_h")
    flat_client: str = msgspec.field(default="", name="id_orig_h")
    port: int = msgspec.field(default=-1, name="id.resp_p")
    flat_port: int = msgspec.field(default=-1, name="id_resp_p")
    query: str = ""
    qtype_name: str = ""
    server_name: str = ""
    host: str = ""
    uri: str = ""
    method: str = ""
    status_code: int = 0
    user_agent: str = ""
    username: str = ""
    request_body_len: int = UNKNOWN_BYTES
    response_body_len: int = UNKNOWN_BYTES
    result: Any = None


_glance = msgspec.json.Decoder(_Glance).decode
_usual = msgspec.json.Decoder(_Usual).decode
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_BROKEN = (msgspec.DecodeError, RecursionError)
_NOTHING = frozenset(("-", "(empty)"))
_SPECIAL = _NOTHING | {"CONNECT"}
_NO_QUESTION = frozenset(("", "(EMPTY)"))
_EARLIEST, _LATEST = 1e6, 1e11
"""Seconds since 1970, not milliseconds."""
_MOST = 10 ** (TOO_MANY_DIGITS - 1)


def read_json(reading: Reading) -> Iterator[Record]:
    """One record a line. A name that nobody wanted is remembered, and its lines are not decoded a second time: unless
    they are behind a screen, where most are wanted."""
    clock = clock_of(reading)
    unwanted: Unwanted[tuple[str, str | int]] = Unwanted()
    usual = Usuals(clock, reading).record
    for first, lines in reading.blocks():
        known = NOTHING_KNOWN if reading.is_census else unwanted
        reading.record_count += len(lines)
        for position, line in enumerate(lines, first):
            if not line or line[0] == "#" or line.isspace():
                reading.record_count -= 1
                continue
            if reading.is_screened:
                if (found := usual(position, line)) is not None:
                    yield found
                continue
            try:
                seen = _glance(line)
                query = seen.query
                key = (query, seen.qtype_name) if query else (seen.server_name, seen.port or seen.flat_port)
            except _BROKEN:  # also where a field has another type than Zeek gives it
                key = ("", 0)
            if key in known:
                continue
            found = usual(position, line)
            if found is not None:
                yield found
            elif key[0]:
                unwanted.remember(key)


class Usuals:
    """Reads records as Zeek writes them, straight from their text, and gives what `with_care` would."""

    def __init__(self, clock: Clock, reading: Reading) -> None:
        self._clock = clock
        self._reading = reading
        self._authorities = Authorities()
        self._names = Remembered(clean_host)

    def record(self, position: int, line: str) -> Record | None:
        """The record of a line; None where it is not wanted."""
        reading = self._reading
        try:
            one = _usual(line)
        except _BROKEN:
            return with_care(position, line, self._clock, reading)
        via, port, agent = _VIA.get(one.path), one.port if one.flat_port < 0 else one.flat_port, one.user_agent
        scheme = path = method = question = ""
        if via == "http":
            host, named = self._authorities[one.host]
            path, method, scheme = without_query(one.uri), one.method, "http"
            port = named or (port if port != 80 else 0)
            is_usual = path.startswith("/") and agent not in _NOTHING and method not in _SPECIAL
        elif via == "dns":
            host, question, agent = self._names[one.query], question_word(one.qtype_name), ""
            is_usual, via = question not in _NO_QUESTION, MULTICAST.get(str(port), "dns")
            port = 0
        else:
            host, agent = self._names[one.server_name], ""
            is_usual = True
        twice = (one.client and one.flat_client) or (one.port >= 0 and one.flat_port >= 0)
        is_clear = host and host not in _NOTHING and not twice and one.result is None
        if via is None or not is_usual or not is_clear or not _EARLIEST <= one.ts < _LATEST:
            return with_care(position, line, self._clock, reading)
        time_us, port = seconds_us(one.ts), port if 0 < port < 65536 else 0
        client, user = one.client or one.flat_client, one.username
        client, user = client if client not in _NOTHING else "", user if user not in _NOTHING else ""
        if reading.wanted is not None and not reading.wanted(host, path, method, port, agent, question):
            if reading.is_census:
                reading.count(host, time_us, (via, user, "", client))
            return None
        status, sent, received = one.status_code, one.request_body_len, one.response_body_len
        every = (
            position, via, host, time_us, EXPLICIT, client, user, "", port, scheme, path, method,
            status if 0 <= status < _MOST else 0, sent if 0 <= sent < _MOST else UNKNOWN_BYTES,
            received if 0 <= received < _MOST else UNKNOWN_BYTES, agent, "", "", question, "", "", "",
        )  # fmt: skip
        return traffic_of(every)


def with_care(position: int, line: str, clock: Clock, reading: Reading) -> Record | None:
    try:
        fields = _decode(line)
        if isinstance(result := fields.get("result"), dict) and isinstance(raw := result.get("_raw"), str):
            fields = _decode(raw)  # https://help.splunk.com/: what `splunk search -output json` exports
    except _BROKEN:
        return Issue(position, "not a JSON object")
    path = _text(fields.get("_path") or fields.get("@stream"))
    via = _VIA.get(path, "") if path else via_of({_SIGNS.get(name, name) for name in fields})
    if not via and not path and "ts" not in fields:
        return Issue(position, "not a record of Zeek's")
    if not via:
        return ignored(position, path)
    named = ((_FLAT.get(name, name), _text(value)) for name, value in fields.items())
    values = {name: text for name, text in named if text and name in NEEDED and text not in ("-", "(empty)")}
    return record(position, via, values, clock, reading)


def _text(value: object) -> str:
    """As Zeek's other writer would put it: nothing for lists, truth values and null."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return f"{value:.6f}" if 0 <= value < 1e15 else ""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _is_ours(line: str) -> bool:
    signs = _OURS.search(line) and _TIMED.search(line)
    return line[0] == "{" and signs is not None and _WRAPPED.match(line) is None


def detect_json(head: Head) -> str:
    fits = fitting(head, _is_ours)
    return f"{fits} are JSON objects with Zeek's ts and id.orig_h, _path or @stream" if fits else ""


ZEEK_JSON = Collector(
    id="zeek_json",
    title="Zeek and Corelight logs, JSON lines",
    framing="line",
    fills=FILLS,
    reads_objects=True,
    detect=detect_json,
    read=read_json,
    reference=REFERENCE,
    is_screened=True,
    resumes=True,
    export="Zeek with policy/tuning/json-logs, or Corelight's JSON export: dns, ssl, http, quic.",
    cannot="Users, but for HTTP's basic authentication.",
)
