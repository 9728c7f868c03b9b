"""A small story, told through the command line for two seeds: each figure as it is planted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from composing import compose
from judging import Judgement, answer
from telling import tell

FOLLOWED = 3
"""Discovered initiatives whose evidence is asked for; `make story` asks for all."""
OPEN = {
    "out_of_scope": "a line that names only the vendor is told as seen elsewhere only, against its own first proposal",
    "natures": "a script's calls are taken for a person's where the product is no model API",
}
"""Figures that are not reached for every seed and size yet, and why."""
REACHED = (
    "discovered",
    "proposed_first",
    "unseen",
    "not_observable",
    "false_merges",
    "stopped_alive",
    "traced",
    "dates",
    "people",
    "units",
)
FIGURES = [pytest.param(name, marks=pytest.mark.xfail(strict=False, reason=why)) for name, why in OPEN.items()]


@pytest.fixture(scope="module", params=[11, 12], ids=["seed 11", "seed 12"])
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("told")
    return answer(request.param, Judgement(*_told(folder, request.param)))


def _told(folder: Path, seed: int) -> tuple[Any, Any]:
    story = compose(folder, seed, 720, 4)
    return story, tell(story, folder, lambda _: None, FOLLOWED)


def test_the_answer_has_every_figure_and_a_share(told: dict[str, Any]) -> None:
    for part in ("planted", "found", "ok"):
        assert set(told[part]) == {*OPEN, *REACHED}
    assert 0 <= told["share"] <= 1


@pytest.mark.parametrize("figure", [*REACHED, *FIGURES])
def test_a_figure_is_as_it_is_planted(told: dict[str, Any], figure: str) -> None:
    assert told["ok"][figure], (told["planted"][figure], told["found"][figure])
