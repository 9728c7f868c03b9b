"""What kind of initiative it is, decided by written rules, each with its reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from shadowledger.db.manners import API, PROGRAM
from shadowledger.db.observations import Seen
from shadowledger.scanner.days import day_of
from shadowledger.scanner.discovery.gathering import AGENT_KINDS, API_CATEGORIES, Gathering, Side
from shadowledger.scanner.discovery.headcount import People
from shadowledger.scanner.discovery.thresholds import Thresholds

INDIVIDUAL, TEAM, POC, PRODUCTION = "individual", "team", "poc", "production"
EMBEDDED, AGENTIC, LOCAL = "embedded", "agentic", "local"
NATURES = (INDIVIDUAL, TEAM, POC, PRODUCTION, EMBEDDED, AGENTIC, LOCAL)
_SATURDAY = 5
_ACTING = frozenset(("agent", "code-assistant", "gateway", "sdk"))
"""What runs on a machine and asks models elsewhere."""
_WITH_APPS = frozenset(
    ("code-assistant", "meeting", "chatbot", "embedded", "writing", "search", "companion", "customer", "agent")
)
Nature = tuple[str, str]
"""One of NATURES, and why."""


def nature_of(one: Gathering, products: Collection[Seen], people: People, limits: Thresholds) -> Nature:
    """The first rule that holds."""
    kinds = {seen.ai_kind for seen in products}
    categories = {seen.category for seen in products}
    count = len({seen.service_id for seen in products})
    if one.is_chain and count >= limits.chain_products:
        return AGENTIC, f"a program uses {count} products within the same minutes"
    if "local-runtime" in categories or (kinds == {"local"} and not categories & _ACTING):
        return LOCAL, "the models run on machines of this organization"
    if AGENT_KINDS & one.kinds and categories & _ACTING:
        return AGENTIC, "its command line program or its tools (MCP) lie on machines"
    if "agent" in categories:
        names = ", ".join(sorted(seen.service for seen in products if seen.category == "agent"))
        return AGENTIC, f"{names} acts by itself"
    if "enabled" in kinds:
        return EMBEDDED, "AI inside a product that was bought for something else"
    if one.side is Side.MACHINES:
        return _of_program(one.days, limits)
    if not any(piece.is_persons for piece in one.pieces) and _of_program(one.days, limits)[0] == PRODUCTION:
        return _of_program(one.days, limits)
    if _is_by_program(one, categories):
        return POC, "people's own programs use it"
    if people.high >= limits.team_people:
        return TEAM, "as many people use it as make a team"
    return INDIVIDUAL, "single people use it" if people.high else "nothing says how many people use it"


def _is_by_program(one: Gathering, categories: set[str]) -> bool:
    """Whether it is an API that people call with programs of their own; assistants have an app that calls it."""
    if API_CATEGORIES.intersection(categories):
        return True
    manners = {piece.strand.manner for piece in one.pieces if piece.strand.use_rung}
    return bool(manners) and manners <= {PROGRAM, API} and not categories & _WITH_APPS


def _of_program(days: Collection[int], limits: Thresholds) -> Nature:
    off, there = _days_off(days)
    told = f"a program under nobody's name uses it on {len(days)} days"
    if len(days) < limits.production_days:
        return POC, f"{told}, fewer than {limits.production_days}"
    if off and there * 100 < off * limits.production_days_off_share:
        return POC, f"{told}, but on {there} of {off} days off only"
    return PRODUCTION, f"{told}, on {there} of {off} days off too"


def _days_off(days: Collection[int]) -> tuple[int, int]:
    """How many Saturdays and Sundays lie between the first and last of some days, and how many of these are theirs."""
    dates = [date for number in range(min(days), max(days) + 1) if (date := day_of(number))] if days else []
    off = [date for date in dates if date.weekday() >= _SATURDAY]
    there: set[dt.date | None] = {day_of(number) for number in days}
    return len(off), sum(date in there for date in off)
