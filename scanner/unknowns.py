"""Hosts of one source that look like AI and that no signature names, with what speaks for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from shadowledger.collectors.engines.plan import is_address_shaped
from shadowledger.collectors.records import Traffic
from shadowledger.db.candidates import ClueCount
from shadowledger.db.names import Name, address_name
from shadowledger.scanner.days import DAY_US, day_text
from shadowledger.scanner.match import NOT_A_QUESTION, Hit
from shadowledger.signatures.index import Index
from shadowledger.signatures.unknown import clues

_MOST_HOSTS = 20_000
_AT_ANY_HOST = ("api_path", "user_agent")
"""Indicators that say what speaks, and nothing of the host it speaks to."""


class Unknowns:
    """Filled record by record. Bounded: from _MOST_HOSTS on no further host is taken in."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._counts: dict[str, dict[tuple[str, int], list[int]]] = {}
        """By host, and by reason and points: records, first and last day (-1 for none), first position."""

    def add(self, record: Traffic, hit: Hit | None) -> None:
        """Weigh a record that was wanted."""
        if (hit is not None and hit.match.indicator.kind not in _AT_ANY_HOST) or record.via in NOT_A_QUESTION:
            return
        labels = (record.app_label, record.category_label)
        asked = (record.path, record.method, record.port, record.user_agent)
        found = clues(self._index, record.host, *asked, labels, record.content_type)
        if not found or (record.host not in self._counts and len(self._counts) >= _MOST_HOSTS):
            return
        day = record.time_us // DAY_US if record.time_us else -1
        counts = self._counts.setdefault(record.host, {})
        for clue in found:
            told = counts.setdefault((clue.reason, clue.points), [0, day, day, record.position])
            told[0] += 1
            told[1] = min(told[1], day) if told[1] >= 0 else day
            told[2] = max(told[2], day)

    def names(self) -> Iterator[Name]:
        """Addresses among the hosts: somebody's machine may be behind one."""
        return (address_name(host) for host in self._counts if is_address_shaped(host))

    def rows(self, id_of: Callable[[Name], str]) -> Iterator[ClueCount]:
        """What to store, with addresses replaced by their ids."""
        for host, counts in self._counts.items():
            name = id_of(address_name(host)) if is_address_shaped(host) else host
            for (reason, points), (count, first, last, position) in counts.items():
                yield ClueCount(name, reason, points, count, day_text(first), day_text(last), position)
