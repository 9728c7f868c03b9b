"""Discovered against declared, both ways: which initiatives the list does not know, and which it knows and nobody sees.

Every finding comes with its reasons in words. Nothing is joined for good but by a person's decision."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from shadowledger.db.decisions import Decision
from shadowledger.db.declared import Declared
from shadowledger.scanner.coverage import Coverage
from shadowledger.scanner.discovery.consolidate import Consolidated, Discovered
from shadowledger.scanner.discovery.parting import taken_up
from shadowledger.scanner.reconciliation.claims import Claim, Claims, Key
from shadowledger.scanner.reconciliation.conflicts import conflicts_of
from shadowledger.scanner.reconciliation.fitting import Proposal, fitting
from shadowledger.signatures.index import Index

THRESHOLD = 0.8
"""From this score on, a proposal counts as matched until a person says otherwise."""
_CLEARLY = 0.05
"""By so much another line or initiative has to fit better for this one to step back."""
KINDS = (
    "matched", "undeclared", "unseen", "not_observable", "out_of_scope", "conflict", "ambiguous",
)  # fmt: skip


@dataclass(slots=True)
class Finding:
    """What reconciling says of one declared or one discovered initiative."""

    kind: str
    """One of KINDS."""
    reasons: list[str] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    """Of a declared initiative, the likeliest first."""
    declared_ids: list[str] = field(default_factory=list)
    """Of a discovered one."""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The whole answer."""

    discovered: list[tuple[Discovered, Finding]]
    declared: list[tuple[Declared, Finding]]
    consolidated: Consolidated

    def counts(self) -> dict[str, int]:
        """The headline."""
        states = Counter(one.state for one, _ in self.discovered)
        kinds = Counter(finding.kind for one, finding in self.discovered if one.state != "dismissed")
        of_list = Counter(finding.kind for _, finding in self.declared)
        return {
            "discovered": states["proposed"] + states["confirmed"],
            "proposed": states["proposed"],
            "confirmed": states["confirmed"],
            "dismissed": states["dismissed"],
            "undeclared": kinds["undeclared"],
            "seen_out_of_scope": kinds["out_of_scope"],
            "declared": len(self.declared),
            **{kind: of_list[kind] for kind in KINDS if kind != "undeclared"},
            "strays": self.consolidated.stray_count,
            "background": len(self.consolidated.background),
        }


def reconcile(
    consolidated: Consolidated,
    declared: Iterable[Declared],
    decisions: list[Decision],
    index: Index,
    coverage: Coverage,
) -> Reconciliation:
    """Find for every declared initiative what it may be, and for every discovered one who declared it."""
    reconciler = _Reconciler(consolidated, list(declared), decisions, index, coverage)
    lines = [(line, reconciler.declared(line)) for line in reconciler.lines]
    found = [(one, _of_discovered(one, lines, reconciler)) for one in consolidated.initiatives]
    return Reconciliation(found, lines, consolidated)


def _of_discovered(one: Discovered, lines: list[tuple[Declared, Finding]], reconciler: _Reconciler) -> Finding:
    """The finding of a discovered initiative follows from those of the lines that it fits."""
    owners: dict[str, str] = {}
    because: list[str] = []
    doubts: list[str] = []
    elsewhere: list[str] = []
    for line, finding in lines:
        for proposal in finding.proposals:
            if proposal.discovered_id != one.id:
                continue
            told = "; ".join(proposal.reasons)
            if proposal.score >= reconciler.threshold:
                owners[line.id] = finding.kind
                how = "confirmed" if proposal.decided else "proposed"
                because.append(f"{how}: '{line.name}' {told}")
            elif proposal.is_elsewhere:
                elsewhere.append(line.id)
                doubts.append(f"'{line.name}' {told}")
            else:
                doubts.append(f"may be '{line.name}', which {told}")
        doubts += [
            f"is not '{line.name}', as {refused.decided_by} said"
            for refused in reconciler.refused(line)
            if refused.subject == one.id
        ]
    reasons = [*(because or doubts or ["no declared initiative names it, its hosts or its vendor's product"])]
    reasons += [*one.reasons, *_of_use(one)]
    if owners:
        kinds = set(owners.values())
        kind = next((kind for kind in ("conflict", "ambiguous") if kind in kinds), "matched")
        return Finding(kind, reasons, declared_ids=list(owners))
    return Finding("out_of_scope" if elsewhere else "undeclared", reasons, declared_ids=elsewhere)


def _of_use(one: Discovered) -> list[str]:
    """What is to be said of how it was seen."""
    reasons = []
    blocked = sum(seen.blocked_count for seen in one.products)
    if one.is_only and blocked:
        reasons.append(f"{blocked} of {sum(seen.judged_count for seen in one.products)} contacts were blocked")
    if one.use == "resolved":
        where = "looked up in DNS and found on machines" if one.presence else "only looked up in DNS"
        reasons.append(f"{where}; whether it was used, no source here can say")
    if not one.use and one.presence:
        reasons.append("found on machines; whether it was used, no source here can say")
    return reasons


class _Reconciler:
    def __init__(
        self,
        consolidated: Consolidated,
        lines: list[Declared],
        decisions: list[Decision],
        index: Index,
        coverage: Coverage,
    ) -> None:
        self.lines = lines
        self.threshold = consolidated.limits.match_score / 100
        self._all = consolidated.initiatives
        self._by_id = {one.id: one for one in self._all}
        self._alive = [one for one in self._all if one.state != "dismissed"]
        self._index = index
        self._coverage = coverage
        self._links: dict[str, dict[str, Decision]] = defaultdict(dict)
        """Declared id to discovered ids to what a person said last of the two."""
        for decision in decisions:
            if decision.verb in ("link", "unlink"):
                self._links[decision.object][decision.subject] = decision
        parts = taken_up(decisions)
        for told in self._links.values():  # what was said of an initiative that is a part of another holds for that
            for part in parts.keys() & told.keys():
                if told[part].verb == "link":
                    told.setdefault(parts[part], told[part])
        claims = Claims(index)
        self._claims: Mapping[str, Mapping[Key, Claim]] = {line.id: claims.of(line) for line in lines}
        fits = {line.id: self._decided(line, fitting(line, self._claims[line.id], self._alive)) for line in lines}
        self._proposals = self._settled(fits)

    def declared(self, line: Declared) -> Finding:
        """The finding of one line of the list."""
        proposals = self._proposals[line.id]
        strong = [one for one in proposals if one.score >= self.threshold]
        if strong:
            return self._seen(line, proposals, strong)
        if elsewhere := [one for one in proposals if one.is_elsewhere]:
            units = sorted({unit for one in elsewhere for unit in self._by_id[one.discovered_id].units})
            told = f"declared for {', '.join(line.business_units)}, and seen in {', '.join(units)} only"
            return Finding("out_of_scope", [told], proposals)
        return self._unseen(line, proposals)

    def refused(self, line: Declared) -> list[Decision]:
        """What people said that a line is not."""
        return [one for one in self._links[line.id].values() if one.verb == "unlink"]

    def _seen(self, line: Declared, proposals: list[Proposal], strong: list[Proposal]) -> Finding:
        decided = any(one.decided for one in strong)
        reasons = ["confirmed by a person" if decided else "proposed by the program; no person has confirmed it"]
        mine = [self._by_id[one.discovered_id] for one in strong]
        if conflicts := conflicts_of(line, mine, self._coverage.last_on):
            return Finding("conflict", [*reasons, *conflicts], proposals)
        if not decided and (doubts := self._doubts(line, strong)):
            return Finding("ambiguous", doubts, proposals)
        return Finding("matched", reasons, proposals)

    def _doubts(self, line: Declared, strong: list[Proposal]) -> list[str]:
        """Why nobody but a person can say which of several it is."""
        first = strong[0]
        doubts = [
            f"'{other.name}' ({other.id}) fits {self._by_id[first.discovered_id].title} as well"
            for other in self.lines
            if other.id != line.id and self._is_strong(other, first.discovered_id)
        ]
        equals = [one for one in strong if first.score - one.score < _CLEARLY]
        by_service: dict[str, set[str]] = defaultdict(set)
        for one in equals:
            mine = self._by_id[one.discovered_id]
            for seen in mine.products:
                if seen.instance:
                    by_service[seen.service_id].add(mine.instances[0])
        several = sorted({instance for told in by_service.values() if len(told) > 1 for instance in told})
        if several:
            doubts.append(f"it may be any of {', '.join(several)}; its hosts on the list would say which")
        return doubts

    def _is_strong(self, line: Declared, discovered_id: str) -> bool:
        found = self._proposals[line.id]
        return any(one.discovered_id == discovered_id and one.score >= self.threshold for one in found)

    def _unseen(self, line: Declared, proposals: list[Proposal]) -> Finding:
        services = {service_id for service_id, _ in self._claims[line.id]}
        if not services:
            told = "nothing on the list says what it looks like: no product, host or process that signatures know"
            return Finding("not_observable", [told], proposals)
        known = [self._index.services[key] for key in sorted(services)]
        kind, reasons = self._coverage.judge(known, line.business_units)
        seen = [one for one in self._all if services & {product.service_id for product in one.products}]
        if seen:
            weak = {proposal.discovered_id for proposal in proposals}
            kind, reasons = "unseen", [self._why_not(line, one, likely=one.id in weak) for one in seen]
        if line.status == "stopped" and kind == "unseen":
            reasons.append("declared as stopped, so nothing was to be expected")
        return Finding(kind, reasons, proposals)

    def _why_not(self, line: Declared, one: Discovered, *, likely: bool) -> str:
        """Why a discovered initiative of a service that a line means is not that line's."""
        decision = self._links[line.id].get(one.id)
        if decision is not None:
            return f"{one.title} was seen, and {decision.decided_by} said that it is another"
        if one.state == "dismissed":
            return f"{one.title} was seen and is dismissed: {one.state_reason}"
        if likely:
            return f"{one.title} was seen and may be it; `reconcile link {one.id} {line.id}` says so"
        return f"{one.title} was seen, which is another instance"

    def _decided(self, line: Declared, proposals: list[Proposal]) -> list[Proposal]:
        """Proposals with what people said: links are certain, and what was refused is proposed no more."""
        found = {one.discovered_id: one for one in proposals}
        for subject, decision in self._links[line.id].items():
            if subject not in self._by_id:
                continue
            found.pop(subject, None)
            if decision.verb == "link":
                why = f": {decision.reason}" if decision.reason else ""
                reason = f"linked by {decision.decided_by} on {decision.decided_at[:10]}{why}"
                found[subject] = Proposal(subject, 1.0, (reason,), decided=True)
        return sorted(found.values(), key=lambda one: (not one.decided, -one.score))

    def _settled(self, fits: dict[str, list[Proposal]]) -> dict[str, list[Proposal]]:
        """Proposals after every initiative went to the lines that it fits best: what fits another clearly better, or
        is another's by a person's word, is only a weak proposal here."""
        best: dict[str, Proposal] = {}
        for proposals in fits.values():
            for one in proposals:
                before = best.get(one.discovered_id)
                if before is None or (one.decided, one.score) > (before.decided, before.score):
                    best[one.discovered_id] = one
        return {key: self._stepped_back(proposals, best) for key, proposals in fits.items()}

    def _stepped_back(self, proposals: list[Proposal], best: Mapping[str, Proposal]) -> list[Proposal]:
        below = self.threshold - 0.01
        strong = [one for one in proposals if one.score >= self.threshold]
        lost = {one.discovered_id for one in strong if _is_anothers(one, best[one.discovered_id])}
        if len(lost) == len(strong):  # it has nothing else: only a person can say whose it is
            lost = {one.discovered_id for one in strong if best[one.discovered_id].decided and not one.decided}
        settled = [
            replace(one, score=below, reasons=(*one.reasons, "but fits another line better"))
            if one.discovered_id in lost
            else one
            for one in proposals
        ]
        return sorted(settled, key=lambda one: (not one.decided, -one.score))


def _is_anothers(one: Proposal, best: Proposal) -> bool:
    """Whether a proposal fits another line clearly better, or is another's by a person's word."""
    return not one.decided and (best.decided or best.score - one.score >= _CLEARLY)


__all__ = ["THRESHOLD", "Finding", "Proposal", "Reconciliation", "reconcile"]
