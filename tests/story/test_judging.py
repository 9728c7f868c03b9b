"""The judge: a perfect answer is right in every figure, and each kind of mistake costs the figure that names it."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from composing import Story, compose
from judging import Judgement, answer, differences
from organization import FIRST_DAY
from plot import DEAD, LIVING, UNOBSERVABLE
from telling import Told

SEED = 8


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return compose(tmp_path_factory.mktemp("story"), SEED, 720, 0)


def perfect(story: Story) -> Told:
    """What a program would answer that knew everything."""
    files = {name: number for number, name in enumerate(story.ledger.whose, 1)}
    first = {}
    for name, whose in story.ledger.whose.items():
        for position, initiative in whose.items():
            first.setdefault(initiative, (name, position))
    discovered, evidence = [], {}
    for one in story.planted.initiatives:
        days = [(FIRST_DAY + dt.timedelta(day)).isoformat() for day in sorted(story.ledger.days[one.number])]
        people = len(story.people[one.number])
        row = {
            "id": f"ai-{one.number}",
            "service": sorted(one.services)[0],
            "instances": [f"{one.instance}/openai/deployments/{one.products[0].turn[0][1].split('/')[3]}"]
            if one.products and "deployments" in one.products[0].turn[0][1]
            else [one.instance] * bool(one.instance),
            "units": list(one.units),
            "nature": one.nature,
            "people": {"low": people, "high": people},
            "first_seen_on": days[0],
            "last_seen_on": days[-1],
            "state": "proposed",
        }
        discovered.append(row)
        name, position = first[one.number]
        evidence[row["id"]] = [{"source_id": files[name], "position": position, "line": "shown"}]
    declared = [
        {
            "id": line.id,
            "finding": line.finding,
            "proposals": [{"discovered": f"ai-{line.initiative}"}] if line.truth == LIVING else [],
        }
        for line in story.planted.declared
    ]
    scanned = [{"source": number, "input": name} for name, number in files.items()]
    return Told(scanned, {"discovered": discovered, "declared": declared}, evidence)


def wrong_figures(story: Story, told: Told) -> set[str]:
    return {name for name, one in Judgement(story, told).figures().items() if not one.is_right}


def test_a_perfect_answer_is_right_in_every_figure(story: Story) -> None:
    judgement = Judgement(story, perfect(story))
    told = answer(SEED, judgement)
    assert (told["seed"], told["share"], set(told["ok"].values())) == (SEED, 1.0, {True})  # type: ignore[attr-defined]
    assert differences(judgement) == []


def row_of(told: Told, story: Story, service: str, unit: str) -> dict[str, Any]:
    (number,) = (one.number for one in story.planted.initiatives if service in one.services and unit in one.units)
    return next(row for row in told.reconciled["discovered"] if row["id"] == f"ai-{number}")


def merge_two_units(told: Told, story: Story) -> None:
    kept, gone = (row_of(told, story, "ChatGPT", unit) for unit in ("Vertrieb", "Finance"))
    kept["units"] = [*kept["units"], *gone["units"]]
    told.reconciled["discovered"].remove(gone)


def merge_two_deployments(told: Told, story: Story) -> None:
    kept, gone = (row_of(told, story, "Azure OpenAI", unit) for unit in ("Kundenservice", "Marketing"))
    kept["instances"], kept["units"] = ["konzern-ki.openai.azure.com"], [*kept["units"], *gone["units"]]
    told.reconciled["discovered"].remove(gone)


def split_the_chain(told: Told, story: Story) -> None:
    chain = row_of(told, story, "Voyage AI", "Kundenservice")
    told.reconciled["discovered"].append({**chain, "id": "ai-split", "service": "LangSmith"})


def take_telemetry_for_use(told: Told, story: Story) -> None:
    row = {**row_of(told, story, "Langdock", "Procurement"), "id": "ai-noise", "service": "CrewAI"}
    told.reconciled["discovered"].append(row)


def take_a_living_for_dead(told: Told, story: Story) -> None:
    line = next(line for line in told.reconciled["declared"] if line["finding"] == "matched")
    line["finding"], line["proposals"] = "unseen", []


def propose_another(told: Told, story: Story) -> None:
    line = next(line for line in told.reconciled["declared"] if line["proposals"])
    line["proposals"] = [{"discovered": row_of(told, story, "Langdock", "Procurement")["id"]}, *line["proposals"]]


def find(truth: str, finding: str) -> Callable[[Told, Story], None]:
    def change(told: Told, story: Story) -> None:
        wanted = next(line.id for line in story.planted.declared if truth in (line.truth, line.finding))
        next(line for line in told.reconciled["declared"] if line["id"] == wanted)["finding"] = finding

    return change


def show_a_line_of_another(told: Told, story: Story) -> None:
    row = row_of(told, story, "Langdock", "Procurement")
    told.evidence[row["id"]] = told.evidence[row_of(told, story, "ChatGPT", "Finance")["id"]]


def change_a_row(**changed: object) -> Callable[[Told, Story], None]:
    return lambda told, story: row_of(told, story, "Langdock", "Procurement").update(changed)


@pytest.mark.parametrize(
    ("mistake", "wrong"),
    [
        (merge_two_units, {"discovered", "false_merges", "proposed_first", "dates", "people", "units", "natures"}),
        (merge_two_deployments, {"discovered", "false_merges", "dates", "people", "units", "natures"}),
        (split_the_chain, {"discovered", "dates", "people", "units", "natures"}),
        (take_telemetry_for_use, {"discovered"}),
        (take_a_living_for_dead, {"unseen", "proposed_first"}),
        (propose_another, {"proposed_first"}),
        (find(DEAD, "matched"), {"unseen"}),
        (find(UNOBSERVABLE, "unseen"), {"unseen", "not_observable"}),
        (find("out_of_scope", "matched"), {"out_of_scope"}),
        (find("conflict", "matched"), {"stopped_alive"}),
        (show_a_line_of_another, {"traced"}),
        (change_a_row(nature="poc"), {"natures"}),
        (change_a_row(people={"low": 8, "high": 700}), {"people"}),
        (change_a_row(last_seen_on="2026-12-24"), {"dates"}),
        (change_a_row(units=["Procurement", "Finance"]), {"units"}),
        (change_a_row(state="dismissed"), {"discovered", "dates", "people", "units", "natures"}),
    ],
)
def test_each_mistake_costs_the_figures_that_name_it(
    story: Story, mistake: Callable[[Told, Story], None], wrong: set[str]
) -> None:
    told = copy.deepcopy(perfect(story))
    mistake(told, story)
    assert wrong_figures(story, told) == wrong
    assert answer(SEED, Judgement(story, told))["share"] < 1.0  # type: ignore[operator]


def test_evidence_counts_only_where_it_was_followed(story: Story) -> None:
    told = perfect(story)
    kept = dict(list(told.evidence.items())[:3])
    assert Judgement(story, told._replace(evidence=kept)).figures()["traced"][:3] == (3, 3, True)
    assert Path(told.scanned[0]["input"]).name in story.ledger.whose
