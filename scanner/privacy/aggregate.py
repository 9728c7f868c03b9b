"""The profile `aggregate`: what was read is counted, and of those who are named only how many they are, by day.

Names are told apart while an input is read, in memory, and never stored. What the counts mean stands in
docs/decisions/0010."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from shadowledger.db.contributions import Contribution, add_contributions
from shadowledger.db.days import day_number
from shadowledger.db.errors import UnusableError
from shadowledger.db.identities import ACCOUNTS, Identities
from shadowledger.db.manners import BACKGROUND, REFUSED
from shadowledger.db.names import Name, bare_form
from shadowledger.db.numbering import Ways
from shadowledger.db.unnamed import UnnamedDay, add_unnamed
from shadowledger.scanner.stretches import KEPT_POSITIONS
from shadowledger.scanner.sums import Sums

_MOST = (1 << 63) - 1
_KIND = {"upn": "u", "sam": "w", "email": "e"}
_NO_USE = (REFUSED, BACKGROUND)
Key = tuple[object, ...]


class Nobody(Identities):
    """The identities of a site that stores nobody: all names are met, and none has an id."""

    def meet(self, names: Iterable[Name]) -> None:
        """Forget them."""

    def id_of(self, name: Name) -> str:
        """Nobody's."""
        return ""

    def ids_of(self, names: Iterable[Name]) -> dict[Name, str]:
        """Raises UnusableError: whoever asks means to store somebody."""
        raise UnusableError(
            "The profile of this site is aggregate, so nobody is stored; `shadowledger privacy profile`."
        )


class Crowd:
    """Who is named in an input, by service, instance and day, for as long as it is read."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._ways = Ways(connection)
        self._connection = connection
        self._of_strand: dict[int, tuple[int, str]] = {}
        """The number of the service and instance, and the manner."""
        self._users: dict[tuple[int, int], set[Name]] = defaultdict(set)
        self._others: dict[tuple[int, int], set[Name]] = defaultdict(set)
        """Whom refused and background traffic names: they are no users, but may be."""

    def counted(self, sums: Sums) -> Iterator[Contribution]:
        """What the sums come to for everybody together, one row for each day and way. To be called inside a
        transaction."""
        names: dict[str, Name] = {"": Name("", "")}

        def told(name: Name) -> str:
            key = f"{name.kind}\0{name.text}" if name.kind else ""
            names[key] = name
            return key

        merged: dict[Key, Contribution] = {}
        for row in sums.contributions(told):
            self._meet(row, names)
            key = (row.day_on, *row[4:14])
            known = merged.get(key)
            alone = row._replace(actor_id="", device_id="", client_id="", hours=0)
            merged[key] = alone if known is None else _together(known, alone)
        yield from merged.values()

    def _meet(self, row: Contribution, names: dict[str, Name]) -> None:
        found = (names[key] for key in (row.actor_id, row.device_id, row.client_id))
        whom = next((name for name in found if name.kind not in ("", "system")), None)
        if whom is not None:
            instance, is_use = self._of(row)
            (self._users if is_use else self._others)[instance, day_number(row.day_on)].add(whom)

    def _of(self, row: Contribution) -> tuple[int, bool]:
        """The number of a row's service and instance, and whether it shows use or presence."""
        strand = self._ways[row[4:14]].strand
        if strand not in self._of_strand:
            asked = "select service_instance, manner from strand where number = ?"
            self._of_strand[strand] = self._connection.execute(asked, (strand,)).fetchone()
        instance, manner = self._of_strand[strand]
        return instance, manner not in _NO_USE

    def rows(self, source_id: int) -> Iterator[UnnamedDay]:
        """How many they were."""
        for key in sorted({*self._users, *self._others}):
            users, others = self._users.get(key, set()), self._others.get(key, set())
            yield UnnamedDay(*key, source_id, fewest(users), len(users | others))


def fewest(names: Iterable[Name]) -> int:
    """How many people there are at least, where accounts of different kinds, or of one shorter form, may be one
    person's."""
    kinds = Counter(_KIND.get(name.kind, "") for name in set(map(bare_form, names)))
    return max([*(kinds[account] for account in ACCOUNTS), 1 if kinds else 0])


def _together(one: Contribution, other: Contribution) -> Contribution:
    positions = sorted({*map(int, one.positions.split()), *map(int, other.positions.split())})[:KEPT_POSITIONS]
    return one._replace(
        record_count=one.record_count + other.record_count,
        session_count=one.session_count + other.session_count,
        sent_bytes=_added(one.sent_bytes, other.sent_bytes),
        received_bytes=_added(one.received_bytes, other.received_bytes),
        first_position=min(one.first_position, other.first_position),
        last_position=max(one.last_position, other.last_position),
        positions=" ".join(map(str, positions)),
    )


def _added(one: int | None, other: int | None) -> int | None:
    return one if other is None else other if one is None else min(one + other, _MOST)


def store_crowd(connection: sqlite3.Connection, run_id: int, source_id: int, sums: Sums) -> None:
    """Store what a source's sums come to for everybody together, and how many they are. To be called inside a
    transaction."""
    crowd = Crowd(connection)
    add_contributions(connection, run_id, source_id, list(crowd.counted(sums)))
    add_unnamed(connection, crowd.rows(source_id))
