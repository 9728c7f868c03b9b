"""What people said belongs together, or does not, although the rules have it otherwise."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence

from shadowledger.db.decisions import Decision
from shadowledger.scanner.gathering import Gathering
from shadowledger.scanner.pieces import Piece

SPLITS: dict[str, Callable[[Piece], str]] = {
    "unit": lambda piece: ", ".join(piece.units),
    "product": lambda piece: piece.strand.service_id,
    "instance": lambda piece: piece.strand.instance,
}
"""By what an initiative may be split."""
Identified = tuple[str, Gathering]


def standing(decisions: Sequence[Decision], verb: str, undone_by: str) -> list[Decision]:
    """Decisions that nobody took back, oldest first."""
    found: dict[tuple[str, str], Decision] = {}
    for one in decisions:
        if one.verb == verb:
            found[one.subject, one.object] = one
        elif one.verb == undone_by:
            found.pop((one.subject, one.object), None)
    return list(found.values())


def merged(found: Sequence[Identified], decisions: Sequence[Decision]) -> list[Identified]:
    """Initiatives of which people said that they are one: the first of the two keeps its id."""
    by_id = dict(found)
    for decision in standing(decisions, "merge", "unmerge"):
        if decision.subject != decision.object and {decision.subject, decision.object} <= by_id.keys():
            other = by_id.pop(decision.object)
            reason = f"{decision.decided_by} said on {decision.decided_at[:10]} that {decision.object} is the same"
            by_id[decision.subject].take(other, f"{reason}: {decision.reason}" if decision.reason else reason)
    return list(by_id.items())


def split(found: Sequence[Identified], decisions: Sequence[Decision]) -> list[Identified]:
    """Initiatives of which people said that they are several, each part with an id of its own. The part with most of
    the pieces keeps the id."""
    said = {one.subject: one for one in standing(decisions, "split", "unsplit")}
    parted: list[Identified] = []
    for key, one in found:
        decision = said.get(key)
        parted += _parts(key, one, decision) if decision is not None and decision.object in SPLITS else [(key, one)]
    return parted


def _parts(key: str, one: Gathering, decision: Decision) -> list[Identified]:
    by: dict[str, list[Piece]] = defaultdict(list)
    for piece in one.pieces:
        by[SPLITS[decision.object](piece)].append(piece)
    reason = f"{decision.decided_by} said on {decision.decided_at[:10]} that each {decision.object} is its own"
    ranked = sorted(by.items(), key=lambda part: (-len(part[1]), part[0]))
    return [
        (
            key if number == 0 else "ai-" + hashlib.sha256(f"{key}\0{name}".encode()).hexdigest()[:8],
            Gathering(some, one.side, [*one.reasons, reason], one.is_chain),
        )
        for number, (name, some) in enumerate(ranked)
    ]
