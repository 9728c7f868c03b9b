"""Observations brought together into what the auditor counts: discovered initiatives."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from shadowledger.db.contributions import Contribution
from shadowledger.db.days import day_number, day_on
from shadowledger.db.decisions import Decision
from shadowledger.db.discoveries import Remembered, remember, remembered
from shadowledger.db.manners import PRESENCE, manner_of
from shadowledger.db.observations import Seen, kinds_on_machines, records_by_strand, seen_services
from shadowledger.db.together import Product, pairs
from shadowledger.db.transactions import writing
from shadowledger.db.unnamed import Bounds, unnamed_by_instance
from shadowledger.db.whoms import Strand, days_with_a_date, strands
from shadowledger.scanner.discovery.chains import join_chains
from shadowledger.scanner.discovery.cutting import Piece
from shadowledger.scanner.discovery.gathering import Gathering, gather
from shadowledger.scanner.discovery.headcount import People
from shadowledger.scanner.discovery.known_again import Memory, as_remembered
from shadowledger.scanner.discovery.natures import nature_of
from shadowledger.scanner.discovery.parting import parted
from shadowledger.scanner.discovery.pieces import Pieces, pieces
from shadowledger.scanner.discovery.thresholds import Thresholds, load_thresholds
from shadowledger.scanner.ladders import PRESENCE_WORDS, USE_WORDS
from shadowledger.scanner.people import Directory
from shadowledger.signatures.schema import Service

PROPOSED = "proposed", ""
STATES = {"confirm": "confirmed", "dismiss": "dismissed", "propose": "proposed"}
_MOST_WHOMS = 32
_RUNNING_KINDS = frozenset(("process", "cmdline"))


@dataclass(frozen=True, slots=True)
class Discovered:
    """An AI initiative as it was found."""

    id: str
    """Stays when units or nature change."""
    products: tuple[Seen, ...]
    """All that was observed of each service's instance that it uses, the leading one first; not by it alone."""
    units: tuple[str, ...]
    people: People
    nature: str
    first_seen_on: str
    last_seen_on: str
    """UTC dates; empty where no source told a time."""
    day_count: int
    use_rung: int
    presence_rung: int
    records: Mapping[str, int] | None
    """By channel; None where others use the same products in the same manner, so that nobody counted them apart."""
    reasons: tuple[str, ...]
    """Why it is of this nature, and why what it is made of is one."""
    state: str
    """proposed, confirmed or dismissed: only a person makes it more than proposed."""
    state_reason: str
    is_only: bool
    """Whether no other initiative uses these products."""
    gathering: Gathering

    @property
    def seen(self) -> Seen:
        """The leading product."""
        return self.products[0]

    @property
    def instances(self) -> tuple[str, ...]:
        return tuple(seen.instance for seen in self.products if seen.instance)

    @property
    def title(self) -> str:
        """The products, and where it is one of several that use them."""
        names = " + ".join(dict.fromkeys(seen.service for seen in self.products))
        told = self.instances[:1] or (() if self.is_only else (", ".join(self.units[:3]),))
        return f"{names} ({told[0]})" if told and told[0] else names

    @property
    def use(self) -> str:
        return USE_WORDS[self.use_rung]

    @property
    def presence(self) -> str:
        return PRESENCE_WORDS[self.presence_rung]


@dataclass(frozen=True, slots=True)
class Consolidated:
    """Everything that was discovered."""

    initiatives: list[Discovered]
    stray_count: int
    """Visits below the thresholds, by product and unit."""
    background: tuple[Seen, ...]
    """Products of which there is nothing but a program's own traffic, documentation and what was refused."""
    limits: Thresholds
    units_seen: frozenset[tuple[str, bool]] = frozenset()
    """Business units of everybody whom any source named, each with whether that was on machines or in accounts."""
    crowd: Pieces | None = None

    def belongs_to(self, connection: sqlite3.Connection, one: Discovered) -> Callable[[Contribution], bool]:
        """Tells of a contribution whether it is this initiative's."""
        strands_here = one.gathering.strands
        ids = (
            None if one.records is not None or self.crowd is None else self.crowd.ids(connection, one.gathering.pieces)
        )

        def belongs(row: Contribution) -> bool:
            manner = manner_of(row.role, row.action, row.agent_class, row.presence_rung)
            strand = Strand(row.service_id, row.instance, manner, row.use_rung, row.presence_rung)
            names = (row.actor_id, row.device_id, row.client_id)
            whom = next((name for name in names if name and not name.startswith("s-")), "")
            return strand in strands_here and (ids is None or whom in ids)

        return belongs


def consolidate(
    connection: sqlite3.Connection,
    directory: Directory,
    decisions: list[Decision],
    limits: Thresholds | None = None,
    services: Mapping[str, Service] | None = None,
) -> Consolidated:
    """Every discovered initiative, the most used first. What is new or has changed is remembered."""
    limits = limits or load_thresholds()
    seen = {(one.service_id, one.instance): one for one in seen_services(connection)}
    crowd = pieces(connection, directory)
    crowd.all.extend(_nameless(connection, crowd, seen))
    days = days_with_a_date(connection)
    gathered = gather(crowd, seen, limits, days[1] - days[0] + 1 if days else 0)
    kinds = _kinds(connection, services or {})
    for one in gathered.initiatives:
        if one.presence_rung:
            one.kinds = frozenset[str]().union(*(kinds.get(product, ()) for product in one.products))
    initiatives = join_chains(gathered.initiatives, crowd, seen, pairs(connection), limits)
    facts = _Facts(crowd, seen, limits, unnamed_by_instance(connection))
    found = parted(_identified(connection, initiatives, facts), decisions)
    everything = [*(one for _, one in found), *gathered.strays]
    shared = _Shared(
        Counter(product for one in everything for product in one.products),
        Counter(strand for one in everything for strand in one.strands),
        records_by_strand(connection),
    )
    states = {told.subject: (STATES[told.verb], told.reason) for told in decisions if told.verb in STATES}
    made = [_discovered(key, one, facts.of(one), states.get(key, PROPOSED), shared) for key, one in found]
    used = {product for one in (*gathered.initiatives, *gathered.strays) for product in one.products}
    background = tuple(seen[product] for product in sorted(seen) if product not in used)
    ranked = sorted(made, key=lambda one: (-one.people.high, -one.seen.record_count, one.seen.service, one.id))
    units = frozenset((unit, piece.strand.manner == PRESENCE) for piece in crowd.all for unit in piece.units)
    return Consolidated(ranked, len(gathered.strays), background, limits, units, crowd)


def _kinds(connection: sqlite3.Connection, services: Mapping[str, Service]) -> dict[Product, frozenset[str]]:
    """By which kinds of artifacts products were found on machines; of what runs there, as which kinds it is known."""
    found = dict(kinds_on_machines(connection))
    for (service_id, instance), kinds in found.items():
        if service_id in services and kinds & _RUNNING_KINDS:
            found[service_id, instance] = kinds.union(one.kind for one in services[service_id].indicators)
    return found


class _Shared(NamedTuple):
    """How many initiatives, strays included, share a product and a strand, and the records of strands by channel."""

    products: Counter[Product]
    strands: Counter[Strand]
    records: Mapping[Strand, Mapping[str, int]]

    def records_of(self, one: Gathering) -> dict[str, int] | None:
        """An initiative's records by channel; None where others share its strands, or where one record of a machine
        may name several of its products."""
        on_machines = {strand.service_id for strand in one.strands if strand.presence_rung}
        if len(on_machines) > 1 or any(self.strands[strand] > 1 for strand in one.strands):
            return None
        total: Counter[str] = Counter()
        for strand in one.strands:
            total.update(self.records.get(strand, {}))
        return dict(sorted(total.items()))


def _nameless(connection: sqlite3.Connection, crowd: Pieces, seen: Mapping[Product, Seen]) -> Iterable[Piece]:
    """Pieces of what was observed without anybody's name."""
    named = {piece.strand for piece in crowd.all}
    for strand in strands(connection).values():
        if strand not in named and (strand.service_id, strand.instance) in seen:
            told = seen[strand.service_id, strand.instance]
            piece = Piece(strand, (), is_persons=False, is_named=False)
            if told.first_seen_on:
                piece.days.update((day_number(told.first_seen_on), day_number(told.last_seen_on)))
            yield piece


class _Fact(NamedTuple):
    """What follows from a gathering."""

    products: list[Seen]
    """The leading one first: with an instance, with most records."""
    people: People
    nature: str
    why: str


class _Facts:
    """Each asked for once; people took some apart or together in between."""

    def __init__(
        self, crowd: Pieces, seen: Mapping[Product, Seen], limits: Thresholds, unnamed: Mapping[Product, Bounds]
    ) -> None:
        self.crowd = crowd
        self._seen = seen
        self._limits = limits
        self._unnamed = unnamed
        self._known: dict[tuple[int, int], _Fact] = {}

    def of(self, one: Gathering) -> _Fact:
        """Of one gathering as it is now."""
        key = id(one), len(one.pieces)
        if key not in self._known:
            self._known[key] = self._made(one)
        return self._known[key]

    def _made(self, one: Gathering) -> _Fact:
        products = [self._seen[product] for product in sorted(one.products)]
        products.sort(key=lambda told: (not told.instance, -told.record_count))
        people = self.crowd.count(one.pieces)
        gone = max((self._unnamed[product].low for product in one.products if product in self._unnamed), default=0)
        at_most = people._replace(high=max(people.high, gone))
        return _Fact(products, people, *nature_of(one, products, at_most, self._limits))


def _identified(
    connection: sqlite3.Connection, found: Sequence[Gathering], facts: _Facts
) -> list[tuple[str, Gathering]]:
    memory = Memory(remembered(connection))
    now: list[Remembered] = []
    for one in found:
        fact = facts.of(one)
        told = [(product.service_id, product.instance) for product in fact.products]
        now.append(as_remembered(one, told, fact.nature, facts.crowd.whoms(one.pieces, _MOST_WHOMS)))
    now = [replace(one, id=key) for one, key in zip(now, memory.ids(now), strict=True)]
    if changed := [one for one in now if memory.differs(one)]:
        with writing(connection):
            remember(connection, changed)
    return [(told.id, one) for told, one in zip(now, found, strict=True)]


def _discovered(key: str, one: Gathering, fact: _Fact, state: tuple[str, str], shared: _Shared) -> Discovered:
    days = one.days
    return Discovered(
        key,
        tuple(fact.products),
        tuple(sorted(one.units)),
        fact.people,
        fact.nature,
        day_on(min(days)) if days else "",
        day_on(max(days)) if days else "",
        len(days),
        one.use_rung,
        one.presence_rung,
        shared.records_of(one),
        (f"{fact.nature}: {fact.why}", *dict.fromkeys(one.reasons)),
        *state,
        all(shared.products[product] == 1 for product in one.products),
        one,
    )
