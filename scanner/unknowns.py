"""Hosts of one source that look like AI and that no signature names, with what speaks for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b

from shadowledger.collectors.records import Traffic
from shadowledger.db.candidates import ClueCount
from shadowledger.db.names import Name
from shadowledger.scanner.days import DAY_US, day_text
from shadowledger.scanner.machines import machine_name
from shadowledger.scanner.match import NOT_A_QUESTION
from shadowledger.signatures.index import Index
from shadowledger.signatures.unknown import clues

_MOST_HOSTS = 20_000
AT_ANY_HOST = ("api_path", "user_agent")
"""Indicators that say what speaks, and nothing of the host it speaks to."""


class Unknowns:
    """Filled record by record. Bounded: of more than _MOST_HOSTS those stay whose digests are lowest, whatever the
    order in which they came, and theirs are counted in full."""

    def __init__(self) -> None:
        self._highest = b""
        """The digest from which on hosts are left out; empty while none is."""
        self._counts: dict[str, dict[tuple[str, int], list[int]]] = {}
        """By host, and by reason and points: records, first and last day (-1 for none), first position."""

    def add(self, index: Index, record: Traffic) -> None:
        """Weigh a record that was wanted, and that betrays nobody's host."""
        if record.via in NOT_A_QUESTION:
            return
        labels = (record.app_label, record.category_label)
        asked = (record.path, record.method, record.port, record.user_agent)
        day = record.time_us // DAY_US if record.time_us else -1
        for clue in clues(index, record.host, *asked, labels, record.content_type):
            self._count(record.host, (clue.reason, clue.points), [1, day, day, record.position])

    def go_on(self, other: Unknowns, positions: int) -> None:
        """Take in what was counted of the records that follow, whose positions begin with 1 after so many."""
        if other._highest and (not self._highest or other._highest < self._highest):
            self._highest = other._highest
        for host, counts in other._counts.items():
            for clue, (count, first, last, position) in counts.items():
                self._count(host, clue, [count, first, last, position + positions])
        self._trim(_MOST_HOSTS)

    def _count(self, host: str, clue: tuple[str, int], more: list[int]) -> None:
        counts = self._counts.get(host)
        if counts is None:
            if self._highest and _digest(host) >= self._highest:
                return
            counts = self._counts[host] = {}
            self._trim(2 * _MOST_HOSTS)
        told = counts.setdefault(clue, more)
        if told is not more:
            told[0] += more[0]
            told[1] = min(told[1], more[1]) if min(told[1], more[1]) >= 0 else max(told[1], more[1])
            told[2] = max(told[2], more[2])

    def _trim(self, most: int) -> None:
        """Of more than `most` hosts, keep _MOST_HOSTS."""
        if len(self._counts) > most:
            digests = sorted((_digest(host), host) for host in self._counts)
            self._highest = digests[_MOST_HOSTS][0]
            for _, host in digests[_MOST_HOSTS:]:
                del self._counts[host]

    def names(self) -> Iterator[Name]:
        """Addresses and machines inside among the hosts: they may be somebody's."""
        return (name for host in self._counts if (name := machine_name(host)) is not None)

    def rows(self, id_of: Callable[[Name], str]) -> Iterator[ClueCount]:
        """What to store, with addresses and machines inside replaced by their ids."""
        self._trim(_MOST_HOSTS)
        for host, counts in self._counts.items():
            machine = machine_name(host)
            shown = host if machine is None else id_of(machine)
            for (reason, points), (count, first, last, position) in counts.items():
                yield ClueCount(shown, reason, points, count, day_text(first), day_text(last), position)


def _digest(host: str) -> bytes:
    return blake2b(host.encode(errors="surrogatepass"), digest_size=8).digest()
