"""Names by the hundred: the service meant is among the first three, and what means none is matched to none."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from shadowledger.scanner.knowledge import Signatures
from shadowledger.scanner.naming import NameBook, vocabulary, words

NAMES = Path(__file__).parent / "names"
LOST_SHARE, FALSE_SHARE = 0.05, 0.02
LEAST_MATCH = 0.76
"""Reconciling matches from 0.8 on, or more where the name is an initiative's own; here a margin below it is kept."""


@pytest.fixture(scope="module")
def book(signatures: Signatures) -> NameBook:
    return NameBook(signatures.index.services.values())


@pytest.fixture(params=["tuned", "kept"])
def names(request: pytest.FixtureRequest) -> dict[str, Any]:
    return tomllib.loads((NAMES / f"{request.param}.toml").read_text(encoding="utf-8"))


def test_the_service_meant_is_among_the_first_three(book: NameBook, names: dict[str, Any]) -> None:
    meant = names["meant"]
    assert len(meant) >= 200
    found = {text: [one.service_id for one in book.look_up(text)[:3]] for text in meant}
    lost = {text: found[text] for text, service_id in meant.items() if service_id not in found[text]}
    assert len(lost) <= LOST_SHARE * len(meant), lost


def test_what_means_no_service_is_not_matched(book: NameBook, names: dict[str, Any]) -> None:
    unrelated = names["unrelated"]["names"]
    assert len(unrelated) >= 200
    first = {text: found[0] for text in unrelated if (found := book.look_up(text))}
    false = {text: one for text, one in first.items() if one.score >= LEAST_MATCH}
    assert len(false) <= FALSE_SHARE * len(unrelated), false


def test_well_known_services_are_in_the_catalogue(signatures: Signatures) -> None:
    assert [service_id for service_id in vocabulary.KNOWN if service_id not in signatures.index.services] == []


@pytest.mark.parametrize(
    "vocabulary_words",
    [
        vocabulary.NOISE,
        vocabulary.AI,
        vocabulary.GENERIC,
        vocabulary.PARENTS,
        vocabulary.EVERYDAY,
        vocabulary.USED_AFTER | vocabulary.USED_BEFORE,
        {word for name in vocabulary.UNMISTAKABLE | vocabulary.PLATFORMS for word in name},
        {word for short, meant in vocabulary.SHORT.items() for word in (*short, *meant)},
    ],
)
def test_lists_of_words_are_written_as_texts_are_read(vocabulary_words: set[str]) -> None:
    assert [word for word in sorted(vocabulary_words) if words(word) != (word,)] == []
