"""What a line of the official list claims: services, and instances where a host names one, each with a score and the
reasons in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from shadowledger.db.declared import Declared
from shadowledger.scanner.naming import NameBook
from shadowledger.signatures.index import Index
from shadowledger.signatures.overlay import DECLARED_PREFIX, declared_host

NAME_WEIGHT = 0.95
"""A product in an initiative's own name says a little less than one in its column of products."""
_HELD = 1.0
Key = tuple[str, str]
"""Service and instance; an empty instance is any."""


class Claim(NamedTuple):
    """That a line means a service."""

    score: float
    """0 to 1."""
    reasons: tuple[str, ...]
    by_name: bool
    """Whether only names say so, no host or process."""


class Claims:
    """Reads lines of the list."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._names = NameBook(index.services.values())

    def of(self, line: Declared) -> Mapping[Key, Claim]:
        """Everything a line claims."""
        found: dict[Key, Claim] = {}
        for key, score, reason in (*self._by_signature(line), *self._by_product(line)):
            before = found.get(key, Claim(0.0, (), by_name=True))
            by_name = before.by_name and score < _HELD
            found[key] = Claim(max(before.score, score), (*before.reasons, reason), by_name)
        if not found:
            found = {
                (named.service_id, ""): Claim(
                    round(named.score * NAME_WEIGHT, 2), (f"is called so that {named.reason}",), by_name=True
                )
                for named in reversed(self._names.look_up(line.name))
            }
        return _without_wider(found)

    def _by_signature(self, line: Declared) -> Iterator[tuple[Key, float, str]]:
        for text in line.hosts:
            host = declared_host(text)
            found = self._index.host(host)
            if found is not None:
                yield (found.service.id, found.instance), _HELD, f"declares the host {host}"
        for process in line.processes:
            match = self._index.artifacts.find("process", process)
            if match is not None:
                yield (match.service.id, ""), _HELD, f"declares the process {process}"
        own = DECLARED_PREFIX + line.id
        if own in self._index.services:
            yield (own, ""), _HELD, "declares what signatures do not know"

    def _by_product(self, line: Declared) -> Iterator[tuple[Key, float, str]]:
        for product in line.products:
            for named in self._names.look_up(product):
                score = min(named.score, _HELD - 0.01)
                yield (named.service_id, ""), score, f"names '{product}', which {named.reason}"


def _without_wider(found: Mapping[Key, Claim]) -> dict[Key, Claim]:
    """Where a host says which instance of a service is meant, its name means no other."""
    told: dict[str, set[str]] = defaultdict(set)
    for service_id, instance in found:
        told[service_id].add(instance)
    return {key: claim for key, claim in found.items() if key[1] or told[key[0]] == {""}}
