"""The accounting of one reading: records = hits + no hits + ignored + issues + not examined, each record once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from shadowledger.collectors.records import Ignored, Issue
from shadowledger.db.sources import FIRST_POSITIONS, Counts
from shadowledger.scanner.passage import Passage

Reasons = dict[tuple[str, str], tuple[int, list[int]]]
"""Issues and ignored records by (kind, reason): how many, and the first positions."""
_RANK = {"": 0, "ignored": 1, "issue": 2, "hit": 3}
"""What a record counts as that gave several objects: a packet with a name that hits and one that cannot be read."""


class Accounting:
    """Filled as records come, in the order of their positions."""

    def __init__(self) -> None:
        self.reasons: Reasons = {}
        self.cell_issues: Counter[int] = Counter()
        """Records that could not be read, by the cell of the input that they stand in."""
        self._counts: Counter[str] = Counter()
        self._position = 0
        self._kind = ""

    @property
    def hits(self) -> int:
        """So far."""
        return self._counts["hit"]

    def hit(self, position: int) -> None:
        """A record betrayed a service."""
        if position != self._position:
            self._position, self._kind = position, "hit"
            self._counts["hit"] += 1
        elif self._kind != "hit":
            self._count("hit", position)

    def left_out(self, record: Issue | Ignored, cell: int = 0) -> None:
        """A record could not be read, or is not for us."""
        if isinstance(record, Issue):
            self.cell_issues[cell] += 1
        kind = "issue" if isinstance(record, Issue) else "ignored"
        self._count(kind, record.position)
        count, positions = self.reasons.get((kind, record.reason), (0, []))
        if len(positions) < FIRST_POSITIONS:
            positions.append(record.position)
        self.reasons[kind, record.reason] = (count + 1, positions)

    def first_issues(self) -> list[tuple[int, str]]:
        """The positions that are kept of records that could not be read, each with its reason."""
        issues = ((why, positions) for (kind, why), (_, positions) in self.reasons.items() if kind == "issue")
        return [(position, why) for why, positions in issues for position in positions]

    def go_on(self, other: Accounting, positions: int) -> None:
        """Take in the accounting of what follows, whose positions begin with 1 after so many."""
        self._counts.update(other._counts)
        self.cell_issues.update(other.cell_issues)
        for key, (count, firsts) in other.reasons.items():
            before, known = self.reasons.get(key, (0, []))
            known += [position + positions for position in firsts[: FIRST_POSITIONS - len(known)]]
            self.reasons[key] = (before + count, known)

    def _count(self, kind: str, position: int) -> None:
        if position == self._position:
            if _RANK[kind] <= _RANK[self._kind]:
                return
            self._counts[self._kind] -= 1
        self._position, self._kind = position, kind
        self._counts[kind] += 1

    def counts(self, passage: Passage, days: tuple[str, str], zones: Mapping[str, int]) -> Counts:
        """What it comes to when the reading has ended."""
        ignored = self._counts["ignored"]
        if passage.ignored_count:
            ignored += passage.ignored_count
            self.reasons["ignored", "names nothing that is looked for"] = (passage.ignored_count, [])
        hits, issues = self._counts["hit"], self._counts["issue"]
        return Counts(
            record_count=passage.record_count,
            hit_count=hits,
            no_hit_count=passage.record_count - passage.not_examined_count - hits - ignored - issues,
            ignored_count=ignored,
            issue_count=issues,
            not_examined_count=passage.not_examined_count,
            from_byte=passage.start_byte,
            to_byte=passage.read_bytes,
            first_on=days[0],
            last_on=days[1],
            zones=zones,
            damage=passage.damage,
            blind_spots=passage.blind_spots,
        )
