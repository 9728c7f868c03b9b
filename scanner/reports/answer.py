"""The answer of a reconciliation as rows, as JSON and as a headline in words."""

from __future__ import annotations

from shadowledger.scanner.consolidate import Discovered
from shadowledger.scanner.coverage import Coverage
from shadowledger.scanner.headcount import People
from shadowledger.scanner.output import SCHEMA_VERSION
from shadowledger.scanner.privacy.groups import in_words, is_hidden
from shadowledger.scanner.reconcile import THRESHOLD, Finding, Reconciliation

DISCOVERED_COLUMNS = (
    "id", "service", "vendor", "instance", "finding", "use", "presence", "people", "first_seen_on", "last_seen_on",
    "records", "declared", "state",
)  # fmt: skip
DISCOVERED_GLANCE = ("id", "initiative", "finding", "use", "presence", "people", "last_seen_on", "records", "declared")
"""What a table shows; the other forms have all columns."""
DECLARED_COLUMNS = ("id", "name", "status", "finding", "discovered", "reasons")


def answer(result: Reconciliation, coverage: Coverage) -> dict[str, object]:
    """The whole reconciliation as one JSON object."""
    return {
        "schema_version": SCHEMA_VERSION,
        "counts": result.counts(),
        "sources": {"known": coverage.source_count, "to_rescan": coverage.stale_count},
        "discovered": [_discovered(one, finding) for one, finding in result.discovered],
        "declared": [
            {
                "id": line.id,
                "name": line.name,
                "finding": finding.kind,
                "discovered": [p.discovered_id for p in finding.proposals if p.score >= THRESHOLD],
                "proposals": [
                    {"discovered": p.discovered_id, "score": p.score, "reasons": list(p.reasons)}
                    for p in finding.proposals
                ],
                "reasons": finding.reasons,
            }
            for line, finding in result.declared
        ],
    }


def _discovered(one: Discovered, finding: Finding) -> dict[str, object]:
    seen = one.seen
    return {
        "id": one.id,
        "service": seen.service,
        "vendor": seen.vendor,
        "family": seen.family,
        "category": seen.category,
        "instances": [seen.instance] if seen.instance else [],
        "units": list(one.units),
        "nature": "unknown",
        "people": one.people._asdict() | ({"hidden": True} if is_hidden(one.people) else {}),
        "first_seen_on": seen.first_seen_on or None,
        "last_seen_on": seen.last_seen_on or None,
        "days": seen.day_count,
        "records": dict(seen.channel_counts),
        "use": one.use or None,
        "presence": one.presence or None,
        "state": one.state,
        "finding": finding.kind,
        "declared": finding.declared_ids,
        "reasons": finding.reasons,
    }


def people_in_words(low: int, high: int) -> str:
    """`12`, `5-9` where nobody can say, or `fewer than 5`."""
    return in_words(People(low, high))


def discovered_rows(result: Reconciliation) -> list[dict[str, object]]:
    """One row per discovered initiative."""
    return [
        {
            "id": one.id,
            "initiative": one.title,
            "service": one.seen.service,
            "vendor": one.seen.vendor,
            "instance": one.seen.instance,
            "finding": finding.kind,
            "use": one.use,
            "presence": one.presence,
            "people": people_in_words(one.people.low, one.people.high),
            "first_seen_on": one.seen.first_seen_on,
            "last_seen_on": one.seen.last_seen_on,
            "records": dict(one.seen.channel_counts),
            "declared": finding.declared_ids,
            "state": one.state,
            "reasons": finding.reasons,
        }
        for one, finding in result.discovered
    ]


def declared_rows(result: Reconciliation) -> list[dict[str, object]]:
    """One row per declared initiative."""
    titles = {one.id: one.title for one, _ in result.discovered}
    return [
        {
            "id": line.id,
            "name": line.name,
            "status": line.status,
            "finding": finding.kind,
            "discovered": [titles[p.discovered_id] for p in finding.proposals if p.score >= THRESHOLD],
            "reasons": finding.reasons,
        }
        for line, finding in result.declared
    ]


def headline(result: Reconciliation, coverage: Coverage) -> str:
    """What an auditor wants to know first."""
    counts = result.counts()
    states = f"{counts['proposed']} proposed, {counts['confirmed']} confirmed"
    lines = [
        f"{counts['discovered']} AI initiatives discovered, one per service and instance ({states}).",
        f"{counts['declared']} on the official list.",
        "",
        f"  {counts['undeclared']:4} discovered and not declared",
        f"  {counts['matched']:4} declared and seen",
        f"  {counts['unseen']:4} declared and not seen, although they could have been",
        f"  {counts['not_observable']:4} declared and not observable here",
    ]
    if counts["dismissed"]:
        lines.append(f"  {counts['dismissed']:4} dismissed, and left out above")
    if coverage.stale_count:
        stale = f"{coverage.stale_count} of {coverage.source_count} sources"
        lines += [
            "",
            f"{stale} were read before the signatures or the official list were as they are now;",
            "`shadowledger sources rescan --all` looks at them again.",
        ]
    return "\n".join(lines) + "\n"
