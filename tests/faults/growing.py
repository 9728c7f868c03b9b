"""A folder of Squid logs that grow, end in the middle of lines and are packed, and what is true of them."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path
from random import Random

from scanner_inputs import DAY_S, squid_line

AI = {"chatgpt.com": "chatgpt", "claude.ai": "claude", "api.mistral.ai": "mistral-ai"}
OTHERS = ("www.hyundai.com", "mail.shop.example", "cdn.news.example", "static.learning.example")
RECOGNISED_BYTES = 1000
"""Of lines that are cut anywhere, enough for their format to be recognised."""
Fact = tuple[str, str, str]
"""Service, day, user."""


def a_log(rng: Random, lines: int, day: int, users: int = 200) -> tuple[bytes, Counter[Fact]]:
    """So many lines of one day, a fifth of them hits, in the order of time; and how many hits of whom."""
    found, truth = [], Counter[Fact]()
    for number in range(lines):
        user = f"user{rng.randrange(users)}"
        host = rng.choice(list(AI)) if rng.random() < 0.2 else rng.choice(OTHERS)
        at_s = DAY_S + (day + number / lines) * 86_400
        found.append(squid_line(host, user, f"10.0.{rng.randrange(4)}.{rng.randrange(250)}", at_s))
        if host in AI:
            truth[AI[host], f"2026-11-{5 + day:02}", user] += 1
    return "".join(found).encode(), truth


class Growing:
    """Logs of which more and more stands in the folder."""

    def __init__(self, folder: Path, rng: Random, lines: int, first_lines: int = 0) -> None:
        """`lines` are the most that a log holds in the end, `first_lines` what the first one holds at least."""
        self.folder = folder
        self.truth: Counter[Fact] = Counter()
        self.line_count = 0
        self._rng = rng
        self._content: dict[str, bytes] = {}
        self._written: dict[str, int] = {}
        folder.mkdir(parents=True)
        for day, name in enumerate(("a.log", "b.log", "c.log", "d.log.gz")):
            count = rng.randrange(lines // 2, lines) + (0 if day else first_lines)
            self._content[name], truth = a_log(rng, count, day)
            self.truth += truth
            self.line_count += count

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._content)

    def grow(self) -> None:
        """Write on in some of the logs, up to any byte."""
        for name in self._rng.sample(self.names, 3):
            written, size = self._written.get(name, 0), len(self._content[name])
            more = self._rng.randrange(1 if written else RECOGNISED_BYTES, size)
            self._write(name, min(size, written + more))

    def finish(self) -> None:
        """Write all that is still to be written."""
        for name, content in self._content.items():
            self._write(name, len(content))

    def _write(self, name: str, upto: int) -> None:
        written = self._written.get(name, 0)
        path = self.folder / name
        if name.endswith(".gz"):
            path.write_bytes(gzip.compress(self._content[name][:upto], 1, mtime=0))
        else:
            with path.open("ab") as file:
                file.write(self._content[name][written:upto])
        self._written[name] = upto
