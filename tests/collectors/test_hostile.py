"""What no format was made for: every collector answers with Issues, in bounded time and memory, and accounts for it."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

import pytest

from shadowledger.collectors.collector import Collector
from shadowledger.collectors.reading import Reading, Settings
from shadowledger.collectors.records import Ignored, Issue
from shadowledger.collectors.registry import COLLECTORS, claims
from shadowledger.collectors.sources import LONGEST_LINE_BYTES, Opened
from shadowledger.collectors.telling import tell
from shadowledger.scanner.output import as_json

GOLDEN = Path(__file__).parent.parent / "golden"
DEEP = 100_000
LINES = {
    "NUL bytes": "\0" * 300,
    "one quotation mark": '"',
    "a quotation mark that never closes": 'date="' + "x " * 3000,
    "escapes without end": 'a="' + '\\"' * 20_000,
    "blanks": " " * 20_000 + "x",
    "separators": ",;|=\t:" * 4000,
    "pairs": "a=1 " * 20_000,
    "brackets": "[" * DEEP,
    "nested objects": '{"a":' * DEEP + "1" + "}" * DEEP,
    "nested lists": '{"a":' + "[" * DEEP + "]" * DEEP + "}",
    "a number of 5,000 digits": '{"timestamp":' + "9" * 5000 + ',"id":"' + "9" * 5000 + '"}',
    "not a number": '{"ts":NaN,"id.orig_h":Infinity}',
    "a key twice": '{"event_type":"dns","event_type":"tls"}',
    "a lone surrogate": '{"host":"\\ud800"}',
    "a million of one letter": "a" * (LONGEST_LINE_BYTES - 10),
    "dots": "a." * 50_000 + "com",
    "labels": "(63)" * 20_000,
    "a header that promises much": "#Fields: " + "x " * 20_000,
    "CEF without its parts": "CEF:0|" + "\\|" * 20_000,
    "a URL of nothing but slashes": "http://" + "/" * 50_000,
}


def framed(framing: tuple[str, ...]) -> list[Collector]:
    return [one for one in COLLECTORS if one.framing in framing and not one.check(Settings())]


def after_a_sample(collector: Collector, line: str) -> bytes:
    """A golden sample of a collector's, with a line behind it."""
    for sample in sorted((GOLDEN / collector.id).glob("*")):
        if sample.suffix not in (".jsonl", ".settings") or sample.name.endswith(".in.jsonl"):
            data = sample.read_bytes()
            if not data.startswith((b"\x1f\x8b", b"\xff\xfe", b"\xfe\xff")):
                return data.rstrip(b"\n") + b"\n" + line.encode() + b"\n"
    return line.encode()


@pytest.mark.parametrize("name", LINES)
def test_a_hostile_line_is_an_issue_or_no_record(name: str) -> None:
    for collector in framed(("line", "csv")):
        with Opened("x", io.BytesIO(after_a_sample(collector, LINES[name]))) as opened:
            reading = Reading(opened, Settings(year=2026))
            records = list(collector.read(reading))
        built = {one.position for one in records if not isinstance(one, Issue | Ignored)}
        apart = sum(isinstance(one, Issue | Ignored) for one in records)
        assert len(built) + apart >= reading.record_count, f"{collector.id}: not all are accounted for"
        for one in records:
            assert one.position >= 1
            as_json(tell(one)).encode()


@pytest.mark.parametrize("name", LINES)
def test_a_hostile_beginning_is_recognised_as_nothing_or_told_why(name: str) -> None:
    for found in claims((LINES[name] + "\n").encode()[: 1 << 16]):
        assert found.reason


class _Endless(io.RawIOBase):
    """A file of one line."""

    def __init__(self, beginning: bytes, size: int) -> None:
        self._left, self._beginning = size, beginning

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # as RawIOBase calls it
        if self._beginning:
            count = min(len(buffer), len(self._beginning))
            buffer[:count], self._beginning = self._beginning[:count], self._beginning[count:]
            return count
        count = min(len(buffer), self._left)
        buffer[:count] = b"x" * count
        self._left -= count
        return count


@pytest.mark.parametrize("collector", framed(("line",)), ids=lambda one: one.id)
def test_a_line_of_a_hundred_megabytes_is_one_issue_in_little_memory(collector: Collector) -> None:
    beginning = after_a_sample(collector, "")[: 1 << 15].rpartition(b"\n")[0] + b"\n"
    with Opened("x", io.BufferedReader(_Endless(beginning, 100 << 20))) as opened:  # type: ignore[arg-type] # a BinaryIO
        reading = Reading(opened, Settings(year=2026))
        tracemalloc.start()
        records = list(reading.records(collector))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert Issue(beginning.count(b"\n") + 1, "longer than 1 MiB") in records
    assert peak < 40 << 20
