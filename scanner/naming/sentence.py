"""A line of a list: its words, and what they say about a name among them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from shadowledger.scanner.naming.spelling import LONGEST_NAME, says_nothing, telling, words, written_out
from shadowledger.scanner.naming.vocabulary import AI, BOUGHT, CODE_NAMES, NOISE, USED_AFTER, USED_BEFORE

GUESSED = 0.7
"""How surely words are meant that a very short form may stand for."""
_BRACKETS = re.compile(r"\(([^()]*)\)")


@dataclass(frozen=True)
class Sentence:
    """What was written, as words."""

    words: tuple[str, ...]
    aside: frozenset[tuple[str, ...]] = frozenset()
    """What stands in brackets."""
    guessed: frozenset[str] = frozenset()
    """Words that nobody wrote: what very short forms may stand for."""

    @cached_property
    def telling_places(self) -> list[int]:
        """Where words stand that may be a product's name; none where all of them only say what things are."""
        places = [at for at, word in enumerate(self.words) if not says_nothing(word)]
        return places if telling(self.words) else []

    def edges(self, start: int, end: int) -> tuple[str, str]:
        """The first and the last of some words."""
        return self.words[start], self.words[end - 1]

    def beside(self, start: int, end: int) -> tuple[str, ...]:
        """What stands around some words."""
        return self.words[:start] + self.words[end:]

    def says_ai_beside(self, start: int, end: int) -> bool:
        """Whether what stands around is about AI."""
        return not AI.isdisjoint(self.beside(start, end))

    def at_most(self, score: float, start: int, end: int) -> float:
        """A score, or less where nobody wrote the words."""
        return min(score, GUESSED) if self.guessed.issuperset(self.words[start:end]) else score

    def tells_nothing_beside(self, start: int, end: int) -> bool:
        """Whether what stands around says nothing about which product is meant."""
        return not telling(self.words[:start]) and not telling(self.words[end:])

    def is_a_code_name(self, start: int) -> bool:
        """`Projekt Phoenix` is no Phoenix."""
        return not CODE_NAMES.isdisjoint(self.words[:start])

    def is_used(self, start: int, end: int) -> bool:
        """Whether what stands around says that something is used or bought: `mit Claude`, `Cursor for developers`."""
        before, after = self.words[:start], self.words[end:]
        if self.words[start:end] in self.aside or not BOUGHT.isdisjoint(before + after):
            return True
        if before and before[-1] in USED_AFTER and (not after or after[0] in NOISE):
            return True
        return bool(after) and after[0] in USED_BEFORE and all(says_nothing(word) for word in before)


def sentences(text: str) -> list[Sentence]:
    """What a text says: as it is written, and with the short forms in it written out."""
    written = words(text)
    aside = frozenset(words(part) for part in _BRACKETS.findall(text[:LONGEST_NAME]))
    read = [Sentence(written, aside)]
    meant, guessed = written_out(written)
    if meant != written:
        read.append(Sentence(meant, aside, guessed))
    return read
