"""What a sample of an input says of the lines that nobody examined."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from shadowledger.collectors.reading import FIRST_CELLS

CONFIDENCE = 0.95
LEAST_CELLS = 5
"""Fewer drawn cells tell of no interval."""
_QUANTILES = ((6, 2.8), (10, 2.3), (20, 2.1), (60, 2.03))
"""Of Student's t, two-sided 95 %, up to so many cells; above these, that of the normal distribution."""


class Estimate(NamedTuple):
    """A share of records between 0 and 1, and the interval in which it lies in 95 of 100 samples."""

    share: float
    low: float
    high: float
    cells: int
    """Drawn cells on which it rests."""


def unreadable(
    record_count: int, issue_count: int, cell_lines: Mapping[int, int], cell_issues: Mapping[int, int]
) -> Estimate | None:
    """The share of all records that could not be read, where some were not examined; None where too little was drawn.

    The first cells are read in any case and stand for themselves. Of the others some lines are read, and lines that
    stand together fail together: the cells are the sample, not the lines. They give the variance (ratio estimator for
    clusters, Cochran, Sampling Techniques, 3rd ed., 1977, section 6.3), and with it how many lines drawn one by one
    would say as much; of so many Wilson's interval is told, which holds for small shares too (Franco, Little, Louis
    and Slud, Journal of Survey Statistics and Methodology 7, 2019)."""
    drawn = [cell for cell in cell_lines if cell >= FIRST_CELLS]
    lines, issues = sum(cell_lines[cell] for cell in drawn), sum(cell_issues.get(cell, 0) for cell in drawn)
    if len(drawn) < LEAST_CELLS or not lines:
        return None
    share = issues / lines
    rest = record_count - sum(cell_lines[cell] for cell in cell_lines if cell < FIRST_CELLS)
    certain = sum(cell_issues.get(cell, 0) for cell in cell_lines if cell < FIRST_CELLS)
    squares = sum((cell_issues.get(cell, 0) - share * cell_lines[cell]) ** 2 for cell in drawn)
    variance = squares / (len(drawn) - 1) / len(drawn) / (lines / len(drawn)) ** 2
    size = min(lines, share * (1 - share) / variance) if variance else lines
    low, high = _wilson(share, size, _quantile(len(drawn)))
    if issues in (0, lines):  # cells that are alike say nothing of how they differ
        unseen = 1 - (1 - CONFIDENCE) ** (1 / len(drawn))
        low, high = (1 - unseen, 1.0) if issues else (0.0, unseen)
    known = issue_count / record_count
    told = [max(known, (certain + rest * part) / record_count) for part in (share, low, high)]
    return Estimate(told[0], told[1], told[2], len(drawn))


def _wilson(share: float, size: float, quantile: float) -> tuple[float, float]:
    """Between which shares one may lie that so many draws showed."""
    square = quantile * quantile / size
    middle = (share + square / 2) / (1 + square)
    away = math.sqrt(square * (share * (1 - share) + square / 4)) / (1 + square)
    return max(0.0, middle - away), min(1.0, middle + away)


def _quantile(cells: int) -> float:
    return next((quantile for most, quantile in _QUANTILES if cells <= most), 1.96)
