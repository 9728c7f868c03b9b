"""The lists of words and services that tell a name from what stands around it: `words.toml`, `everyday.toml` and
`known.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_HERE / name).read_text(encoding="utf-8"))


_WORDS = _read("words.toml")


def _set(key: str) -> frozenset[str]:
    return frozenset(_WORDS[key].split())


def _names(key: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(name.split()) for name in _WORDS[key])


SILENT = _set("silent")
BOUGHT = _set("bought")
CODE_NAMES = _set("code_names")
NOISE = SILENT | BOUGHT | _set("editions") | CODE_NAMES
"""Words that say nothing about which product is meant."""
AI = _set("ai")
MARKS = AI & frozenset(("ai", "ki", "ia"))
"""What names carry or leave out as they like: `Jasper AI` is Jasper."""
GENERIC = _set("generic") | MARKS
PARENTS = _set("parents")
NOBODY = _set("nobody")
USED_AFTER = _set("used_after")
USED_BEFORE = _set("used_before")
_EVERYDAY = {key: frozenset(words.split()) for key, words in _read("everyday.toml").items()}
EVERYDAY = _EVERYDAY["english"] | _EVERYDAY["other"]
WORDS_LIKE_NAMES = EVERYDAY | _EVERYDAY["near"]
"""Words that are no typing errors."""
KNOWN = {service_id: rank for rank, service_id in enumerate(_read("known.toml")["services"].split())}
"""Well-known services to their rank, the likeliest first."""
UNMISTAKABLE = _names("unmistakable")
PLATFORMS = _names("platforms")
"""Products with an AI part that lists mostly mean without it."""
SHORT = {tuple(short.split()): tuple(meant.split()) for short, meant in _WORDS["short"].items()}
"""Short forms to what they stand for."""
PURPOSES = {category: tuple(stems.split()) for category, stems in _WORDS["purposes"].items()}
"""Beginnings of words for what the products of a category are used for."""
