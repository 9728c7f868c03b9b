"""Who works in the organization of the story, where, at which machine and behind which address; and its directory."""

from __future__ import annotations

import csv
import datetime as dt
import random
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

FIRST_DAY = dt.date(2026, 10, 26)
DAYS = 28
"""Four weeks that begin on a Monday, after clocks were put back: zones stay what they are."""
FULL_SIZE = 5000
LEAST_PEOPLE = 60
"""Of a unit, however small the organization is made."""
VPN_SHARE = 0.06
"""Of a person's working days, where there is a choice."""
NAT_ADDRESS = "10.19.0.1"
SHARED_STATION = "WS-HALLE-1"
DOMAIN, MAIL_DOMAIN = "konzern.example", "mail.konzern.example"


class Unit(NamedTuple):
    """One of the twelve. `gateway` is what logs its traffic: zscaler (accounts as upn, paths), squid (sam, tunnels),
    cloudflare (e-mail, paths), open (squid without accounts), nat (the same, all behind one address), dns, or none."""

    name: str
    site: str
    language: str
    zone_hours: int
    gateway: str
    people: int
    network: str
    """The first two numbers of its addresses."""
    endpoints: bool = False


UNITS = (
    Unit("Vertrieb", "Hamburg", "de", 1, "zscaler", 700, "10.11"),
    Unit("Kundenservice", "Leipzig", "de", 1, "zscaler", 620, "10.12"),
    Unit("Marketing", "Paris", "fr", 1, "zscaler", 330, "10.13"),
    Unit("Finance", "London", "en", 0, "squid", 340, "10.14"),
    Unit("Ressources humaines", "Lyon", "fr", 1, "squid", 210, "10.15"),
    Unit("Recht & Compliance", "Frankfurt", "de", 1, "squid", 120, "10.16"),
    Unit("Forschung & Entwicklung", "Stuttgart", "de", 1, "cloudflare", 610, "10.17", endpoints=True),
    Unit("Informatik", "Frankfurt", "de", 1, "cloudflare", 420, "10.18", endpoints=True),
    Unit("Logistik", "Bremen", "de", 1, "nat", 430, "10.19"),
    Unit("Produktion", "Halle", "de", 1, "open", 820, "10.20"),
    Unit("Procurement", "Birmingham", "en", 0, "dns", 190, "10.21"),
    Unit("Field Service", "Leeds", "en", 0, "none", 210, "10.22"),
)
_FIRST = {
    "de": "Anna Jörg Käthe Uwe Sören Heike Jürgen Lena Björn Ute Günther Silke Torsten Mareike Lars Ayşe Emre",
    "fr": "Élodie François Chloé Benoît Hélène Loïc Zoé Gaël Aurélie Rémi Inès Noël Maëlle Cédric Anaïs",
    "en": "Oliver Amelia Harry Isla George Ava Noah Emily Jack Sophie Leo Grace Arthur Priya Owen Siân",
}
_LAST = {
    "de": "Müller Schröder Weiß Böhm Krüger Jäger Köhler Huber Maaß Vogt Şahin Nowak Petersen Groß Lüttke",
    "fr": "Lefèvre Gérard Dubois Mérigot Noël Bérenger Chevalier Faure Garnier Rousseau Lemaître Hervé",
    "en": "Smith Taylor O'Brien Evans Patel Hughes Walker Green Hall Clarke Baker Turner Ward MacLeod",
}


class Person(NamedTuple):
    number: int
    name: str
    unit: Unit
    upn: str
    sam: str
    email: str
    device: str

    @property
    def key(self) -> str:
        return f"P{self.number:05}"


class Server(NamedTuple):
    """A machine that no person sits at."""

    name: str
    unit: Unit
    address: str


@dataclass
class Organization:
    people: list[Person]
    by_unit: dict[str, list[Person]]
    servers: list[Server]
    remote: set[tuple[int, int]]
    """(person, day) that is worked at home, through the VPN."""
    movers: dict[int, str] = field(default_factory=dict)
    """Who changed units in the midst of the four weeks, and from which; nobody of an initiative does."""

    def address(self, person: Person, day: int) -> str:
        """Where somebody's machine is on a day; leases are of a day, and each day another's."""
        if (person.number, day) in self.remote:
            return f"10.200.{person.number // 250}.{person.number % 250 + 2}"
        if person.unit.gateway == "nat":
            return NAT_ADDRESS
        own = self.by_unit[person.unit.name]
        place = (person.number - own[0].number + day * 7) % len(own)
        return f"{person.unit.network}.{1 + place // 250}.{place % 250 + 2}"

    def own_host(self, unit: Unit, server_number: int) -> str:
        """The fixed address of a unit's server."""
        return f"{unit.network}.250.{10 + server_number}"


def station_address() -> str:
    """Of the workstation in the hall that a whole shift uses."""
    return "10.20.240.2"


def unit_named(name: str) -> Unit:
    return next(unit for unit in UNITS if unit.name == name)


def plain(text: str) -> str:
    """A name as accounts are spelled: no accents, small letters."""
    spelled = text.lower().translate({ord("ß"): "ss", ord("ü"): "ue", ord("ö"): "oe", ord("ä"): "ae"})
    return "".join(one for one in unicodedata.normalize("NFKD", spelled) if one.isascii() and one.isalpha())


def found(size: int, rng: random.Random) -> Organization:
    """The people of an organization of about a size, unit by unit."""
    people: list[Person] = []
    by_unit: dict[str, list[Person]] = {}
    for unit in UNITS:
        count = max(LEAST_PEOPLE, round(unit.people * size / FULL_SIZE))
        own = [_person(len(people) + nth, unit, rng) for nth in range(count)]
        by_unit[unit.name] = own
        people += own
    remote = {
        (one.number, day)
        for one in people
        if one.unit.gateway in ("zscaler", "squid", "cloudflare")
        for day in range(DAYS)
        if rng.random() < VPN_SHARE
    }
    return Organization(people, by_unit, [], remote)


def _person(number: int, unit: Unit, rng: random.Random) -> Person:
    first, last = rng.choice(_FIRST[unit.language].split()), rng.choice(_LAST[unit.language].split())
    login = f"{plain(first)}.{plain(last)}{number}"
    return Person(
        number,
        f"{first} {last}",
        unit,
        f"{login}@{DOMAIN}",
        f"CORP\\{plain(first)[0]}{plain(last)[:6]}{number}",
        f"{login}@{MAIL_DOMAIN}",
        f"NB-{10000 + number}",
    )


def let_some_move(whole: Organization, settled: set[int], rng: random.Random) -> None:
    """One in a hundred came from another unit after two weeks; nobody of an initiative."""
    for person in whole.people:
        if person.number not in settled and person.unit.gateway != "none" and rng.random() < 0.01:
            whole.movers[person.number] = rng.choice(
                [unit for unit in UNITS if unit != person.unit and unit.gateway != "none"]
            ).name


def write_directory(whole: Organization, folder: Path) -> None:
    """people.csv, devices.csv, subnets.csv and, for those who come late, leases.csv."""
    middle = (FIRST_DAY + dt.timedelta(DAYS // 2)).isoformat()
    before = (FIRST_DAY + dt.timedelta(DAYS // 2 - 1)).isoformat()
    rows = []
    for one in whole.people:
        told = (one.key, one.upn, one.sam, one.email, one.name)
        since = ""
        if one.number in whole.movers:
            rows.append((*told, whole.movers[one.number], "", "", before))
            since = middle
        rows.append((*told, one.unit.name, one.unit.site, since, ""))
    header = ("person", "upn", "sam", "email", "name", "unit", "site", "valid_from", "valid_to")
    _write(folder / "people.csv", header, rows)
    devices = [(one.device, one.key, one.unit.name, "") for one in whole.people]
    devices += [(one.name, "", one.unit.name, "") for one in whole.servers]
    devices.append((SHARED_STATION, "", "Produktion", "kiosk"))
    _write(folder / "devices.csv", ("device", "owner", "unit", "shared"), devices)
    subnets = [(f"{unit.network}.0.0/16", unit.name, unit.site, "nat" * (unit.gateway == "nat")) for unit in UNITS]
    _write(folder / "subnets.csv", ("cidr", "unit", "site", "shared"), [*subnets, ("10.200.0.0/16", "", "VPN", "vpn")])
    _write(folder / "leases.csv", ("address", "device", "start", "end"), _leases(whole))


def _leases(whole: Organization) -> Iterable[tuple[str, ...]]:
    """Of each day; machines behind the NATed address have theirs on the other side of it."""
    always = (_midnight(0), _midnight(DAYS))
    yield (station_address(), SHARED_STATION, *always)
    for server in whole.servers:
        yield (server.address, server.name, *always)
    for day in range(DAYS):
        for person in whole.people:
            if person.unit.gateway not in ("nat", "none"):
                yield (whole.address(person, day), person.device, _midnight(day), _midnight(day + 1))


def _midnight(day: int) -> str:
    return f"{FIRST_DAY + dt.timedelta(day)}T00:00:00+00:00"


def _write(file: Path, header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
