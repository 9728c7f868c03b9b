"""In which minutes programs of one actor, machine or address reached which products: what is used together is a chain.

Bounded: where there are many minutes, only those are kept whose number's digest ends in zeros, the same ones however an
input is cut. Shares of minutes stay what they were."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Set
from itertools import combinations
from typing import NamedTuple
from zlib import crc32

from shadowledger.db.manners import manner_of
from shadowledger.db.names import Name
from shadowledger.db.together import Product

MOST_MINUTES = 50_000
MOST_PAIRS = 10_000
MOST_PRODUCTS = 64
"""Of one minute: who reaches more is no chain."""
_MINUTE_US = 60_000_000
_PROGRAMS = frozenset(("program", "api"))


class Together(NamedTuple):
    """In how many minutes programs of one whom reached two products, and each of them at all."""

    whom_id: str
    one: Product
    other: Product
    minute_count: int
    one_minute_count: int
    other_minute_count: int


class Minutes:
    """Of one source."""

    def __init__(self) -> None:
        self._seen: dict[tuple[Name, int], tuple[Product, ...]] = {}
        """Each product once: most minutes have a single one."""
        self._halvings = 0
        """Minutes are kept whose digest ends in so many zero bits."""

    def add(self, whom: Name, time_us: int, product: Product) -> None:
        """Take in one contact of a program."""
        minute = time_us // _MINUTE_US
        seen = self._seen.get((whom, minute))
        if seen is not None:
            if product not in seen:
                self._seen[whom, minute] = _few((*seen, product))
        elif whom.kind and _is_kept(minute, self._halvings):
            self._seen[whom, minute] = (product,)
            self._halve()

    def go_on(self, other: Minutes) -> None:
        """Take in those of what follows."""
        self._halvings = max(self._halvings, other._halvings)
        for key, products in other._seen.items():
            before = self._seen.get(key)
            self._seen[key] = products if before is None else _few({*before, *products})
        self._drop()
        self._halve()

    def drop_instances(self, gone: Set[str]) -> None:
        """Know services' instances no longer apart."""
        for key, products in self._seen.items():
            self._seen[key] = _few({(service_id, "" if one in gone else one) for service_id, one in products})

    def _halve(self) -> None:
        while len(self._seen) > MOST_MINUTES:
            self._halvings += 1
            self._drop()

    def _drop(self) -> None:
        self._seen = {key: seen for key, seen in self._seen.items() if _is_kept(key[1], self._halvings)}

    def together(self, id_of: Callable[[Name], str]) -> Iterator[Together]:
        """Pairs of products that some whom reached within the same minute, in an order of their own."""
        alone: dict[Name, Counter[Product]] = defaultdict(Counter)
        pairs: Counter[tuple[Name, Product, Product]] = Counter()
        for (whom, _), products in self._seen.items():
            alone[whom].update(products)
            for one, other in combinations(sorted(products), 2):
                pairs[whom, one, other] += 1
        ranked = sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))
        for (whom, one, other), count in ranked[:MOST_PAIRS]:
            yield Together(id_of(whom), one, other, count, alone[whom][one], alone[whom][other])


def product_of_program(way: tuple[str | int, ...]) -> Product | None:
    """The product of a way of seeing it, where a program uses it."""
    service_id, instance, _, role, action, agent_class, _, presence_rung, *_ = way
    manner = manner_of(str(role), str(action), str(agent_class), int(presence_rung))
    return (str(service_id), str(instance)) if manner in _PROGRAMS else None


def _few(products: Collection[Product]) -> tuple[Product, ...]:
    """Of too many the first by name, whatever order they came in."""
    return tuple(products) if len(products) <= MOST_PRODUCTS else tuple(sorted(products)[:MOST_PRODUCTS])


def _is_kept(minute: int, halvings: int) -> bool:
    return not halvings or crc32(b"%d" % minute) % (1 << halvings) == 0
