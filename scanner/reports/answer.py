"""The answer of a reconciliation as rows, as JSON and as a headline in words."""

from __future__ import annotations

import msgspec

from shadowledger.scanner.coverage import Coverage
from shadowledger.scanner.discovery.consolidate import Discovered
from shadowledger.scanner.discovery.headcount import People
from shadowledger.scanner.output import SCHEMA_VERSION
from shadowledger.scanner.privacy.groups import in_words, is_hidden
from shadowledger.scanner.reconciliation.reconcile import Finding, Reconciliation
from shadowledger.scanner.reports.muting import Exceptions

DISCOVERED_COLUMNS = (
    "id", "products", "vendor", "instances", "units", "nature", "finding", "use", "presence", "people",
    "first_seen_on", "last_seen_on", "days", "records", "declared", "state", "tag", "muted", "reasons",
)  # fmt: skip
DISCOVERED_GLANCE = (
    "id", "initiative", "units", "nature", "finding", "use", "presence", "people", "last_seen_on", "declared",
)  # fmt: skip
"""What a table shows; the other forms have all columns."""
DECLARED_COLUMNS = ("id", "name", "status", "finding", "discovered", "muted", "reasons")
DECLARED_GLANCE = ("id", "name", "status", "finding", "discovered", "reasons")
NOTHING_SAID = Exceptions()


def answer(result: Reconciliation, coverage: Coverage, exceptions: Exceptions = NOTHING_SAID) -> dict[str, object]:
    """The whole reconciliation as one JSON object; counts are of everything, and `muted` of what is muted of it."""
    threshold = result.consolidated.limits.match_score / 100
    return {
        "schema_version": SCHEMA_VERSION,
        "counts": {**result.counts(), "muted": muted_count(result, exceptions)},
        "thresholds": msgspec.to_builtins(result.consolidated.limits),
        "sources": {"known": coverage.source_count, "to_rescan": coverage.stale_count},
        "discovered": [_discovered(one, finding, exceptions) for one, finding in result.discovered],
        "declared": [
            {
                "id": line.id,
                "name": line.name,
                "finding": finding.kind,
                "discovered": [p.discovered_id for p in finding.proposals if p.score >= threshold],
                "proposals": [
                    {"discovered": p.discovered_id, "score": p.score, "reasons": list(p.reasons)}
                    for p in finding.proposals
                ],
                "muted": exceptions.mute_of(line.id),
                "reasons": finding.reasons,
            }
            for line, finding in result.declared
        ],
        "background": [
            {"service": seen.service, "vendor": seen.vendor, "instance": seen.instance, "refused": seen.blocked_count}
            for seen in result.consolidated.background
        ],
    }


def _discovered(one: Discovered, finding: Finding, exceptions: Exceptions) -> dict[str, object]:
    seen = one.seen
    return {
        "id": one.id,
        "service": seen.service,
        "vendor": seen.vendor,
        "family": seen.family,
        "category": seen.category,
        "products": list(dict.fromkeys(told.service for told in one.products)),
        "instances": list(one.instances),
        "units": list(one.units),
        "nature": one.nature,
        "people": one.people._asdict() | ({"hidden": True} if is_hidden(one.people) else {}),
        "first_seen_on": one.first_seen_on or None,
        "last_seen_on": one.last_seen_on or None,
        "days": one.day_count,
        "records": dict(one.records) if one.records is not None else None,
        "use": one.use or None,
        "presence": one.presence or None,
        "state": one.state,
        "tag": exceptions.tag_of(one.id),
        "muted": exceptions.mute_of(one.id),
        "finding": finding.kind,
        "declared": finding.declared_ids,
        "reasons": finding.reasons,
    }


def people_in_words(low: int, high: int) -> str:
    """`12`, `5-9` where nobody can say, or `fewer than 5`."""
    return in_words(People(low, high))


def discovered_rows(result: Reconciliation, exceptions: Exceptions = NOTHING_SAID) -> list[dict[str, object]]:
    """One row per discovered initiative."""
    return [
        {
            "id": one.id,
            "initiative": one.title,
            "products": list(dict.fromkeys(told.service for told in one.products)),
            "vendor": one.seen.vendor,
            "instances": list(one.instances),
            "units": list(one.units),
            "nature": one.nature,
            "finding": finding.kind,
            "use": one.use,
            "presence": one.presence,
            "people": people_in_words(one.people.low, one.people.high),
            "first_seen_on": one.first_seen_on,
            "last_seen_on": one.last_seen_on,
            "days": one.day_count,
            "records": dict(one.records or {}) or "",
            "declared": finding.declared_ids,
            "state": one.state,
            "tag": exceptions.tag_of(one.id),
            "muted": exceptions.mute_of(one.id),
            "reasons": finding.reasons,
        }
        for one, finding in result.discovered
    ]


def declared_rows(result: Reconciliation, exceptions: Exceptions = NOTHING_SAID) -> list[dict[str, object]]:
    """One row per declared initiative."""
    titles = {one.id: one.title for one, _ in result.discovered}
    threshold = result.consolidated.limits.match_score / 100
    return [
        {
            "id": line.id,
            "name": line.name,
            "status": line.status,
            "finding": finding.kind,
            "discovered": [titles[p.discovered_id] for p in finding.proposals if p.score >= threshold],
            "muted": exceptions.mute_of(line.id),
            "reasons": finding.reasons,
        }
        for line, finding in result.declared
    ]


_HEADLINE = (
    ("undeclared", "discovered and not declared"),
    ("seen_out_of_scope", "discovered in other units than declared"),
    ("matched", "declared and seen"),
    ("conflict", "declared and seen, against what the list says"),
    ("ambiguous", "declared and seen, and only a person can say which one it is"),
    ("out_of_scope", "declared, and seen in other units only"),
    ("unseen", "declared and not seen, although they could have been"),
    ("not_observable", "declared and not observable here"),
)
_ALWAYS_TOLD = frozenset(("undeclared", "matched", "unseen", "not_observable"))


def muted_count(result: Reconciliation, exceptions: Exceptions) -> int:
    """How many of what was discovered or declared are muted."""
    ids = [one.id for one, _ in result.discovered] + [line.id for line, _ in result.declared]
    return sum(key in exceptions.mutes for key in ids)


def unmuted_count(result: Reconciliation, exceptions: Exceptions, kind: str) -> int:
    """How many findings of a kind a person has not muted: `undeclared` ones of what was discovered, others of lines."""
    if kind == "undeclared":
        keys = [one.id for one, found in result.discovered if found.kind == kind and one.state != "dismissed"]
    else:
        keys = [line.id for line, found in result.declared if found.kind == kind]
    return sum(key not in exceptions.mutes for key in keys)


def headline(result: Reconciliation, coverage: Coverage, exceptions: Exceptions = NOTHING_SAID) -> str:
    """What an auditor wants to know first."""
    counts, alive = result.counts(), [one for one, _ in result.discovered if one.state != "dismissed"]
    products = {seen.service_id for one in alive for seen in one.products}
    by_unit = {(seen.service_id, unit) for one in alive for seen in one.products for unit in one.units or ("",)}
    states = f"{counts['proposed']} AI initiatives proposed, {counts['confirmed']} confirmed"
    lines = [
        f"{states}, at these thresholds (`inventory thresholds` prints them).",
        f"They are of {len(products)} products; {len(by_unit)} by product and unit.",
        f"{counts['declared']} on the official list.",
        "",
        *(f"  {counts[key]:4} {told}" for key, told in _HEADLINE if counts[key] or key in _ALWAYS_TOLD),
    ]
    if counts["dismissed"]:
        lines.append(f"  {counts['dismissed']:4} dismissed, and left out above")
    if muted := muted_count(result, exceptions):
        lines.append(
            f"  {muted:4} muted: counted above, and left out of the tables (`inventory list --muted` has them)"
        )
    if counts["strays"]:
        lines.append(f"  {counts['strays']:4} visits below the thresholds, not counted")
    if counts["background"]:
        lines.append(f"  {counts['background']:4} seen in background traffic or refused contacts only")
    if coverage.stale_count:
        stale = f"{coverage.stale_count} of {coverage.source_count} sources"
        lines += [
            "",
            f"{stale} were read before the signatures or the official list were as they are now;",
            "`shadowledger sources rescan --all` looks at them again.",
        ]
    return "\n".join(lines) + "\n"
