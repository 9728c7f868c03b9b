"""What people said belongs together, or does not, although the rules have it otherwise."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from shadowledger.db.decisions import Decision
from shadowledger.scanner.discovery.cutting import Piece
from shadowledger.scanner.discovery.gathering import Gathering

SPLITS: dict[str, Callable[[Piece], str]] = {
    "unit": lambda piece: ", ".join(piece.units),
    "product": lambda piece: piece.strand.service_id,
    "instance": lambda piece: piece.strand.instance,
}
"""By what an initiative may be split."""
_UNDONE_BY = {"unmerge": "merge", "unsplit": "split"}
Identified = tuple[str, Gathering]
Parts = Mapping[str, list[Piece]]
"""Pieces by the name of their unit, product or instance; empty for none."""


def standing(decisions: Sequence[Decision]) -> list[Decision]:
    """Merges and splits that nobody took back, in the order in which people said them."""
    found: dict[tuple[str, str, str], Decision] = {}
    for one in decisions:
        if one.verb in ("merge", "split"):
            found.pop((one.verb, one.subject, one.object), None)
            found[one.verb, one.subject, one.object] = one
        elif one.verb in _UNDONE_BY:
            found.pop((_UNDONE_BY[one.verb], one.subject, one.object), None)
    return list(found.values())


def parted(found: Sequence[Identified], decisions: Sequence[Decision]) -> list[Identified]:
    """Initiatives after what people said of them, one word after the other: of a merge's two the first one keeps its
    id, and of a split's parts the one that had the id then; the others have ids of their own."""
    by_id = dict(found)
    for decision in standing(decisions):
        if decision.verb == "merge":
            _merge(by_id, decision)
        elif decision.subject in by_id:
            by_id |= _split(decision, by_id.pop(decision.subject))
    return list(by_id.items())


def taken_up(decisions: Sequence[Decision]) -> dict[str, str]:
    """Ids that are part of another initiative, as people said, and which one that is now."""
    into: dict[str, str] = {}
    for one in standing(decisions):
        first, second = _now(one.subject, into), _now(one.object, into)
        if one.verb == "merge" and first != second:
            into[second] = first
    return {key: _now(key, into) for key in into}


def parts_of(one: Gathering, by: str) -> Parts:
    """The pieces of an initiative by unit, product or instance."""
    parts: dict[str, list[Piece]] = defaultdict(list)
    for piece in one.pieces:
        parts[SPLITS[by](piece)].append(piece)
    return parts


def leading_part(parts: Parts) -> str:
    """The part that is to keep the id: the most visited one that has a name."""
    return min(parts, key=lambda name: (not name, -sum(piece.visit_count for piece in parts[name]), name))


def _now(key: str, into: Mapping[str, str]) -> str:
    while key in into:
        key = into[key]
    return key


def _merge(by_id: dict[str, Gathering], decision: Decision) -> None:
    if decision.subject != decision.object and {decision.subject, decision.object} <= by_id.keys():
        other = by_id.pop(decision.object)
        reason = f"{decision.decided_by} said on {decision.decided_at[:10]} that {decision.object} is the same"
        by_id[decision.subject].take(other, _with_why(reason, decision))
        by_id[decision.subject].kinds |= other.kinds


def _split(decision: Decision, one: Gathering) -> dict[str, Gathering]:
    by, _, keeper = decision.object.partition("=")
    reason = _with_why(f"{decision.decided_by} said on {decision.decided_at[:10]} that each {by} is its own", decision)
    return {
        _part_id(decision.subject, name, keeper): Gathering(
            pieces, one.side, [*one.reasons, reason], one.is_chain, one.kinds
        )
        for name, pieces in sorted(parts_of(one, by).items())
    }


def _part_id(key: str, name: str, keeper: str) -> str:
    return key if name == keeper else "ai-" + hashlib.sha256(f"{key}\0{name}".encode()).hexdigest()[:8]


def _with_why(reason: str, decision: Decision) -> str:
    return f"{reason}: {decision.reason}" if decision.reason else reason
