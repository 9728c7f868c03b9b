"""What a capture tells as JSON Lines, made at once: the text that `telling.tell` and an encoder make of its records, in
a fifth of the time, as nearly all of them are questions of DNS that differ in little."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from shadowledger.collectors.capture.verdicts import Told
from shadowledger.collectors.records import Record, Traffic
from shadowledger.collectors.telling import iso, tell

_MOST = 1 << 16
Encode = Callable[[object], str]
"""Writes an object as one line of JSON, fit for a terminal."""


def text_of(found: Sequence[str | Record], encode: Encode) -> str:
    """Lines that are there, and records that become such."""
    return "".join([one if type(one) is str else encode(tell(one)) + "\n" for one in found])  # type: ignore[arg-type]


def line_maker(encode: Encode) -> Callable[[int, int, int, str, Told], str]:
    """What makes a line of a question: of its packet's number, seconds, microseconds, client and verdict."""
    last, time = -1, ""
    endings: dict[str, dict[str, str]] = {}
    """By question type and name."""

    def ending(name: str, question_type: str) -> str:
        known = endings.setdefault(question_type, {})
        if len(known) >= _MOST:
            known.clear()
        told = msgspec.json.encode(name).decode()
        is_plain = told.isascii() and told.isprintable() and question_type.isalnum()
        known[name] = f'","host":{told},"question_type":"{question_type}"}}\n' if is_plain else ""
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
            last, time = seconds, iso(seconds * 1_000_000).removesuffix("Z")
        fraction = f".{micros:06}" if micros else ""
        return (
            f'{{"record":{number},"time":"{time}{fraction}Z","tz_source":"explicit","via":"dns","client":"{client}{end}'
        )

    return line
