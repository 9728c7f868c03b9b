"""Samples of every format with canaries in place of the accounts, machines and addresses that they name."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

GOLDEN = Path(__file__).parent.parent / "golden"
PERSONAL = ("user", "client", "device")
_ADDRESS = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}\Z")
_FIXED_WIDTH = ("tasklist", "ps_aux", "ps_columns")
_FEWEST_LETTERS = 7
"""A canary of fewer could stand in sealed bytes by chance."""


class Planted(NamedTuple):
    """A sample with canaries."""

    collector: str
    suffix: str
    data: bytes
    canaries: tuple[str, ...]


def samples() -> Iterator[Path]:
    """Of every collector the sample whose recording names most."""
    for folder in sorted(path for path in GOLDEN.iterdir() if path.is_dir()):
        found = [path for path in sorted(folder.iterdir()) if path.with_name(path.name + ".jsonl").exists()]
        yield from sorted(found, key=lambda path: -len(_named(path)))[:1]


def plant(path: Path, number: int) -> Planted:
    """Replace in a sample whom its recording names, each by a canary of its own."""
    data, canaries = path.read_bytes(), []
    is_text = b"\0" not in data and path.parent.name not in _FIXED_WIDTH
    for at, value in enumerate(_named(path)):
        token = _token(number, at)
        if _ADDRESS.match(value):
            canary = _address(value, number, at)
        elif is_text:
            canary = f"{token}{token}" if len(value) < _FEWEST_LETTERS else _shaped(value, token)
        elif sum(map(str.isalpha, value)) >= _FEWEST_LETTERS:
            canary = _shaped(value, token)
        else:
            continue
        if (planted := _replaced(data, value, canary, is_text=is_text)) != data:
            data = planted
            canaries.append(canary)
    return Planted(path.parent.name, "".join(path.suffixes[-1:]), data, tuple(canaries))


def _named(path: Path) -> list[str]:
    """The longest first, so that none is replaced inside another."""
    told = [json.loads(line) for line in path.with_name(path.name + ".jsonl").read_text().splitlines()]
    values = {str(record[key]) for record in told for key in PERSONAL if key in record}
    return sorted((value for value in values if len(value) > 2), key=lambda value: (-len(value), value))


def _token(number: int, at: int) -> str:
    letters = string.ascii_lowercase
    return "zq" + letters[number // 26 % 26] + letters[number % 26] + letters[at // 26 % 26] + letters[at % 26]


def _shaped(value: str, token: str) -> str:
    """Of the same length, with other letters: what is written between them stays."""
    letters = iter(token * len(value))
    return "".join(next(letters) if char.isalpha() else char for char in value)


def _address(value: str, number: int, at: int) -> str:
    """Of the same length, and nobody else's in these samples."""
    parts = []
    seed = number * 4099 + at * 61 + 17
    for part in value.split("."):
        low, span = {1: (1, 9), 2: (10, 89), 3: (100, 150)}[len(part)]
        parts.append(str(low + seed % span))
        seed = seed * 31 // 7 + 5
    return ".".join(parts)


def _replaced(data: bytes, value: str, canary: str, *, is_text: bool) -> bytes:
    for encoding in ("utf-8", "utf-16-le"):
        old, new = value.encode(encoding), canary.encode(encoding)
        word = rb"(?<![\w.])" + re.escape(old) + rb"(?![\w])" if is_text or _ADDRESS.match(value) else re.escape(old)
        data = re.sub(word, lambda _, new=new: new, data, flags=re.IGNORECASE)  # type: ignore[misc]
    return data
