"""Initiatives known again by what they were before, so that an id outlives a change of nature or unit."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from shadowledger.db.discoveries import Remembered
from shadowledger.scanner.discovery.gathering import Gathering, Side

_MOST_WHOMS = 64
_SAME_WHOMS = 0.5
_DIGEST_DIGITS = 16


def discovered_id(service_id: str, instance: str = "", units: Sequence[str] = (), side: str = Side.PEOPLE.value) -> str:
    """The id of an initiative that was not known before: the same in every inventory in which it is found first with
    the same leading product, units and side."""
    apart = "" if instance else "\0".join(("", *units, *([side] if side == Side.MACHINES.value else [])))
    return "ai-" + hashlib.sha256(f"{service_id}\0{instance}{apart}".encode()).hexdigest()[:8]


def whom_digests(whoms: Iterable[str]) -> frozenset[str]:
    """Some of many ids, always the same ones, as digests."""
    digests = (hashlib.sha256(one.encode()).hexdigest()[:_DIGEST_DIGITS] for one in whoms)
    return frozenset(sorted(digests)[:_MOST_WHOMS])


class Memory:
    """Gives ids to what was found now: those it had before where it is the same initiative."""

    def __init__(self, before: Iterable[Remembered]) -> None:
        self._before = {one.id: one for one in before}
        self._free: dict[tuple[str, str], list[Remembered]] = defaultdict(list)
        for one in self._before.values():
            for product in one.products:
                self._free[product].append(one)
        self._given: set[str] = set()

    def ids(self, found: Sequence[Remembered]) -> list[str]:
        """An id for each, whose own is empty. What agrees in product, side and units goes first, then what has most of
        the same people or machines."""
        ids: dict[int, str] = {}
        for is_same in (self._is_exactly, self._is_mostly):
            for number, one in enumerate(found):
                if number not in ids and (before := self._first(one, is_same)) is not None:
                    ids[number] = before.id
                    self._given.add(before.id)
        for number, one in enumerate(found):
            if number not in ids:
                ids[number] = self._new_id(one)
        return [ids[number] for number in range(len(found))]

    def differs(self, one: Remembered) -> bool:
        """Whether it is new, or another than it was last."""
        return self._before.get(one.id) != one

    def _first(self, one: Remembered, is_same: Callable[[Remembered, Remembered], bool]) -> Remembered | None:
        for product in one.products:
            for before in self._free[product]:
                if before.id not in self._given and is_same(before, one):
                    return before
        return None

    @staticmethod
    def _is_exactly(before: Remembered, one: Remembered) -> bool:
        has_instance = bool(before.products[0][1]) and before.products[0] in one.products
        return has_instance or (before.side, before.units) == (one.side, one.units)

    @staticmethod
    def _is_mostly(before: Remembered, one: Remembered) -> bool:
        both = len(before.whoms & one.whoms)
        return both > 0 and both >= _SAME_WHOMS * min(len(before.whoms), len(one.whoms))

    def _new_id(self, one: Remembered) -> str:
        service_id, instance = one.products[0]
        units = list(one.units)
        while (made := discovered_id(service_id, instance, units, one.side)) in self._before or made in self._given:
            units.append("")
            instance = ""
        self._given.add(made)
        return made


def as_remembered(one: Gathering, products: Sequence[tuple[str, str]], nature: str, whoms: Iterable[str]) -> Remembered:
    """How an initiative is now, still without its id."""
    return Remembered("", tuple(products), one.side.value, tuple(sorted(one.units)), nature, whom_digests(whoms))
