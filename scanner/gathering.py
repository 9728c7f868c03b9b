"""Pieces of what was observed, brought together into initiatives by written rules, each with its reason.

One instance is one initiative, whatever units use it. Without an instance, each unit's use of a product is its own, and
people's use is another one than what machines do by themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from shadowledger.db.manners import API, BACKGROUND, PRESENCE, PROGRAM, REFUSED
from shadowledger.db.observations import Seen
from shadowledger.scanner.headcount import People
from shadowledger.scanner.ladders import RESOLVED, UPLOAD
from shadowledger.scanner.pieces import Piece, Pieces, Units
from shadowledger.scanner.thresholds import Thresholds

API_CATEGORIES = frozenset(("llm-api", "ml-platform", "gateway", "model-hub", "sdk", "data"))
"""Products that programs reach; an API of another one is its own app's, which a person runs."""
CATALOGUE = "catalogue"
"""The origin of products that many organizations use; what others know of is one thing of this organization's own."""
Product = tuple[str, str]
"""Service and instance."""
CountPeople = Callable[[Collection[Piece]], People]
WhomsOf = Callable[[Collection[Piece]], frozenset[str]]


class Side(Enum):
    """Who acts."""

    PEOPLE = "people"
    MACHINES = "machines"
    """Programs under nobody's name."""
    THINGS = "things"
    """Nobody was seen to act: what lies on a device or in an account."""


@dataclass(slots=True)
class Gathering:
    """What is one initiative."""

    pieces: list[Piece]
    side: Side
    reasons: list[str] = field(default_factory=list)
    """Why its pieces are one."""
    is_chain: bool = False
    """Whether some of its products were reached within the same minutes, again and again."""

    @property
    def units(self) -> frozenset[str]:
        return frozenset(unit for piece in self.pieces for unit in piece.units)

    @property
    def products(self) -> frozenset[Product]:
        return frozenset((piece.strand.service_id, piece.strand.instance) for piece in self.pieces)

    @property
    def days(self) -> set[int]:
        return set().union(*(piece.days for piece in self.pieces))

    @property
    def use_rung(self) -> int:
        return max(piece.strand.use_rung for piece in self.pieces)

    @property
    def presence_rung(self) -> int:
        return max(piece.strand.presence_rung for piece in self.pieces)

    def take(self, other: Gathering, reason: str = "") -> None:
        """Make the other one a part of this one."""
        self.pieces += other.pieces
        self.reasons += [*([reason] if reason else []), *other.reasons]
        self.is_chain |= other.is_chain
        if self.side is Side.THINGS:
            self.side = other.side


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything that was observed, sorted."""

    initiatives: list[Gathering]
    strays: list[Gathering]
    """Visits below the thresholds."""
    background: list[Piece]
    """A program's own traffic, documentation, and what was refused: no use."""


def side_of(piece: Piece, seen: Seen) -> Side | None:
    """Who acts in a piece; None where nobody uses anything."""
    manner = piece.strand.manner
    if manner in (BACKGROUND, REFUSED):
        return None
    if manner == PRESENCE:
        return Side.THINGS
    by_program = manner == PROGRAM or (manner == API and seen.category in API_CATEGORIES)
    return Side.MACHINES if by_program and not piece.is_persons else Side.PEOPLE


def gather(crowd: Pieces, seen: Mapping[Product, Seen], limits: Thresholds, span_days: int) -> Gathered:
    """Bring pieces together; `span_days` is how many days lie between the first and the last of all."""
    begun, background = _begin(crowd.all, seen)
    count = crowd.count
    found: list[Gathering] = []
    for of_service in begun.values():
        with_instance = [one for (instance, *_), one in of_service.items() if instance]
        without = {(units, side): one for (instance, units, side), one in of_service.items() if not instance}
        _join_portals(with_instance, without)
        _join_things(with_instance, without)
        _join_unplaced(with_instance, without)
        found += [*with_instance, *_across(list(without.values()), count, limits)]
    found = _of_same_machines(found, crowd.whoms, limits)
    strays = [one for one in found if _is_stray(one, count, limits, span_days)]
    return Gathered([one for one in found if one not in strays], strays, background)


_Key = tuple[str, Units, Side]
"""Instance, units and side; of an instance all units and sides together."""


def _begin(
    pieces: Iterable[Piece], seen: Mapping[Product, Seen]
) -> tuple[dict[str, dict[_Key, Gathering]], list[Piece]]:
    """Gatherings by service and key, and the pieces that are no use."""
    begun: dict[str, dict[_Key, Gathering]] = defaultdict(dict)
    background = []
    for piece in pieces:
        service_id, instance = piece.strand.service_id, piece.strand.instance
        side = side_of(piece, seen[service_id, instance])
        if side is None:
            background.append(piece)
            continue
        is_own = seen[service_id, instance].origin != CATALOGUE
        key = (instance or service_id, (), Side.MACHINES) if instance or is_own else ("", piece.units, side)
        known = begun[service_id].setdefault(key, Gathering([], side))
        known.take(Gathering([piece], side))
        if side is Side.PEOPLE:
            known.side = side
    for of_service in begun.values():
        for (instance, *_), one in of_service.items():
            if instance and len(one.units) > 1:
                one.reasons.append(f"{', '.join(sorted(one.units))} use the same one")
    return begun, background


_Without = dict[tuple[Units, Side], Gathering]


def _join_portals(with_instance: list[Gathering], without: _Without) -> None:
    """What people of a unit do with a product, where one instance of it is theirs, is done with that instance."""
    for (units, side), one in list(without.items()):
        theirs = [other for other in with_instance if units and other.units.issuperset(units)]
        if side is Side.PEOPLE and len(theirs) == 1:
            theirs[0].take(one, "people of the unit that uses the instance reach the product's own pages too")
            del without[units, side]


def _join_things(with_instance: list[Gathering], without: _Without) -> None:
    """What lies on machines of a unit belongs to what the unit does with it."""
    for (units, side), one in list(without.items()):
        if side is not Side.THINGS:
            continue
        theirs = [other for other in with_instance if units and other.units.issuperset(units)]
        used = without.get((units, Side.PEOPLE)) or without.get((units, Side.MACHINES))
        used = used or (theirs[0] if len(theirs) == 1 else None)
        if used is not None:
            used.take(one)
            del without[units, side]


def _join_unplaced(with_instance: list[Gathering], without: _Without) -> None:
    """Whom no directory places, and names that were only looked up, are taken to belong to what else is seen of the
    product: an initiative of their own would count the same thing twice."""
    placed = [*with_instance, *(one for (units, _), one in without.items() if units)]
    for (units, side), one in list(without.items()):
        is_looked_up = one.use_rung == RESOLVED and not one.presence_rung
        if units or not placed or (side is Side.MACHINES and not is_looked_up):
            continue
        fitting = [other for other in placed if other.side is side] or placed
        nearest = max(fitting, key=lambda other: (len(other.days & one.days), len(other.pieces)))
        nearest.take(one, "others whom no directory places use the product too; they are counted here")
        del without[units, side]


def _across(some: list[Gathering], count: CountPeople, limits: Thresholds) -> list[Gathering]:
    """Single people's use in many units is one initiative; a team's is its own."""
    single = [
        one
        for one in some
        if one.side is not Side.MACHINES and one.units and count(one.pieces).high < limits.team_people
    ]
    units = frozenset().union(*(one.units for one in single))
    if len(units) < limits.cross_cutting_units:
        return some
    whole = Gathering([], single[0].side)
    for one in single:
        whole.take(one)
    told = f"single people in {len(units)} units use it, in none of them a team"
    whole.reasons.append(told)
    return [*(one for one in some if one not in single), whole]


def _of_same_machines(found: list[Gathering], whoms_of: WhomsOf, limits: Thresholds) -> list[Gathering]:
    """Products that the same few machines use, and no others, are one initiative; two instances of one product are
    not."""
    by_whoms: dict[frozenset[str], list[Gathering]] = defaultdict(list)
    kept = []
    for one in found:
        whoms = whoms_of(one.pieces) if one.side is Side.MACHINES else frozenset[str]()
        if 0 < len(whoms) <= limits.same_machines:
            by_whoms[whoms].append(one)
        else:
            kept.append(one)
    for same in by_whoms.values():
        first, *others = same
        for one in others:
            if {service for service, _ in first.products} & {service for service, _ in one.products}:
                kept.append(one)
            else:
                first.take(one, "the same machines, and no others, use these products")
        kept.append(first)
    return kept


def _is_stray(one: Gathering, count: CountPeople, limits: Thresholds, span_days: int) -> bool:
    if span_days < limits.stray_span_days or one.side is not Side.PEOPLE or one.presence_rung:
        return False
    if one.use_rung >= UPLOAD or any(piece.strand.manner == PROGRAM for piece in one.pieces):
        return False
    return len(one.days) <= limits.stray_days and count(one.pieces).high <= limits.stray_people
