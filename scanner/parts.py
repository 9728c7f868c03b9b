"""Where a large log is cut, so that several processes read it."""

from __future__ import annotations

from typing import NamedTuple

from shadowledger.collectors.sources import LONGEST_LINE_BYTES, Opened

LEAST_BYTES = 16 << 20
MOST_BYTES = 256 << 20
_READ_BYTES = 1 << 16


class Part(NamedTuple):
    """A run of whole lines."""

    start_byte: int = 0
    stop_byte: int | None = None
    """None for the end of the input, wherever that is by then."""
    start_line: int = 1
    """Of all parts but the first the lines are counted from 1."""


def parts_of(opened: Opened, first: Part, jobs: int) -> list[Part]:
    """What remains of a plain input from `first` on, in parts of about the same size; one where it is short."""
    left = opened.size_bytes - first.start_byte
    step = min(max(left // (2 * jobs), LEAST_BYTES), MOST_BYTES)
    if jobs < 2 or opened.path is None or left < 2 * LEAST_BYTES:
        return [first]
    cuts = []
    with opened.path.open("rb") as file:
        for near in range(first.start_byte + step, opened.size_bytes - step // 2, step):
            file.seek(near)
            ahead = 0
            while ahead <= LONGEST_LINE_BYTES and (piece := file.read(_READ_BYTES)):
                end = piece.find(b"\n")
                if end >= 0:
                    cuts.append(near + ahead + end + 1)
                    break
                ahead += len(piece)
    starts = [first.start_byte, *dict.fromkeys(cuts)]
    lines = [first.start_line, *[1] * len(cuts)]
    return [Part(*one) for one in zip(starts, [*starts[1:], None], lines, strict=False)]
