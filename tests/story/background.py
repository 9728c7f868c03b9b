"""What is no initiative: ordinary traffic, look-alikes, what programs ask for by themselves, documentation, what was
blocked, connections that a browser only prepared, and visits too few to be anything."""

from __future__ import annotations

import random
from collections.abc import Iterator

from organization import DAYS, UNITS, Organization, Person, Unit
from plot import NOBODYS, Planted
from products import (
    BROWSER,
    CHATGPT,
    CLAUDE,
    COPILOT,
    GEMINI,
    LOOK_ALIKES,
    PAGES,
    PAPERS_BY_PATH,
    PAPERS_READ,
    TELEMETRY,
    Product,
)
from working import DAY_S, Event

ORDINARY_A_DAY = 22
"""Requests that a person makes on a working day and that are kept here; real people make thousands."""
_WORDS = ("shop", "news", "mail", "cdn", "img", "static", "media", "portal", "data", "cloud", "bank", "travel", "sap")
_ENDS = ("com", "net", "org", "de", "fr", "co.uk", "example")
_TOOLS = (
    "www.notion.so/api/v3/getSpaces",
    "www.canva.com/design/DAF",
    "outlook.office.com/mail",
    "teams.microsoft.com/v2",
)
PREPARED = "PREPARE"
"""The method of what is no request: a browser opens a connection ahead."""
PREPARED_BYTES = (39, 39, 39, 2_871, 3_402, 4_650)
"""Of a tunnel that a browser opened ahead and never used: Squid's own answer alone, or a TLS handshake with it."""


class Background:
    """Draws, once, who is behind each kind of it."""

    def __init__(self, whole: Organization, planted: Planted, rng: random.Random, ordinary: int) -> None:
        self.ordinary = ordinary
        self.whole, self.planted, self.rng = whole, planted, rng
        self.hosts = [
            f"{rng.choice(_WORDS)}{number}.{rng.choice(_WORDS)}-{number % 97}.{rng.choice(_ENDS)}/"
            for number in range(4000)
        ]
        self.hosts += [f"{tool}" for tool in _TOOLS for _ in range(60)] + list(LOOK_ALIKES) * 8
        self.by_day: dict[int, list[Event]] = {day: [] for day in range(DAYS)}
        for unit in UNITS:
            if unit.gateway == "dns":
                self._stray(unit, self._unused(unit, 1)[0])
            elif unit.gateway != "none":
                self._of_gateway(unit)

    def _unused(self, unit: Unit, count: int) -> list[Product]:
        used = self.planted.uses(unit.name)
        return self.rng.sample(
            [one for one in (CHATGPT, CLAUDE, GEMINI, COPILOT, *PAGES) if one.name not in used], count
        )

    def _some(self, unit: Unit, most: int) -> list[Person]:
        people = self.whole.by_unit[unit.name]
        return self.rng.sample(people, min(most, len(people) // 3))

    def _of_gateway(self, unit: Unit) -> None:
        used = self.planted.uses(unit.name)
        for service, url in TELEMETRY:
            if service not in used:
                for person in self._some(unit, 12):
                    self._on_some_days(person, 9, "POST", url, (300, 900), (80, 700))
        sees_paths = unit.gateway in ("zscaler", "cloudflare")
        for url in PAPERS_READ + PAPERS_BY_PATH * sees_paths:
            for person in self._some(unit, 5):
                self._on_some_days(person, 2, "GET", url, (400, 900), (9_000, 60_000))
        stray, refused, prepared = self._unused(unit, 3)
        self._stray(unit, stray)
        for person in self._some(unit, 25):
            self._on_some_days(person, 4, "GET", refused.turn[0][1], (400, 900), (900, 3_900), "blocked")
        if not sees_paths:
            for person in self._some(unit, 30):
                self._on_some_days(person, 5, PREPARED, prepared.turn[0][1], (0, 1), (0, 1))

    def _stray(self, unit: Unit, product: Product) -> None:
        """Two people look at it, once each."""
        for person in self._some(unit, 2):
            self._on_some_days(person, 1, *product.turn[0], (400, 900), (9_000, 60_000))

    def _on_some_days(
        self,
        person: Person,
        days: int,
        method: str,
        url: str,
        sent: tuple[int, int],
        received: tuple[int, int],
        action: str = "allowed",
    ) -> None:
        for day in self.rng.sample([day for day in range(DAYS) if day % 7 < 5], days):
            event = self._event(person, day, method, url)
            bytes_ = self.rng.randrange(*sent), self.rng.randrange(*received)
            if method == PREPARED:
                bytes_ = 0, self.rng.choice(PREPARED_BYTES)
            self.by_day[day].append(
                event._replace(sent_bytes=bytes_[0], received_bytes=bytes_[1], action=action, initiative=NOBODYS)
            )

    def _event(self, person: Person, day: int, method: str, url: str) -> Event:
        moment = day * DAY_S + (self.rng.uniform(8, 18) - person.unit.zone_hours) * 3600
        client = self.whole.address(person, day)
        return Event(moment, person.unit, client, person, person.device, method, url, BROWSER, 700, 9_000)

    def events(self, unit: Unit, day: int) -> Iterator[Event]:
        """The ordinary day of a unit, and with it what looks like AI and is none."""
        yield from (event for event in self.by_day[day] if event.unit is unit)
        if day % 7 > 4:
            return
        hosts, rng, address = self.hosts, self.rng, self.whole.address
        opens = day * DAY_S + (8 - unit.zone_hours) * 3600
        for person in self.whole.by_unit[unit.name]:
            client = address(person, day)
            for host in rng.choices(hosts, k=self.ordinary):
                moment = opens + rng.random() * 36_000
                yield Event(moment, unit, client, person, person.device, "GET", host, BROWSER, 700, 9_000)
