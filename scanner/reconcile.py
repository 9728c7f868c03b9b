"""Discovered against declared, both ways: which initiatives the list does not know, and which it knows and nobody sees.

Every finding comes with its reasons in words. Nothing is joined for good but by a person's decision."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from shadowledger.db.decisions import Decision
from shadowledger.db.declared import Declared
from shadowledger.scanner.consolidate import Discovered
from shadowledger.scanner.coverage import Coverage
from shadowledger.scanner.naming import NameBook
from shadowledger.signatures.index import Index
from shadowledger.signatures.overlay import DECLARED_PREFIX, declared_host

THRESHOLD = 0.8
"""From this score on, a proposal counts as matched until a person says otherwise."""
NAME_WEIGHT = 0.95
"""A product in an initiative's own name says a little less than one in its column of products."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A discovered initiative that a declared one may be."""

    discovered_id: str
    score: float
    reasons: tuple[str, ...]
    decided: bool = False
    """A person said so."""


@dataclass(slots=True)
class Finding:
    """What reconciling says of one declared or one discovered initiative."""

    kind: str
    """matched, undeclared, unseen or not_observable."""
    reasons: list[str] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    """Of a declared initiative."""
    declared_ids: list[str] = field(default_factory=list)
    """Of a discovered one."""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The whole answer."""

    discovered: list[tuple[Discovered, Finding]]
    declared: list[tuple[Declared, Finding]]

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
            "declared": len(self.declared),
            "matched": of_list["matched"],
            "unseen": of_list["unseen"],
            "not_observable": of_list["not_observable"],
        }


def reconcile(
    discovered: list[Discovered],
    declared: Iterable[Declared],
    decisions: list[Decision],
    index: Index,
    coverage: Coverage,
) -> Reconciliation:
    """Find for every declared initiative what it may be, and for every discovered one who declared it."""
    reconciler = _Reconciler(discovered, decisions, index, coverage)
    lines = [(line, reconciler.declared(line)) for line in declared]
    owners: dict[str, list[str]] = defaultdict(list)
    because: dict[str, list[str]] = defaultdict(list)
    doubts: dict[str, list[str]] = defaultdict(list)
    for line, finding in lines:
        for proposal in finding.proposals:
            if proposal.score >= THRESHOLD:
                owners[proposal.discovered_id].append(line.id)
                how = "confirmed" if proposal.decided else "proposed"
                because[proposal.discovered_id].append(f"{how}: '{line.name}' {'; '.join(proposal.reasons)}")
            else:
                doubts[proposal.discovered_id].append(f"may be '{line.name}', which {'; '.join(proposal.reasons)}")
        for refused in reconciler.refused(line):
            doubts[refused.subject].append(f"is not '{line.name}', as {refused.decided_by} said")
    found = [(one, _of_discovered(one, owners[one.id], because[one.id] or doubts[one.id])) for one in discovered]
    return Reconciliation(found, lines)


def _of_discovered(one: Discovered, owners: list[str], because: list[str]) -> Finding:
    seen = one.seen
    reasons = list(because) or ["no declared initiative names it, its hosts or its vendor's product"]
    if seen.blocked_count and seen.blocked_count == seen.judged_count:
        reasons.append(f"every contact whose outcome is known was blocked ({seen.blocked_count})")
    elif seen.blocked_count:
        reasons.append(f"{seen.blocked_count} of {seen.judged_count} contacts were blocked")
    if one.use == "resolved":
        where = "looked up in DNS and found on machines" if one.presence else "only looked up in DNS"
        reasons.append(f"{where}; whether it was used, no source here can say")
    if not one.use and one.presence:
        reasons.append("found on machines; whether it was used, no source here can say")
    return Finding("matched" if owners else "undeclared", reasons, declared_ids=owners)


class _Reconciler:
    def __init__(
        self, discovered: list[Discovered], decisions: list[Decision], index: Index, coverage: Coverage
    ) -> None:
        self.index = index
        self.coverage = coverage
        self.names = NameBook(index.services.values())
        self.by_service: dict[str, list[Discovered]] = defaultdict(list)
        self.dismissed: dict[str, list[Discovered]] = defaultdict(list)
        """Said to be no initiatives, so they are nobody's."""
        for one in discovered:
            (self.dismissed if one.state == "dismissed" else self.by_service)[one.seen.service_id].append(one)
        self.known = {one.id for one in discovered}
        self.links: dict[str, dict[str, Decision]] = defaultdict(dict)
        """Declared id to discovered ids to what a person said last of the two."""
        for decision in decisions:
            if decision.verb in ("link", "unlink"):
                self.links[decision.object][decision.subject] = decision

    def declared(self, line: Declared) -> Finding:
        """The finding of one line of the list."""
        wanted = self._wanted(line)
        proposals = self._proposals(line, wanted)
        if any(proposal.score >= THRESHOLD for proposal in proposals):
            decided = any(proposal.decided for proposal in proposals)
            reasons = ["confirmed by a person" if decided else "proposed by the program; no person has confirmed it"]
            if line.status == "stopped":
                reasons.append("declared as stopped, and still seen")
            return Finding("matched", reasons, proposals)
        services = {service_id for service_id, _ in wanted}
        if not services:
            return Finding(
                "not_observable",
                ["nothing on the list says what it looks like: no product, host or process that signatures know"],
                proposals,
            )
        kind, reasons = self.coverage.judge([self.index.services[key] for key in sorted(services)])
        seen = [one for by in (self.by_service, self.dismissed) for key in sorted(services) for one in by.get(key, ())]
        if seen:
            weak = {proposal.discovered_id for proposal in proposals}
            kind, reasons = "unseen", [self._why_not(line, one, likely=one.id in weak) for one in seen]
        if line.status == "stopped" and kind == "unseen":
            reasons.append("declared as stopped, so nothing was to be expected")
        return Finding(kind, reasons, proposals)

    def refused(self, line: Declared) -> list[Decision]:
        """What people said that a line is not."""
        return [one for one in self.links[line.id].values() if one.verb == "unlink"]

    def _why_not(self, line: Declared, one: Discovered, *, likely: bool) -> str:
        """Why a discovered initiative of a service that a line means is not that line's."""
        decision = self.links[line.id].get(one.id)
        if decision is not None:
            return f"{one.title} was seen, and {decision.decided_by} said that it is another"
        if one.state == "dismissed":
            return f"{one.title} was seen and is dismissed: {one.state_reason}"
        if likely:
            return f"{one.title} was seen and may be it; `reconcile link {one.id} {line.id}` says so"
        return f"{one.title} was seen, which is another instance"

    def _wanted(self, line: Declared) -> dict[tuple[str, str], tuple[float, list[str]]]:
        """The services (and instances, where a host names one) that a line means: score and reasons."""
        wanted: dict[tuple[str, str], tuple[float, list[str]]] = {}

        def want(service_id: str, instance: str, score: float, reason: str) -> None:
            before, reasons = wanted.get((service_id, instance), (0.0, []))
            wanted[service_id, instance] = max(before, score), [*reasons, reason]

        for text in line.hosts:
            found = self.index.host(declared_host(text))
            if found is not None:
                want(found.service.id, found.instance, 1.0, f"declares the host {declared_host(text)}")
        for process in line.processes:
            match = self.index.artifacts.find("process", process)
            if match is not None:
                want(match.service.id, "", 1.0, f"declares the process {process}")
        own = DECLARED_PREFIX + line.id
        if own in self.index.services and (own, "") not in wanted:
            want(own, "", 1.0, "declares what signatures do not know")
        for product in line.products:
            for named in self.names.look_up(product):
                want(named.service_id, "", named.score, f"names '{product}', which {named.reason}")
        if not wanted:
            for named in self.names.look_up(line.name):
                want(named.service_id, "", round(named.score * NAME_WEIGHT, 2), f"is called so that {named.reason}")
        return wanted

    def _proposals(self, line: Declared, wanted: dict[tuple[str, str], tuple[float, list[str]]]) -> list[Proposal]:
        found: dict[str, Proposal] = {}
        named_instances = {service_id for service_id, instance in wanted if instance}
        for (service_id, instance), (score, reasons) in wanted.items():
            if not instance and service_id in named_instances:
                continue  # the list says which instance it means
            for one in self.by_service.get(service_id, ()):
                if instance in ("", one.seen.instance):
                    found[one.id] = Proposal(one.id, score, tuple(reasons))
        for subject, decision in self.links[line.id].items():
            if subject not in self.known:
                continue
            found.pop(subject, None)
            if decision.verb == "link":
                why = f": {decision.reason}" if decision.reason else ""
                reason = f"linked by {decision.decided_by} on {decision.decided_at[:10]}{why}"
                found[subject] = Proposal(subject, 1.0, (reason,), decided=True)
        return sorted(found.values(), key=lambda proposal: (-proposal.score, proposal.discovered_id))
