"""How far a scan has come, for whoever watches it."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told while inputs are read. Whoever shows it decides how often."""

    def begin(self, name: str, size_bytes: int) -> None:
        """An input begins; `size_bytes` is 0 where nobody knows how much it will give."""

    def reached(self, read_bytes: int, lines: int, hits: int) -> None:
        """So much of it was read and found."""

    def end(self) -> None:
        """The input is done."""


class Silent:
    """Shows nothing."""

    def begin(self, name: str, size_bytes: int) -> None:
        pass

    def reached(self, read_bytes: int, lines: int, hits: int) -> None:
        pass

    def end(self) -> None:
        pass
