"""What a connection may take before anything was asked on it: time, bytes, and a place among so many others."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import Any

HEADERS_IN_S = 10
"""Within twice that a request's headers have come, or the connection is closed."""
HEADERS_BYTES = 512 << 10
"""More than one read of the system's gives, which may hold the body too."""
_FILES_WANTED = 32_768
_FILES_SPARED = 128
"""For the databases, bundles and imports."""


def wide_limits() -> None:
    """Let this process have as many connections as the system allows it."""
    if sys.platform != "win32":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = _FILES_WANTED if hard == resource.RLIM_INFINITY else min(_FILES_WANTED, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def _most_connections() -> int:
    if sys.platform == "win32":
        return _FILES_WANTED
    import resource

    return max(resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _FILES_SPARED, _FILES_SPARED)


def watched_protocol() -> type[asyncio.Protocol]:
    """uvicorn's HTTP, on httptools where that is installed, closed on whoever asks nothing."""
    try:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as Protocol
    except ImportError:
        from uvicorn.protocols.http.h11_impl import H11Protocol as Protocol  # type: ignore[assignment]

    most = _most_connections()

    class Watched(Protocol):
        def __init__(self, *words: Any, **named: Any) -> None:  # noqa: ANN401 - uvicorn's own
            super().__init__(*words, **named)
            self._asked: object = None
            self._unasked_bytes = 0
            self._watch: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if len(self.connections) > most:
                transport.abort()
                return
            self._watch = self.loop.call_later(HEADERS_IN_S, self._look)

        def connection_lost(self, exc: Exception | None) -> None:
            if self._watch is not None:
                self._watch.cancel()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._unasked_bytes = 0 if self._is_asked() else self._unasked_bytes + len(data)
            if self._unasked_bytes > HEADERS_BYTES:
                self.transport.abort()

        def _is_asked(self) -> bool:
            return self.cycle is not None and not self.cycle.response_complete

        def _look(self) -> None:
            """Close where since the last look nothing was asked."""
            if not self._is_asked() and self.cycle is self._asked:
                self.transport.close()
                return
            self._asked = self.cycle
            self._watch = self.loop.call_later(HEADERS_IN_S, self._look)

    return Watched
