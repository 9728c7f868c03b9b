"""Work done by other processes, each begun for one piece of it: nothing is left behind where one of them dies."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Generic, TypeVar

T = TypeVar("T")
Tell = Callable[[int, int, int], None]
"""Told how far a piece of work has come: bytes, lines, hits."""
Work = Callable[[Tell], T]
_POLL_SECONDS = 0.2


class StoppedError(Exception):
    """The system or somebody stopped a process before its work was done."""


def usable_cores() -> int:
    """How many processes can work at once. Where a process cannot be forked, each would have to load all signatures
    again: one."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


class Pending(Generic[T]):
    """A piece of work, and what came of it."""

    def __init__(self, work: Work[T]) -> None:
        self.work = work
        self.results: list[bytes] = []
        """One, when it is done; packed, because it waits for its turn."""
        self.failure: Exception | None = None
        self.process: BaseProcess | None = None
        self.reached = multiprocessing.RawArray("q", 3)
        """Bytes, lines and hits so far."""

    def tell(self, read_bytes: int, lines: int, hits: int) -> None:
        """Say how far it has come."""
        self.reached[:] = [read_bytes, lines, hits]


class Workers(Generic[T]):
    """So many processes at once, at the most."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs if "fork" in multiprocessing.get_all_start_methods() else 1
        self._waiting: deque[Pending[T]] = deque()
        self._running: dict[Connection, Pending[T]] = {}

    def begin(self, work: Work[T]) -> Pending[T]:
        """Have something done by a process, now or as soon as one may begin."""
        pending = Pending(work)
        self._waiting.append(pending)
        self._fill()
        return pending

    def wait(self, pending: Pending[T], tell: Callable[[], None]) -> T:
        """What came of it; `tell` is called while it is waited for. Raises StoppedError, and RuntimeError where the
        work itself failed: then the process has said how."""
        while not pending.results and pending.failure is None:
            for connection in wait(list(self._running), _POLL_SECONDS):
                assert isinstance(connection, Connection)  # noqa: S101 - for the reader: nothing else was asked of
                self._receive(connection)
            tell()
        if pending.failure is not None:
            raise pending.failure
        result: T = pickle.loads(pending.results.pop())  # noqa: S301 - from a process of our own
        return result

    def close(self) -> None:
        """Stop whatever is still at work."""
        self._waiting.clear()
        for connection, pending in self._running.items():
            connection.close()
            if pending.process is not None:
                pending.process.kill()
                pending.process.join()
        self._running.clear()

    def _fill(self) -> None:
        while self._waiting and len(self._running) < self.jobs:
            pending = self._waiting.popleft()
            here, there = multiprocessing.Pipe(duplex=False)
            ours = [*self._running, here]
            process = multiprocessing.get_context("fork").Process(target=_do, args=(pending, there, ours))
            held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # until the process is known of
            try:
                process.start()
                pending.process, self._running[here] = process, pending
                there.close()
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, held)

    def _receive(self, connection: Connection) -> None:
        pending = self._running.pop(connection)
        with contextlib.suppress(EOFError):
            pending.results.append(connection.recv_bytes())
        connection.close()
        assert pending.process is not None  # noqa: S101 - for the reader: it is running
        pending.process.join()
        if not pending.results:
            pending.failure = _failure(pending.process.exitcode or 0)
        self._fill()


def _failure(exit_code: int) -> Exception:
    if exit_code < 0:
        return StoppedError(f"the process that read it was stopped by {signal.Signals(-exit_code).name}")
    return RuntimeError("a process that read an input failed; what it said stands above")


def _do(pending: Pending[T], there: Connection, not_ours: Iterable[Connection]) -> None:
    """In the process: do the work and send what came of it, to whoever is still there. As long as anybody holds the
    other end, nobody is known to be gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever began the work stops it
    for connection in not_ours:
        connection.close()
    with contextlib.suppress(BrokenPipeError):
        there.send(pending.work(pending.tell))
