"""W3C's extended log file format: IIS, ProxySG, CloudFront. https://www.w3.org/TR/WD-logfile.html

`#Fields` may change in mid-file, be missing, or name other columns than the rows have (ProxySG leaves out
cs(User-Agent)): a row is read by the first names under which its values have the shapes that the mapping knows. A
layout with `least` is the beginning of rows whose end is the customer's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from shadowledger.collectors.collector import Head
from shadowledger.collectors.engines.delimited import cells_from, cells_of
from shadowledger.collectors.engines.engine import (
    LONGEST_TEXT,
    Glance,
    NoRecord,
    UnreadableError,
    envelope,
    reads_envelope,
)
from shadowledger.collectors.engines.fields import Fields, spellings
from shadowledger.collectors.engines.mapping import Mapping as ProductMapping
from shadowledger.collectors.engines.unwanted import Decisive
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.syslog import LOOKED_AT

_FIELDS = "#fields:"
_DATE = "#date:"
_LONGEST_HEADER = 4096
# Values in quotation marks, in which a doubled one stands for itself (ProxySG, TMG); others end at a blank.
_QUOTED = r'[^"]*+(?:""[^"]*+)*+'
_WORD = rf'(?:"({_QUOTED})"(?!\S)|(\S++))'
_PASSED_WORD = rf'(?:"{_QUOTED}"(?!\S)|\S++)'
_WORDS = re.compile(_WORD)
_LONGEST_GLANCE = 1 << 16
"""Characters: of a longer row every layout would take as long as splitting it."""


class W3cRows:
    """Remembers the last `#Fields`, and nothing but what such lines say. `@date` is the last `#Date`, for rows with a
    time alone; `@stamp` and `@host` are those of a syslog header."""

    framing = "line"
    resumes = True
    longest = LONGEST_TEXT

    def __init__(self, mapping: ProductMapping) -> None:
        self._told = mapping.w3c
        self._spelled = spellings(mapping)
        self._reads_envelope = reads_envelope(mapping)
        self._needed = [column.split("|") for column in mapping.detect.columns]
        self._begins = re.compile(self._told.begins).search if self._told.begins else None
        self._is_header = re.compile(self._told.header).fullmatch if self._told.header else None
        self._shapes = {name: re.compile(shape).fullmatch for name, shape in self._told.shapes.items()}
        self._spare = [_Names(layout.names(), self._shapes, layout.least, layout.most) for layout in self._told.layout]
        self._named: _Names | None = None
        self._date = ""
        cut = _words if self._told.separator == " " else cells_of(self._told.separator)
        self._cells = cells_from(self._told.begins, cut)

    def batches(self, reading: Reading) -> Iterator[tuple[int, Sequence[str]]]:
        return reading.blocks()

    def _take_header(self, line: str) -> None:
        line = "#" + line[1:].lstrip()
        lowered = line[:12].lower()
        if lowered.startswith(_FIELDS):
            self._name(line[len(_FIELDS) :])
        elif lowered.startswith(_DATE):
            self._date = line[len(_DATE) :].strip()[:10]

    def _name(self, told: str) -> None:
        names = told.replace("\t", " ").split()
        self._named = _Names([self._spelled.get(name.lower(), name) for name in names], self._shapes)

    def _names_for(self, cells: Sequence[str]) -> _Names | None:
        named = self._named
        if named is not None and named.fits(cells):
            return named
        for spare in self._spare:
            if spare.fits(cells):
                return spare
        if named is not None and len(cells) != len(named.names) and named.has_shapes(cells):
            return named
        return None

    def split(self, raw: str) -> Fields:
        if not raw or raw.isspace():
            raise NoRecord
        if raw[0] == "#":
            self._take_header(raw)
            raise NoRecord
        if self._is_header is not None and self._is_header(raw[:_LONGEST_HEADER]):
            self._name(raw)
            raise NoRecord
        cells, start = self._cells(raw)
        names = self._names_for(cells)
        if names is None:
            known = self._named is not None
            raise UnreadableError(
                f"{len(cells)} values that do not fit the {len(self._named.names)} names of #Fields"
                if known and self._named
                else "no #Fields line before it, and no known layout"
            )
        fields = dict(zip(names.names, cells, strict=False))
        if self._date:
            fields["@date"] = self._date
        return fields | envelope(raw[:start]) if self._reads_envelope else fields

    def glance(self, decisive: Decisive) -> Glance[str] | None:
        columns = decisive.columns
        if any(column.startswith("@") for column in columns):
            return None

        readers: list[tuple[_Names | None, Callable[[str], tuple[str, ...] | None]]] = []

        def look(raw: str) -> tuple[str, ...] | None:
            if not raw or raw[0] == "#" or len(raw) > _LONGEST_GLANCE:
                return None
            if not readers or readers[0][0] is not self._named:
                readers[:] = [(self._named, self._row_reader(columns))]
            return readers[0][1](raw)

        return look

    def _row_reader(self, columns: tuple[str, ...]) -> Callable[[str], tuple[str, ...] | None]:
        """What reads rows that fit the present `#Fields`, or else a layout."""
        names = [*([self._named] if self._named is not None else ()), *self._spare]
        if self._told.separator != " ":

            def cut(raw: str) -> tuple[str, ...] | None:
                cells, _ = self._cells(raw)
                fitting = self._names_for(cells)
                return fitting.texts(cells, columns) if fitting is not None else None

            return cut
        rows = [(re.compile(one.row(columns, self._told.shapes)), one.groups(columns)) for one in names]
        begins = self._begins

        def match(raw: str) -> tuple[str, ...] | None:
            start = 0
            if begins is not None:
                found = begins(raw, 0, LOOKED_AT)
                if found is None:
                    return None
                start = found.start()
            for row, groups in rows:
                if told := row.match(raw, start):
                    texts = told.groups()
                    return tuple([texts[at] or texts[at + 1] or "" if at >= 0 else "" for at in groups])
            return None

        return match

    def sample(self, head: Head) -> list[Fields | None]:
        found: list[Fields | None] = []
        for line in head.lines:
            try:
                found.append(self.split(line))
            except NoRecord:
                told = _FIELDS[1:] in line[:12].lower() or line[0] != "#"
                named = self._named.names if self._named and told else ()
                if named and all(any(name in named for name in needed) for needed in self._needed):
                    return [dict.fromkeys(named, "")]  # the header speaks for what follows
            except UnreadableError:
                found.append(None)
        return found


class _Names:
    """Names of columns in order, and the shapes that some of them have."""

    def __init__(
        self, names: Sequence[str], shapes: Mapping[str, Callable[[str], object]], least: int = 0, most: int = 0
    ) -> None:
        self.names = tuple(names)
        self._least = least or len(self.names)
        self._most = most if least else len(self.names)
        self._shaped = [(at, shapes[name]) for at, name in enumerate(self.names) if name in shapes]
        self._places: list[int] = []
        self._placed_for: tuple[str, ...] = ()

    def has_shapes(self, cells: Sequence[str]) -> bool:
        count = len(cells)
        return all(at < count and shape(cells[at]) for at, shape in self._shaped)

    def fits(self, cells: Sequence[str]) -> bool:
        return self._least <= len(cells) <= self._most and self.has_shapes(cells)

    def row(self, columns: tuple[str, ...], shapes: Mapping[str, str]) -> str:
        """A regular expression for whole rows, with two groups (quoted, plain) for each of `columns`."""
        words = []
        for name in self.names:
            if shape := shapes.get(name):
                word = rf'(?:"({shape})"|({shape}))' if name in columns else rf'(?:"(?:{shape})"|(?:{shape}))'
                words.append(word + r"(?!\S)")
            else:
                words.append(_WORD if name in columns else _PASSED_WORD)
        sure, rest = words[: self._least], words[self._least :]
        tail = "".join(rf"(?:\s++{word}" for word in rest) + ")?" * len(rest)
        more = r"(?:\s++.*+)?" if self._most > len(self.names) else ""
        return r"\s*+" + r"\s++".join(sure) + tail + more + r"\s*+\Z"

    def groups(self, columns: tuple[str, ...]) -> list[int]:
        """Where the two groups of each column begin; -1 for one that is not there."""
        found = [name for name in self.names if name in columns]
        return [2 * found.index(column) if column in found else -1 for column in columns]

    def texts(self, cells: Sequence[str], columns: tuple[str, ...]) -> tuple[str, ...]:
        if self._placed_for is not columns:
            places = {name: at for at, name in enumerate(self.names)}
            self._places = [places.get(column, -1) for column in columns]
            self._placed_for = columns
        count = len(cells)
        return tuple([cells[at] if 0 <= at < count else "" for at in self._places])


def _words(line: str) -> list[str]:
    if '"' not in line:
        return line.split()
    return [plain or quoted for quoted, plain in _WORDS.findall(line)]
