"""What a capture tells as JSON Lines, made at once: the text that `telling.tell` and an encoder make of its records, in
a fifth of the time, as nearly all of them are questions of DNS that differ in little."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import msgspec

from shadowledger.collectors.capture.verdicts import Told
from shadowledger.collectors.records import UNKNOWN_BYTES, Record, Traffic
from shadowledger.collectors.telling import iso, tell

_MOST = 1 << 16
_HELLOS = ("tls", "quic")
Encode = Callable[[object], str]
"""Writes an object as one line of JSON, fit for a terminal."""


def text_of(found: Sequence[str | Record], encode: Encode) -> str:
    """Lines that are there, and records that become such."""
    return "".join([one if isinstance(one, str) else _hello(one) or encode(tell(one)) + "\n" for one in found])


def _hello(record: Record) -> str:
    """The line of a hello as captures tell it; empty where it is anything else."""
    if not isinstance(record, Traffic) or record.via not in _HELLOS or record.sent_bytes != UNKNOWN_BYTES:
        return ""
    position, via, name, time_us, _, client, *_ = record
    seconds, micros = divmod(time_us, 1_000_000)
    time, host = _second(seconds), _in_quotes(name)
    if not seconds or not host:
        return ""
    fraction = f".{micros:06}" if micros else ""
    return (
        f'{{"record":{position},"time":"{time}{fraction}Z","tz_source":"explicit","via":"{via}","client":"{client}",'
        f'"host":{host}}}\n'
    )


@lru_cache(maxsize=16)
def _second(seconds: int) -> str:
    return iso(seconds * 1_000_000).removesuffix("Z")


@lru_cache(maxsize=_MOST)
def _in_quotes(name: str) -> str:
    """A name as JSON; empty where a terminal might obey it."""
    told = msgspec.json.encode(name).decode()
    return told if told.isascii() and told.isprintable() else ""


def line_maker(encode: Encode) -> Callable[[int, int, int, str, Told], str]:
    """What makes a line of a question: of its packet's number, seconds, microseconds, client and verdict."""
    last, time = -1, ""
    endings: dict[str, dict[str, str]] = {}
    """By question type and name."""

    def ending(name: str, question_type: str) -> str:
        known = endings.setdefault(question_type, {})
        if len(known) >= _MOST:
            known.clear()
        told = _in_quotes(name) if question_type.isalnum() else ""
        known[name] = f'","host":{told},"question_type":"{question_type}"}}\n' if told else ""
        return known[name]

    def line(number: int, seconds: int, micros: int, client: str, verdict: Told) -> str:
        nonlocal last, time
        name, question_type, _ = verdict
        known = endings.get(question_type)
        end = known.get(name) if known is not None else None
        if end is None:
            end = ending(name, question_type)
        if not end or not seconds:
            stamp, zone = seconds * 1_000_000 + micros, "explicit" if seconds or micros else ""
            rare = Traffic(number, "dns", verdict[0], stamp, zone, client, question_type=verdict[1])
            return encode(tell(rare)) + "\n"
        if seconds != last:
            last, time = seconds, _second(seconds)
        fraction = f".{micros:06}" if micros else ""
        return (
            f'{{"record":{number},"time":"{time}{fraction}Z","tz_source":"explicit","via":"dns","client":"{client}{end}'
        )

    return line
