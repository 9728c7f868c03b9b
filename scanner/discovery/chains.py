"""Initiatives that are one, although their products are several: the same few machines use them, an agent on
people's machines uses them, or programs of the same machine reach them within the same minutes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from shadowledger.db.observations import Seen
from shadowledger.db.together import Pair, Product
from shadowledger.scanner.discovery.gathering import AGENT_KINDS, Gathering, Side
from shadowledger.scanner.discovery.pieces import Pieces
from shadowledger.scanner.discovery.thresholds import Thresholds

_MOST_WHOMS = 200
"""Of more people or machines nobody asks whether they are the same ones."""
_SAME_PEOPLE = 0.8


def join_chains(
    found: list[Gathering],
    crowd: Pieces,
    seen: Mapping[Product, Seen],
    pairs: Iterable[Pair],
    limits: Thresholds,
) -> list[Gathering]:
    """Bring those together that are one; two instances of one product never are."""
    chains = _Chains(found, crowd, limits)
    chains.join_pairs(pairs)
    chains.join_machines()
    chains.join_vendors(seen)
    return chains.found


class _Chains:
    def __init__(self, found: list[Gathering], crowd: Pieces, limits: Thresholds) -> None:
        self.found = found
        self._crowd = crowd
        self._limits = limits
        self._whoms: dict[int, frozenset[str]] = {}

    def _whoms_of(self, one: Gathering) -> frozenset[str]:
        whoms = self._whoms.get(id(one))
        if whoms is None:
            is_few = self._crowd.size(one.pieces) <= _MOST_WHOMS
            whoms = self._whoms[id(one)] = self._crowd.whoms(one.pieces) if is_few else frozenset()
        return whoms

    def _join(self, one: Gathering, other: Gathering, reason: str, *, is_chain: bool = False) -> None:
        whoms = self._whoms_of(one) | self._whoms_of(other)
        one.take(other, reason)
        one.is_chain |= is_chain
        self._whoms[id(one)] = whoms
        self.found = [left for left in self.found if left is not other]

    def join_pairs(self, pairs: Iterable[Pair]) -> None:
        """What programs of the same machine reach within the same minutes, again and again."""
        limits = self._limits
        for pair in pairs:
            share = 100 * pair.minute_count >= limits.chain_share * pair.fewer_minute_count
            if pair.minute_count < limits.chain_minutes or not share or pair.one[0] == pair.other[0]:
                continue
            ends = self._crowd.ends_of(pair.whom_id)
            one, other = (self._with(product, ends) for product in (pair.one, pair.other))
            if one is None or other is None:
                continue
            if one is not other and _may_be_one(one, other):
                self._join(one, other, "the same program reaches these products within the same minutes", is_chain=True)
            elif one is other:
                one.is_chain = True

    def _with(self, product: Product, ends: frozenset[str]) -> Gathering | None:
        """The gathering of a product in which a whom is one of two at least."""
        for one in self.found:
            whoms = self._whoms_of(one) if product in one.products else frozenset[str]()
            if 2 * len(ends & whoms) >= len(whoms) > 0:
                return one
        return None

    def join_machines(self) -> None:
        """What the same few machines use, and no others."""
        by_whoms: dict[frozenset[str], list[Gathering]] = defaultdict(list)
        for one in self.found:
            whoms = self._whoms_of(one) if one.side is Side.MACHINES else frozenset[str]()
            if 0 < len(whoms) <= self._limits.same_machines:
                by_whoms[whoms].append(one)
        for first, *others in by_whoms.values():
            for one in others:
                if _may_be_one(first, one):
                    self._join(first, one, "the same machines, and no others, use these products")

    def join_vendors(self, seen: Mapping[Product, Seen]) -> None:
        """What an agent on machines of one unit and the same people use of one vendor."""
        by_family: dict[tuple[str, frozenset[str]], list[Gathering]] = defaultdict(list)
        for one in self.found:
            families = {seen[product].family for product in one.products}
            if one.side is not Side.MACHINES and one.units and len(families) == 1:
                by_family[families.pop(), one.units].append(one)
        for some in by_family.values():
            first, *others = sorted(some, key=lambda one: not AGENT_KINDS & one.kinds)
            for one in others if AGENT_KINDS & first.kinds else ():
                both = self._whoms_of(first), self._whoms_of(one)
                if len(both[0] & both[1]) > _SAME_PEOPLE * len(both[0] | both[1]) > 0 and _may_be_one(first, one):
                    self._join(first, one, "the same people use them, with an agent on their machines")


def _may_be_one(one: Gathering, other: Gathering) -> bool:
    """Two instances of one product are two."""
    of_one, of_other = dict[str, set[str]](), dict[str, set[str]]()
    for told, products in ((of_one, one.products), (of_other, other.products)):
        for service_id, instance in products:
            told.setdefault(service_id, set()).add(instance)
    return all(of_one[key] == of_other[key] for key in of_one.keys() & of_other.keys())
