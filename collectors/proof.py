"""Digests of an input's blocks, taken while it is read: whoever holds the input can show later that a line stood in it.

A block is BLOCK_BYTES of the text that was read: after unpacking, as UTF-8. The digest is SHA-256 (FIPS 180-4), which
processors compute by themselves: it takes a tenth of what reading does."""

from __future__ import annotations

from hashlib import sha256

BLOCK_BYTES = 1 << 22


class Proof:
    """Fed with everything from `start` on. A block in whose middle that lies is left to whoever reads its beginning;
    one that begins before `stop` is taken to its end."""

    def __init__(self, start: int = 0, stop: int | None = None) -> None:
        self.start = start
        self._stop = stop
        self.digests: dict[int, bytes] = {}
        """By block, from 0. The last one may be of a block that the input's end cut."""
        self._at = start
        self._hash = None if start % BLOCK_BYTES else sha256()

    @property
    def is_open(self) -> bool:
        """Whether a block was begun, and is not at its end."""
        return self._hash is not None and self._at % BLOCK_BYTES > 0

    def add(self, piece: bytes) -> None:
        """Take in what follows."""
        view = memoryview(piece)
        while view:
            left = BLOCK_BYTES - self._at % BLOCK_BYTES
            part, view = view[:left], view[left:]
            if self._hash is not None:
                self._hash.update(part)
            self._at += len(part)
            if len(part) == left:
                self._end()

    def end(self) -> None:
        """The input has ended here."""
        if self.is_open:
            self._end()

    def _end(self) -> None:
        if self._hash is not None:
            self.digests[(self._at - 1) // BLOCK_BYTES] = self._hash.digest()
        self._hash = sha256() if self._stop is None or self._at < self._stop else None
