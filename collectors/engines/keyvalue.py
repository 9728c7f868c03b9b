"""Pairs of `key=value`: FortiGate, SonicWall, Sophos, Check Point's `key:"value"; `, Juniper's structured data.

Values stand in quotation marks or not; unquoted ones may hold blanks where the mapping says so. Of a key that comes
twice the first counts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from shadowledger.collectors.collector import Head
from shadowledger.collectors.engines.engine import (
    LONGEST_TEXT,
    Glance,
    NoRecord,
    UnreadableError,
    envelope,
    reads_envelope,
    split_all,
)
from shadowledger.collectors.engines.fields import Fields
from shadowledger.collectors.engines.mapping import KeyValue, Mapping
from shadowledger.collectors.engines.unwanted import Decisive
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.syslog import LOOKED_AT

_KEY = r"[A-Za-z0-9_.@/-]"


class KeyValues:
    """Stateless. Beside the pairs there are `@before`, which is what stands before the first of them; `@stamp`, `@host`
    and `@app` of a syslog header, where the mapping names one of these; and the named groups of its `before`."""

    framing = "line"
    resumes = True
    longest = LONGEST_TEXT

    def __init__(self, mapping: Mapping) -> None:
        self._told = mapping.keyvalue
        self._pairs = re.compile(_pair_pattern(self._told)).findall
        self._begins = re.compile(self._told.begins or rf"(?<!{_KEY}){_KEY}++{re.escape(self._told.equals)}")
        self._before = re.compile(self._told.before)
        self._reads_envelope = reads_envelope(mapping)

    def batches(self, reading: Reading) -> Iterator[tuple[int, Sequence[str]]]:
        return reading.blocks()

    def split(self, raw: str) -> Fields:
        if not raw or raw.isspace() or raw[0] == "#":
            raise NoRecord
        start = self._begins.search(raw)
        if start is None:
            raise UnreadableError("no pairs of key and value")
        before = raw[: start.start()]
        pairs = self._pairs(raw, start.start())
        pairs.reverse()  # of a key that comes twice the first counts
        fields: Fields = {key: quoted or plain.strip() for key, quoted, plain in pairs}
        if "\\" in raw:
            fields = {key: _unescaped(text) for key, text in fields.items()}
        fields["@before"] = before
        if self._reads_envelope:
            fields |= envelope(before)
        return fields | self._lead(raw) if self._told.before else fields

    def _lead(self, raw: str) -> Fields:
        """The groups of `before`, empty where it is not found."""
        found = self._before.search(raw, 0, LOOKED_AT)
        return found.groupdict("") if found else dict.fromkeys(self._before.groupindex, "")

    def glance(self, decisive: Decisive) -> Glance[str] | None:
        columns = decisive.columns
        if any(column.startswith("@") for column in columns):
            return None
        groups = self._before.groupindex
        pairs = re.compile(_glance_pattern(self._told, tuple(c for c in columns if c not in groups))).findall
        lead = self._lead if any(column in groups for column in columns) else None
        nothing = dict.fromkeys(columns, "")

        def look(raw: str) -> tuple[str, ...] | None:
            found = pairs(raw)
            told = {key: quoted or plain.strip() for key, quoted, plain in found}
            if len(told) != len(found):
                return None  # one of them may stand inside another value
            told = nothing | told if lead is None else nothing | told | lead(raw)
            return tuple(map(told.__getitem__, columns))

        return look

    def sample(self, head: Head) -> list[Fields | None]:
        return split_all(self.split, head.lines)


def _pair_pattern(told: KeyValue) -> str:
    """Linear on any line: every repetition is possessive, and a key begins where no key goes on."""
    key = rf"(?<!{_KEY})({_KEY}++){re.escape(told.equals)}"
    return rf'{key}(?:"([^"\\]*+(?:\\.[^"\\]*+)*+)"(?![^\s;,\]|){_gap(told)}])|({_plain(told)}))'


def _glance_pattern(told: KeyValue, columns: tuple[str, ...]) -> str:
    """Some pairs behind a separator. What begins with a quotation mark here is never what splitting finds."""
    by_letter: dict[str, list[str]] = {}
    for column in columns:
        by_letter.setdefault(column[0], []).append(re.escape(column[1:]))
    keys = "|".join(rf"{re.escape(letter)}(?:{'|'.join(rests)})" for letter, rests in by_letter.items())
    gap = re.escape(told.separator[-1])
    return rf'{gap}({keys}){re.escape(told.equals)}(?:"([^"\\]*+)"|({_plain(told)}))'


def _gap(told: KeyValue) -> str:
    return r"\s" if told.separator == " " else re.escape(told.separator)


def _plain(told: KeyValue) -> str:
    """A value without quotation marks. A separator of several characters ends it where a key follows."""
    gap = _gap(told)
    if told.blanks:
        return rf"\S*+(?:\s(?!{_KEY}++{re.escape(told.equals)})\S*+)*+"
    if len(told.separator) == 1:
        return r"\S*+" if told.separator == " " else rf"[^{gap}]*+"
    first, rest = re.escape(told.separator[0]), re.escape(told.separator[1:])
    end = rf"{rest}(?:[\w.@/-][\w.@/ -]*+{re.escape(told.equals)}|\Z)"
    return rf"[^{first}]*+(?:{first}(?!{end})[^{first}]*+)*+"


def _unescaped(text: str) -> str:
    return text.replace('\\"', '"').replace("\\\\", "\\") if "\\" in text else text
