"""A mapping: one TOML file that says how a product's records are recognised, and which column carries what.

Engines split a record into named columns (`engines.engine`); the mapping names them. `docs/mappings.md` tells the
language for people; this module is its schema, and every flaw is told with file and key."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from shadowledger.collectors.clock import FORMS

EngineName = Literal["json", "keyvalue", "delimited", "table", "w3c", "cef", "text", "windows_events"]
Via = Literal["proxy", "http", "dns", "dns_response", "dns_update", "dns_notify", "mdns", "llmnr", "tls", "quic"]
_Regex = Annotated[str, msgspec.Meta(min_length=1)]


class MappingError(Exception):
    """A mapping file cannot be used; the message names the file, the key and the flaw."""


class Pick(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Where a value is found: the first of `columns` that says something, in the form that it has there."""

    columns: tuple[str, ...]
    pattern: str = ""
    """A regular expression, searched in the column: its first group is the value. Where it does not fit, the column
    says nothing."""
    undo: Literal["", "percent", "plus", "labels", "quotes"] = ""
    """An encoding: `percent` (%20), `plus` (IIS: + for a blank), `labels` ((3)www(6)google(3)com(0), Windows DNS)."""
    join: str | None = None
    """Put between the columns where all of them together are the value."""
    otherwise: str = ""
    """The value where the columns say nothing."""


Spec = str | Pick | tuple[str | Pick, ...]
"""A column, a Pick, or several of them: the first that says something counts."""


class Time(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Where a record's time is found. Several columns are joined with a blank."""

    columns: str | tuple[str, ...]
    form: str = ""
    """One of `clock.FORMS`; empty for whatever the stamp shows by its shape."""
    zone: Literal["", "utc"] = ""
    """`utc` where the format's definition says so."""
    zone_column: Spec = ""
    """Where the zone of the stamp is named."""
    only_with_zone: bool = False
    """Where neither that column nor the stamp itself names a zone, this is no time: another one may be the moment."""


class Action(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Words by which a source says that a contact was let through or stopped; compared in lower case, `~` before a
    regular expression. Any other word says nothing."""

    columns: str | tuple[str, ...]
    allowed: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()


class RecordType(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One type of record in a stream. What it leaves out it takes from `[common]`."""

    name: str = ""
    when: dict[str, str | tuple[str, ...]] = {}
    """Columns (`a|b` for whichever says something) and the words one of which each must hold: in lower case, `*` for
    anything, `!` for nothing, `~` before a regular expression that must fit the whole."""
    ignore: str = ""
    """Why a record of this type is none for us; empty where it is."""
    via: Via | None = None
    kind: str = ""
    """Of an Artifact; empty for Traffic. `process` takes `value` as a path and `command` as its command line."""
    value: Spec | None = None
    command: Spec | None = None
    host: Spec | None = None
    url: Spec | None = None
    path: Spec | None = None
    scheme: Spec | None = None
    port: Spec | None = None
    method: Spec | None = None
    status: Spec | None = None
    client: Spec | None = None
    user: Spec | None = None
    device: Spec | None = None
    user_agent: Spec | None = None
    process: Spec | None = None
    question_type: Spec | None = None
    sent_bytes: Spec | None = None
    received_bytes: Spec | None = None
    app_label: Spec | None = None
    category_label: Spec | None = None
    content_type: Spec | None = None
    """Of the answer."""
    time: tuple[Time, ...] | None = None
    action: Action | None = None


class Detect(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How content is recognised. Everything given must hold, for three of four records."""

    line: str = ""
    """A regular expression, searched in the record as it stands in the file."""
    unless: str = ""
    """One that must not be found."""
    columns: tuple[str, ...] = ()
    """Columns that a record has, `a|b` for either."""
    values: dict[str, str] = {}
    """Regular expressions that fit the whole of a column."""
    reason: str = ""
    """The same in words."""
    last: bool = False
    """Asked only where no other collector reads the input in any way: what several products write."""


class KeyValue(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`key=value` pairs."""

    separator: str = " "
    equals: str = "="
    blanks: bool = False
    """Unquoted values may hold blanks, and end before the next `key=`."""
    begins: str = ""
    """A regular expression for where the first pair begins; what stands before it is an envelope."""
    before: str = ""
    """A regular expression, searched in the beginning of the record: its named groups are columns too, and go before
    pairs of the same name."""


class Layout(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The columns of records without a header."""

    columns: tuple[str, ...] | str
    """Names in order; a text is split at blanks. `_` for a column of no interest."""
    cells: dict[str, str] = {}
    """Regular expressions that whole cells must fit, by number from 0."""
    least: int = 0
    most: int = 1 << 16
    """Bounds to the number of cells."""

    def names(self) -> tuple[str, ...]:
        return tuple(self.columns.split()) if isinstance(self.columns, str) else self.columns


class Delimited(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Cells between separators, without a header: what they mean is said by the first layout that fits."""

    layout: tuple[Layout, ...]
    separator: str = ","
    begins: str = ""
    skip_blanks: bool = False
    """Blanks after a separator are none of the cell's."""


class W3c(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """W3C's extended log format; layouts help where `#Fields` is missing or lies."""

    separator: str = " "
    layout: tuple[Layout, ...] = ()
    shapes: dict[str, str] = {}
    """Regular expressions that whole values fit, by column: a row is read by the names under which its values have
    their shapes."""
    begins: str = ""
    header: str = ""
    """A regular expression that fits the whole of a line that names the columns without `#Fields`."""


class Pattern(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A line of text: named groups are columns."""

    pattern: _Regex
    reference: str = ""


class Text(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Lines of text, each of the first pattern that is found in it."""

    pattern: tuple[Pattern, ...]
    begins: str = ""
    """A regular expression for where all of them begin, so that it need not be found for each."""


class Other(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Lines among a product's records that are none: known by a regular expression, and ignored for a reason."""

    line: _Regex
    reason: str


class Mapping(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One product's stream."""

    id: str
    """Never renamed: inventories hold it."""
    title: str
    reference: str
    """The public page that defines the format."""
    engines: tuple[EngineName, ...]
    record: tuple[RecordType, ...]
    export: str = ""
    """How the records are had on the vendor's side."""
    cannot: str = ""
    """What the format does not say, in words."""
    nothing: tuple[str, ...] = ()
    """Marks for no value beside the usual ones."""
    detect: Detect = Detect()
    common: RecordType = RecordType()
    other: tuple[Other, ...] = ()
    keyvalue: KeyValue = KeyValue()
    delimited: Delimited | None = None
    w3c: W3c = W3c()
    text: Text | None = None

    def types(self) -> tuple[RecordType, ...]:
        """The record types, with what they take from `[common]`."""
        return tuple(_completed(one, self.common) for one in self.record)


_INHERITED = tuple(name for name in RecordType.__struct_fields__ if name not in ("name", "when", "ignore", "kind"))


MAPPINGS = msgspec.msgpack.Decoder(list[Mapping])
"""Reads what is kept of mappings that were loaded."""


def _completed(one: RecordType, common: RecordType) -> RecordType:
    taken = {name: getattr(common, name) for name in _INHERITED if getattr(one, name) is None}
    return msgspec.structs.replace(one, **taken)


def load(path: Path) -> Mapping:
    """Read one mapping file. Raises MappingError."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(f"{path}: cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"{path}: {error}") from error
    try:
        mapping = msgspec.convert(told, Mapping)
    except msgspec.ValidationError as error:
        raise MappingError(f"{path}: {error}") from error
    if flaws := list(_flaws(mapping)):
        raise MappingError("\n".join(f"{path}: {flaw}" for flaw in flaws))
    return mapping


def _flaws(mapping: Mapping) -> list[str]:
    flaws = []
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,40}", mapping.id):
        flaws.append("id: lower-case letters, digits and _ only")
    if not mapping.engines:
        flaws.append("engines: name at least one")
    flaws += [
        f"[{name}] is missing, and engines names it"
        for name in ("delimited", "text")
        if name in mapping.engines and getattr(mapping, name) is None
    ]
    for one in mapping.types():
        flaws += _record_flaws(one)
    flaws += [f"not a regular expression: {pattern!r} ({why})" for pattern, why in _bad_patterns(mapping)]
    return flaws


def _record_flaws(one: RecordType) -> list[str]:
    where = f"record {one.name or one.via or one.kind!r}"
    if one.ignore:
        return []
    flaws = [f"{where}: time form {time.form!r} is none of {', '.join(FORMS)}" for time in one.time or ()
             if time.form and time.form not in FORMS]  # fmt: skip
    if one.kind:
        return [*flaws, f"{where}: an artifact needs value"] if one.value is None else flaws
    if one.via is None:
        flaws.append(f"{where}: via is missing")
    if one.host is None and one.url is None:
        flaws.append(f"{where}: neither host nor url: no service can be recognised")
    return flaws


def _bad_patterns(mapping: Mapping) -> list[tuple[str, str]]:
    bad = []
    for pattern in _patterns(msgspec.to_builtins(mapping), ""):
        try:
            re.compile(pattern)
        except re.error as error:
            bad.append((pattern, str(error)))
    return bad


_PATTERN_KEYS = frozenset(("pattern", "line", "unless", "begins", "before", "header"))
_PATTERN_TABLES = frozenset(("values", "cells", "shapes"))


def _patterns(told: object, key: str) -> list[str]:
    if isinstance(told, dict):
        inside = ((name, value) for name, value in told.items())
        return [found for name, value in inside
                for found in _patterns(value, "pattern" if key in _PATTERN_TABLES else name)]  # fmt: skip
    if isinstance(told, list | tuple):
        return [found for value in told for found in _patterns(value, key)]
    return [told] if isinstance(told, str) and told and key in _PATTERN_KEYS else []
