"""Risk facts: read strictly, each with its page, and what is not told stays unknown."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path

import pytest

from shadowledger.signatures.load import Catalogue
from shadowledger.signatures.risks import NAMES, PLANS, Risk, lint_risk, load_risk, load_risk_files

SHIPPED, FLAWS = load_risk()
FACTS = [(service, fact) for service, facts in SHIPPED.items() for fact in facts]

HEAD = 'service = "acme-ai"\nchecked_on = 2026-11-23\n'
FACT = """
[[fact]]
name = "{name}"
value = "{value}"
plan = "{plan}"
reference = "{reference}"
"""


def _fact(
    name: str = "dpa",
    value: str = "yes",
    plan: str = "business",
    reference: str = "https://acme.example/dpa",
    more: str = "",
) -> str:
    return FACT.format(name=name, value=value, plan=plan, reference=reference) + more


def _read(folder: Path, text: str | bytes) -> tuple[tuple[Risk, ...], list[str]]:
    file = folder / "acme-ai.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    known, flaws = load_risk_files([file])
    return known.get("acme-ai", ()), [str(flaw) for flaw in flaws]


BAD: list[tuple[str | bytes, str]] = [
    (b"\xff", "-: cannot be read"),
    ("service = ", "-: cannot be read"),
    (b"a = " + b"[" * 10_000, "-: cannot be read"),
    (HEAD, "fact: at least one"),
    (HEAD + 'fact = "yes"\n', "fact: at least one"),
    (HEAD + "fact = [1]\n", "fact[1]: must be a table"),
    (HEAD + 'colour = "red"\n' + _fact(), "colour: unknown key"),
    (HEAD.replace("acme-ai", "acme") + _fact(), "service: must be the file's name"),
    ("checked_on = 2026-11-23\n" + _fact(), "service: must be the file's name"),
    (HEAD.replace("2026-11-23", '"today"') + _fact(), "checked_on: must be a date"),
    (HEAD.replace("2026-11-23", "2026-11-23T10:00:00") + _fact(), "checked_on: must be a date"),
    ('service = "acme-ai"\n' + _fact(), "fact[1].checked_on: is missing"),
    (HEAD + _fact(name="price"), "fact[1].name: 'price' is not one of"),
    (HEAD + _fact(name=" "), "fact[1].name: is missing"),
    (HEAD + _fact(plan="team"), "fact[1].plan: 'team' is not one of"),
    (HEAD + _fact(more='basis = "heard"\n'), "fact[1].basis: unknown key"),
    (HEAD + _fact(value=""), "fact[1].value: is missing"),
    (HEAD + _fact().replace('"yes"', "true"), "fact[1].value: is missing or no text"),
    (HEAD + _fact().replace("reference =", "note ="), "fact[1].reference: is missing"),
    (HEAD + _fact(reference="http://acme.example/"), "is no https page"),
    (HEAD + _fact(reference="https://localhost/"), "is no https page"),
    (HEAD + _fact(reference="https://acme.example/a b"), "is no https page"),
    (HEAD + _fact(more="note = 7\n"), "fact[1].note: is missing or no text"),
    (HEAD + _fact(more="weight = 5\n"), "fact[1].weight: unknown key"),
    (HEAD + _fact(more='checked_on = "today"\n'), "fact[1].checked_on: must be a date"),
    (HEAD + _fact() + _fact(value="no"), "fact[2].plan: dpa is told for plan 'business' already"),
    (HEAD + _fact() + _fact(plan="all"), "fact[2].plan: dpa is told for plan 'business' already"),
    (HEAD + _fact(plan="all") + _fact(plan="api"), "fact[2].plan: dpa is told for plan 'all' already"),
]

VALUES = {
    "trains_on_inputs": (("yes", "no", "opt_in", "opt_out"), ("maybe", "opt-in", "Yes")),
    "opt_out": (("yes", "no"), ("opt_out",)),
    "enterprise_tier": (("none", "Enterprise", "Acme for Work 2"), ("x" * 81, " Enterprise")),
    "residency": (("none", "EU", "EU, US, JP"), ("Europe", "EU,US", "EU, ", "eu", "none, EU")),
    "soc2": (("type1", "type2", "none"), ("yes", "Type 2")),
    "iso27001": (("yes", "no"), ("2022",)),
    "iso42001": (("yes", "no"), ("2023",)),
    "dpa": (("yes", "no"), ("none",)),
    "hipaa_baa": (("yes", "no"), ("on request",)),
    "vendor_country": (("US", "GB", "CN"), ("UK", "EU", "us", "USA", "none")),
    "retention_days": (("0", "30", "1826"), ("30 days", "-1", "007", "1.5", "forever", "unknown")),
}


@pytest.mark.parametrize(("text", "problem"), BAD)
def test_a_bad_file_gives_its_flaw_and_no_facts(tmp_path: Path, text: str | bytes, problem: str) -> None:
    facts, flaws = _read(tmp_path, text)
    assert facts == ()
    assert len(flaws) == 1, flaws
    assert flaws[0].startswith("acme-ai.toml: ")
    assert problem in flaws[0]


def test_every_flaw_is_told_at_once(tmp_path: Path) -> None:
    _, flaws = _read(tmp_path, 'colour = "red"\n' + _fact(plan="team", value="maybe") + _fact(name="price"))
    assert [flaw.split(": ")[1] for flaw in flaws] == [
        "colour",
        "service",
        "fact[1].plan",
        "fact[1].value",
        "fact[2].name",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_values_are_of_a_closed_form(tmp_path: Path, name: str) -> None:
    good, bad = VALUES[name]
    for value in good:
        assert _read(tmp_path, HEAD + _fact(name=name, value=value))[1] == []
    for value in bad:
        assert "fact[1].value: " in "".join(_read(tmp_path, HEAD + _fact(name=name, value=value))[1])


def test_every_fact_has_the_day_on_which_its_page_was_read(tmp_path: Path) -> None:
    own = _fact(name="soc2", value="type2", more='checked_on = 2026-10-01\nnote = "n"\n')
    facts, flaws = _read(tmp_path, HEAD + _fact() + own)
    assert flaws == []
    assert [fact.checked_on for fact in facts] == [dt.date(2026, 11, 23), dt.date(2026, 10, 1)]
    assert [fact.note for fact in facts] == ["", "n"]


def test_plans_are_told_apart(tmp_path: Path) -> None:
    facts, flaws = _read(tmp_path, HEAD + "".join(_fact(plan=plan) for plan in ("consumer", "business", "api")))
    assert ([fact.plan for fact in facts], flaws) == (["consumer", "business", "api"], [])


def test_a_service_that_is_in_no_catalogue_is_a_flaw() -> None:
    known = {"chatgpt": (), "no-such-ai": ()}
    assert [str(flaw) for flaw in lint_risk(known, {"chatgpt"})] == [
        "no-such-ai.toml: service: there is no service 'no-such-ai'"
    ]


def test_the_shipped_facts_have_no_flaw(catalogue: Catalogue) -> None:
    assert [str(flaw) for flaw in FLAWS] == []
    assert [str(flaw) for flaw in lint_risk(SHIPPED, {service.id for service in catalogue})] == []


def test_the_fifty_most_used_services_have_facts() -> None:
    assert len(SHIPPED) >= 50
    assert all(SHIPPED.values())


def test_every_shipped_fact_has_its_page_and_plan() -> None:
    assert all(fact.reference.startswith("https://") for _, fact in FACTS)
    assert {fact.plan for _, fact in FACTS} <= set(PLANS)


def test_every_name_is_told_of_some_service() -> None:
    assert set(Counter(fact.name for _, fact in FACTS)) == set(NAMES)
