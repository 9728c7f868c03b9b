"""Zeek's logs as lines of JSON: Zeek's own (`id.orig_h`), Corelight's (`id_orig_h`, `_path` or `@stream`), and either
inside the lines that Splunk exports.

https://docs.zeek.org/en/master/log-formats.html#zeek-json-format-logs; https://github.com/corelight/json-streaming-logs"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from shadowledger.collectors.clock import Clock, clock_of
from shadowledger.collectors.collector import Collector, Head
from shadowledger.collectors.lines import NOTHING_KNOWN, Unwanted, fitting
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import Issue, Record
from shadowledger.collectors.zeek import FILLS, NEEDED, REFERENCE, ignored, record, via_of

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


_glance = msgspec.json.Decoder(_Glance).decode
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_BROKEN = (msgspec.DecodeError, RecursionError)


def read_json(reading: Reading) -> Iterator[Record]:
    """One record a line. A name that nobody wanted is remembered, and its lines are not decoded a second time."""
    clock = clock_of(reading)
    unwanted: Unwanted[tuple[str, str | int]] = Unwanted()
    for first, lines in reading.blocks():
        known = NOTHING_KNOWN if reading.is_census else unwanted
        reading.record_count += len(lines)
        for position, line in enumerate(lines, first):
            if not line or line[0] == "#" or line.isspace():
                reading.record_count -= 1
                continue
            try:
                seen = _glance(line)
                query = seen.query
                key = (query, seen.qtype_name) if query else (seen.server_name, seen.port or seen.flat_port)
            except _BROKEN:  # also where a field has another type than Zeek gives it
                key = ("", 0)
            if key in known:
                continue
            found = _record(position, line, clock, reading)
            if found is not None:
                yield found
            elif key[0]:
                unwanted.remember(key)


def _record(position: int, line: str, clock: Clock, reading: Reading) -> Record | None:
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
