"""The names of services, and how surely each of them means its service where it stands among other words."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from shadowledger.scanner.naming.spelling import words
from shadowledger.scanner.naming.vocabulary import (
    AI,
    EVERYDAY,
    GENERIC,
    KNOWN,
    MARKS,
    NOISE,
    PARENTS,
    PLATFORMS,
    PURPOSES,
    UNMISTAKABLE,
)
from shadowledger.signatures.schema import Service

_COMMON = EVERYDAY | GENERIC | NOISE | PARENTS
_UNKNOWN_RANK = len(KNOWN)


class Clarity(enum.Enum):
    """What a name is besides the name of a product."""

    CLEAR = "nothing else"
    KNOWN = "a word of everyday, and a well-known product"
    PHRASE = "several words of everyday"
    EVERYDAY = "a word of everyday, or too short to be anything"
    HOST = "the product that the AI is a part of"
    GENERIC = "what things are"


class Named(NamedTuple):
    """A service that a text may mean."""

    service_id: str
    score: float
    """0 to 1."""
    reason: str


class Product:
    """A service, as far as its names go."""

    def __init__(self, service: Service) -> None:
        self.id = service.id
        self.own = words(service.name)
        self.vendor = words(service.vendor)
        self.is_part = service.ai_kind == "enabled"
        self.rank = KNOWN.get(service.id, _UNKNOWN_RANK), -len(service.indicators), service.id
        """The likelier of two goes first."""
        self.category = service.category

    @property
    def is_known(self) -> bool:
        return self.id in KNOWN

    def is_for(self, said: Iterable[str]) -> bool:
        """Whether words name what products of its category are used for."""
        stems = PURPOSES.get(self.category, ())
        return bool(stems) and any(word.startswith(stems) for word in said)

    @cached_property
    def vendor_marks(self) -> frozenset[str]:
        """Words that say whose product it is, and are no words of its name."""
        return frozenset(self.vendor) - frozenset(self.own) - NOISE - AI - GENERIC


class Name:
    """One name of a product, or what is left of it without the words that say nothing."""

    __slots__ = ("_clarity", "is_shortened", "product", "words", "written")

    def __init__(self, product: Product, written: str, found: tuple[str, ...], *, is_shortened: bool = False) -> None:
        self.product = product
        self.written = written
        self.words = found
        self.is_shortened = is_shortened
        self._clarity: Clarity | None = None

    @property
    def says_ai(self) -> bool:
        """Whether the name as it is written has a mark of AI."""
        return not MARKS.isdisjoint(words(self.written))

    @property
    def meaning(self) -> frozenset[str]:
        """Its words that are more than what things are."""
        return frozenset(self.words) - NOISE - GENERIC

    def leaves_ai_out(self, said: set[str]) -> bool:
        """Whether a text speaks of the product that the AI is a part of, and of no AI."""
        return self.product.is_part and self.says_ai and AI.isdisjoint(said)

    @property
    def clarity(self) -> Clarity:
        """Worked out when it is asked for: of thousands of names a list asks for few."""
        if self._clarity is None:
            self._clarity = self._judged()
        return self._clarity

    def _judged(self) -> Clarity:
        found, product = self.words, self.product
        if found in UNMISTAKABLE or any((word,) in UNMISTAKABLE for word in found):
            return Clarity.CLEAR
        if all(word in GENERIC or word in NOISE or len(word) == 1 for word in found):
            return Clarity.GENERIC
        if found in PLATFORMS or (MARKS.isdisjoint(found) and self._is_the_host()):
            return Clarity.HOST
        if any(self._is_distinct(word) for word in found):
            return Clarity.CLEAR
        significant = [word for word in found if word not in NOISE]
        if product.is_known and self._is_own():
            return Clarity.CLEAR if len(significant) > 1 else Clarity.KNOWN
        meaning = [word for word in significant if word not in GENERIC]
        if product.vendor_marks and product.vendor_marks <= set(found) and len(meaning) > len(product.vendor_marks):
            return Clarity.CLEAR
        return Clarity.PHRASE if len(meaning) > 1 else Clarity.EVERYDAY

    def _is_the_host(self) -> bool:
        product = self.product
        bare = tuple(word for word in product.own if word not in MARKS)
        without_ai = self.is_shortened and self.says_ai
        if product.is_part:
            return self.words != product.own and (without_ai or self.words in (product.vendor, bare))
        return without_ai and self.words == product.vendor != bare

    def _is_distinct(self, word: str) -> bool:
        return word not in _COMMON and not word.isdecimal() and len(word) > (3 if self.product.is_known else 4)

    def _is_own(self) -> bool:
        return (
            self.words == self.product.own or not (set(self.words) & set(self.product.own)) <= GENERIC | PARENTS | NOISE
        )
