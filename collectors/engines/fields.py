"""What an engine makes of a record: its columns by name, as text; and the values that a mapping picks from them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeVar
from urllib.parse import unquote, unquote_plus

from shadowledger.collectors.engines.mapping import Mapping, Pick, Spec

Fields = dict[str, str]
"""Column to text. Nested names are joined by dots, elements of lists are numbered: `dns.queries.0.rrname`."""
Value = Callable[[Fields], str]
TextOf = Callable[[str | None], str]
"""What a column's text says, None where there is no such column; empty for nothing."""
T = TypeVar("T")

NOTHING = frozenset(
    (
        "",
        "-",
        '"-"',
        "--",
        "none",
        "n/a",
        "na",
        "null",
        "nil",
        "(null)",
        "(empty)",
        "unknown",
        "unavailable",
        "undefined",
    )
)
"""Marks for no value, in lower case, met in the formats of ../docs/formats.md. `0` is not one of them."""
STAR = ".*."
"""In a column's name: each element of a list, which makes a record of its own."""
_LONGEST_REMEMBERED = 512
# https://learn.microsoft.com/previous-versions/windows/it-pro/windows-server-2008-R2-and-2008/cc776361(v=ws.10)
_LABEL = re.compile(r"\((\d{1,3})\)([^()]*)")


def columns_of(spec: Spec | None) -> tuple[str, ...]:
    """All columns that a spec may read."""
    if spec is None:
        return ()
    if isinstance(spec, str):
        return (spec,) if spec else ()
    if isinstance(spec, Pick):
        return spec.columns
    return tuple(column for part in spec for column in columns_of(part))


def spellings(mapping: Mapping) -> dict[str, str]:
    """The columns that a mapping names, by their lower case: for formats whose headers may have another."""
    named: list[str] = [name for column in mapping.detect.columns for name in column.split("|")]
    named += mapping.detect.values
    for one in mapping.types():
        named += either(one.when)
        for name in one.__struct_fields__:
            told = getattr(one, name)
            if name == "time":
                named += [c for t in told or () for c in (*columns_of(t.columns), *columns_of(t.zone_column))]
            elif name == "action":
                named += columns_of(told.columns) if told else ()
            elif name not in ("name", "when", "ignore", "via", "kind"):
                named += columns_of(told)
    return {name.lower(): name for name in named}


def value_of(spec: Spec | None, nothing: frozenset[str]) -> Value:
    """Compile a spec: the text that it finds in a record, empty for nothing."""
    sayings = sayings_of(spec, nothing)
    if sayings is None:
        parts = [_joined(part, nothing) if isinstance(part, Pick) else value_of(part, nothing) for part in _parts(spec)]
    else:
        parts = [_read(column, text_of) for column, text_of in sayings]

    def first(fields: Fields) -> str:
        for part in parts:
            if text := part(fields):
                return text
        return ""

    return parts[0] if len(parts) == 1 else first


def sayings_of(spec: Spec | None, nothing: frozenset[str]) -> list[tuple[str, TextOf]] | None:
    """A spec as columns and what each says by itself, of which the first that says something counts; None where it
    takes several columns together, or says something where these do not."""
    clean = cleaner(nothing)
    found: list[tuple[str, TextOf]] = []
    for part in _parts(spec):
        if isinstance(part, str):
            found += [(part, clean)] if part else []
        elif part.join is not None or part.otherwise:
            return None
        else:
            taken = _taker(part, nothing)
            found += [(column, taken) for column in part.columns]
    return found


def _parts(spec: Spec | None) -> tuple[str | Pick, ...]:
    return spec if isinstance(spec, tuple) else (spec,) if spec else ()


def cleaner(nothing: frozenset[str]) -> TextOf:
    """Compile how a column's text is taken: without blanks round it, and empty where it is a mark for no value."""
    longest = max(map(len, nothing))

    def clean(text: str | None) -> str:
        if not text:
            return ""
        if text[0] <= " " or text[-1] <= " " or not text.isascii():
            text = text.strip()
        return "" if len(text) <= longest and text.lower() in nothing else text

    return clean


def _read(column: str, text_of: TextOf) -> Value:
    return lambda fields: text_of(fields.get(column))


def _taker(pick: Pick, nothing: frozenset[str]) -> TextOf:
    """Compile what a Pick takes from the text of a column."""
    clean = cleaner(nothing)
    search = re.compile(pick.pattern).search if pick.pattern else None
    undo = _UNDO[pick.undo]

    def taken(text: str | None) -> str:
        text = clean(text)
        if search is not None and text:
            found = search(text)
            text = (found[1] or "") if found else ""
        return undo(text) if text.lower() not in nothing else ""

    return taken


def _joined(pick: Pick, nothing: frozenset[str]) -> Value:
    clean, taken = cleaner(nothing), _taker(pick, nothing)

    def read(fields: Fields) -> str:
        if pick.join is not None:
            texts = (text for column in pick.columns if (text := clean(fields.get(column))))
            return taken(pick.join.join(texts)) or pick.otherwise
        return next((text for column in pick.columns if (text := taken(fields.get(column)))), pick.otherwise)

    return read


class Remembered(dict[str | None, T]):
    """What texts come to that come again and again, user agents above all. Bounded: at `most` it forgets them."""

    def __init__(self, make: Callable[[str], T], most: int = 1 << 12) -> None:
        super().__init__()
        self._make = make
        self._most = most

    def __missing__(self, text: str | None) -> T:
        told = self._make(text or "")
        if text is None or len(text) <= _LONGEST_REMEMBERED:
            if len(self) >= self._most:
                self.clear()
            self[text] = told
        return told


def _labels(text: str) -> str:
    """`(3)www(6)google(3)com(0)` as Windows DNS writes names; or `.www.google.com.` as it once did."""
    if "(" not in text:
        return text.strip(".")
    return ".".join(found[2] for found in _LABEL.finditer(text) if found[1] != "0")


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == '"' == text[-1] else text


_UNDO: dict[str, Callable[[str], str]] = {
    "": str,
    "percent": Remembered(unquote).__getitem__,
    "plus": Remembered(unquote_plus).__getitem__,
    "labels": _labels,
    "quotes": _unquoted,
}


def either(columns: Iterable[str]) -> list[str]:
    """The columns of `a|b`, by each of which sources call one thing."""
    return [name for column in columns for name in column.split("|")]


def condition(words: Iterable[str]) -> Callable[[str], bool]:
    """Compile what a record type's `when` asks of a column's text."""
    plain, patterns = words_and_patterns(words)
    is_anything, nothing = "*" in plain, "!" in plain

    def holds(text: str) -> bool:
        text = text.strip().lower()
        if is_anything:
            return text not in NOTHING
        if text in plain or (nothing and text in NOTHING):
            return True
        return any(pattern.fullmatch(text) for pattern in patterns)

    return holds


def words_and_patterns(words: Iterable[str]) -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
    """Words in lower case, and regular expressions (those with `~`) apart."""
    words = list(words)
    plain = frozenset(word.lower() for word in words if not word.startswith("~"))
    return plain, tuple(re.compile(word[1:], re.IGNORECASE) for word in words if word.startswith("~"))


def expanded(fields: Fields, starred: Iterable[str]) -> Iterable[Fields]:
    """The record once for each element of the lists that starred columns read; once where there is none. Each is good
    until the next is asked for."""
    found = [column.split(STAR, 1) for column in starred]
    ends = tuple(f".{tail}" if tail else "" for _, tail in found)
    numbers = {
        number
        for name in fields
        for (head, _), end in zip(found, ends, strict=True)
        if name.startswith(f"{head}.") and name.endswith(end)
        and (number := name[len(head) + 1 : len(name) - len(end)]).isdecimal()
    }  # fmt: skip
    one = dict(fields)
    for number in sorted(numbers, key=lambda text: (len(text), text)):
        for (head, tail), end in zip(found, ends, strict=True):
            one[f"{head}{STAR}{tail}"] = fields.get(f"{head}.{number}{end}", "")
        yield one
    if not numbers:
        yield fields
