"""Requests that are not done as asked, each with a status and one sentence that repeats nothing of what was sent."""

from __future__ import annotations


class RefusedError(Exception):
    """What the server answers instead. `retry_s` goes into `Retry-After`; 0 for a request that never becomes right."""

    def __init__(self, status: int, text: str, retry_s: int = 0) -> None:
        super().__init__(text)
        self.status = status
        self.retry_s = retry_s
