"""What a collector is, and the glimpse of an input by which it recognises its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from shadowledger.collectors.reading import Reading, Settings
from shadowledger.collectors.records import Record

if TYPE_CHECKING:
    from shadowledger.collectors.engines.mapping import Mapping
    from shadowledger.collectors.sources import Opened

LONGEST_HEAD_LINE = 4096
_MOST_HEAD_LINES = 40


class Head(NamedTuple):
    """The beginning of an input: what detection may look at. Names of files prove nothing and are not shown."""

    data: bytes
    lines: tuple[str, ...]
    """The first complete lines that are not blank, at most 40, each cut at LONGEST_HEAD_LINE characters; of a first
    line that is longer than `data` its beginning. Where records stand inside something else, the records."""
    whole: tuple[str, ...] = ()
    """The same lines uncut."""


def _anything(_: Settings) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Collector:
    """One format: how it is recognised, and how it is read."""

    id: str
    """Never renamed: inventories hold it."""
    title: str
    framing: str
    """line, csv, array, document, rows, frames, packets or live: what a record is."""
    fills: tuple[str, ...]
    """Fields of Traffic or kinds of Artifact that this format can give."""
    detect: Callable[[Head], str]
    """Why this content is ours, in words; empty where it is not."""
    read: Callable[[Reading], Iterator[Record]]
    reference: str
    """The public page that defines the format."""
    check: Callable[[Settings], str] = _anything
    """Why it cannot read with these settings, in a sentence; empty where it can."""
    reads_objects: bool = False
    """Its records may be JSON objects. Any other collector that finds its words in one finds them inside a value."""
    resumes: bool = False
    """Reading may begin at any line: no header says what the lines mean, or only what `has_headers` tells of."""
    has_headers: bool = False
    """What lines mean stands in lines before them that begin with `#`, and nowhere else; none of these is a record."""
    export: str = ""
    """How such records are had on the vendor's side."""
    cannot: str = ""
    """What the format does not say, in words."""
    lasting: Callable[[Opened], bytes] | None = None
    """What stays the same in an input that is written anew as it grows, a database; empty where it holds none. Of other
    formats the beginning does."""
    text: Callable[[Reading, Callable[[object], str]], Iterator[str]] | None = None
    """Everything that `read` gives as JSON Lines, some at once, each object written by what is given; where that takes
    less time than one by one."""
    counts_bytes: bool = False
    """Counts the bytes of connections, which it leaves out unless asked: `Settings.with_bytes`."""
    mapping: Mapping | None = None
    """The file that describes the format, where one does."""
    is_screened: bool = False
    """What makes a line a hit stands in it as the signatures write it, so that lines without it need not be read."""
    is_last: bool = False
    """Its format is many products': those that know one of them are asked first, in all ways."""


def look(data: bytes) -> Head:
    """Make a Head of an input's first bytes."""
    found = data.decode("utf-8", "replace").split("\n")
    if len(data) >= 1 << 16 and len(found) > 1:
        del found[-1]
    return head_of(data, (line.rstrip("\r") for line in found))


def head_of(data: bytes, lines: Iterable[str]) -> Head:
    """Make a Head of an input's first bytes and of the records that were found in them."""
    whole = tuple(islice((line for line in lines if line.strip()), _MOST_HEAD_LINES))
    return Head(data, tuple(line[:LONGEST_HEAD_LINE] for line in whole), whole)
