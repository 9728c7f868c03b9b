"""What the first lines of an input have in common."""

from __future__ import annotations

from collections.abc import Callable

from shadowledger.collectors.collector import Head


def fitting(head: Head, is_ours: Callable[[str], object]) -> str:
    """`11 of 12 lines`, where at least three of four fit, comments (`#`) apart; otherwise empty."""
    lines = [line for line in head.lines if not line.startswith("#")]
    fits = sum(bool(is_ours(line)) for line in lines)
    return f"{fits} of {len(lines)} lines" if fits and fits * 4 >= len(lines) * 3 else ""
