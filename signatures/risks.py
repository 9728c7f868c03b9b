"""Risk facts of services as buyers ask for them: what a vendor's public page says, each fact with that page.

What no file tells is unknown: nothing is inferred from another plan, product or vendor."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from shadowledger.signatures.schema import Flaw

HERE = Path(__file__).parent / "risk"
PLANS = ("consumer", "business", "api", "all")
UNKNOWN = "unknown"
_YES_NO = "yes|no"
_FORMS: Mapping[str, tuple[str, str]] = {
    "trains_on_inputs": ("yes|no|opt_in|opt_out", "yes, no, opt_in or opt_out"),
    "opt_out": (_YES_NO, "yes or no"),
    "enterprise_tier": (r"\S(.{0,78}\S)?", "the tier's name in at most 80 characters, or none"),
    "residency": ("none|[A-Z]{2}(, [A-Z]{2})*", "none, or regions such as EU, US, UK"),
    "soc2": ("type1|type2|none", "type1, type2 or none"),
    "iso27001": (_YES_NO, "yes or no"),
    "iso42001": (_YES_NO, "yes or no"),
    "dpa": (_YES_NO, "yes or no"),
    "hipaa_baa": (_YES_NO, "yes or no"),
    "vendor_country": ("(?!EU|UK)[A-Z]{2}", "a country's two letters of ISO 3166, such as GB"),
    "retention_days": ("0|[1-9][0-9]{0,4}", "a number of days as text"),
}
NAMES = tuple(_FORMS)
"""What is asked, in the order it is shown."""
_FILE_KEYS = {"service", "checked_on", "fact"}
_FACT_KEYS = {"name", "value", "plan", "reference", "checked_on", "note"}
_HTTPS_PAGE = re.compile(r"https://[a-z0-9-]+(\.[a-z0-9-]+)+(/\S*)?", re.IGNORECASE)


class Risk(NamedTuple):
    """One thing a public page says of a service on a plan."""

    name: str
    value: str
    plan: str
    reference: str
    checked_on: dt.date
    """The day on which a stored copy of the page was read; the copy may be older."""
    note: str = ""


def load_risk() -> tuple[Mapping[str, tuple[Risk, ...]], list[Flaw]]:
    """Read the facts that ship with the program: service id to facts."""
    return load_risk_files(sorted(HERE.glob("*.toml")))


def load_risk_files(paths: Iterable[Path]) -> tuple[Mapping[str, tuple[Risk, ...]], list[Flaw]]:
    """Read risk files; a file with a flaw gives no facts, and all its flaws."""
    known: dict[str, tuple[Risk, ...]] = {}
    flaws: list[Flaw] = []
    for path in paths:
        try:
            tree = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
            flaws.append(Flaw(path.name, "-", f"cannot be read: {error}"))
            continue
        facts, wrong = _facts(tree, path)
        flaws += wrong
        if not wrong:
            known[path.stem] = facts
    return known, flaws


def lint_risk(known: Mapping[str, tuple[Risk, ...]], services: Container[str]) -> list[Flaw]:
    """Facts of services that are in no catalogue."""
    return [Flaw(f"{one}.toml", "service", f"there is no service '{one}'") for one in known if one not in services]


def _facts(tree: dict[str, Any], path: Path) -> tuple[tuple[Risk, ...], list[Flaw]]:
    wrong = [(key, "unknown key; known are " + ", ".join(sorted(_FILE_KEYS))) for key in sorted(set(tree) - _FILE_KEYS)]
    if tree.get("service") != path.stem:
        wrong.append(("service", f"must be the file's name, '{path.stem}'"))
    if "checked_on" in tree and not _is_date(tree["checked_on"]):
        wrong.append(("checked_on", "must be a date such as 2026-11-23, without quotes"))
    blocks = tree.get("fact")
    if not isinstance(blocks, list) or not blocks:
        wrong.append(("fact", "at least one [[fact]] is needed"))
        blocks = []
    facts: list[Risk] = []
    for number, block in enumerate(blocks, 1):
        problems = list(_problems(block)) if isinstance(block, dict) else [("", "must be a table")]
        wrong += [(f"fact[{number}]{key and '.'}{key}", problem) for key, problem in problems]
        if problems:
            continue
        day = block.get("checked_on", tree.get("checked_on"))
        if day is None:
            wrong.append((f"fact[{number}].checked_on", "is missing; the page was read on a day"))
            continue
        told = Risk(**{**block, "checked_on": day})
        for other in facts:
            if other.name == told.name and (other.plan == told.plan or "all" in (other.plan, told.plan)):
                wrong.append((f"fact[{number}].plan", f"{told.name} is told for plan '{other.plan}' already"))
        facts.append(told)
    return tuple(facts), [Flaw(path.name, key, problem) for key, problem in wrong]


def _problems(block: dict[str, Any]) -> Iterable[tuple[str, str]]:
    """What is wrong with one [[fact]], by key."""
    for key in sorted(set(block) - _FACT_KEYS):
        yield key, "unknown key; known are " + ", ".join(sorted(_FACT_KEYS))
    texts = {key: block.get(key, "") for key in sorted(_FACT_KEYS - {"checked_on"})}
    for key in [key for key, text in texts.items() if not isinstance(text, str) or not (text.strip() or key == "note")]:
        del texts[key]
        yield key, "is missing or no text"
    for key, words in (("name", NAMES), ("plan", PLANS)):
        if texts.get(key, words[0]) not in words:
            yield key, f"'{texts[key]}' is not one of " + ", ".join(words)
    pattern, form = _FORMS.get(texts.get("name", ""), ("", ""))
    if form and "value" in texts and not re.fullmatch(pattern, texts["value"]):
        yield "value", f"'{texts['value']}' is not {form}"
    if "reference" in texts and not _HTTPS_PAGE.fullmatch(texts["reference"]):
        yield "reference", f"'{texts['reference']}' is no https page"
    if "checked_on" in block and not _is_date(block["checked_on"]):
        yield "checked_on", "must be a date such as 2026-11-23, without quotes"


def _is_date(value: object) -> bool:
    return isinstance(value, dt.date) and not isinstance(value, dt.datetime)
