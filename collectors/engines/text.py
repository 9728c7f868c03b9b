"""Lines of text that have no other form: the named groups of the first pattern that is found are the columns. What the
group `pairs` holds is split further, as `[keyvalue]` says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from shadowledger.collectors.collector import Head
from shadowledger.collectors.engines.engine import (
    LONGEST_TEXT,
    Glance,
    NoRecord,
    UnreadableError,
    envelope,
    reads_envelope,
    split_all,
)
from shadowledger.collectors.engines.fields import Fields
from shadowledger.collectors.engines.keyvalue import KeyValues
from shadowledger.collectors.engines.mapping import Mapping
from shadowledger.collectors.engines.unwanted import Decisive
from shadowledger.collectors.reading import Reading

_LONGEST = 1 << 16
"""Characters of a line that patterns are shown."""


class Texts:
    """Stateless; `@stamp`, `@host` and `@app` are those of a syslog header at the line's beginning."""

    framing = "line"
    resumes = True
    longest = LONGEST_TEXT

    def __init__(self, mapping: Mapping) -> None:
        if mapping.text is None:
            raise ValueError("[[text.pattern]] is missing")
        self._patterns = [re.compile(one.pattern) for one in mapping.text.pattern]
        self._begins = re.compile(mapping.text.begins).search if mapping.text.begins else None
        self._find = [pattern.search if self._begins is None else pattern.match for pattern in self._patterns]
        self._pairs = KeyValues(mapping)
        self._reads_envelope = reads_envelope(mapping)

    def batches(self, reading: Reading) -> Iterator[tuple[int, Sequence[str]]]:
        return reading.blocks()

    def _start(self, raw: str) -> int:
        """Where the patterns are looked for; behind them all where the record does not begin."""
        if self._begins is None:
            return 0
        found = self._begins(raw, 0, _LONGEST)
        return found.start() if found is not None else _LONGEST

    def split(self, raw: str) -> Fields:
        start = self._start(raw)
        for find in self._find:
            found = find(raw, start, _LONGEST)
            if found is not None:
                fields = found.groupdict(default="")
                if "pairs" in fields:
                    fields |= self._pairs.split(fields["pairs"])
                return fields | envelope(raw[: found.start()]) if self._reads_envelope else fields
        if not raw or raw.isspace() or raw[0] == "#":
            raise NoRecord
        raise UnreadableError("not in this format")

    def glance(self, decisive: Decisive) -> Glance[str] | None:
        columns = decisive.columns
        if any(column.startswith("@") for column in columns):
            return None
        placed = [
            (find, [pattern.groupindex.get(column, 0) for column in columns], pattern.groupindex.get("pairs", 0))
            for find, pattern in zip(self._find, self._patterns, strict=True)
        ]
        inner = self._pairs.glance(decisive)

        def look(raw: str) -> tuple[str, ...] | None:
            start = self._start(raw)
            for find, groups, pairs in placed:
                found = find(raw, start, _LONGEST)
                if found is not None:
                    if pairs and inner is not None and (seen := inner(found[pairs])) is not None:
                        return tuple(
                            [found[group] if group else text for group, text in zip(groups, seen, strict=True)]
                        )
                    return None if pairs else tuple([found[group] or "" if group else "" for group in groups])
            return None

        return look

    def sample(self, head: Head) -> list[Fields | None]:
        return split_all(self.split, head.lines)
