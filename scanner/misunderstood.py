"""The first lines that a collector could not read, shown so that somebody can see what they are, and nobody's data.

Letters become x and digits 0; what stays is punctuation, and words of formats: names of columns, methods, months."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from shadowledger.collectors.collector import Collector
from shadowledger.collectors.engines.fields import spellings
from shadowledger.collectors.layers import Layers, texts_at
from shadowledger.collectors.registry import COLLECTORS
from shadowledger.scanner.output import clean

MOST_LINES = 10
_SHOWN_CHARACTERS = 160
_WORD = re.compile(r"[^\W\d_][\w.()-]*|\d+")
_WORDS_OF_FORMATS = """
Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec Mon Tue Wed Thu Fri Sat Sun UTC GMT CEF LEEF GET POST PUT HEAD OPTIONS
CONNECT DELETE PATCH HTTP http https tcp udp TCP UDP A AAAA IN info warning error notice debug INFO WARN ERROR true
false null
"""


class Misunderstood(NamedTuple):
    """One record that could not be read."""

    position: int
    reason: str
    shape: str
    """Its beginning, masked; empty where the input cannot be read a second time."""


def misunderstood(
    path: Path | None, collector: Collector, layers: Layers, reasons: Iterable[tuple[int, str]]
) -> list[Misunderstood]:
    """The first MOST_LINES of these positions and reasons, in order, each with the shape of its line."""
    first = sorted(reasons)[:MOST_LINES]
    shapes = _shapes(path, layers, {at for at, _ in first}) if path and collector.framing in ("line", "array") else {}
    return [Misunderstood(position, reason, shapes.get(position, "")) for position, reason in first]


def _shapes(path: Path, layers: Layers, wanted: set[int]) -> dict[int, str]:
    try:
        return {position: masked(text) for position, text in texts_at(path, layers, wanted).items()}
    except OSError:
        return {}


def masked(line: str) -> str:
    """The shape of a line's beginning."""
    known = _known_words()
    shown = line[:_SHOWN_CHARACTERS]
    text = _WORD.sub(lambda word: word[0] if word[0].lower() in known else _hidden(word[0]), shown)
    return clean(text) + ("\N{HORIZONTAL ELLIPSIS}" if len(line) > _SHOWN_CHARACTERS else "")


def _hidden(word: str) -> str:
    return "".join("0" if char.isdigit() else "x" if char.isalpha() else char for char in word)


@cache
def _known_words() -> frozenset[str]:
    columns = {
        word
        for collector in COLLECTORS
        if collector.mapping is not None
        for column in spellings(collector.mapping)
        for word in _WORD.findall(column)
    }
    return frozenset(columns | {word.lower() for word in _WORDS_OF_FORMATS.split()})
