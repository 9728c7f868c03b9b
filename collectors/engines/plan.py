"""One record type of a mapping, compiled: what it asks the index, and the Traffic and Artifacts that it makes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from shadowledger.collectors.clock import EXPLICIT, NO_TIME, Clock, Stamp
from shadowledger.collectors.dns.questions import question_word
from shadowledger.collectors.endpoint.programs import Seen, artifacts, base_name
from shadowledger.collectors.engines.fields import (
    STAR,
    Fields,
    Value,
    columns_of,
    is_met,
    value_of,
    words_and_patterns,
)
from shadowledger.collectors.engines.mapping import Action, RecordType, Time
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import TOO_MANY_DIGITS, UNKNOWN_BYTES, Artifact, Traffic
from shadowledger.collectors.users import plain_user
from shadowledger.signatures.hosts import split_authority, split_url

LONGEST_TEXT = 1024
_TOLD = (
    "client", "user", "device", "status", "sent_bytes", "received_bytes", "process", "app_label", "category_label",
    "content_type",
)  # fmt: skip
"""What only a record that is wanted is asked."""
_MULTICAST = {5353: "mdns", 5355: "llmnr"}
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}(?=:\d|\Z)|\[?[0-9a-fA-F:]*:[0-9a-fA-F:.]*", re.ASCII)


class Asked(NamedTuple):
    """What the index is asked, in its order, and the scheme."""

    host: str
    path: str
    method: str
    port: int
    user_agent: str
    question_type: str
    scheme: str


class Plan:
    """One record type, compiled."""

    def __init__(self, one: RecordType, nothing: frozenset[str]) -> None:
        self.type = one
        self.holds = is_met(one.when)
        self.times = [_time(time, nothing) for time in one.time or ()]
        self.action = _action(one.action, nothing)
        self.values: dict[str, Value] = {
            name: value_of(getattr(one, name), nothing)
            for name in one.__struct_fields__
            if name not in ("name", "when", "ignore", "via", "kind", "time", "action")
        }
        self._told = [self.values[name] for name in _TOLD]
        self.starred = [
            column
            for name in ("host", "url", "value", "question_type", "path", "user")
            for column in columns_of(getattr(one, name))
            if STAR in column
        ]

    def stamp(self, fields: Fields, clock: Clock) -> Stamp:
        for time in self.times:
            stamp = time(fields, clock)
            if stamp[0]:
                return stamp
        return NO_TIME

    def target(self, fields: Fields) -> Asked:
        """Where the record points. The URL's host counts; an address in it gives way to a name beside it."""
        values = self.values
        scheme, host, port, path = "", "", 0, ""
        if text := values["host"](fields):
            if "://" in text:
                scheme, host, port, path = split_url(text)
            else:
                host, port = split_authority(text.partition("/")[0])
        if text := values["url"](fields):
            if text[0] in "/?":
                path = _without_query(text)
            else:
                told = split_url(text)
                if told.host and (not host or told.scheme or told.host == host):
                    keeps = bool(host) and is_address_shaped(told.host)
                    scheme, path, port = told.scheme, told.path, told.port or port
                    host = host if keeps else told.host
        if not path and (text := values["path"](fields)):
            path = _without_query(text)
        scheme = values["scheme"](fields).lower() or scheme
        port = port or _port(values["port"](fields))
        method = values["method"](fields).upper()[:32]
        if method == "CONNECT":
            scheme = path = ""
        agent = values["user_agent"](fields)[:LONGEST_TEXT]
        return Asked(host, path, method, port, agent, question_word(values["question_type"](fields)), scheme)

    def traffic(self, position: int, found: Asked, fields: Fields, clock: Clock) -> Traffic:
        told = [value(fields) for value in self._told]
        client, user, device, status, sent, received, process, app_label, category_label, content_type = told
        via = self.type.via or ""
        address, name = split_client(client)
        return Traffic(
            position,
            _MULTICAST.get(found.port, via) if via == "dns" else via,
            found.host,
            *self.stamp(fields, clock),
            address,
            plain_user(user),
            device[:LONGEST_TEXT] or name,
            0 if via == "dns" else found.port,
            found.scheme,
            found.path,
            found.method,
            _status(status) if status else 0,
            _count(sent) if sent else UNKNOWN_BYTES,
            _count(received) if received else UNKNOWN_BYTES,
            found.user_agent,
            base_name(process)[:LONGEST_TEXT] if process else "",
            self.action(fields),
            found.question_type,
            app_label[:LONGEST_TEXT],
            category_label[:LONGEST_TEXT],
            content_type[:LONGEST_TEXT],
        )

    def artifacts(self, position: int, fields: Fields, clock: Clock, reading: Reading) -> Iterator[Artifact]:
        values = self.values
        value = values["value"](fields)[:LONGEST_TEXT]
        if not value:
            return
        device = values["device"](fields)[:LONGEST_TEXT] or reading.settings.device
        seen = Seen(*self.stamp(fields, clock), device)
        user = plain_user(values["user"](fields))
        if self.type.kind == "process":
            yield from artifacts(position, [base_name(value)], values["command"](fields), user, seen, reading.command)
        else:
            yield Artifact(position, self.type.kind, value, seen.time_us, seen.tz_source, device, user)


def is_address_shaped(text: str) -> bool:
    """Whether a host has an address's shape, four numbers or IPv6: anonymised logs hold 172.888.21.165."""
    return _ADDRESS.fullmatch(text) is not None


def split_client(text: str) -> tuple[str, str]:
    """What a source says of the client as (address, name): a port and a zone index go, a name is a device."""
    if not text:
        return "", ""
    host, _ = split_authority(text)
    host = host.partition("%")[0] if ":" in host else host
    return (host, "") if is_address_shaped(host) else ("", host)


def _without_query(path: str) -> str:
    return path.partition("?")[0].partition("#")[0]


def _port(text: str) -> int:
    return split_authority(f"x:{text}")[1] if text else 0


def _status(text: str) -> int:
    digits = text[:3]
    return int(digits) if digits.isascii() and digits.isdigit() and not text[3:4].isdigit() else 0


def _count(text: str) -> int:
    whole = text.partition(".")[0]
    return int(whole) if whole.isascii() and whole.isdigit() and len(whole) < TOO_MANY_DIGITS else UNKNOWN_BYTES


def _time(time: Time, nothing: frozenset[str]) -> Callable[[Fields, Clock], Stamp]:
    columns = (time.columns,) if isinstance(time.columns, str) else time.columns
    values = [value_of(column, nothing) for column in columns]
    zone_of = value_of(time.zone_column or None, nothing)

    def stamp(fields: Fields, clock: Clock) -> Stamp:
        texts = [value(fields) for value in values]
        if not all(texts):
            return NO_TIME
        told = clock.read(" ".join(texts), time.form, time.zone or zone_of(fields))
        return NO_TIME if time.only_with_zone and told[1] != EXPLICIT else told

    return stamp


def _action(action: Action | None, nothing: frozenset[str]) -> Callable[[Fields], str]:
    if action is None:
        return lambda _: ""
    columns = (action.columns,) if isinstance(action.columns, str) else action.columns
    value = value_of(columns, nothing)
    judged = [("blocked", *words_and_patterns(action.blocked)), ("allowed", *words_and_patterns(action.allowed))]

    def told(fields: Fields) -> str:
        text = value(fields).lower()
        for verdict, words, patterns in judged:
            if text in words or any(pattern.fullmatch(text) for pattern in patterns):
                return verdict
        return ""

    return told
