"""A year of a large organization in the inventory: how long one further day takes to store, and how long the auditor's
two questions take.

50,000 employees, 260 working days, 40 % active a day, 2.2 services each: about 11 million contributions of one source a
day. Everybody has a few services of their own; one contact in thirty is with any other. Written through the functions
and the transaction of a scan. Wall seconds, medians."""

from __future__ import annotations

import os
import random
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from shadowledger.db import observations
from shadowledger.db.candidates import add_clues
from shadowledger.db.census import DomainDay, add_census
from shadowledger.db.contributions import Contribution, add_contributions
from shadowledger.db.opening import open_inventory
from shadowledger.db.runs import Knowledge, end_run, start_run
from shadowledger.db.services import save_services
from shadowledger.db.sources import Counts, Mark, Source, add_reading, save_source
from shadowledger.db.transactions import writing
from shadowledger.scanner.discovery.consolidate import consolidate
from shadowledger.scanner.people import Directory
from shadowledger.signatures.load import load_catalogue

PEOPLE = int(os.environ.get("BENCH_PEOPLE", "50000"))
DAYS = int(os.environ.get("BENCH_DAYS", "260"))
PAIRS = int(os.environ.get("BENCH_PAIRS", "5"))
ACTIVE_SHARE = 0.4
SERVICES_A_DAY = ((1, 2, 3, 4), (30, 35, 20, 15))
"""How many services somebody who is active uses, and how often: 2.2 on average."""
OTHER_SHARE = 1 / 30
SERVICES = 300
FIRST_DAY = date(2026, 1, 5)
ADOPTION_DAYS = 90
ADOPTION = """
    select day_on, service_id, count(distinct actor_id) from observation
    where day_on between ? and ? and actor_id != '' group by day_on, service_id"""
"""How many people used each service on each day, of an inventory that has no answer of its own to it."""
_SLOW_S = 20
"""What takes longer is asked once."""


class _Way(NamedTuple):
    service_id: str
    instance: str
    channel: str
    role: str
    action: str
    agent_class: str
    use_rung: int
    presence_rung: int
    indicator: str
    strength: str


class _People:
    """Who uses what, day by day, the same each time."""

    def __init__(self) -> None:
        self._rng = random.Random(3)  # noqa: S311 - repeatable, not secret
        self.services = sorted(load_catalogue()[0], key=lambda one: one.id)[:SERVICES]
        self._shares = list(accumulate(1 / rank for rank in range(1, len(self.services) + 1)))
        self._ways = [_ways(one.id) for one in self.services]
        self._ids = [f"u-{self._rng.getrandbits(64):016x}" for _ in range(PEOPLE)]
        self._clients = [f"a-{self._rng.getrandbits(64):016x}" for _ in range(PEOPLE)]
        self._own = [self._some(4) for _ in range(PEOPLE)]

    def _some(self, count: int) -> list[int]:
        return self._rng.choices(range(len(self.services)), cum_weights=self._shares, k=count)

    def day(self, day_on: date) -> list[Contribution]:
        """The rows of one day, by way, as a scan hands them over."""
        rng, found = self._rng, set()
        for who in rng.sample(range(PEOPLE), round(PEOPLE * ACTIVE_SHARE)):
            counts, weights = SERVICES_A_DAY
            own = dict.fromkeys(self._own[who])
            for service in [*own][: rng.choices(counts, weights)[0]]:
                other = self._some(1)[0] if rng.random() < OTHER_SHARE else service
                found.add((other, rng.random() < 0.3, who))
        return list(self._rows(day_on.isoformat(), sorted(found)))

    def _rows(self, day_on: str, found: list[tuple[int, bool, int]]) -> Iterator[Contribution]:
        random_float = self._rng.random
        for position, (service, is_interactive, who) in enumerate(found):
            count, first = 1 + int(self._rng.expovariate(1 / 8)), position * 117
            yield Contribution(
                day_on, self._ids[who], "", self._clients[who], *self._ways[service][is_interactive], count,
                1 + count // 9, count * 900, count * 20_000, int(random_float() * (1 << 24)), first, first + 100,
                " ".join(str(first + number) for number in range(min(count, 16))),
            )  # fmt: skip


def _ways(service_id: str) -> tuple[_Way, _Way]:
    contacted = _Way(
        service_id, "", "proxy", "web", "allowed", "browser", 2, 0, f"host:{service_id}.example", "certain"
    )
    return contacted, contacted._replace(use_rung=3)


def measure(folder: Path) -> dict[str, object]:
    """Seconds of a day's write, of `reconcile`'s questions, and of daily people by service."""
    path = folder / "year" / "inventory.db"
    path.parent.mkdir()
    people = _People()
    days = _working_days()
    row_count = 0
    start = time.perf_counter()
    with closing(open_inventory(path, create=True)) as connection:
        spent_s = 0.0
        for _ in range(DAYS):
            rows = people.day(day := next(days))
            row_count += len(rows)
            spent_s += _store(connection, people, day, rows)
        writes = []
        for _ in range(PAIRS):
            rows = people.day(day := next(days))
            row_count += len(rows)
            writes.append(_store(connection, people, day, rows))
    span = (day - timedelta(days=ADOPTION_DAYS - 1)).isoformat(), day.isoformat()
    told = {
        "contributions": row_count,
        "rows_a_day": len(rows),
        "fill_s": round(spent_s, 1),
        "fill_with_making_s": round(time.perf_counter() - start, 1),
        "file_mb": round(sum(file.stat().st_size for file in path.parent.iterdir()) / 1e6),
        "day_write_s": round(statistics.median(writes), 3),
        "reconcile_s": _asked(path, lambda connection: consolidate(connection, Directory(), [])),
        "adoption_s": _asked(path, lambda connection: _daily_people(connection, *span)),
    }
    for file in path.parent.iterdir():
        file.unlink()
    return {"inventory": told}


def _working_days() -> Iterator[date]:
    day = FIRST_DAY
    while True:
        if day.weekday() < 5:
            yield day
        day += timedelta(days=1)


def _store(connection: sqlite3.Connection, people: _People, day: date, rows: list[Contribution]) -> float:
    """Store a day as a scan does; the seconds that it took."""
    on, count = day.isoformat(), sum(row.record_count for row in rows)
    mark = Mark(65536, f"head of {on}", count * 190, 4096, f"tail of {on}", count + 1, open_line=False)
    counts = Counts(count, count, 0, 0, 0, 0, 0, count * 190, on, on, {"explicit": count}, "")
    contacts = [DomainDay(on, f"domain{number}.example", number) for number in range(2000)]
    start = time.perf_counter()
    run_id = start_run(connection, "scan", Knowledge("bench", "", ""))
    with writing(connection):
        source_id = save_source(connection, Source(0, f"/log/{on}", "", "squid_native", "{}", mark))
        save_services(connection, people.services)
        add_contributions(connection, run_id, source_id, rows)
        add_clues(connection, run_id, source_id, ())
        add_census(connection, run_id, source_id, contacts, is_sampled=True)
        add_reading(connection, run_id, source_id, counts, {})
    end_run(connection, run_id, "complete")
    return time.perf_counter() - start


def _daily_people(connection: sqlite3.Connection, first_on: str, last_on: str) -> list[Any]:
    ask = getattr(observations, "active_by_day", None)
    if ask is not None:
        return list(ask(connection, first_on, last_on))
    return connection.execute(ADOPTION, (first_on, last_on)).fetchall()


def _asked(path: Path, question: Callable[[sqlite3.Connection], Any]) -> float:
    """Seconds of a question, each time over a connection of its own."""
    taken: list[float] = []
    while len(taken) < PAIRS and sum(taken) < _SLOW_S:
        with closing(open_inventory(path, create=False)) as connection:
            start = time.perf_counter()
            if not question(connection):
                raise SystemExit("There is nothing in the inventory.")
            taken.append(time.perf_counter() - start)
    return round(statistics.median(taken), 3)
