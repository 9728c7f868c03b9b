"""What lies between an input's bytes and its records: one JSON document of many, other systems' objects round each
line, a column of an export that holds the line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from shadowledger.collectors.collector import Head, head_of, look
from shadowledger.collectors.elements import Elements, is_document
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.sources import open_source
from shadowledger.collectors.wrappers import EACH, Wrapper, raw_column, rows, unwrapped, unwrapper

BROKEN = "\ufffd"
"""Stands for an element or a cell that could not be read: no collector takes it for a record."""
_AT_ONCE = 512
_MOST_DEEP = 3


class Layers(NamedTuple):
    """How the records of one input are reached."""

    is_document: bool = False
    raw_column: int = -1
    """The column of a table that holds the record; -1 where there is none."""
    wrappers: tuple[Wrapper, ...] = ()
    reason: str = ""
    """The same in words; empty where records are lines of the input."""

    @property
    def begin_with_lines(self) -> bool:
        """Whether the input is read line by line: it is neither one document nor a table."""
        return not self.is_document and self.raw_column < 0

    @property
    def are_lines(self) -> bool:
        """Whether a record's number is its line's, so that reading can begin at any line."""
        return self.begin_with_lines and not any(EACH in one.path for one in self.wrappers)

    def blocks(self, reading: Reading) -> Iterator[tuple[int, list[str]]]:
        """The records of an input, with the number of the first of each block: its line, element or data row."""
        if self.is_document:
            elements = Elements(reading.opened.chunks())
            blocks = _numbered(elements)
        elif self.raw_column >= 0:
            lines = (line for _, block in reading.lines() for line in block)
            blocks = _numbered(rows(lines, self.raw_column))
        else:
            blocks = reading.lines()
        for wrapper in self.wrappers:
            blocks = _without(wrapper, blocks)
        yield from blocks
        if self.is_document and elements.damage and not reading.opened.damage:
            reading.opened.damage = elements.damage


def texts_at(path: Path, layers: Layers, positions: Collection[int]) -> dict[int, str]:
    """The records of a file at some positions, as they stand in it. Raises OSError."""
    found: dict[int, str] = {}
    last = max(positions, default=0)
    with open_source(path) as opened:
        for first, texts in Reading(opened, layers=layers).blocks():
            if first > last:
                break
            found |= {at: texts[at - first] for at in positions if first <= at < first + len(texts)}
    return found


def glimpses(data: bytes) -> Iterator[tuple[Layers, Head]]:
    """The ways in which an input that begins with `data` may hold records, the plainest first, and what detection sees
    of each."""
    head = look(data)
    yield Layers(), head
    if why := is_document(data):
        texts = (text for text in Elements(iter((data,))) if text is not None)
        elements = head_of(data, texts)
        layers = Layers(is_document=True, reason=why)
        yield layers, elements
        yield from _inside(layers, elements)
        return
    if found := raw_column(data.decode("utf-8", "replace")):
        name, index = found
        cells = (text for text in rows(iter(data.decode("utf-8", "replace").splitlines()), index) if text is not None)
        table = head_of(data, cells)
        layers = Layers(raw_column=index, reason=f"a table whose column {name} holds the record")
        yield layers, table
        yield from _inside(layers, table)
        return
    yield from _inside(Layers(), head)


def _inside(layers: Layers, head: Head) -> Iterator[tuple[Layers, Head]]:
    """What stands in other systems' objects, and in objects inside these."""
    if len(layers.wrappers) >= _MOST_DEEP:
        return
    deeper = []
    for wrapper, lines in unwrapped(head.whole):
        reason = f"{layers.reason}; in it {wrapper.title}" if layers.reason else wrapper.title
        inside = layers._replace(wrappers=(*layers.wrappers, wrapper), reason=reason)
        deeper.append((inside, head_of(head.data, lines)))
    yield from deeper
    for inside, inner in deeper:
        yield from _inside(inside, inner)


def _numbered(texts: Iterable[str | None]) -> Iterator[tuple[int, list[str]]]:
    number, found = 1, iter(texts)
    while some := [text if text is not None else BROKEN for text in islice(found, _AT_ONCE)]:
        yield number, some
        number += len(some)


def _without(wrapper: Wrapper, blocks: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """The records inside a wrapper; a line that is not wrapped stays as it is. Where lines hold lists, their elements
    are the records, numbered through the whole input."""
    unwrap = unwrapper(wrapper)
    if EACH in wrapper.path:
        yield from _numbered(text for _, lines in blocks for line in lines for text in _elements(unwrap(line), line))
        return
    for first, lines in blocks:
        yield first, [inner[0] if (inner := unwrap(line)) else line for line in lines]


def _elements(inner: list[str] | None, line: str) -> list[str]:
    return [line] if inner is None else inner
