"""The bytes of a request, bounded: packed, unpacked, in time, and all requests together."""

from __future__ import annotations

import asyncio
import contextlib
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import NamedTuple

from shadowledger.scanner.web.refusals import RefusedError

PACKED_BYTES = 2 << 20
PLAIN_BYTES = 16 << 20
ALL_BYTES = 128 << 20
"""Of the bodies of all requests together, as far as they have come."""
IN_TIME_S = 30
RETRY_S = 10
_PIECE_BYTES = 1 << 16
HEARD_OUT_S = 5
_GZIP = 31
"""zlib's word for gzip with its header and its checksum (https://zlib.net/manual.html, inflateInit2)."""
Taker = Callable[[bytes], None]


class Body(NamedTuple):
    """A body, as it is to be kept."""

    packed: bytes
    """gz, one member."""
    plain_bytes: int


class Bodies:
    """Reads bodies, and knows how much of them all is in memory."""

    def __init__(self) -> None:
        self._held_bytes = 0

    async def read(self, stream: AsyncIterator[bytes], encoding: str, take: Taker) -> Body:
        """Give a body's text away, piece by piece, and keep it packed. Raises RefusedError."""
        if encoding not in ("", "identity", "gzip"):
            raise RefusedError(400, "Content-Encoding may be gzip, or there is none.")
        packing = _AsItIs() if encoding == "gzip" else _Packing()
        held_bytes = 0
        try:
            async with asyncio.timeout(IN_TIME_S):
                async for piece in stream:
                    if self._held_bytes + len(piece) > ALL_BYTES:
                        raise RefusedError(503, "The server is busy.", RETRY_S)
                    self._held_bytes += len(piece)
                    held_bytes += len(piece)
                    for count, part in enumerate(packing.parts(piece)):
                        take(part)
                        if count:
                            await asyncio.sleep(0)  # others have a turn
        except TimeoutError:
            raise RefusedError(503, "The body did not come in time.", RETRY_S) from None
        except RefusedError:
            await hear_out(stream)
            raise
        finally:
            self._held_bytes -= held_bytes
        return packing.end()


async def hear_out(stream: AsyncIterator[bytes]) -> None:
    """Let go by what is left of a body that is refused: whoever is cut off while sending may never read why."""
    passed_bytes = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(HEARD_OUT_S):
            async for piece in stream:
                passed_bytes += len(piece)
                if passed_bytes > PLAIN_BYTES:
                    return


class _Packing:
    """A body that came as it is, packed here."""

    def __init__(self) -> None:
        self._packing = zlib.compressobj(1, wbits=_GZIP)
        self._packed: list[bytes] = []
        self._plain_bytes = 0

    def parts(self, piece: bytes) -> Iterator[bytes]:
        self._count(len(piece))
        self._packed.append(self._packing.compress(piece))
        yield piece

    def _count(self, size: int) -> None:
        self._plain_bytes += size
        if self._plain_bytes > PLAIN_BYTES:
            raise RefusedError(413, f"The body is larger than {PLAIN_BYTES >> 20} MB.")

    def end(self) -> Body:
        return Body(b"".join((*self._packed, self._packing.flush())), self._plain_bytes)


class _AsItIs(_Packing):
    """A body that came packed. Of what unpacks endlessly no more than a piece is ever in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._unpacking = zlib.decompressobj(_GZIP)
        self._packed_bytes = 0

    def parts(self, piece: bytes) -> Iterator[bytes]:
        self._packed_bytes += len(piece)
        if self._packed_bytes > PACKED_BYTES:
            raise RefusedError(413, f"The body is larger than {PACKED_BYTES >> 20} MB packed.")
        self._packed.append(piece)
        try:
            while piece:
                part = self._unpacking.decompress(piece, _PIECE_BYTES)
                piece = self._unpacking.unconsumed_tail
                self._count(len(part))
                if part:
                    yield part
        except zlib.error:
            raise RefusedError(400, "The body is no gzip.") from None
        if self._unpacking.unused_data:
            raise RefusedError(400, "Something follows the gzip in the body.")

    def end(self) -> Body:
        if not self._unpacking.eof:
            raise RefusedError(400, "The gzip in the body was cut.")
        return Body(b"".join(self._packed), self._plain_bytes)
