"""The whole story of a seed in a folder: a directory, an official list and four weeks of logs; and the truth."""

from __future__ import annotations

import random
from pathlib import Path
from typing import NamedTuple

from background import ORDINARY_A_DAY, Background
from organization import DAYS, UNITS, Organization, found, write_directory
from planting import plant_all
from plot import Planted, write_list
from sources import GATEWAYS, Ledger, Sources, accounts, endpoints
from working import Event, Work


class Story(NamedTuple):
    whole: Organization
    planted: Planted
    ledger: Ledger
    logs: Path
    """The folder to scan."""
    about: Path
    """The folder of the directory's files and of official.csv."""
    people: dict[int, set[int]]
    """Initiative to the people who left a trace of it."""


def compose(folder: Path, seed: int, size: int, ordinary: int = ORDINARY_A_DAY) -> Story:
    """Write the story of a seed, with so many ordinary requests a person and day: the same bytes each time."""
    rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
    whole = found(size, rng)
    planted = plant_all(whole, rng)
    logs, about = folder / "logs", folder / "about"
    logs.mkdir(parents=True)
    about.mkdir()
    write_directory(whole, about)
    write_list(planted, about / "official.csv")
    works = [Work(whole, one, rng) for one in planted.initiatives]
    sources = Sources(logs)
    background = Background(whole, planted, rng, ordinary)
    for day in range(DAYS):
        _write_day(sources, works, background, day)
    endpoints(sources, whole, works, rng)
    accounts(sources, whole, works, rng)
    people = {work.initiative.number: {one.number for one in work.initiative.people} for work in works}
    return Story(whole, planted, sources.ledger, logs, about, people)


def _write_day(sources: Sources, works: list[Work], background: Background, day: int) -> None:
    by_gateway: dict[str, list[Event]] = {gateway: [] for gateway in GATEWAYS}
    for work in works:
        for event in work.events(day):
            by_gateway[event.unit.gateway].append(event)
    for unit in UNITS:
        if unit.gateway in GATEWAYS:
            by_gateway[unit.gateway].extend(background.events(unit, day))
    for gateway, events in by_gateway.items():
        sources.gateway(gateway, day, events)
