"""The one writer: a thread that takes what waits, does all of it in one transaction, and answers when it is on the
disk."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any, TypeVar

from shadowledger.db.enrolments import NotEnrolledError
from shadowledger.db.errors import ailment
from shadowledger.db.transactions import writing
from shadowledger.scanner.web.refusals import RefusedError

MOST_WAITING = 2048
MOST_AT_ONCE = 256
RETRY_S = 5
RETRY_DISK_S = 60
T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]
_Asked = tuple[Work[Any], "asyncio.Future[Any]"]
_Answer = tuple["asyncio.Future[Any]", Any, Exception | None]


class Writer:
    """To be made and asked in an event loop."""

    def __init__(self, opening: Callable[[], sqlite3.Connection], on_end: Callable[[], object]) -> None:
        """`on_end` is called in the loop when the thread ends, for whatever reason."""
        self._opening = opening
        self._on_end = on_end
        self.has_failed = True
        """Whether the thread ended, or will end, without having been asked to; Python prints why."""
        self._open: set[asyncio.Future[Any]] = set()
        self._loop = asyncio.get_running_loop()
        self._waiting: queue.Queue[_Asked | None] = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    def ask(self, work: Work[T]) -> asyncio.Future[T]:
        """What the work comes to, once it is on the disk. What it refuses, before it writes anything, is raised here.
        Raises RefusedError where too much waits already, and where the disk refuses."""
        if not self._thread.is_alive():
            raise RefusedError(503, "The server is ending.", RETRY_S)
        future: asyncio.Future[T] = self._loop.create_future()
        try:
            self._waiting.put_nowait((work, future))
        except queue.Full:
            raise RefusedError(503, "The server is busy.", RETRY_S) from None
        self._open.add(future)
        future.add_done_callback(self._open.discard)
        return future

    def close(self) -> None:
        """Do what waits, and end."""
        if self._thread.is_alive():
            self._waiting.put(None)
        self._thread.join()

    def _work(self) -> None:
        try:
            with closing(self._opening()) as connection:
                self._serve(connection)
            self.has_failed = False
        finally:
            self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        for future in list(self._open):
            if not future.done():
                future.set_exception(RefusedError(503, "The server is ending.", RETRY_S))
        self._on_end()

    def _serve(self, connection: sqlite3.Connection) -> None:
        is_open = True
        while is_open:
            asked = [self._waiting.get()]
            while len(asked) < MOST_AT_ONCE and not self._waiting.empty():
                asked.append(self._waiting.get())
            is_open = None not in asked
            answers = self._all(connection, [one for one in asked if one is not None])
            self._loop.call_soon_threadsafe(_tell, answers)

    def _all(self, connection: sqlite3.Connection, asked: list[_Asked]) -> list[_Answer]:
        answers: list[_Answer] = []
        try:
            with writing(connection):
                for work, future in asked:
                    try:
                        answers.append((future, work(connection), None))
                    except (RefusedError, NotEnrolledError) as error:
                        answers.append((future, None, error))
        except sqlite3.Error as error:
            told = f"The server cannot store it: its database {ailment(error) or 'failed'}."
            return [(future, None, RefusedError(503, told, RETRY_DISK_S)) for _, future in asked]
        return answers


def _tell(answers: list[_Answer]) -> None:
    for future, answer, error in answers:
        if future.done():  # whoever asked is gone
            continue
        if error is None:
            future.set_result(answer)
        else:
            future.set_exception(error)
