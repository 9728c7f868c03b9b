"""The one writer: what waits goes in one transaction, too much is refused, and whoever asked is always told."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from shadowledger.scanner.web.refusals import RefusedError
from shadowledger.scanner.web.writer import MOST_WAITING, Writer


@pytest.fixture
def opening(tmp_path: Path) -> Callable[[], sqlite3.Connection]:
    def opened() -> sqlite3.Connection:
        connection = sqlite3.connect(tmp_path / "some.db", isolation_level=None)
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma busy_timeout = 60000")
        connection.execute("create table if not exists told (word text)")
        return connection

    return opened


def telling(word: str) -> Callable[[sqlite3.Connection], int]:
    return lambda connection: connection.execute("insert into told values (?)", (word,)).rowcount


def refusing(_: sqlite3.Connection) -> int:
    raise RefusedError(409, "No.")


def words(opening: Callable[[], sqlite3.Connection]) -> list[str]:
    return sorted(word for (word,) in opening().execute("select word from told"))


async def told(futures: list[asyncio.Future[int]]) -> list[int]:
    """How each ended: 1, or the status of a refusal."""
    found = await asyncio.gather(*futures, return_exceptions=True)
    return [one.status if isinstance(one, RefusedError) else int(str(one)) for one in found]


def test_what_one_asks_wrongly_harms_no_other(opening: Callable[[], sqlite3.Connection]) -> None:
    async def run() -> list[int]:
        writer = Writer(opening, lambda: None)
        found = await told([writer.ask(one) for one in (telling("a"), refusing, telling("b"))])
        writer.close()
        return found

    assert asyncio.run(run()) == [1, 409, 1]
    assert words(opening) == ["a", "b"]


def test_too_much_is_refused_and_what_waits_is_done(opening: Callable[[], sqlite3.Connection]) -> None:
    async def run() -> tuple[list[int], list[tuple[int, bool]]]:
        other = opening()
        other.execute("begin immediate")
        writer = Writer(opening, lambda: None)
        asked, refused = [], list[tuple[int, bool]]()
        for number in range(MOST_WAITING + 300):
            try:
                asked.append(writer.ask(telling(str(number))))
            except RefusedError as error:
                refused.append((error.status, error.retry_s > 0))
        other.execute("commit")
        found = await told(asked)
        writer.close()
        return found, refused

    found, refused = asyncio.run(run())
    assert set(found) == {1}
    assert set(refused) == {(503, True)}
    assert len(words(opening)) == len(found) == MOST_WAITING + 300 - len(refused)


def test_a_database_that_may_not_grow_refuses_all_that_was_asked_together(
    opening: Callable[[], sqlite3.Connection],
) -> None:
    def small() -> sqlite3.Connection:
        connection = opening()
        connection.execute("pragma max_page_count = 3")
        return connection

    async def run() -> list[int]:
        writer = Writer(small, lambda: None)
        found = [*await told([writer.ask(telling("x" * 20_000))]), *await told([writer.ask(telling("a"))])]
        writer.close()
        return found

    assert asyncio.run(run()) == [503, 1]
    assert words(opening) == ["a"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_mistake_of_ours_ends_the_writer_and_leaves_nobody_waiting(opening: Callable[[], sqlite3.Connection]) -> None:
    def mistaken(_: sqlite3.Connection) -> int:
        raise ZeroDivisionError

    async def run() -> tuple[list[int], bool]:
        ended = asyncio.Event()
        writer = Writer(opening, ended.set)
        found = await told([writer.ask(one) for one in (telling("a"), mistaken)])
        await ended.wait()
        writer.close()
        with pytest.raises(RefusedError):
            writer.ask(telling("b"))
        return found, writer.has_failed

    found, has_failed = asyncio.run(run())
    assert found == [503, 503] or found == [1, 503]
    assert has_failed
    assert "b" not in words(opening)
