"""An interval from a sample holds the truth about as often as it says."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from shadowledger.collectors.reading import CELL_BYTES, FIRST_CELLS, Census
from shadowledger.scanner.sampling import Estimate, unreadable

LINES, TAKEN = 160, 10
"""Of a cell, and of these the ones that a sample takes."""
SHAPES: dict[str, Callable[[Random], int]] = {
    "here and there": lambda random: sum(random.random() < 0.02 for _ in range(LINES)),
    "whole stretches": lambda random: LINES if random.random() < 0.1 else 0,
    "both, unevenly": lambda random: random.choice((0, 0, 1, 3, 40)),
    "nearly all": lambda random: LINES - random.choice((0, 1, 5)),
    "one in ten thousand": lambda random: random.random() < 0.016,
}
CELLS = 1200


@pytest.mark.parametrize("shape", SHAPES)
def test_the_truth_lies_within_nineteen_times_of_twenty(shape: str) -> None:
    """In 400 inputs each; 91 of 100 is what remains of 95 under chance and with few samples."""
    random = Random(shape)  # noqa: S311 - the same each time
    held = 0
    for _ in range(400):
        issues = [SHAPES[shape](random) for _ in range(CELLS)]
        start = random.randrange(64)  # where in the input the samples lie
        lines = {cell: LINES if cell < FIRST_CELLS else TAKEN for cell in range(CELLS)}
        drawn = {cell: lines[cell] for cell in lines if cell < FIRST_CELLS or cell % 64 == start}
        seen = {cell: among(issues[cell], taken, random) for cell, taken in drawn.items()}
        found = unreadable(LINES * CELLS, sum(seen.values()), drawn, seen)
        assert found is not None
        assert 0 <= found.low <= found.share <= found.high <= 1
        held += found.low <= sum(issues) / (LINES * CELLS) <= found.high
    assert held >= 0.91 * 400


def among(issues: int, taken: int, random: Random) -> int:
    """How many of a cell's issues are among its first lines."""
    return sum(place < taken for place in random.sample(range(LINES), issues))


def test_of_too_few_samples_nothing_is_said() -> None:
    assert unreadable(1000, 5, {0: 100, 1: 100, 64: 100}, {0: 5}) is None
    assert unreadable(1000, 0, {}, {}) is None


def test_what_was_read_is_certain() -> None:
    cells = {cell: 100 for cell in range(CELLS) if Census.SAMPLE.takes(cell * CELL_BYTES)[0]}
    found = unreadable(100 * CELLS, 300, cells, {0: 100, 1: 100, 2: 100})
    assert found is not None
    assert found.low == found.share == 300 / (100 * CELLS)
    assert found.cells == len(cells) - FIRST_CELLS


@pytest.mark.parametrize(("issues", "low", "high"), [(0, 0.0, 0.26), (100, 0.74, 1.0), (50, 0.46, 0.54)])
def test_cells_that_are_alike_are_no_proof_that_all_are(issues: int, low: float, high: float) -> None:
    cells = {FIRST_CELLS + number: 100 for number in range(10)}
    found = unreadable(1_000_000, 0, cells, dict.fromkeys(cells, issues))
    assert found is not None
    assert (round(found.low, 2), round(found.share, 2), round(found.high, 2)) == (low, issues / 100, high)


def test_an_estimate_is_told_with_what_it_rests_on() -> None:
    assert Estimate(0.5, 0.4, 0.6, 20)._asdict() == {"share": 0.5, "low": 0.4, "high": 0.6, "cells": 20}
