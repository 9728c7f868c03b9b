"""What an engine makes of a record: its columns by name, as text; and the values that a mapping picks from them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from urllib.parse import unquote, unquote_plus

from shadowledger.collectors.engines.mapping import Mapping, Pick, Spec

Fields = dict[str, str]
"""Column to text. Nested names are joined by dots, elements of lists are numbered: `dns.queries.0.rrname`."""
Value = Callable[[Fields], str]

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
_MOST_UNDONE = 1 << 12
_LONGEST_UNDONE = 512
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
    if spec is None:
        return lambda _: ""
    if isinstance(spec, str):
        return _column(spec, nothing)
    if isinstance(spec, Pick):
        return _pick(spec, nothing)
    parts = [value_of(part, nothing) for part in spec]

    def first(fields: Fields) -> str:
        for part in parts:
            if text := part(fields):
                return text
        return ""

    return parts[0] if len(parts) == 1 else first


def _column(name: str, nothing: frozenset[str]) -> Value:
    longest = max(map(len, nothing))

    def read(fields: Fields) -> str:
        text = fields.get(name)
        if not text:
            return ""
        if text[0] <= " " or text[-1] <= " " or not text.isascii():
            text = text.strip()
        return "" if len(text) <= longest and text.lower() in nothing else text

    return read


def _pick(pick: Pick, nothing: frozenset[str]) -> Value:
    columns = [_column(name, nothing) for name in pick.columns]
    search = re.compile(pick.pattern).search if pick.pattern else None
    undo = _UNDO[pick.undo]

    def taken(text: str) -> str:
        if search is not None:
            found = search(text)
            text = (found[1] or "") if found else ""
        return undo(text) if text.lower() not in nothing else ""

    def read(fields: Fields) -> str:
        if pick.join is not None:
            return taken(pick.join.join(text for column in columns if (text := column(fields)))) or pick.otherwise
        for column in columns:
            if (text := column(fields)) and (text := taken(text)):
                return text
        return pick.otherwise

    return read


class _Undone(dict[str, str]):
    """Texts that stand for others, user agents above all: the same few come again and again."""

    def __init__(self, undo: Callable[[str], str]) -> None:
        super().__init__()
        self._undo = undo

    def __missing__(self, text: str) -> str:
        undone = self._undo(text)
        if len(text) <= _LONGEST_UNDONE:
            if len(self) >= _MOST_UNDONE:
                self.clear()
            self[text] = undone
        return undone


def _labels(text: str) -> str:
    """`(3)www(6)google(3)com(0)` as Windows DNS writes names; or `.www.google.com.` as it once did."""
    if "(" not in text:
        return text.strip(".")
    return ".".join(found[2] for found in _LABEL.finditer(text) if found[1] != "0")


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == '"' == text[-1] else text


_UNDO: dict[str, Callable[[str], str]] = {
    "": str,
    "percent": _Undone(unquote).__getitem__,
    "plus": _Undone(unquote_plus).__getitem__,
    "labels": _labels,
    "quotes": _unquoted,
}


def either(columns: Iterable[str]) -> list[str]:
    """The columns of `a|b`, by each of which sources call one thing."""
    return [name for column in columns for name in column.split("|")]


def is_met(when: dict[str, str | tuple[str, ...]]) -> Callable[[Fields], bool]:
    """Compile a record type's `when`."""
    conditions = [
        (column.split("|"), _condition((words,) if isinstance(words, str) else words)) for column, words in when.items()
    ]

    def holds(fields: Fields) -> bool:
        for columns, condition in conditions:  # noqa: SIM110 - a loop is faster, and this is asked of every record
            if not condition(_first_of(fields, columns).strip().lower()):
                return False
        return True

    return holds


def _first_of(fields: Fields, columns: list[str]) -> str:
    for column in columns:
        if text := fields.get(column, ""):
            return text
    return ""


def _condition(words: Iterable[str]) -> Callable[[str], bool]:
    plain, patterns = words_and_patterns(words)
    if "*" in plain:
        return lambda text: text not in NOTHING
    nothing = "!" in plain

    def holds(text: str) -> bool:
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
