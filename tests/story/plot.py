"""What is planted: initiatives, and the lines of the official list with what is true of each."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from organization import Person, Server
from products import Product, Program

NOBODYS = -1
"""The number of what looks like an initiative and is none."""
LIVING, DEAD, UNOBSERVABLE = "living", "dead", "not observable"


@dataclass
class Initiative:
    """What happens, and is to be found as one."""

    number: int
    nature: str
    products: tuple[Product, ...]
    people: list[Person]
    units: tuple[str, ...]
    programs: tuple[Program, ...] = ()
    server: Server | None = None
    instance: str = ""
    at: str = ""
    """A machine that all of them share, or the address that hides them."""
    name: str = ""
    """Of what only the official list knows."""
    every_minutes: int = 10
    """How often a server asks."""

    @property
    def services(self) -> frozenset[str]:
        """As the catalogue prints them; any of them names this initiative."""
        named = {one.name for one in (*self.products, *self.programs)} | {one.also for one in self.programs if one.also}
        return frozenset([self.name] if self.name else named)


class Declared(NamedTuple):
    """One line of the official list, and what is true of it."""

    id: str
    name: str
    units: tuple[str, ...]
    status: str
    product: str
    host: str
    on_platform: str
    truth: str
    """LIVING, DEAD or UNOBSERVABLE."""
    finding: str
    initiative: int | None


@dataclass
class Planted:
    initiatives: list[Initiative] = field(default_factory=list)
    declared: list[Declared] = field(default_factory=list)
    absent: set[str] = field(default_factory=set)
    """Products that leave no trace at all."""

    def uses(self, unit: str) -> set[str]:
        """The services that initiatives have in a unit."""
        return {name for one in self.initiatives if unit in one.units for name in one.services}


def write_list(planted: Planted, file: Path) -> None:
    """The official list, in the template's columns."""
    with file.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(("id", "name", "business_units", "status", "products", "hosts", "on_platform"))
        for one in planted.declared:
            units = ";".join(one.units)
            writer.writerow((one.id, one.name, units, one.status, one.product, one.host, one.on_platform))
