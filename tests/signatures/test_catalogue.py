"""The catalogue that ships has no flaw, and knows what it says it knows."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from checkout import CHECKOUT

from shadowledger.signatures.index import Index, Match
from shadowledger.signatures.lint import lint
from shadowledger.signatures.load import Catalogue, load_catalogue
from shadowledger.signatures.queries import answer, ask
from shadowledger.signatures.schema import KINDS

CATALOGUE, FLAWS = load_catalogue()
ALONE_NOTHING = {"port", "api_key"}
"""A port is never more than a hint that products share; keys are looked for by nobody yet."""
HARD_CASES = CHECKOUT.parent / "shared" / "data" / "signatures" / "hard_cases.csv"
LEAST_RECALL = 0.99


def test_no_file_has_a_flaw() -> None:
    assert [str(flaw) for flaw in FLAWS] == []


def test_the_catalogue_keeps_its_rules() -> None:
    assert [str(flaw) for flaw in lint(CATALOGUE)] == []


def test_the_catalogue_is_wide() -> None:
    hosts = {i.value for s in CATALOGUE for i in s.indicators if i.kind.startswith("host")}
    embedded = [s for s in CATALOGUE if s.ai_kind == "enabled"]
    assert (len(CATALOGUE) >= 900, len(hosts) >= 2500, len(embedded) >= 60) == (True, True, True)


def test_every_indicator_has_a_reference() -> None:
    assert [(s.id, i.value) for s in CATALOGUE for i in s.indicators if not i.reference] == []


@pytest.mark.parametrize("kind", sorted(set(KINDS) - ALONE_NOTHING))
def test_every_kind_of_indicator_has_an_example_and_a_near_miss(index: Index, kind: str) -> None:
    """Of each file the examples are run by the lint."""
    matches = [ask(index, line) for service in CATALOGUE for line in service.match]
    assert any(found is not None and found.indicator.kind == kind for found in matches)
    near = "host" if kind.startswith("host") else kind
    assert any(kind_of(line) == near for service in CATALOGUE for line in service.no_match)


def kind_of(line: str) -> str:
    """The kind of indicator that an example tries."""
    prefix = line.partition(":")[0]
    if prefix in KINDS:
        return prefix
    if line.startswith("{"):
        told = json.loads(line)
        return "user_agent" if "user_agent" in told else "api_path" if "url" in told else "host"
    return "url_path" if "/" in line else "host"


def _hard_cases(path: Path, kind: str) -> list[tuple[str, str, str, str]]:
    """The cases of a kind as (id, JSON line, service, vendor)."""
    keys = {"method": "method", "port": "port", "ua": "user_agent", "qtype": "question_type"}
    cases = []
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["kind"] != kind:
                continue
            fields = {"host": row["host"], "url": row["url"]}
            for part in row["context"].split(";"):
                name, _, value = part.partition("=")
                if name in keys:
                    fields[keys[name]] = value
            line = json.dumps({key: value for key, value in fields.items() if value})
            cases.append((row["id"], line, row["expected_service"], row["expected_vendor"]))
    return cases


def _is_right(found: Match | None, service: str, vendor: str) -> bool:
    if found is None or not found.is_hit:
        return False
    return found.service.name == service or (bool(vendor) and found.service.vendor == vendor)


@pytest.mark.skipif(not HARD_CASES.exists(), reason="../shared/data is not here: the hard cases are not scored")
def test_the_hard_cases_are_recognised(index: Index) -> None:
    cases = _hard_cases(HARD_CASES, "pos")
    wrong = [case for case in cases if not _is_right(ask(index, case[1]), case[2], case[3])]
    assert len(cases) > 50
    assert len(wrong) <= len(cases) * (1 - LEAST_RECALL), wrong


@pytest.mark.skipif(not HARD_CASES.exists(), reason="../shared/data is not here: the look-alikes are not scored")
@pytest.mark.parametrize("kind", ["neg", "weak"])
def test_look_alikes_and_mere_visits_are_no_hits(index: Index, kind: str) -> None:
    cases = _hard_cases(HARD_CASES, kind)
    hits = [(case[0], answer(case[1], ask(index, case[1]))) for case in cases]
    assert cases
    assert [told for told in hits if told[1].get("strength") not in (None, "hint")] == []


def test_the_catalogue_is_read_in_the_order_of_its_ids(catalogue: Catalogue) -> None:
    assert [service.id for service in catalogue] == sorted(service.id for service in catalogue)
