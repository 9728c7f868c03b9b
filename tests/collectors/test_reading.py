"""Which lines of an input are a sample: those that begin where an absolute rule says, however the input is read."""

from __future__ import annotations

import io
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shadowledger.collectors import reading, sources
from shadowledger.collectors.reading import Census, Reading
from shadowledger.collectors.sources import Opened

CELL, DRAWN = 1024, 16
RANDOM = Random(5)  # noqa: S311 - the same each time
LINES = [b"x" * RANDOM.choice((0, 3, 40, 90, 200)) for _ in range(3000)]
LINES[900] = LINES[1700] = b"y" * 5000
LOG = b"\n".join(LINES)
STARTS = [0, *(at + 1 for at, byte in enumerate(LOG) if byte == 10)]


def is_of_the_sample(start: int) -> bool:
    cell, within = divmod(start, CELL)
    return cell < 4 or (cell % 3 == 0 and within < CELL // DRAWN)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "CELL_BYTES", CELL)
    monkeypatch.setattr(reading, "_ONE_CELL_IN", 3)


def told(start: int, stop: int | None) -> list[tuple[bytes, bool, int]]:
    """Each line, whether it is of the sample, and the cell that it is told of."""
    with Opened("x", io.BytesIO(LOG)) as opened:
        read = Reading(opened, census=Census.SAMPLE)
        read.start_byte, read.stop_byte = start, stop
        found = [(line.encode(), read.is_census, read.cell) for _, lines in read.lines() for line in lines]
        assert sum(read.cell_lines.values()) == sum(is_census for _, is_census, _ in found)
        return found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.sets(st.integers(1, len(LINES) - 1), max_size=5), block=st.integers(40, 9000))
def test_a_sample_is_the_same_however_an_input_is_cut(
    monkeypatch: pytest.MonkeyPatch, cuts: set[int], block: int
) -> None:
    monkeypatch.setattr(sources, "BLOCK_BYTES", block)
    starts = [0, *(STARTS[number] for number in sorted(cuts))]
    found = [one for start, stop in zip(starts, [*starts[1:], None], strict=True) for one in told(start, stop)]
    want = [(line, is_of_the_sample(at), at // CELL) for line, at in zip(LINES, STARTS, strict=True)]
    assert found == [(line, taken, cell if taken else -1) for line, taken, cell in want]


@pytest.mark.parametrize("census", [Census.OFF, Census.FULL])
def test_without_a_sample_all_lines_are_alike(census: Census) -> None:
    with Opened("x", io.BytesIO(LOG)) as opened:
        read = Reading(opened, census=census)
        found = [(line.encode(), read.is_census) for _, lines in read.lines() for line in lines]
    assert found == [(line, census is Census.FULL) for line in LINES]
    assert read.is_sampled == (census is Census.OFF)
    assert not read.cell_lines


RULE = [
    (0, True, 1 << 18),
    ((1 << 20) - 1, True, 1 << 20),
    (1 << 20, False, 64 << 18),
    (64 << 18, True, (64 << 18) + (1 << 14)),
    ((64 << 18) + (1 << 14), False, 128 << 18),
    (100 << 18, False, 128 << 18),
]


@pytest.mark.parametrize(("byte", "is_taken", "until"), RULE)
def test_a_sample_is_the_first_mebibyte_and_of_one_cell_in_64_what_begins_it(
    monkeypatch: pytest.MonkeyPatch, byte: int, is_taken: bool, until: int
) -> None:
    monkeypatch.undo()
    assert Census.SAMPLE.takes(byte) == (is_taken, until)
