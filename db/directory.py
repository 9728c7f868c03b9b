"""What lists say of people and machines, and the links and units that follow from all of it together.

What a list dates itself holds as it says. What it does not date holds always, or from the day of the list on until a
later one says otherwise, and gives way where something is dated. A list that is taken in again says nothing new."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

import msgspec

from shadowledger.db.identities import ALWAYS_US, LOOKED_UP_AT_ONCE

UNIT, WHOSE, NAMED = "unit", "whose", "named"
DATED = -1
DIRECTORY = "directory"
"""The origin of links that follow from lists."""
LEASE_NAME = "lease name"
"""The origin of links from a hardware address to the name that a lease has for it."""
Span = tuple[int, int]
"""Microseconds from (inclusive) and until (exclusive)."""
ALWAYS: Span = (0, ALWAYS_US)


class Statement(NamedTuple):
    """What a list says of one name."""

    about: str
    topic: str
    as_of_us: int
    """DATED where the list says from when until when; else it holds from this moment on, and 0 is always."""
    since_us: int
    until_us: int
    value: str
    """An id (empty: nobody's), or a `place` for units."""


_SHORTER = "select from_id, to_id from link where origin = 'bare form' and from_id"
_LONGER = "select from_id, to_id from link where origin = 'bare form' and to_id"
_LISTED = "select about, topic from statement where topic != 'named' and about"
Said = dict[str, list[Statement]]
Timeline = list[tuple[int, int, str]]
"""from, until, value; those of one value do not touch."""


def place(unit: str, site: str, role: str) -> str:
    """Unit, site and role as a statement's value."""
    return msgspec.json.encode((unit, site, role)).decode()


def state(connection: sqlite3.Connection, statements: Iterable[Statement]) -> int:
    """Record what a list says, and bring up to date what follows. Returns how much of it is new. To be called inside a
    transaction."""
    by_name: Said = defaultdict(list)
    for one in statements:
        by_name[one.about].append(one)
    count, changed = 0, set()
    for some in _some(by_name):
        before = _said(connection, some)
        added: list[Statement] = []
        gone: list[Statement] = []
        for name in some:
            new, old = _news(by_name[name], before.get(name, ()))
            added += new
            gone += old
            if new or old:
                changed.add(name)
        count += len(added)
        connection.executemany(
            "delete from statement where (about, topic, as_of_us, since_us, value) = (?, ?, ?, ?, ?)",
            ((one.about, one.topic, one.as_of_us, one.since_us, one.value) for one in gone),
        )
        connection.executemany("insert or replace into statement values (?, ?, ?, ?, ?, ?)", sorted(added))
    follow(connection, changed)
    return count


def _news(said: Iterable[Statement], before: Iterable[Statement]) -> tuple[list[Statement], list[Statement]]:
    """What is to be added, and what to be removed."""
    known = {one[:4] + one[5:]: one for one in before}
    wanted: dict[tuple[str, str, int, int, str], Statement] = {}
    for one in said:
        key = one[:4] + one[5:]
        if (other := wanted.get(key) or known.get(key)) is not None:
            wanted[key] = one._replace(until_us=_until(other.until_us, one.until_us))
        else:
            wanted[key] = one
    renewed = {(one.topic, one.as_of_us) for one in wanted.values() if one.as_of_us != DATED}
    gone = [one for key, one in known.items() if (one.topic, one.as_of_us) in renewed and key not in wanted]
    return [one for key, one in wanted.items() if known.get(key) != one], gone


def _until(before: int, now: int) -> int:
    """An end that is told is not forgotten for one that is not."""
    return before if now == ALWAYS_US else now


def follow(connection: sqlite3.Connection, names: Collection[str]) -> None:
    """Bring links and units of names up to date, and those of their shorter forms and of machines that leases call so.
    To be called inside a transaction."""
    shorter = dict(_pairs(connection, _SHORTER, names))
    touched = {*names, *shorter.values()}
    touched.update(
        value
        for _, value in _pairs(connection, "select about, value from statement where topic = 'named' and about", names)
    )
    touched.update(
        about
        for about, _ in _pairs(
            connection, "select about, value from statement where topic = 'named' and value", touched
        )
    )
    for some in _some(touched):
        _follow(connection, some)


def _follow(connection: sqlite3.Connection, names: list[str]) -> None:
    longer: dict[str, list[str]] = defaultdict(list)
    for long, short in _pairs(connection, _LONGER, names):
        longer[short].append(long)
    said = _said(connection, {*names, *(one for some in longer.values() for one in some)})
    named = _believed_names(connection, {name: said[name] for name in names if name in said})
    links: list[tuple[str, str, int, int, str]] = []
    members: list[tuple[str, str, str, str, int, int]] = []
    for name in names:
        own = [name, *longer.get(name, ())]
        whose = _united(span for one in own for span in timeline(said.get(one, ()), WHOSE))
        links += ((name, value, since, until, DIRECTORY) for since, until, value in whose if value not in ("", name))
        if not whose:
            links += ((name, value, *ALWAYS, LEASE_NAME) for value in named.get(name, ()))
        for since, until, value in _united(span for one in own for span in timeline(said.get(one, ()), UNIT)):
            unit, site, role = msgspec.json.decode(value, type=tuple[str, str, str])
            members.append((name, unit, site, role, since, until))
    _write(connection, names, links, members)


def _write(
    connection: sqlite3.Connection,
    names: list[str],
    links: list[tuple[str, str, int, int, str]],
    members: list[tuple[str, str, str, str, int, int]],
) -> None:
    """Store what follows in place of what followed before. To insert costs more than to look."""
    marks = ", ".join("?" * len(names))
    origins = f"origin in ('{DIRECTORY}', '{LEASE_NAME}')"
    known = set(connection.execute(f"select * from link where from_id in ({marks}) and {origins}", names))  # noqa: S608
    belonged = set(connection.execute(f"select * from membership where id in ({marks})", names))  # noqa: S608
    connection.executemany(
        "delete from link where (from_id, to_id, valid_from_us) = (?, ?, ?)",
        [row[:3] for row in known.difference(links)],
    )
    connection.executemany(
        "delete from membership where (id, valid_from_us, unit) = (?, ?, ?)",
        [(row[0], row[4], row[1]) for row in belonged.difference(members)],
    )
    connection.executemany("insert or ignore into link values (?, ?, ?, ?, ?)", sorted(set(links).difference(known)))
    connection.executemany(
        "insert or ignore into membership values (?, ?, ?, ?, ?, ?)", sorted(set(members).difference(belonged))
    )


def _believed_names(connection: sqlite3.Connection, said: Mapping[str, list[Statement]]) -> dict[str, list[str]]:
    """By hardware address the names that leases have for it, where a list knows the name, or where nothing else is
    called so: `iphone` is no one machine."""
    called = {
        about: [one.value for one in some if one.topic == NAMED]
        for about, some in said.items()
        if any(one.topic == NAMED for one in some)
    }
    names = {name for some in called.values() for name in some}
    if not names:
        return {}
    claims: dict[str, int] = defaultdict(int)
    for _, name in _pairs(connection, "select about, value from statement where topic = 'named' and value", names):
        claims[name] += 1
    forms: dict[str, set[str]] = {name: {name} for name in names}
    for name, form in _pairs(connection, _SHORTER, names):
        forms[name].add(form)
    for form, name in _pairs(connection, _LONGER, names):
        forms[name].add(form)
    listed = {
        about
        for about, _ in _pairs(
            connection,
            "select about, '' from statement where topic != 'named' and about",
            {form for some in forms.values() for form in some},
        )
    }
    believed = {}
    for about, some in called.items():
        known = [name for name in some if forms[name] & listed]
        if known or (len(some) == 1 and claims[some[0]] == 1):
            believed[about] = known or some
    return believed


def timeline(said: Iterable[Statement], topic: str) -> Timeline:
    """What statements amount to. What is not dated holds until a later list says otherwise, and where nothing is
    dated."""
    dated = [one for one in said if one.topic == topic and one.as_of_us == DATED]
    points: dict[int, list[str]] = defaultdict(list)
    for one in said:
        if one.topic == topic and one.as_of_us != DATED:
            points[one.as_of_us].append(one.value)
    moments = sorted(points)
    spans = [(one.since_us, one.until_us, one.value) for one in dated]
    for start, end in pairwise([*moments, ALWAYS_US]):
        begin = 0 if start == moments[0] else start
        free = _without((begin, end), [(one.since_us, one.until_us) for one in dated])
        spans += ((since, until, value) for since, until in free for value in points[start])
    return _united(spans)


def _without(span: Span, taken: Iterable[Span]) -> list[Span]:
    """The parts of a span that others leave."""
    left = [span]
    for since, until in taken:
        left = [
            part
            for begin, end in left
            for part in ((begin, min(end, since)), (max(begin, until), end))
            if part[0] < part[1]
        ]
    return left


def _united(spans: Iterable[tuple[int, int, str]]) -> Timeline:
    """Spans of one value as one where they touch; in order."""
    found: Timeline = []
    for since, until, value in sorted(spans, key=lambda span: (span[2], span[0])):
        if found and found[-1][2] == value and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], until), value)
        elif since < until:
            found.append((since, until, value))
    return sorted(found)


def _said(connection: sqlite3.Connection, names: Collection[str]) -> Said:
    found: Said = defaultdict(list)
    for some in _some(names):
        marks = ", ".join("?" * len(some))
        for row in connection.execute(f"select * from statement where about in ({marks})", some):  # noqa: S608
            found[row[0]].append(Statement(*row))
    return found


def _pairs(connection: sqlite3.Connection, query: str, wanted: Collection[str]) -> Iterator[tuple[str, str]]:
    """The rows of a query whose last column is among those wanted."""
    for some in _some(wanted):
        yield from connection.execute(f"{query} in ({', '.join('?' * len(some))})", some)


def _some(names: Collection[str]) -> Iterator[list[str]]:
    """Names by the hundred, in order."""
    ordered = sorted(names)
    for start in range(0, len(ordered), LOOKED_UP_AT_ONCE):
        yield ordered[start : start + LOOKED_UP_AT_ONCE]
