"""The first hits of each service's instance in an input, kept while it is read: what is sealed as evidence."""

from __future__ import annotations

from collections.abc import Mapping, Set
from pathlib import Path
from typing import NamedTuple

from shadowledger.collectors.proof import BLOCK_BYTES
from shadowledger.collectors.records import Artifact, Traffic
from shadowledger.collectors.sources import open_source
from shadowledger.signatures.index import Match

MOST = 3
MOST_INSTANCES = 1 << 14
LONGEST_BYTES = 1 << 16
"""Of a line that is sealed."""
_FEED = b"\n"


Place = tuple[int, int]
"""The byte of a file at which a line begins, and its number."""
START: Place = (0, 1)


class Keepsakes:
    """Filled hit by hit; as large as the number of instances."""

    __slots__ = ("places", "records")

    def __init__(self) -> None:
        self.places: dict[int, Place] = {}
        """Where the blocks of lines begin in which records stand, by their positions."""
        self.records: dict[tuple[str, str], list[Traffic | Artifact]] = {}
        """By service and instance, the first MOST in the order of their positions."""

    def add(self, record: Traffic | Artifact, match: Match, place: Place = START) -> None:
        """Take in one hit."""
        key = match.service.id, match.instance
        kept = self.records.get(key)
        if kept is None:
            if len(self.records) >= MOST_INSTANCES:
                return
            self.records[key] = [record]
        elif len(kept) < MOST:
            kept.append(record)
        else:
            return
        self.places[record.position] = place

    def drop_instances(self, gone: Set[str]) -> None:
        """Know services' instances no longer apart."""
        for service_id, instance in [key for key in self.records if key[1] in gone]:
            kept = self.records.pop((service_id, instance)) + self.records.get((service_id, ""), [])
            self.records[service_id, ""] = sorted(kept, key=lambda record: record.position)[:MOST]

    def go_on(self, other: Keepsakes, positions: int) -> None:
        """Take in those of what follows, whose positions begin with 1 after so many."""
        for key, records in other.records.items():
            kept = self.records.setdefault(key, [])
            for record in records[: MOST - len(kept)]:
                byte, line = other.places.get(record.position, START)
                kept.append(record._replace(position=record.position + positions))
                self.places[record.position + positions] = (byte, line + positions) if byte else START


class Line(NamedTuple):
    """A line as it stands in a file."""

    text: str
    block: int
    """In which it ends."""


def lines_near(path: Path, places: Mapping[int, Place]) -> dict[int, Line]:
    """Lines of a file that is not packed, by number, each looked for from a place before it. Raises OSError."""
    found, line = {}, 0
    with path.open("rb") as file:
        for wanted, (byte, number) in sorted(places.items()):
            if number > wanted:
                continue
            if line < number:
                file.seek(byte)
                line = number
            for _ in range(wanted - line):
                while (piece := file.readline(LONGEST_BYTES)) and piece[-1:] != _FEED:
                    pass
            line = wanted + 1
            piece = data = file.readline(LONGEST_BYTES)
            while piece and piece[-1:] != _FEED:
                piece = file.readline(LONGEST_BYTES)
            if data:
                found[wanted] = _line(data.removesuffix(_FEED), file.tell() - 1)
    return found


def lines_at(path: Path, positions: set[int]) -> dict[int, Line]:
    """Lines of a file by number, from 1, found by counting line feeds alone. Raises OSError."""
    wanted, found = sorted(positions, reverse=True), dict[int, Line]()
    number, at, rest = 1, 0, b""
    with open_source(path) as opened:
        for chunk in opened.chunks():
            data, begin = rest + chunk, at - len(rest)
            at += len(chunk)
            feeds = data.count(_FEED)
            start, line = 0, number
            while wanted and wanted[-1] < number + feeds:
                for _ in range(wanted[-1] - line):
                    start = data.index(_FEED, start) + 1
                line = wanted.pop()
                end = data.index(_FEED, start)
                found[line] = _line(data[start:end], begin + end)
            number += feeds
            rest = data[data.rfind(_FEED) + 1 :] if wanted and wanted[-1] == number else b""
            if not wanted:
                break
        if wanted and wanted[-1] == number and rest:
            found[number] = _line(rest, at - 1)
    return found


def _line(data: bytes, last_byte: int) -> Line:
    return Line(data[:LONGEST_BYTES].decode("utf-8", "replace").rstrip("\r"), max(last_byte, 0) // BLOCK_BYTES)
