"""Objects of JSON, one a line or one an element of a document, behind a syslog header or not.

Members of members are columns with dotted names, whether the source nests them or writes the dots itself; elements of
lists are numbered, and named where they are a name and a value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from operator import attrgetter
from typing import Any

import msgspec

from shadowledger.collectors.collector import LONGEST_HEAD_LINE, Head
from shadowledger.collectors.engines.engine import Glance, NoRecord, UnreadableError, envelope, split_all
from shadowledger.collectors.engines.fields import Fields
from shadowledger.collectors.engines.mapping import Mapping
from shadowledger.collectors.engines.unwanted import Decisive
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.sources import LONGEST_LINE_BYTES

_MOST_COLUMNS = 4096
_DEEPEST = 16
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_BROKEN = (msgspec.DecodeError, RecursionError)
_LONGEST_HEADER = 1024
_TEXT = frozenset((str,))


class Json:
    """Stateless. Beside the object's own columns there are `@stamp` and `@host` of a syslog header before it."""

    framing = "line"
    resumes = True
    longest = LONGEST_LINE_BYTES

    def __init__(self, mapping: Mapping) -> None:
        del mapping

    def batches(self, reading: Reading) -> Iterator[tuple[int, Sequence[str]]]:
        return reading.blocks()

    def split(self, raw: str) -> Fields:
        start = _start(raw)
        if start < 0:
            if not raw or raw.isspace() or raw[0] == "#":
                raise NoRecord
            raise UnreadableError("not a JSON object")
        try:
            told = _decode(raw[start:] if start else raw)
        except _BROKEN:
            raise UnreadableError("not a JSON object") from None
        fields = envelope(raw[:start])
        _flatten(told, "", fields, 0)
        return fields

    def glance(self, decisive: Decisive) -> Glance[str] | None:
        columns = decisive.columns
        if not columns or any(column.startswith("@") for column in columns):
            return None
        looks = [_looking(columns, [_place(column) for column in columns])]
        if any("." in column for column in columns):  # sources that write the dots themselves
            looks.append(_looking(columns, [(column,) for column in columns]))

        def look(raw: str) -> tuple[str, ...] | None:
            seen = looks[0](raw)
            if len(looks) > 1 and seen is not None and not any(seen) and (other := looks[1](raw)) and any(other):
                looks.reverse()
                return other
            return seen

        return look if len(looks) > 1 else looks[0]

    def sample(self, head: Head) -> list[Fields | None]:
        return split_all(self.split, head.whole, _cut)


def _only(told: list[Any], rest: list[str]) -> str | None:
    """What stands in a list, below the names and numbers that lead on from it; None where `*` could be several."""
    value: object = told
    for name in rest:
        if isinstance(value, list):
            if name == "*" and len(value) > 1:
                return None
            if name == "*" or name.isdecimal():
                at = 0 if name == "*" else int(name)
                value = value[at] if at < len(value) else ""
            else:
                named = (one for one in value if isinstance(one, dict) and one.get("name") == name)
                value = next(named, {}).get("value", "")
        elif isinstance(value, dict):
            value = value.get(name, "")
    return value if isinstance(value, str) else None


def _looking(columns: Sequence[str], places: Sequence[tuple[str, ...]]) -> Glance[str]:
    """The glance that looks for columns at these places."""
    members = [at for at, place in enumerate(places) if any(place[:size] in places for size in range(len(place)))]
    """Columns inside others: where these are texts, as the rest of this takes them to be, they have no members."""
    decode, getters = _glimpse([place for at, place in enumerate(places) if at not in members])
    several = len(getters) > 1
    get = attrgetter(*getters)
    rests = [columns[at].split(".")[len(place) :] for at, place in enumerate(places) if at not in members]
    has_lists = any(rests)

    def look(raw: str) -> tuple[str, ...] | None:
        start = 0 if raw[:1] == "{" else _start(raw)
        if start < 0:
            return None
        try:
            told = get(decode(raw[start:] if start else raw))
        except _BROKEN:
            return None
        values: tuple[Any, ...] = told if several else (told,)
        if has_lists or not _TEXT.issuperset(map(type, values)):
            texts = [_text(one, rest) for one, rest in zip(values, rests, strict=True)]
            if None in texts:
                return None
            values = tuple(texts)
        if not members:
            return values
        seen = list(values)
        for at in members:
            seen.insert(at, "")
        return tuple(seen)

    return look


def _text(value: Any, rest: list[str]) -> str | None:  # noqa: ANN401 - whatever JSON holds
    """What splitting makes of a value, of which a column is what `rest` leads to; None where a glance cannot tell."""
    if value.__class__ is str or value is None:
        return "" if rest else value or ""
    if value.__class__ is list:
        return _only(value, rest) if rest else ""
    return as_text(value) if value.__class__ in (int, bool) else None


def _start(raw: str) -> int:
    """Where the object begins; -1 where there is none."""
    return raw.find("{", 0, _LONGEST_HEADER)


def _flatten(told: dict[str, Any], before: str, fields: Fields, depth: int) -> None:
    for name, value in told.items():
        column = before + name
        if value.__class__ is str:
            fields[column] = value
        elif isinstance(value, dict):
            if depth < _DEEPEST:
                _flatten(value, column + ".", fields, depth + 1)
        elif isinstance(value, list):
            if depth < _DEEPEST:
                _flatten({str(number): one for number, one in enumerate(value[:_MOST_COLUMNS])}, column + ".", fields,
                         depth + 1)  # fmt: skip
                _name(value, column + ".", fields)
        else:
            fields[column] = as_text(value)
        if len(fields) > _MOST_COLUMNS:
            return


def _name(told: list[Any], before: str, fields: Fields) -> None:
    """Elements that are a name and a value, as parameters are in Google's and Microsoft's audit logs, are columns of
    that name too: `parameters.app_name`."""
    for one in told[:_MOST_COLUMNS]:
        if isinstance(one, dict):
            name, value = one.get("name", one.get("Name")), one.get("value", one.get("Value"))
            if isinstance(name, str) and isinstance(value, str):
                fields.setdefault(before + name, value)


def as_text(value: object) -> str:
    """A number, a truth value or null as text; a whole number without a fraction."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value) if abs(value) < 1e15 else ""
    return str(value) if isinstance(value, int) and abs(value) < 10**30 else ""


def _place(column: str) -> tuple[str, ...]:
    """The members that lead to a column, as far as the first list."""
    names = column.split(".")
    return tuple(takewhile(lambda name: name != "*" and not name.isdigit(), names))


def _glimpse(places: Sequence[tuple[str, ...]]) -> tuple[Any, list[str]]:
    """A decoder of these members alone, and the attribute of each in what it gives. A column `a.b` is looked for as a
    member of `a`; where a source writes the dot itself, splitting tells (`unwanted.Unwanted.remember`)."""
    tree: dict[str, Any] = {}
    for names in places:
        branch = tree
        for name in names[:-1]:
            branch = branch.setdefault(name, {})
        branch.setdefault(names[-1], None)
    decode = msgspec.json.Decoder(_struct(tree)).decode
    return decode, [".".join(_attribute(tree, names)) for names in places]


def _attribute(tree: dict[str, Any], names: tuple[str, ...]) -> list[str]:
    path = []
    for name in names:
        path.append(f"f{list(tree).index(name)}")
        tree = tree[name] or {}
    return path


def _struct(tree: dict[str, Any]) -> type[msgspec.Struct]:
    members: list[tuple[str, Any, Any]] = []
    renamed = {}
    for number, (name, inner) in enumerate(tree.items()):
        renamed[f"f{number}"] = name
        if inner is None:
            members.append((f"f{number}", Any, ""))
        else:
            struct = _struct(inner)
            members.append((f"f{number}", struct, msgspec.field(default_factory=struct)))
    return msgspec.defstruct("Glimpse", members, rename=renamed, gc=False)


def _cut(line: str) -> Fields | None:
    """What is seen of an object that goes on behind what detection is shown."""
    return _names_in(line) if len(line) >= LONGEST_HEAD_LINE and _start(line) >= 0 else None


def _names_in(line: str) -> Fields:
    """The names of members in an object that detection sees only the beginning of; their values are not looked at."""
    fields: Fields = {}
    for piece in line.split('":')[:-1]:
        name = piece.rpartition('"')[2]
        fields[name] = ""
    return fields
