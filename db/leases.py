"""Who held which address when, from what servers say, in whatever order that comes.

A lease whose end the server told holds until then, or until it was freed; two of them at once are two holders. Where
the end is only assumed, as logs do not say how long a lease lasts, the next holder ends it too."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from shadowledger.db.identities import ALWAYS_US, LOOKED_UP_AT_ONCE

FREED, TOLD, ASSUMED = 0, 1, 2
LEASES, ASSUMED_LEASES = "leases", "leases, end assumed"
"""Origins of links from an address to its holder."""


class Lease(NamedTuple):
    """What a server says of an address."""

    address_id: str
    since_us: int
    event: int
    """FREED, TOLD or ASSUMED: of what kind the end is."""
    holder_id: str
    """Empty where an address was freed by whomever."""
    until_us: int


_Key = tuple[int, int, str]
"""since, event, holder: in the order of time, and an address is freed before it is given again."""


def add_leases(connection: sqlite3.Connection, leases: Iterable[tuple[str, int, int, str, int]]) -> int:
    """Record leases, each the fields of a `Lease`, and bring up to date who held their addresses. Returns how many say
    something new. To be called inside a transaction; leases of one address are best handed over together."""
    by_address: dict[str, dict[_Key, int]] = defaultdict(dict)
    for address, since, event, holder, until in leases:
        known = by_address[address]
        key = (since, event, holder)
        known[key] = _until(known[key], until) if key in known else until
    count = 0
    for some in _some(by_address):
        marks = ", ".join("?" * len(some))
        before: dict[str, dict[_Key, int]] = defaultdict(dict)
        rows = connection.execute(f"select * from lease where address_id in ({marks})", some)  # noqa: S608
        for address, since, event, holder, until in rows:
            before[address][since, event, holder] = until
        news = {address: _news(before[address], by_address[address]) for address in some}
        changed = [address for address in some if news[address]]
        connection.executemany(
            "insert or replace into lease values (?, ?, ?, ?, ?)",
            ((address, *key, until) for address in changed for key, until in sorted(news[address].items())),
        )
        if any(before.values()):
            connection.executemany(
                "delete from link where from_id = ? and origin in (?, ?)",
                ((address, LEASES, ASSUMED_LEASES) for address in changed),
            )
        connection.executemany(
            "insert or ignore into link values (?, ?, ?, ?, ?)",
            (
                (address, holder, since, until, ASSUMED_LEASES if is_assumed else LEASES)
                for address in changed
                for holder, since, until, is_assumed in sorted(_stays({**before[address], **news[address]}))
            ),
        )
        count += sum(map(len, news.values()))
    return count


def _news(before: dict[_Key, int], now: dict[_Key, int]) -> dict[_Key, int]:
    found = {}
    for key, until in now.items():
        known = before.get(key)
        if known is None:
            found[key] = until
        elif (later := _until(known, until)) != known:
            found[key] = later
    return found


def _until(one: int, other: int) -> int:
    """The later end of two, as a lease grows; one that is told before one that is not."""
    return min(one, other) if ALWAYS_US in (one, other) else max(one, other)


def _stays(leases: dict[_Key, int]) -> Iterator[tuple[str, int, int, bool]]:
    """Times without a gap in which somebody held an address: holder, from, until, whether the end is assumed."""
    held: dict[str, tuple[int, int, bool]] = {}
    for since, event, holder in sorted(leases):
        until = leases[since, event, holder]
        for other in [one for one in held if _ends(held[one], one, event, holder)]:
            begin, end, is_assumed = held.pop(other)
            if begin < min(end, since):
                yield other, begin, min(end, since), is_assumed and end < since
        if event == FREED:
            continue
        begin, end, is_assumed = held.get(holder, (since, since, False))
        if since > end:
            yield holder, begin, end, is_assumed
            begin, end, is_assumed = since, since, False
        held[holder] = (begin, until, event == ASSUMED) if until >= end else (begin, end, is_assumed)
    for holder, (begin, end, is_assumed) in held.items():
        if begin < end:
            yield holder, begin, end, is_assumed


def _ends(stay: tuple[int, int, bool], whose: str, event: int, holder: str) -> bool:
    """Whether what happens ends a stay."""
    if event == FREED:
        return holder in ("", whose)
    return whose != holder and stay[2]


def _some(addresses: Iterable[str]) -> Iterator[list[str]]:
    ordered = iter(sorted(addresses))
    while some := list(islice(ordered, LOOKED_UP_AT_ONCE)):
        yield some
