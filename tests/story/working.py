"""What the people and servers of an initiative do on a day, as events that some gateway will log."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

from organization import DAYS, NAT_ADDRESS, SHARED_STATION, Organization, Person, Unit, station_address
from plot import NOBODYS, Initiative
from products import BROWSER, CHAIN, M365_COPILOT, PLAIN_SDK, Product

DAY_S = 86_400


class Event(NamedTuple):
    """One request, or one question to a name server."""

    time_s: float
    """From the midnight (UTC) of the first day."""
    unit: Unit
    client: str
    person: Person | None
    """Who signed in at the gateway, where one asks."""
    device: str
    method: str
    url: str
    """Without its scheme."""
    agent: str
    sent_bytes: int
    received_bytes: int
    action: str = "allowed"
    """allowed, blocked, or challenged: refused until the browser says who asks."""
    initiative: int | None = None
    """Whose work it is; None where it is nobody's."""
    decrypted: bool = False
    """The gateway sees a URL where it else sees a tunnel."""


class Work:
    """An initiative's days."""

    def __init__(self, whole: Organization, initiative: Initiative, rng: random.Random) -> None:
        self.whole, self.initiative, self.rng = whole, initiative, rng
        self.days = {one.number: set(self._active_days()) for one in initiative.people}

    def _active_days(self) -> list[int]:
        working = [day for day in range(DAYS) if day % 7 < 5]
        if self.initiative.nature == "poc":
            start = self.rng.randrange(8)
            return self.rng.sample(working[start : start + 10], 7)
        return self.rng.sample(working, self.rng.randint(12, 17))

    def active(self, day: int) -> list[Person]:
        """Who is at it on a day."""
        return [one for one in self.initiative.people if day in self.days[one.number]]

    def events(self, day: int) -> Iterator[Event]:
        """What gateways see of it on a day, in no order. Nothing where it shows on endpoints only."""
        if not self.initiative.products:
            return
        if self.initiative.server is not None:
            yield from self._server(day)
            return
        for person in self.active(day):
            if self.initiative.products[0] is M365_COPILOT and person.unit.gateway != "zscaler":
                continue  # tunnels to the office suite tell nothing; the audit log does
            yield from self._person(day, person)

    def _server(self, day: int) -> Iterator[Event]:
        """Round the clock, as regular as machines are."""
        server, step = self.initiative.server, self.initiative.every_minutes * 60
        assert server is not None
        chain = self.initiative.products is CHAIN
        for start in range(0, DAY_S, step):
            moment = day * DAY_S + start + self.rng.random() * 3
            for product in self.initiative.products:
                for method, url in product.turn:
                    agent = product.agent if product.agent != BROWSER else PLAIN_SDK
                    sent, received = self.rng.randrange(900, 22_000), self.rng.randrange(600, 9_000)
                    yield Event(
                        moment,
                        server.unit,
                        server.address,
                        None,
                        server.name,
                        method,
                        url,
                        agent,
                        sent,
                        received,
                        initiative=self.initiative.number,
                        decrypted=True,
                    )
                moment += self.rng.uniform(0.3, 1.4) if chain else 0.0

    def _person(self, day: int, person: Person) -> Iterator[Event]:
        """Some sittings in office hours; of a poc, some loops of a script."""
        product = self.initiative.products[0]
        is_script = self.initiative.nature == "poc"
        zone_s = person.unit.zone_hours * 3600
        for _ in range(self.rng.randint(2, 4)):
            moment = day * DAY_S - zone_s + self.rng.uniform(8.2, 17.3) * 3600
            for turn in range(self.rng.randint(9, 22) if is_script else self.rng.randint(2, 6)):
                method, url = product.turn[min(turn, len(product.turn) - 1)]
                event = self._request(moment, day, person, product, method, url)
                if turn == 0 and person.unit.gateway == "squid":
                    yield event._replace(time_s=moment - 0.2, person=None, action="challenged", initiative=NOBODYS)
                yield event
                moment += self.rng.expovariate(1 / 9 if is_script else 1 / 70)

    def _request(self, moment: float, day: int, person: Person, product: Product, method: str, url: str) -> Event:
        is_program = product.agent != BROWSER or self.initiative.nature == "poc"
        agent = PLAIN_SDK if is_program and product.agent == BROWSER else product.agent
        asked, answered = (
            (900, 20_000) if is_program else (700, 6_000),
            (500, 9_000) if is_program else (9_000, 380_000),
        )
        client, device = self._where(person, day)
        return Event(
            moment,
            person.unit,
            client,
            person,
            device,
            method,
            url,
            agent,
            self.rng.randrange(*asked),
            self.rng.randrange(*answered),
            initiative=self.initiative.number,
        )

    def _where(self, person: Person, day: int) -> tuple[str, str]:
        if self.initiative.at == SHARED_STATION:
            return station_address(), SHARED_STATION
        if self.initiative.at == "nat":
            return NAT_ADDRESS, ""
        return self.whole.address(person, day), person.device
