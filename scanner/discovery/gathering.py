"""Pieces of what was observed, brought together into initiatives by written rules, each with its reason.

One instance is one initiative, whatever units use it. Without an instance, each unit's use of a product is its own, and
people's use is another one than what machines do by themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from shadowledger.db.manners import API, BACKGROUND, IDLE, PRESENCE, PROGRAM, REFUSED
from shadowledger.db.observations import Seen
from shadowledger.db.together import Product
from shadowledger.db.whoms import Strand
from shadowledger.scanner.discovery.cutting import Piece, Units
from shadowledger.scanner.discovery.pieces import Pieces
from shadowledger.scanner.discovery.thresholds import Thresholds
from shadowledger.scanner.ladders import CONTACTED, RESOLVED, UPLOAD

API_CATEGORIES = frozenset(("llm-api", "ml-platform", "gateway", "model-hub", "sdk", "data"))
"""Products that programs reach; an API of another one is its own app's, which a person runs."""
DEPLOYMENT = "/"
"""Stands in an instance between a resource's host and what is deployed there."""
EMBEDDED = "enabled"
_ALSO_EMPTY = 5
"""One in so many has to have left a tunnel empty too."""
CATALOGUE = "catalogue"
"""The origin of products that many organizations use; what others know of is one thing of this organization's own."""
AGENT_KINDS = frozenset(("cli", "mcp_config", "mcp_server"))
"""What an agent on a machine leaves there."""


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
    kinds: frozenset[str] = frozenset()
    """Kinds of artifacts by which its products were found on machines."""

    @property
    def units(self) -> frozenset[str]:
        return frozenset(unit for piece in self.pieces for unit in piece.units)

    @property
    def products(self) -> frozenset[Product]:
        return frozenset((piece.strand.service_id, piece.strand.instance) for piece in self.pieces)

    @property
    def strands(self) -> frozenset[Strand]:
        return frozenset(piece.strand for piece in self.pieces)

    @property
    def days(self) -> set[int]:
        return set().union(*(piece.days for piece in self.pieces))

    @property
    def visit_count(self) -> int:
        """People by days, added up over the pieces: not too few."""
        return sum(piece.visit_count for piece in self.pieces)

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
        self.kinds |= other.kinds
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


def side_of(piece: Piece, seen: Seen) -> Side:
    """Who acts in a piece of use."""
    manner = piece.strand.manner
    if manner == PRESENCE:
        return Side.THINGS
    by_program = manner == PROGRAM or (manner == API and (seen.category in API_CATEGORIES or piece.is_named))
    return Side.MACHINES if by_program and not piece.is_persons else Side.PEOPLE


def gather(crowd: Pieces, seen: Mapping[Product, Seen], limits: Thresholds, span_days: int) -> Gathered:
    """Bring pieces together; `span_days` is how many days lie between the first and the last of all."""
    begun, background = _begin(crowd, seen)
    found: list[Gathering] = []
    strays: list[Gathering] = []
    for of_service in begun.values():
        with_instance = [one for (instance, *_), one in of_service.items() if instance]
        without = {(units, side): one for (instance, units, side), one in of_service.items() if not instance}
        with_instance = _to_deployments(with_instance, crowd)
        _join_portals(with_instance, without)
        _join_things(with_instance, without)
        _join_unplaced(with_instance, without)
        stray = [key for key, one in without.items() if _is_stray(one, crowd, limits, span_days)]
        strays += [without.pop(key) for key in stray]
        found += [*with_instance, *_across(list(without.values()), seen, crowd, limits)]
    return Gathered(found, strays, background)


_Key = tuple[str, Units, Side]
"""Instance, units and side; of an instance all units and sides together."""


def _begin(crowd: Pieces, seen: Mapping[Product, Seen]) -> tuple[dict[str, dict[_Key, Gathering]], list[Piece]]:
    """Gatherings by service and key, and the pieces that are no use."""
    begun: dict[str, dict[_Key, Gathering]] = defaultdict(dict)
    pieces, background = _without_background(crowd)
    for piece in pieces:
        service_id, instance = piece.strand.service_id, piece.strand.instance
        side = side_of(piece, seen[service_id, instance])
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


def _without_background(crowd: Pieces) -> tuple[list[Piece], list[Piece]]:
    """Pieces of use, and those of none. Tunnels that carried no more than their opening are no use where the same unit
    uses the product otherwise, and where the same people left tunnels empty: browsers opened them ahead."""
    some: dict[tuple[str, str, Units], list[Piece]] = defaultdict(list)
    for piece in crowd.all:
        some[piece.strand.service_id, piece.strand.instance, piece.units].append(piece)
    used, background = [], []
    for those in some.values():
        none = [piece for piece in those if piece.strand.manner in (BACKGROUND, REFUSED)]
        idle = [piece for piece in those if piece.strand.manner == IDLE]
        rest = [piece for piece in those if piece.strand.manner not in (BACKGROUND, REFUSED, IDLE)]
        is_used = any(piece.strand.use_rung >= CONTACTED for piece in rest)
        if idle and not is_used and not _are_opened_ahead(idle, none, crowd):
            rest, idle = [*rest, *idle], []
        used += rest
        background += [*none, *idle]
    return used, background


def _are_opened_ahead(idle: list[Piece], background: list[Piece], crowd: Pieces) -> bool:
    empty = crowd.whoms([piece for piece in background if piece.strand.manner == BACKGROUND])
    opened = crowd.whoms(idle)
    return len(empty & opened) * _ALSO_EMPTY >= len(opened)


_Without = dict[tuple[Units, Side], Gathering]


def _to_deployments(with_instance: list[Gathering], crowd: Pieces) -> list[Gathering]:
    """What names only the host of a resource, where others name its deployments, goes to the one that the same people
    or machines use."""
    by_host: dict[str, list[Gathering]] = defaultdict(list)
    for one in with_instance:
        instance = next(iter(one.products))[1]
        if DEPLOYMENT in instance:
            by_host[instance.partition(DEPLOYMENT)[0]].append(one)
    kept = []
    for one in with_instance:
        below = by_host.get(next(iter(one.products))[1], [])
        if not below:
            kept.append(one)
            continue
        whoms = {id(other): crowd.whoms(other.pieces) for other in below}
        for piece in one.pieces:
            same = crowd.whoms([piece])
            nearest = max(below, key=lambda other: len(same & whoms[id(other)]))
            nearest.pieces.append(piece)
    return kept


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


def _across(some: list[Gathering], seen: Mapping[Product, Seen], crowd: Pieces, limits: Thresholds) -> list[Gathering]:
    """What was bought for something else is one initiative in however many units. Of other products a team's use is its
    own, and single people's in many units is one."""
    if any(seen[product].ai_kind == EMBEDDED for one in some for product in one.products):
        return _whole(some, "AI inside a product that the units have in common")
    single = [
        one
        for one in some
        if one.side is not Side.MACHINES and one.units and crowd.count(one.pieces).high < limits.team_people
    ]
    units = frozenset[str]().union(*(one.units for one in single))
    if len(units) < limits.cross_cutting_units:
        return some
    told = f"single people in {len(units)} units use it, in none of them a team"
    return [*(one for one in some if one not in single), *_whole(single, told)]


def _whole(some: list[Gathering], reason: str) -> list[Gathering]:
    if len(some) < 2:
        return some
    first, *others = some
    for one in others:
        first.take(one)
    first.reasons.append(reason)
    return [first]


def _is_stray(one: Gathering, crowd: Pieces, limits: Thresholds, span_days: int) -> bool:
    if span_days < limits.stray_span_days or one.side is not Side.PEOPLE or one.presence_rung:
        return False
    if one.use_rung >= UPLOAD or any(piece.strand.manner == PROGRAM for piece in one.pieces):
        return False
    return one.visit_count <= limits.stray_visits and crowd.count(one.pieces).low <= limits.stray_visits
