"""What people write, as words that can be compared."""

from __future__ import annotations

import re
import unicodedata

from shadowledger.scanner.naming.vocabulary import GENERIC, MARKS, NOISE, PARENTS, SHORT

LONGEST_NAME, LONGEST_RUN = 500, 8
"""Characters of a text, and words of a name, that are looked at."""
LONGEST_SHORT_FORM = max(map(len, SHORT))
SHORTEST_SURE = 4
"""Letters of a short form that stands for one thing only."""
_WORD = re.compile(r"[^\W_]+(?:\.[^\W_]+)*")


def words(text: str) -> tuple[str, ...]:
    """A text as comparable words: no case, no accents, no punctuation; `A.I.` is one word and `otter.ai` two."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text[:LONGEST_NAME].casefold().replace("ß", "ss"))
        text = "".join(char for char in decomposed if not unicodedata.combining(char))
    found: list[str] = []
    for word in _WORD.findall(text[:LONGEST_NAME].casefold()):
        parts = word.split(".")
        if len(parts) > 1 and all(len(part) == 1 and part.isalpha() for part in parts):
            parts = ["".join(parts)]
        found += parts
    return tuple(found)


def says_nothing(word: str) -> bool:
    """Whether a word says nothing about which product is meant."""
    return word in NOISE or word in MARKS


def telling(found: tuple[str, ...]) -> tuple[str, ...]:
    """Words without those that say nothing about a product; empty where what is left is no product's name."""
    left = tuple(word for word in found if not says_nothing(word))
    return () if len(left) == 1 and (left[0] in GENERIC or left[0] in PARENTS) else left


def written_out(found: tuple[str, ...]) -> tuple[tuple[str, ...], frozenset[str]]:
    """A text with the short forms that people write written out, and what a very short one may stand for or not: `GH
    Copilot` is `github copilot`, and `github` a guess."""
    out: list[str] = []
    guessed: set[str] = set()
    at = 0
    while at < len(found):
        for length in range(min(LONGEST_SHORT_FORM, len(found) - at), 0, -1):
            meant = SHORT.get(found[at : at + length])
            if meant:
                if length == 1 and len(found[at]) < SHORTEST_SURE:
                    guessed.update(meant)
                out += meant
                at += length
                break
        else:
            out.append(found[at])
            at += 1
    return tuple(out), frozenset(guessed)
