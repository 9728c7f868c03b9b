"""The first hits of an input: kept in order, and found again as they stand in the file."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowledger.collectors.proof import BLOCK_BYTES
from shadowledger.collectors.records import Traffic
from shadowledger.scanner.keepsakes import MOST, Keepsakes, lines_at, lines_near
from shadowledger.scanner.knowledge import Signatures
from shadowledger.scanner.match import match_record

LONG = b"x" * (BLOCK_BYTES // 3)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([b"", b"a", b"bb\r", LONG]), max_size=20), st.booleans(), st.booleans(), st.data())
def test_a_line_is_found_by_its_number(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], closed: bool, packed: bool, data: st.DataObject
) -> None:
    text = b"\n".join(lines) + b"\n" * closed
    path = tmp_path_factory.mktemp("lines") / "log"
    path.write_bytes(gzip.compress(text, 1) if packed else text)
    wanted = data.draw(st.sets(st.integers(1, len(lines) + 2)))
    found = lines_at(path, wanted)
    due = {number: line for number, line in enumerate(lines, 1) if number in wanted}
    last_is_open = not closed and lines and not lines[-1]
    if last_is_open:
        due.pop(len(lines), None)
    kept = {number: line[: 1 << 16].decode().rstrip("\r") for number, line in due.items()}
    assert {number: one.text for number, one in found.items() if number <= len(lines)} == kept
    ends = {number: sum(map(len, lines[:number])) + number - 1 for number in due}
    assert {number: found[number].block for number in due} == {
        number: max(end - (number == len(lines) and not closed), 0) // BLOCK_BYTES for number, end in ends.items()
    }


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([b"", b"a", b"bb\r", LONG]), max_size=20), st.booleans(), st.data())
def test_a_line_is_found_from_any_place_before_it(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], closed: bool, data: st.DataObject
) -> None:
    text = b"\n".join(lines) + b"\n" * closed
    path = tmp_path_factory.mktemp("near") / "log"
    path.write_bytes(text)
    wanted = data.draw(st.sets(st.integers(1, len(lines) + 2)))
    starts = [sum(map(len, lines[:number])) + number for number in range(len(lines) + 1)]
    places = {}
    for one in wanted:
        before = data.draw(st.integers(0, min(one, len(lines)) - 1 if lines else 0))
        places[one] = starts[before], before + 1
    assert lines_near(path, places) == lines_at(path, wanted)
    assert lines_near(path, {2: (0, 3)}) == {}


def test_a_file_that_is_gone_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        lines_at(tmp_path / "gone", {1})


@given(st.lists(st.sampled_from(["claude.ai", "chatgpt.com", "none.example"]), max_size=12), st.data())
def test_parts_put_together_keep_what_one_reading_keeps(
    signatures: Signatures, hosts: list[str], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(hosts)))

    def kept(some: list[str]) -> Keepsakes:
        found = Keepsakes()
        for position, host in enumerate(some, 1):
            record = Traffic(position, "proxy", host)
            match = match_record(signatures.index, record)
            if match is not None:
                found.add(record, match)
        return found

    together = kept(hosts[:cut])
    together.go_on(kept(hosts[cut:]), cut)
    assert together.records == kept(hosts).records
    assert all(len(records) <= MOST for records in together.records.values())
