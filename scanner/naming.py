"""Names as people write them in lists, and the services they mean."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rapidfuzz import fuzz, process

from shadowledger.signatures.schema import Service

_WORD = re.compile(r"[^\W_]+(?:\.[^\W_]+)*")
_AI = frozenset(("ai", "ki", "ia"))
_NOISE = _AI | frozenset(
    (
        "the", "a", "an", "of", "for", "and", "with", "in", "on", "by", "fuer", "der", "die", "das",
        "und", "mit", "de", "du", "des", "le", "la", "les", "pour", "et", "avec", "pilot", "pilote", "piloten", "poc",
        "rollout", "project", "projekt", "projet", "initiative", "licence", "licences", "license", "licenses",
        "lizenz", "lizenzen", "enterprise", "business", "team", "teams", "plus", "pro", "inc", "ltd", "gmbh", "test",
        "subscription", "abo", "account", "accounts",
    )
)  # fmt: skip
"""Words that say nothing about which product is meant."""
_GENERIC = frozenset(
    (
        "assistant", "chat", "agent", "bot", "cloud", "studio", "search", "code", "video", "voice", "platform",
        "gateway", "office", "insight", "insights",
    )
)  # fmt: skip
"""What things are, and no product's name: `AI Gateway` may be anybody's."""
_PARENTS = frozenset(("meta", "amazon", "google", "microsoft", "apple"))
"""Companies whose name says nothing about which of their products is meant."""
_EVERYDAY = (
    _GENERIC
    | _PARENTS
    | frozenset(
        (
            "make", "mem", "writer", "jan", "pi", "poe", "scenario", "consensus", "factory", "modal", "banana", "you",
            "andi", "morph", "scite", "liner", "monica", "merlin", "julius", "otter", "descript", "gamma", "notion",
            "pieces", "continue", "amp", "goose", "crush", "warp", "box", "harvey", "glean", "tome", "loom", "elicit",
            "replica", "speechify", "ambient", "portkey", "copilot",
        )
    )
)  # fmt: skip
"""Names that are words too: inside a longer text they are a proposal and no match."""


SHORTENED, STANDS_INSIDE, OF_VENDOR, AN_EVERYDAY_WORD = 0.95, 0.9, 0.7, 0.6
"""How far names carry that are not the text as it is written."""
LONGEST_NAME, LONGEST_RUN = 500, 8
"""Characters of a text, and words of a name, that are looked at."""
Names = dict[tuple[str, ...], dict[str, str]]
"""Words to the services that are called so, each with the name as it is written."""


class Named(NamedTuple):
    """A service that a text may mean."""

    service_id: str
    score: float
    """0 to 1."""
    reason: str


def words(text: str) -> tuple[str, ...]:
    """A text as comparable words: no case, no accents, no punctuation."""
    plain = unicodedata.normalize("NFKD", text[:LONGEST_NAME].casefold().replace("ß", "ss"))
    return tuple(_WORD.findall("".join(char for char in plain if not unicodedata.combining(char))))


def telling(found: tuple[str, ...]) -> tuple[str, ...]:
    """Words without those that say nothing about a product; empty where what is left is no product's name."""
    left = _without_noise(found)
    return () if len(left) == 1 and left[0] in _GENERIC | _PARENTS else left


def _without_noise(found: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in found if word not in _NOISE)


class NameBook:
    """Every name of every service, ready to be looked up."""

    def __init__(self, services: Iterable[Service]) -> None:
        self._whole: dict[str, dict[str, str]] = defaultdict(dict)
        self._names: Names = defaultdict(dict)
        self._short: Names = defaultdict(dict)
        self._vendors: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for service in services:
            if service.origin == "declared":
                continue
            for name in (service.name, *service.aliases, f"{service.vendor} {service.name}"):
                written = words(name)
                self._whole["".join(written)].setdefault(service.id, name)
                self._names[written].setdefault(service.id, name)
                self._short[telling(written)].setdefault(service.id, name)
            if service.vendor:
                self._vendors[_without_noise(words(service.vendor))].add(service.id)
        self._short.pop((), None)
        self._vendors.pop((), None)
        self._spelled = {" ".join(name): name for name in self._short}
        self._spellings = list(self._spelled)

    def look_up(self, text: str) -> list[Named]:
        """The services that a text may mean, the likeliest first.

        What is written out goes before what is left without the words that say nothing: who declares Gemini Enterprise
        has not declared Gemini."""
        written = words(text)
        short = telling(written)
        named = [*self._as_a_whole(written), *_inside(self._names, written)]
        if not any(one.score >= STANDS_INSIDE for one in named):
            named += _called(short, self._short.get(short, {}))
            named += _inside(self._short, short)
        theirs = self._vendors.get(_without_noise(written), ())
        named += [Named(key, OF_VENDOR, "is a product of the vendor named") for key in theirs]
        best: dict[str, Named] = {}
        for one in named or self._alike(short):
            if one.service_id not in best or best[one.service_id].score < one.score:
                best[one.service_id] = one
        return sorted(best.values(), key=lambda one: (-one.score, one.service_id))

    def _as_a_whole(self, written: tuple[str, ...]) -> Iterator[Named]:
        """Names that are the text, blanks and hyphens aside."""
        weak = _is_generic(written)
        for service_id, name in self._whole.get("".join(written), {}).items():
            yield Named(service_id, AN_EVERYDAY_WORD if weak else 1.0, f"is named '{name}'")

    def _alike(self, short: tuple[str, ...]) -> Iterator[Named]:
        text = " ".join(short)
        if len(text) < 5:
            return
        near = process.extract(text, self._spellings, scorer=fuzz.ratio, score_cutoff=84, limit=10)
        for spelled, likeness, _ in near:
            for service_id, known in self._short[self._spelled[spelled]].items():
                yield Named(service_id, round(likeness * 0.009, 2), f"is written almost like '{known}'")


def _called(short: tuple[str, ...], names: dict[str, str]) -> list[Named]:
    """Who is called so to the word, or else who is without the words that say nothing."""
    exact = {key: name for key, name in names.items() if words(name) == short}
    return [Named(key, SHORTENED, f"is called '{name}'") for key, name in (exact or names).items()]


def _is_generic(run: tuple[str, ...]) -> bool:
    return all(word in _GENERIC or word in _AI for word in run)


def _inside(names: Names, text: tuple[str, ...]) -> Iterator[Named]:
    """Names that stand in the text as a run of whole words; longer ones leave the words they use to no other."""
    taken: set[int] = set()
    for length in range(min(LONGEST_RUN, len(text)), 0, -1):
        for start in range(len(text) - length + 1):
            run = text[start : start + length]
            span = range(start, start + length)
            if run not in names or not taken.isdisjoint(span):
                continue
            taken.update(span)
            weak = _is_generic(run) or (length == 1 and (run[0] in _EVERYDAY or len(run[0]) < 3))
            for service_id, name in names[run].items():
                yield Named(service_id, AN_EVERYDAY_WORD if weak else STANDS_INSIDE, f"'{name}' stands in its name")
