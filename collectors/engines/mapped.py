"""A mapping and its engines, made a collector."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from shadowledger.collectors.clock import clock_of
from shadowledger.collectors.collector import Collector, Head, head_of, look
from shadowledger.collectors.engines import cef, delimited, json, keyvalue, table, text, w3c, windows_events
from shadowledger.collectors.engines.contacts import Contacts, decisive
from shadowledger.collectors.engines.engine import Engine, NoRecord, UnreadableError
from shadowledger.collectors.engines.mapping import EngineName, Mapping, Pick, Spec
from shadowledger.collectors.engines.unwanted import Unwanted
from shadowledger.collectors.layers import Layers, glimpses
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import Ignored, Issue, Record

_TRIAL = 1024
_WORTH = 4
"""Behind a screen, what comes through is mostly wanted: after so many records a glance has to spare the splitting of
one in so many."""
ENGINES: dict[EngineName, type[Any]] = {
    "json": json.Json,
    "keyvalue": keyvalue.KeyValues,
    "delimited": delimited.Delimiteds,
    "table": table.Table,
    "w3c": w3c.W3cRows,
    "cef": cef.Cef,
    "text": text.Texts,
    "windows_events": windows_events.WindowsEvents,
}


def collector_of(mapping: Mapping) -> Collector:
    """The collector that a mapping describes."""
    engines = [ENGINES[name] for name in mapping.engines]
    return Collector(
        id=mapping.id,
        title=mapping.title,
        framing=engines[0].framing,
        fills=_fills(mapping),
        detect=lambda head: _detect(mapping, head)[1],
        read=lambda reading: read(mapping, reading),
        reference=mapping.reference,
        reads_objects="json" in mapping.engines,
        resumes=all(engine.resumes for engine in engines) and not mapping.w3c.header,
        has_headers="w3c" in mapping.engines,
        export=mapping.export,
        cannot=mapping.cannot,
        mapping=mapping,
        is_last=mapping.detect.last,
        is_screened=_is_screened(mapping),
    )


def read(mapping: Mapping, reading: Reading) -> Iterator[Record]:
    """One or more records of each physical one. What is remembered of targets that nobody wanted spares most the work:
    the columns on which the answer depends are compared as they stand, URLs up to their path."""
    engine = ENGINES[_detect(mapping, _head(reading))[0] or mapping.engines[0]](mapping)
    contacts = Contacts(mapping, reading, clock_of(reading))
    columns, longest = decisive(mapping), engine.longest
    glance = engine.glance(columns) if reading.wanted is not None else None
    unwanted = Unwanted(columns, frozenset(reading.wanted.api_words) if reading.wanted is not None else frozenset())
    knows, split, records = unwanted.knows, engine.split, contacts.records
    glanced = spared = 0
    for first, batch in engine.batches(reading):
        look = None if reading.is_census else glance
        glanced += len(batch) if look is not None else 0
        reading.record_count += len(batch)
        for position, raw in enumerate(batch, first):
            if raw.__class__ is str and len(raw) > longest:
                yield Issue(position, f"longer than {longest >> 10} KiB")
                continue
            seen = look(raw) if look is not None else None
            if seen is not None and (told := knows(seen)) is not None:
                spared += 1
                if told:
                    yield Ignored(position, told)
                continue
            try:
                fields = split(raw)
            except NoRecord:
                reading.record_count -= 1
                continue
            except UnreadableError as error:
                yield _other(mapping, position, raw, str(error))
                continue
            made = records(position, fields)
            if isinstance(made, list):
                yield from made
            elif made is not None:
                yield made
            if seen is not None:
                if reading.is_screened and glanced >= _TRIAL and spared * _WORTH < glanced:
                    look = glance = None
                    continue
                unwanted.remember(
                    seen,
                    fields,
                    contacts.type_number,
                    is_dull=contacts.is_dull,
                    dull=contacts.dull,
                    ignored=contacts.ignored_because,
                )


def _head(reading: Reading) -> Head:
    """What detection saw of the input."""
    for layers, head in glimpses(reading.opened.head):
        if layers == (reading.layers or Layers()):
            return head
    return look(reading.opened.head)


def _other(mapping: Mapping, position: int, raw: object, reason: str) -> Record:
    if isinstance(raw, str):
        for other in mapping.other:
            if re.search(other.line, raw[:4096]):
                return Ignored(position, other.reason)
    return Issue(position, reason)


def _detect(mapping: Mapping, head: Head) -> tuple[EngineName | None, str]:
    """The engine that fits an input, and why; neither where none does. What `[[other]]` knows speaks neither for nor
    against it."""
    others = [re.compile(other.line).search for other in mapping.other]
    if others and (rest := [text for text in head.whole if not any(find(text[:4096]) for find in others)]):
        head = head_of(head.data, rest)
    line = re.compile(mapping.detect.line) if mapping.detect.line else None
    unless = re.compile(mapping.detect.unless) if mapping.detect.unless else None
    for name in mapping.engines:
        if line is not None and ENGINES[name].framing in ("line", "array"):
            lines = [text for text in head.lines if not text.startswith("#")]
            fits = sum(line.search(text) is not None and not (unless and unless.search(text)) for text in lines)
            if not fits or fits * 4 < len(lines) * 3:
                continue
        elif unless is not None and any(unless.search(text) for text in head.lines):
            continue
        if why := _fits(mapping, ENGINES[name](mapping), head):
            return name, why
    return None, ""


def _fits(mapping: Mapping, engine: Engine[Any], head: Head) -> str:
    """`11 of 12 records ...`, where at least three of four are as `[detect]` says."""
    found = engine.sample(head)
    needed = [column.split("|") for column in mapping.detect.columns]
    values = [(column, re.compile(value, re.IGNORECASE)) for column, value in mapping.detect.values.items()]
    fits = sum(
        fields is not None
        and all(any(name in fields for name in names) for names in needed)
        and all(value.fullmatch(fields.get(column, "")) for column, value in values)
        for fields in found
    )
    if not fits or fits * 4 < len(found) * 3:
        return ""
    return f"{fits} of {len(found)} records {mapping.detect.reason or 'are as its mapping says'}"


_SCREENED = frozenset(("json", "keyvalue", "delimited", "w3c", "cef", "text"))


def _is_screened(mapping: Mapping) -> bool:
    """Whether every record is a line of traffic that holds names as they are: no labels with their lengths between (as
    Windows DNS writes them), no header that only its columns tell."""
    return (
        _SCREENED.issuperset(mapping.engines)
        and not any(one.kind for one in mapping.types())
        and not mapping.w3c.header
        and not any(_undoes_labels(getattr(one, name)) for one in mapping.types() for name in ("host", "url", "path"))
    )


def _undoes_labels(spec: Spec | None) -> bool:
    if isinstance(spec, tuple):
        return any(map(_undoes_labels, spec))
    return isinstance(spec, Pick) and (spec.undo == "labels" or spec.join is not None)


_IN_A_URL = ("host", "scheme", "port", "path")
_NO_FIELDS = ("name", "when", "ignore", "via", "kind", "value", "command", "url")


def _fills(mapping: Mapping) -> tuple[str, ...]:
    """The fields of Traffic and the kinds of Artifact that some type of record can give."""
    filled: dict[str, None] = {}
    for one in mapping.types():
        if one.ignore:
            continue
        filled |= dict.fromkeys(_IN_A_URL if one.url else ())
        filled |= dict.fromkeys(n for n in one.__struct_fields__ if n not in _NO_FIELDS and getattr(one, n))
        filled |= dict.fromkeys((one.kind,) if one.kind else ())
    return tuple(filled)
