"""An interval from a sample holds the truth about as often as it says."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from shadowledger.collectors.reading import FIRST_CELLS, Census
from shadowledger.scanner.sampling import Estimate, unreadable

SHAPES: dict[str, Callable[[Random], int]] = {
    "here and there": lambda random: sum(random.random() < 0.02 for _ in range(150)),
    "whole stretches": lambda random: 150 if random.random() < 0.1 else 0,
    "both, unevenly": lambda random: random.choice((0, 0, 1, 3, 40)),
    "nearly all": lambda random: 150 - random.choice((0, 1, 5)),
    "one in ten thousand": lambda random: random.random() < 0.015,
}
CELLS = 1200


@pytest.mark.parametrize("shape", SHAPES)
def test_the_truth_lies_within_nineteen_times_of_twenty(shape: str) -> None:
    """In 400 inputs each; 91 of 100 is what remains of 95 under chance and with few samples."""
    random = Random(shape)  # noqa: S311 - the same each time
    held = 0
    for _ in range(400):
        issues = [SHAPES[shape](random) for _ in range(CELLS)]
        lines = dict.fromkeys(range(CELLS), 150)
        start = random.randrange(64)  # where in the input the samples lie
        drawn = [cell for cell in lines if cell < FIRST_CELLS or cell % 64 == start]
        seen = sum(issues[cell] for cell in drawn)
        found = unreadable(
            150 * CELLS, seen, dict.fromkeys(drawn, 150), {cell: issues[cell] for cell in drawn if issues[cell]}
        )
        assert found is not None
        assert 0 <= found.low <= found.share <= found.high <= 1
        held += found.low <= sum(issues) / (150 * CELLS) <= found.high
    assert held >= 0.91 * 400


def test_of_too_few_samples_nothing_is_said() -> None:
    assert unreadable(1000, 5, {0: 100, 1: 100, 64: 100}, {0: 5}) is None
    assert unreadable(1000, 0, {}, {}) is None


def test_what_was_read_is_certain() -> None:
    cells = {cell: 100 for cell in range(CELLS) if Census.SAMPLE.takes(cell)}
    found = unreadable(100 * CELLS, 300, cells, {0: 100, 1: 100, 2: 100})
    assert found is not None
    assert found.low == found.share == 300 / (100 * CELLS)
    assert found.cells == len(cells) - FIRST_CELLS


def test_an_estimate_is_told_with_what_it_rests_on() -> None:
    assert Estimate(0.5, 0.4, 0.6, 20)._asdict() == {"share": 0.5, "low": 0.4, "high": 0.6, "cells": 20}
