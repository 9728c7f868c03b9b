"""ArcSight's Common Event Format and IBM's LEEF, behind a syslog header or not.

https://www.microfocus.com/documentation/arcsight/arcsight-smartconnectors-8.4/pdfdoc/cef-implementation-standard/cef-implementation-standard.pdf
https://www.ibm.com/docs/en/dsm?topic=leef-overview

Columns are the extension's keys; of the header there are `@vendor`, `@product`, `@version`, `@event` and `@name`. What
a custom field means stands in its label: `cs1Label=Category cs1=AI` is also the column `cs1Label:Category`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

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
from shadowledger.collectors.engines.fields import Fields, spellings
from shadowledger.collectors.engines.mapping import Mapping
from shadowledger.collectors.engines.unwanted import Decisive
from shadowledger.collectors.reading import Reading

_START = re.compile(r"(CEF|LEEF):\s?(\d(?:\.\d)?)\|")
_PIPE = re.compile(r"[^|\\]*+(?:\\.[^|\\]*+)*+\|")
_NO_KEY = r"\s(?![\w.\[\]-]++=)"
_CEF_PAIR = re.compile(rf"(?<![^\s|])([\w.\[\]-]++)=([^\s\\]*+(?:(?:\\.|{_NO_KEY})[^\s\\]*+)*+)")
_BETWEEN = re.compile(r"\s([\w.\[\]-]++)=").split
"""The same where nothing is escaped, in half the time."""
# Palo Alto's LEEF 1.0: https://www.ibm.com/docs/en/dsm?topic=integration-creating-syslog-destination-your-palo-alto-device
_PIPED = re.compile(r"[^=|]*+=[^|]*+\|[\w .-]++=")
_NAMED = re.compile(r"(0?x[0-9a-fA-F]{2,4}|[^|\w=]|\\t|)\|")
_LABEL = "Label"
_HEADER = ("@vendor", "@product", "@version", "@event", "@name", "@severity")


class Cef:
    """Stateless; `@stamp` and `@host` are those of a syslog header."""

    framing = "line"
    resumes = True
    longest = LONGEST_TEXT

    def __init__(self, mapping: Mapping) -> None:
        self._reads_labels = any(":" in name for name in spellings(mapping))
        self._reads_envelope = reads_envelope(mapping)

    def batches(self, reading: Reading) -> Iterator[tuple[int, Sequence[str]]]:
        return reading.blocks()

    def split(self, raw: str) -> Fields:
        if not raw or raw.isspace() or raw[0] == "#":
            raise NoRecord
        start = _START.search(raw, 0, 2048)
        if start is None:
            raise UnreadableError("neither CEF nor LEEF")
        is_cef = start[1] == "CEF"
        fields, at = _head(raw, start.end(), 6 if is_cef else 4)
        if is_cef:
            fields |= _cef(raw, at)
        else:
            fields |= _leef(raw, at, start[2])
        if self._reads_labels:
            for key in [key for key in fields if key.endswith(_LABEL) and key[: -len(_LABEL)] in fields]:
                fields[f"{key}:{fields[key]}"] = fields[key[: -len(_LABEL)]]
        return fields | envelope(raw[: start.start()]) if self._reads_envelope else fields

    def glance(self, decisive: Decisive) -> Glance[str] | None:
        columns = decisive.columns
        if any(":" in column or column in ("@stamp", "@host") for column in columns):
            return None
        heads = [(name, number) for number, name in enumerate(_HEADER, 1) if name in columns]
        keys = "|".join(re.escape(column) for column in columns if column[0] != "@") or "(?!)"
        cef = re.compile(rf" ({keys})=([^\s]*+(?:{_NO_KEY}[^\s]*+)*+)").findall
        leef = _leef_finder(keys)

        def look(raw: str) -> tuple[str, ...] | None:
            at = raw.find("CEF:")
            is_cef = at >= 0
            parts = raw[max(at, 0) :].split("|", 7) if is_cef else raw[max(raw.find("LEEF:"), 0) :].split("|", 5)
            if len(parts) != (8 if is_cef else 6) or not (is_cef or parts[0].startswith("LEEF:")):
                return None
            pairs = parts.pop()
            escaped = is_cef and "\\" in pairs
            if escaped and "\\ " in pairs:
                return None
            found = cef(" " + pairs) if is_cef else leef(pairs, parts[0][5:].strip())
            if found is None:
                return None
            told = dict(found)
            if len(told) != len(found):
                return None  # of a key that comes twice
            if escaped:
                told = {key: _unescaped(text) for key, text in found}
            for column, number in heads:
                told[column] = parts[number].strip() if number < len(parts) else ""
            return tuple([told.get(column, "") for column in columns])

        return look

    def sample(self, head: Head) -> list[Fields | None]:
        return split_all(self.split, head.lines)


def _head(raw: str, at: int, count: int) -> tuple[Fields, int]:
    fields: Fields = {}
    for name in _HEADER[:count]:
        found = _PIPE.match(raw, at)
        if found is None:
            fields[name] = _unescaped(raw[at:].split(None, 1)[0]) if raw[at:].split() else ""
            break
        fields[name] = _unescaped(found[0][:-1])
        at = found.end()
    return fields, at


def _cef(raw: str, at: int) -> Fields:
    """The pairs of an extension. Of a key that comes twice the last counts."""
    if "\\" not in raw:
        _, *told = _BETWEEN(" " + raw[at:]) if raw[at : at + 1] != "|" else ("",)
        if told:
            return dict(zip(told[::2], map(str.strip, told[1::2]), strict=True))
    return {key: _unescaped(value) for key, value in _CEF_PAIR.findall(raw, at)}


def _leef(raw: str, at: int, version: str) -> Fields:
    separator, at = _separator(raw, at, version)
    if not separator:
        return dict(_CEF_PAIR.findall(raw, at))
    pairs = (piece.partition("=") for piece in raw[at:].split(separator))
    return {key.strip(): value.strip() for key, equals, value in pairs if equals}


def _leef_finder(keys: str) -> Callable[[str, str], list[tuple[str, str]] | None]:
    """Make the function that finds the pairs of some keys (a regular expression) in what follows a header of this
    version; None where no character stands between pairs."""
    between: dict[str, Callable[[str], list[tuple[str, str]]]] = {}

    def find(pairs: str, version: str) -> list[tuple[str, str]] | None:
        separator, at = _separator(pairs, 0, version)
        if not separator:
            return None
        if separator not in between:
            mark = re.escape(separator)
            between[separator] = re.compile(rf"{mark}({keys})=([^{mark}]*+)").findall
        return between[separator](separator + pairs[at:])

    return find


def _separator(raw: str, at: int, version: str) -> tuple[str, int]:
    """What stands between LEEF's pairs, and where they begin: tabs, or the character that LEEF 2 names in a sixth part
    of its header (`^` or `x5E`), or bars; empty where a relay turned tabs into blanks."""
    separator = "\t"
    if version.startswith("2") and (found := _NAMED.match(raw, at)):
        told = found[1]
        at = found.end()
        separator = "\t" if told in ("", "\\t") else told if len(told) == 1 else chr(int(told.partition("x")[2], 16))
    if separator in "\t " and "\t" not in raw[at:]:
        return ("|" if _PIPED.match(raw, at) else ""), at
    return separator, at


def _unescaped(text: str) -> str:
    if "\\" in text:
        text = "\\".join([part.replace("\\|", "|").replace("\\=", "=") for part in text.split("\\\\")])
    return text.strip()
