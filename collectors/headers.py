"""Lines that begin with `#` and say what those behind them mean: who begins in the middle of a log has to know them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

MOST = 10_000
LONGEST_BYTES = 1 << 14
_READ_BYTES = 1 << 20
_MARK = b"\n#"


class HeaderLine(NamedTuple):
    """One, and the byte at which it begins."""

    byte: int
    text: str


def header_lines(path: Path) -> list[HeaderLine] | None:
    """All of a file that is not packed; None where they are too many or too long to be kept. Raises OSError."""
    found: list[HeaderLine] = []
    with path.open("rb") as file:
        at, rest = -1, b"\n"  # as if a line ended before the first
        while piece := file.read(_READ_BYTES):
            block = rest + piece
            start = block.find(_MARK)
            while start >= 0:
                end = block.find(b"\n", start + 1)
                if end < 0 or end - start > LONGEST_BYTES or len(found) == MOST:
                    break
                text = block[start + 1 : end].decode("utf-8", "replace").rstrip("\r")
                found.append(HeaderLine(at + start + 1, text))
                start = block.find(_MARK, end)
            if start >= 0 and len(block) - start <= LONGEST_BYTES and len(found) < MOST:
                keep = start  # the rest of it comes with what follows
            elif start >= 0:
                return None
            else:
                keep = len(block) - 1
            at, rest = at + keep, block[keep:]
    return found
