"""IP packets put together from their fragments, in bounded memory."""

from __future__ import annotations

from shadowledger.collectors.capture.frames import Fragment

_MOST_PACKETS = 512
_MOST_PIECES = 64
_LONGEST_BYTES = 1 << 16


class _Pieces:
    __slots__ = ("by_offset", "is_told", "size")

    def __init__(self) -> None:
        self.by_offset: dict[int, bytes] = {}
        self.size = 0
        """Of the whole, once the last piece is there."""
        self.is_told = False


class Fragments:
    """Holds the pieces of packets that are not whole yet; of too many packets the oldest go."""

    def __init__(self) -> None:
        self._packets: dict[bytes, _Pieces] = {}

    def told(self, fragment: Fragment) -> None:
        """The packet's names are known from its first piece: what follows tells nothing more."""
        self._of(fragment).is_told = True

    def whole(self, fragment: Fragment, buffer: bytes, at: int, end: int) -> bytes | None:
        """Take in the piece that lies from `at` to `end`; the whole packet's body where nothing is missing now."""
        pieces = self._of(fragment)
        if pieces.is_told or len(pieces.by_offset) >= _MOST_PIECES or fragment.offset + end - at > _LONGEST_BYTES:
            return None
        pieces.by_offset[fragment.offset] = bytes(buffer[at:end])
        if fragment.is_last:
            pieces.size = fragment.offset + end - at
        if not pieces.size:
            return None
        body = b""
        for offset in sorted(pieces.by_offset):
            if offset > len(body):
                return None
            body += pieces.by_offset[offset][len(body) - offset :]
        if len(body) < pieces.size:
            return None
        del self._packets[fragment.packet]
        return body

    def _of(self, fragment: Fragment) -> _Pieces:
        pieces = self._packets.get(fragment.packet)
        if pieces is None:
            if len(self._packets) >= _MOST_PACKETS:
                del self._packets[next(iter(self._packets))]
            pieces = self._packets[fragment.packet] = _Pieces()
        return pieces
