"""The demo shows the whole job, and README shows what the demo prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from checkout import CHECKOUT
from commands import Done, shadowledger


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Done:
    return shadowledger("demo", "--keep", tmp_path_factory.mktemp("demo") / "new")


def squeezed(line: str) -> str:
    return re.sub(r"\s+", " ", line).strip()


def readme_sample() -> list[str]:
    text = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    block = text.split("```\n$ shadowledger scan", 1)[1].split("```", 1)[0]
    return [squeezed(line) for line in ("$ shadowledger scan" + block).splitlines() if line.strip()]


def test_it_answers_both_ways_and_leads_to_evidence(shown: Done) -> None:
    assert (shown.code, shown.stderr) == (0, "")
    for told in ("discovered and not declared", "declared and not observable here", "$ shadowledger evidence ai-"):
        assert told in shown.stdout


def test_a_folder_with_an_inventory_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "inventory.db").write_text("mine")
    refused = shadowledger("demo", "--keep", tmp_path)
    assert (refused.code, (tmp_path / "inventory.db").read_text()) == (2, "mine")


@pytest.mark.parametrize("line", readme_sample())
def test_readme_shows_what_the_demo_prints(shown: Done, line: str) -> None:
    printed = [squeezed(one) for one in shown.stdout.splitlines()]
    if line.endswith("..."):
        assert any(one.startswith(line[:-3].strip()) for one in printed)
    else:
        assert line in printed
