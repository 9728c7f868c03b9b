"""The answer of a reconciliation as a workbook."""

from __future__ import annotations

from shadowledger.scanner.coverage import Coverage
from shadowledger.scanner.reconciliation.reconcile import Reconciliation
from shadowledger.scanner.reports.answer import (
    DECLARED_COLUMNS,
    DISCOVERED_COLUMNS,
    declared_rows,
    discovered_rows,
    headline,
)
from shadowledger.scanner.reports.muting import Exceptions
from shadowledger.scanner.reports.workbook import Page, workbook

PROPOSAL_COLUMNS = ("declared", "name", "discovered", "initiative", "score", "by", "reasons")


def answer_book(result: Reconciliation, coverage: Coverage, exceptions: Exceptions) -> bytes:
    """An XLSX file with the headline, both sides, and every proposal with its score and reasons."""
    columns = ("id", "initiative", *DISCOVERED_COLUMNS[1:])
    pages = (
        Page("Discovered", columns, discovered_rows(result, exceptions)),
        Page("Declared", DECLARED_COLUMNS, declared_rows(result, exceptions)),
        Page("Proposals", PROPOSAL_COLUMNS, proposal_rows(result)),
    )
    return workbook(headline(result, coverage, exceptions).splitlines(), pages)


def proposal_rows(result: Reconciliation) -> list[dict[str, object]]:
    """One row for each discovered initiative that a declared one may be."""
    titles = {one.id: one.title for one, _ in result.discovered}
    return [
        {
            "declared": line.id,
            "name": line.name,
            "discovered": proposal.discovered_id,
            "initiative": titles[proposal.discovered_id],
            "score": proposal.score,
            "by": "a person" if proposal.decided else "the program",
            "reasons": proposal.reasons,
        }
        for line, finding in result.declared
        for proposal in finding.proposals
    ]
