"""The list to fill in: what each column means, as CSV or as a workbook with the meanings beside the headers."""

from __future__ import annotations

import csv
import datetime as dt
import io

from shadowledger.db.declared import FIELDS, STATUSES
from shadowledger.scanner.initiatives.importing import EXAMPLE_MARK
from shadowledger.scanner.initiatives.mistakes import ListError

MEANINGS = {
    "id": "Your own id, as text. Left empty, one is made from the name.",
    "name": "What the initiative is called. The only column that is required.",
    "purpose": "What it is for, in a sentence.",
    "owner": "Who answers for it.",
    "business_units": "The units it serves, between semicolons.",
    "status": f"One of {', '.join(STATUSES)}.",
    "products": "Vendors and products, as you call them, between semicolons.",
    "hosts": "Host names it talks to, between semicolons.",
    "processes": "Names of programs that belong to it, between semicolons.",
    "on_platform": "yes, if it runs on the shared AI platform; otherwise no.",
    "approved_until": "The last day of its approval, such as 2026-12-31.",
    "idea_on": "The day the idea was recorded.",
    "poc_on": "The day the proof of concept began.",
    "production_on": "The day it went into production, or will.",
    "expected_users": "How many people are to use it.",
    "licences": "How many licences were bought.",
    "cost_poc": "Cost of the proof of concept, such as 12500 EUR.",
    "cost_build": "Cost of building it.",
    "cost_run_per_year": "Cost of running it for a year.",
    "value_per_year": "What it is worth in a year.",
    "kpi": "What the value is measured by, with the baseline.",
    "data_readiness": "How ready its data is, in your words.",
    "monitored": "yes, if somebody watches what it does; otherwise no.",
    "fallback": "What is done when it fails; no, if nothing is.",
    "users_in_design": "yes, if its users took part in its design; otherwise no.",
}
"""Column to what belongs into it."""

EXAMPLE = {
    "id": f"{EXAMPLE_MARK}: this row is left out",
    "name": "Contract assistant",
    "purpose": "Finds unusual clauses in supplier contracts",
    "owner": "Head of Legal Operations",
    "business_units": "Legal; Procurement",
    "status": "pilot",
    "products": "OpenAI API; Azure OpenAI",
    "hosts": "contracts.example.com; api.openai.com",
    "processes": "contract-assistant",
    "on_platform": "yes",
    "approved_until": "2026-12-31",
    "idea_on": "2025-09-01",
    "poc_on": "2026-01-15",
    "production_on": "2026-10-01",
    "expected_users": "40",
    "licences": "25",
    "cost_poc": "12500 EUR",
    "cost_build": "80000 EUR",
    "cost_run_per_year": "24000 EUR",
    "value_per_year": "150000 EUR",
    "kpi": "Hours per contract: 6 before",
    "data_readiness": "catalogued, access granted",
    "monitored": "yes",
    "fallback": "Review by hand",
    "users_in_design": "yes",
}
_DRAWN_AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
"""The workbook's date of creation, so that the same version writes the same bytes."""
_ROWS_CHECKED = 1_000


def template_csv() -> str:
    """The header and the example, which an import leaves out; CRLF between them (RFC 4180)."""
    text = io.StringIO()
    csv.writer(text).writerows((FIELDS, [EXAMPLE[name] for name in FIELDS]))
    return text.getvalue()


def template_xlsx() -> bytes:
    """The same as a workbook, with notes on the headers and choices in the cells. Raises ListError where XlsxWriter
    is not installed."""
    try:
        import xlsxwriter  # type: ignore[import-untyped]
    except ImportError as error:
        raise ListError(
            "A workbook needs XlsxWriter: pip install XlsxWriter. Or name a file that ends in .csv."
        ) from error
    drawn = io.BytesIO()
    with xlsxwriter.Workbook(drawn, {"in_memory": True, "strings_to_urls": False}) as book:
        book.set_properties({"created": _DRAWN_AT.replace(tzinfo=None)})
        sheet = book.add_worksheet("Initiatives")
        head, grey = book.add_format({"bold": True}), book.add_format({"italic": True, "font_color": "#777777"})
        for column, name in enumerate(FIELDS):
            sheet.write_string(0, column, name, head)
            sheet.write_comment(0, column, MEANINGS[name], {"author": "shadowledger"})
            sheet.write_string(1, column, EXAMPLE[name], grey)
            choices = STATUSES if name == "status" else ("yes", "no") if EXAMPLE[name] == "yes" else ()
            if choices:
                sheet.data_validation(
                    2,
                    column,
                    _ROWS_CHECKED,
                    column,
                    {"validate": "list", "source": list(choices), "ignore_blank": True},
                )
        sheet.set_column(0, len(FIELDS) - 1, 22)
        sheet.freeze_panes(1, 2)
    return drawn.getvalue()
