"""Proposals of a reconciliation that wait for a person's word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from shadowledger.db.declared import Declared
from shadowledger.scanner.discovery.consolidate import Discovered
from shadowledger.scanner.reconciliation.fitting import Proposal
from shadowledger.scanner.reconciliation.reconcile import Reconciliation


class Open(NamedTuple):
    """A line of the official list, and a discovered initiative that it may be."""

    line: Declared
    proposal: Proposal
    one: Discovered


class Review:
    """The proposals that nobody answered yet, the likeliest of each line first; answers may settle later ones."""

    def __init__(self, result: Reconciliation) -> None:
        self._result = result
        self._threshold = result.consolidated.limits.match_score / 100
        self._by_id = {one.id: one for one, _ in result.discovered}
        linked = [(line.id, p.discovered_id) for line, found in result.declared for p in found.proposals if p.decided]
        self._lines = {line_id for line_id, _ in linked}
        """Lines that a person linked."""
        self._owned = {discovered_id for _, discovered_id in linked}
        """What a person linked to a line."""
        self._dismissed = {one.id for one, _ in result.discovered if one.state == "dismissed"}

    def waiting(self) -> Iterator[Open]:
        """One after the other, without those that answers have settled meanwhile: what is another line's or dismissed,
        and weak proposals for a line that has what it means."""
        for line, finding in self._result.declared:
            for proposal in finding.proposals:
                is_weak = proposal.score < self._threshold
                key = proposal.discovered_id
                if (
                    proposal.decided
                    or key in self._owned
                    or key in self._dismissed
                    or (is_weak and line.id in self._lines)
                ):
                    continue
                yield Open(line, proposal, self._by_id[key])

    def link(self, answered: Open) -> None:
        """Note that a person said yes."""
        self._lines.add(answered.line.id)
        self._owned.add(answered.one.id)

    def dismiss(self, answered: Open) -> None:
        """Note that a person said that it is no AI initiative."""
        self._dismissed.add(answered.one.id)
