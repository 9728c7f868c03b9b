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
FIGURES = (
    "discovered",
    "proposed_first",
    "unseen",
    "not_observable",
    "false_merges",
    "out_of_scope",
    "stopped_alive",
    "traced",
    "dates",
    "people",
    "units",
    "natures",
)


@pytest.fixture(scope="module", params=[11, 12], ids=["seed 11", "seed 12"])
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("told")
    return answer(request.param, Judgement(*_told(folder, request.param)))


def _told(folder: Path, seed: int) -> tuple[Any, Any]:
    story = compose(folder, seed, 720, 4)
    return story, tell(story, folder, lambda _: None, FOLLOWED)


def test_the_answer_has_every_figure_and_a_share(told: dict[str, Any]) -> None:
    for part in ("planted", "found", "ok"):
        assert set(told[part]) == set(FIGURES)
    assert 0 <= told["share"] <= 1


@pytest.mark.parametrize("figure", FIGURES)
def test_a_figure_is_as_it_is_planted(told: dict[str, Any], figure: str) -> None:
    assert told["ok"][figure], (told["planted"][figure], told["found"][figure])
