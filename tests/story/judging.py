"""What the program answered, held against what was planted. Only keys of the printed JSON are read, so that any way of
finding the truth may pass."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from composing import Story
from organization import FIRST_DAY
from plot import DEAD, LIVING, NOBODYS, UNOBSERVABLE, Declared, Initiative
from products import SHARED_HOST
from telling import Told

Row = dict[str, Any]
CERTAIN_GROUP = 5
"""From so many people on, and where no address is shared, their number must be exact; below, bounds may be wider."""


class Figure(NamedTuple):
    """One measure: what was planted, what was found, and how much of it is right."""

    planted: object
    found: object
    is_right: bool
    share: float


def covers(row: Row, one: Initiative) -> bool:
    """Whether a discovered initiative holds something of a planted one: by service, instance and unit."""
    services = {row["service"], *row.get("products", ())}
    if not services & one.services:
        return False
    if one.instance and row["instances"] and not any(one.instance in instance for instance in row["instances"]):
        return False
    if one.instance == SHARED_HOST:
        deployment = one.products[0].turn[0][1].split("/")[3]
        named = [instance for instance in row["instances"] if "deployments/" in instance]
        if named and not any(instance.endswith(deployment) for instance in named):
            return False
    return not row["units"] or bool(set(row["units"]) & set(one.units))


class Judgement:
    """All figures of one story."""

    def __init__(self, story: Story, told: Told) -> None:
        self.story, self.told = story, told
        self.rows: list[Row] = [row for row in told.reconciled["discovered"] if row["state"] != "dismissed"]
        planted = story.planted.initiatives
        self.covered = {row["id"]: [one for one in planted if covers(row, one)] for row in self.rows}
        self.holding = {one.number: [row for row in self.rows if covers(row, one)] for one in planted}
        self.own: dict[int, Row] = {
            one.number: self.holding[one.number][0]
            for one in planted
            if len(self.holding[one.number]) == 1 and len(self.covered[self.holding[one.number][0]["id"]]) == 1
        }
        """Planted initiatives that are exactly one discovered one, to that."""
        self.extra = [row for row in self.rows if not self.covered[row["id"]]]

    def figures(self) -> dict[str, Figure]:
        declared = self.story.planted.declared
        return {
            "discovered": self._discovered(),
            "proposed_first": self._proposed_first(),
            "unseen": self._found_as("unseen", {one.id for one in declared if one.truth == DEAD}),
            "not_observable": self._found_as(
                "not_observable", {one.id for one in declared if one.truth == UNOBSERVABLE}
            ),
            "false_merges": self._false_merges(),
            "out_of_scope": self._found_as(
                "out_of_scope", {one.id for one in declared if one.finding == "out_of_scope"}
            ),
            "stopped_alive": self._found_as("conflict", {one.id for one in declared if one.finding == "conflict"}),
            "traced": self._traced(),
            "dates": self._of_own(self._are_its_days),
            "people": self._of_own(self._are_its_people),
            "units": self._of_own(lambda one, row: set(row["units"]) == set(one.units)),
            "natures": self._of_own(lambda one, row: row["nature"] == one.nature),
        }

    def _discovered(self) -> Figure:
        planted = len(self.story.planted.initiatives)
        right = len(self.own)
        is_right = right == planted == len(self.rows)
        return Figure(planted, len(self.rows), is_right, right / (planted + len(self.extra)))

    def _proposed_first(self) -> Figure:
        living = [one for one in self.story.planted.declared if one.truth == LIVING]
        right = sum(map(self.is_first, living))
        return Figure(len(living), right, right == len(living), right / len(living))

    def is_first(self, one: Declared) -> bool:
        """Whether what a line speaks of is its first proposal; of the dead, whether it has none."""
        (line,) = (line for line in self.told.reconciled["declared"] if line["id"] == one.id)
        first = next((row["discovered"] for row in line["proposals"]), "")
        wanted = [] if one.initiative is None else [one.initiative]
        return [covered.number for covered in self.covered.get(first, ())] == wanted

    def wrong_of(self, one: Initiative, row: Row) -> list[str]:
        """Which figures an initiative that was found as one gets wrong."""
        checks = {
            "traced": row["id"] not in self.told.evidence or self._is_traced(row),
            "dates": self._are_its_days(one, row),
            "people": self._are_its_people(one, row),
            "units": set(row["units"]) == set(one.units),
            "nature": row["nature"] == one.nature,
        }
        return [name for name, is_right in checks.items() if not is_right]

    def _found_as(self, finding: str, wanted: set[str]) -> Figure:
        found = {line["id"] for line in self.told.reconciled["declared"] if line["finding"] == finding}
        share = len(found & wanted) / len(found | wanted)
        return Figure(sorted(wanted), sorted(found), found == wanted, share)

    def _false_merges(self) -> Figure:
        merged = sum(len(self.covered[row["id"]]) > 1 for row in self.rows)
        return Figure(0, merged, merged == 0, 1 - merged / max(1, len(self.rows)))

    def _traced(self) -> Figure:
        followed = [row for row in self.rows if row["id"] in self.told.evidence]
        right = sum(map(self._is_traced, followed))
        return Figure(len(followed), right, right == len(followed) > 0, right / max(1, len(followed)))

    def _of_own(self, is_right: Any) -> Figure:  # noqa: ANN401 - a function of an initiative and its row
        planted = self.story.planted.initiatives
        right = sum(is_right(one, self.own[one.number]) for one in planted if one.number in self.own)
        return Figure(len(planted), right, right == len(planted), right / len(planted))

    def _is_traced(self, row: Row) -> bool:
        """Records are named, and each is a line that is still there and that was written for what the row covers; where
        records are counted by channel, so many were written."""
        records = self.told.evidence[row["id"]]
        numbers = {one.number for one in self.covered[row["id"]]}
        files = {source["source"]: Path(source["input"]).name for source in self.told.scanned}
        whose = self.story.ledger.whose
        counted = row.get("records")
        return (
            bool(records)
            and (counted is None or counted == self._written(numbers))
            and all(
                record["line"] and whose[files[record["source_id"]]].get(record["position"], NOBODYS) in numbers
                for record in records
            )
        )

    def _written(self, numbers: set[int]) -> Counter[str]:
        counted = self.story.ledger.counted()
        return sum((counted[number] for number in numbers), Counter())

    def _are_its_days(self, one: Initiative, row: Row) -> bool:
        days = self.story.ledger.days[one.number]
        told = [(dt.date.fromisoformat(row[key]) - FIRST_DAY).days for key in ("first_seen_on", "last_seen_on")]
        return told == [min(days), max(days)]

    def _are_its_people(self, one: Initiative, row: Row) -> bool:
        low, high = row["people"]["low"], row["people"]["high"]
        truth = len(self.story.people[one.number])
        exact = truth >= CERTAIN_GROUP and not one.at and not one.server
        return bool(low == high == truth if exact else low <= truth <= high)


def differences(judgement: Judgement) -> list[str]:
    """What is not as planted, in lines for a reader."""
    lines = []
    for one in judgement.story.planted.initiatives:
        rows = judgement.holding[one.number]
        own = judgement.own.get(one.number)
        wrong = judgement.wrong_of(one, own) if own else ["not one"]
        if wrong:
            said = "; ".join(_told(row, len(judgement.covered[row["id"]])) for row in rows) or "nothing"
            truth = f"{'+'.join(sorted(one.services))} {one.nature} of {', '.join(one.units)}"
            people = len(judgement.story.people[one.number])
            lines.append(f"{', '.join(wrong)}: planted {one.number} {truth}, {people}: {said}")
    lines += [f"not planted: {_told(row, 0)}" for row in judgement.extra]
    found = {line["id"]: line for line in judgement.told.reconciled["declared"]}
    for stated in judgement.story.planted.declared:
        line = found[stated.id]
        first = next((row["discovered"] for row in line["proposals"]), "none")
        if line["finding"] != stated.finding or not judgement.is_first(stated):
            lines.append(f"{stated.id} {stated.name!r}: {stated.finding}, found {line['finding']}, first {first}")
    return lines


def _told(row: Row, covering: int) -> str:
    people = f"{row['people']['low']}-{row['people']['high']}"
    units = ", ".join(row["units"])
    covered = f" covers {covering}" if covering > 1 else ""
    return f"{row['id']} {row['service']} {row['instances'] or ''} {row['nature']} of {units}, {people}{covered}"


def answer(seed: int, judgement: Judgement) -> dict[str, object]:
    """The one line: the share is the mean of the figures' own shares."""
    figures = judgement.figures()
    return {
        "seed": seed,
        "planted": {name: one.planted for name, one in figures.items()},
        "found": {name: one.found for name, one in figures.items()},
        "ok": {name: one.is_right for name, one in figures.items()},
        "share": round(sum(one.share for one in figures.values()) / len(figures), 4),
    }
