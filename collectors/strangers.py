"""Logs of products that no collector reads, known by name, so that refusing one says what it is.

`strangers.toml` holds the products. It is read when an input is refused, and never before."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

from shadowledger.collectors.collector import Head

LOOKED_AT_CHARACTERS = 1024
"""Of each line: what a product is stands near the beginning."""


class Stranger(NamedTuple):
    """A product whose logs nobody here reads; or two, where a file holds several."""

    name: str
    why: str
    """What its log holds instead of contacts, in a few words."""


class _Product(NamedTuple):
    stranger: Stranger
    signs: tuple[re.Pattern[str], ...]


def name_of(head: Head) -> Stranger | None:
    """Whose log this is; of a file of several products the commonest two. None unless three of four lines are known."""
    found = Counter(stranger for line in head.lines if (stranger := _stranger(line[:LOOKED_AT_CHARACTERS])))
    if not found or found.total() * 4 < len(head.lines) * 3:
        return None
    names, whys = zip(*(stranger for stranger, _ in found.most_common(2)), strict=True)
    return Stranger(" and ".join(names), ", ".join(dict.fromkeys(whys)))


def _stranger(line: str) -> Stranger | None:
    for product in _products():
        if any(sign.search(line) for sign in product.signs):
            return product.stranger
    return None


@cache
def _products() -> tuple[_Product, ...]:
    text = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    return tuple(
        _Product(Stranger(product["name"], product["why"]), tuple(re.compile(sign) for sign in product["signs"]))
        for product in tomllib.loads(text)["product"]
    )
