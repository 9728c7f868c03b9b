"""One record type of a mapping, compiled: what it asks the index, and the Traffic and Artifacts that it makes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import NamedTuple

from shadowledger.collectors.bystanders import Bystander
from shadowledger.collectors.clock import EXPLICIT, NO_TIME, Clock, Stamp
from shadowledger.collectors.dns.questions import question_word
from shadowledger.collectors.endpoint.programs import Seen, artifacts, base_name
from shadowledger.collectors.engines.fields import (
    STAR,
    Fields,
    TextOf,
    Value,
    cleaner,
    columns_of,
    value_of,
    words_and_patterns,
)
from shadowledger.collectors.engines.mapping import Action, RecordType, Time
from shadowledger.collectors.engines.writing import Field, Writer
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import TOO_MANY_DIGITS, UNKNOWN_BYTES, Artifact, Record, traffic_of
from shadowledger.collectors.urls import Urls, without_query
from shadowledger.collectors.users import plain_user
from shadowledger.signatures.hosts import split_authority, split_url
from shadowledger.signatures.wanted import Wanted

LONGEST_TEXT = 1024
_MANY = 1 << 14
"""Names of people and machines that are remembered."""
_MULTICAST = {5353: "mdns", 5355: "llmnr"}
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}(?=:\d|\Z)|\[?[0-9a-fA-F:]*:[0-9a-fA-F:.]*", re.ASCII)


class Asked(NamedTuple):
    """Whom a record's target is told."""

    wanted: Wanted | None
    is_question: bool
    """Whether such a record is one of somebody who is about to connect."""
    passes: Callable[[str, str, Fields], bool]
    """Of a host that nobody wants, with a user agent: whether the record is one to build all the same."""
    nameless: Callable[[int, str, Fields], Record]
    """What a record becomes that names no host."""


class Plan:
    """One record type, compiled for one reading."""

    def __init__(self, one: RecordType, nothing: frozenset[str], clock: Clock) -> None:
        self.type = one
        self.values: dict[str, Value] = {
            name: value_of(getattr(one, name), nothing)
            for name in one.__struct_fields__
            if name not in ("name", "when", "ignore", "via", "kind", "time", "action")
        }
        self._nothing = nothing
        self._clock = clock
        self.starred = [
            column
            for name in ("host", "url", "value", "question_type", "path", "user")
            for column in columns_of(getattr(one, name))
            if STAR in column
        ]

    @cached_property
    def stamp(self) -> Callable[[Fields], Stamp]:
        """When a record was."""
        writer = Writer(self._nothing)
        lines = (*self._when(writer), "return stamp")
        return writer.function("stamp_of", "fields", iter(("get = fields.get", *lines)))

    def traffic(self, asked: Asked, urls: Urls) -> Callable[[int, Fields], Record | None]:
        """Compile what makes one record of another, by its number and its columns; None where nobody wants it."""
        writer = Writer(self._nothing)
        writer.names |= {
            "traffic_of": traffic_of, "split_url": urls.split, "without_query": without_query,
            "is_address_shaped": is_address_shaped, "count_of": _counter(self._nothing), "multicast": _MULTICAST.get,
            "wanted": asked.wanted, "nameless": asked.nameless, "passes": asked.passes,
        }  # fmt: skip
        lines = (*self._target(writer), *self._question(asked), *self._when(writer), *self._told(writer))
        return writer.function("traffic", "position, fields", iter(lines))

    def _target(self, writer: Writer) -> Iterator[str]:
        """Where the record points. The URL's host counts; an address in it gives way to a name beside it."""
        one = self.type
        yield "get = fields.get"
        yield "scheme = host = path = ''"
        yield "port = 0"
        if one.host:
            yield from writer.remembered(Field("told", one.host, _pointed, _MANY))
            yield "scheme, host, port, path = told"
        if one.url:
            yield from writer.text("url", one.url)
            yield "if url:"
            yield "    if url[0] in '/?': path = without_query(url)"
            yield "    else:"
            yield "        told_scheme, told_host, told_port, told_path = split_url(url)"
            yield "        if told_host and (not host or told_scheme or told_host == host):"
            yield "            scheme, path, port = told_scheme, told_path, told_port or port"
            yield "            if not host or not is_address_shaped(told_host): host = told_host"
        if one.path:
            yield "if not path:"
            yield from (f"    {line}" for line in writer.text("text", one.path))
            yield "    path = without_query(text) if text else ''"
        if one.scheme:
            yield from writer.remembered(Field("said_scheme", one.scheme, str.lower))
            yield "scheme = said_scheme or scheme"
        if one.port:
            yield from writer.remembered(Field("said_port", one.port, _port))
            yield "port = port or said_port"
        yield from writer.remembered(Field("method", one.method, lambda text: text.upper()[:32]))
        yield "if method == 'CONNECT': scheme = path = ''"
        yield from writer.remembered(Field("agent", one.user_agent, _shortened))
        yield from writer.remembered(Field("question", one.question_type, question_word))

    def _question(self, asked: Asked) -> Iterator[str]:
        """Whether anybody wants to know. Most hits are by their target; what else they say is asked of those that are
        not."""
        yield "if not host or (':' in host and not is_address_shaped(host)): return nameless(position, agent, fields)"
        if asked.wanted is not None:
            unwanted = "not wanted(host, path, method, port, agent, question) and " if asked.is_question else ""
            yield f"if {unwanted}not passes(host, agent, fields): return None"

    def _when(self, writer: Writer) -> Iterator[str]:
        yield "stamp = NO_TIME"
        writer.names["NO_TIME"] = NO_TIME
        for number, time in enumerate(self.type.time or ()):
            if isinstance(time.columns, str) and not time.zone_column:
                read, clean = self._clock.reader(time.form, time.zone), writer.names["clean"]
                writer.names[f"time_{number}"] = _moment(read, clean, only_with_zone=time.only_with_zone)
                yield f"if not stamp[0]: stamp = time_{number}(get({time.columns!r}))"
            else:
                writer.names[f"time_{number}"] = _time(time, self._nothing, self._clock)
                yield f"if not stamp[0]: stamp = time_{number}(fields)"

    def _told(self, writer: Writer) -> Iterator[str]:
        """What only a record that is wanted is asked."""
        one = self.type
        for field in (
            Field("client", one.client, split_client, _MANY),
            Field("user", one.user, plain_user, _MANY),
            Field("device", one.device, _shortened, _MANY),
            Field("status", one.status, _status),
            Field("process", one.process, lambda text: base_name(text)[:LONGEST_TEXT] if text else ""),
            Field("app_label", one.app_label, _shortened),
            Field("category_label", one.category_label, _shortened),
            Field("content_type", one.content_type, _shortened),
            Field("action", one.action.columns if one.action else None, _verdict(one.action)),
        ):
            yield from writer.remembered(field)
        for name in ("sent_bytes", "received_bytes"):
            spec = getattr(one, name)
            if isinstance(spec, str) and spec:
                yield f"{name} = count_of(get({spec!r}))"
            else:
                yield from writer.text(name, spec)
                yield f"{name} = count_of({name})"
        is_dns = one.via == "dns"
        via = "multicast(port, 'dns')" if is_dns else repr(one.via or "")
        yield (
            f"return traffic_of((position, {via}, host, *stamp, client[0], user, device or client[1], "
            f"{'0' if is_dns else 'port'}, scheme, path, method, status, sent_bytes, received_bytes, agent, process, "
            "action, question, app_label, category_label, content_type))"
        )

    def bystander(self, fields: Fields) -> Bystander:
        """Whom a record names, as `traffic` tells it, where nothing else is asked of it."""
        values = self.values
        address, name = split_client(values["client"](fields))
        user, device = plain_user(values["user"](fields)), values["device"](fields)[:LONGEST_TEXT]
        return self.type.via or "", user, device or name, address

    def artifacts(self, position: int, fields: Fields, reading: Reading) -> Iterator[Artifact]:
        values = self.values
        value = values["value"](fields)[:LONGEST_TEXT]
        if not value:
            return
        device = values["device"](fields)[:LONGEST_TEXT] or reading.settings.device
        seen = Seen(*self.stamp(fields), device)
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


def _port(text: str) -> int:
    return split_authority(f"x:{text}")[1] if text else 0


def _status(text: str) -> int:
    digits = text[:3]
    return int(digits) if digits.isascii() and digits.isdigit() and not text[3:4].isdigit() else 0


def _count(text: str) -> int:
    whole = text.partition(".")[0]
    return int(whole) if whole.isascii() and whole.isdigit() and len(whole) < TOO_MANY_DIGITS else UNKNOWN_BYTES


def _shortened(text: str) -> str:
    return text[:LONGEST_TEXT]


def _pointed(text: str) -> tuple[str, str, int, str]:
    """Scheme, host, port and path of what names a host, which may be a URL."""
    return split_url(text) if "://" in text else ("", *split_authority(text.partition("/")[0]), "")


def _counter(nothing: frozenset[str]) -> Callable[[str | None], int]:
    """Compile how a column of bytes is read."""
    clean = cleaner(nothing)
    marks = frozenset(mark for mark in nothing if mark.isdigit())

    def count(text: str | None) -> int:
        if text and text.isdecimal() and text.isascii() and len(text) < TOO_MANY_DIGITS and text not in marks:
            return int(text)
        return _count(clean(text))

    return count


def _moment(read: Callable[[str], Stamp], clean: TextOf, *, only_with_zone: bool) -> Callable[[str | None], Stamp]:
    def moment(text: str | None) -> Stamp:
        if not (text := clean(text)):
            return NO_TIME
        told = read(text)
        return NO_TIME if only_with_zone and told[1] != EXPLICIT else told

    return moment


def _time(time: Time, nothing: frozenset[str], clock: Clock) -> Callable[[Fields], Stamp]:
    columns = (time.columns,) if isinstance(time.columns, str) else time.columns
    values = [value_of(column, nothing) for column in columns]
    zone_of = value_of(time.zone_column or None, nothing)

    def stamp(fields: Fields) -> Stamp:
        texts = [value(fields) for value in values]
        if not all(texts):
            return NO_TIME
        told = clock.read(" ".join(texts), time.form, time.zone or zone_of(fields))
        return NO_TIME if time.only_with_zone and told[1] != EXPLICIT else told

    return stamp


def _verdict(action: Action | None) -> Callable[[str], str]:
    judged = [
        ("blocked", *words_and_patterns(action.blocked if action else ())),
        ("allowed", *words_and_patterns(action.allowed if action else ())),
    ]

    def told(text: str) -> str:
        text = text.lower()
        for verdict, words, patterns in judged:
            if text in words or any(pattern.fullmatch(text) for pattern in patterns):
                return verdict
        return ""

    return told
