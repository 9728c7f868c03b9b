"""Names as people write them in lists, and the services they mean."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from rapidfuzz import fuzz

from shadowledger.signatures.schema import Service

_WORD = re.compile(r"[^\W_]+(?:\.[^\W_]+)*")
_NOISE = frozenset(
    (
        "ai", "ki", "ia", "the", "a", "an", "of", "for", "and", "with", "in", "on", "by", "fuer", "der", "die", "das",
        "und", "mit", "de", "du", "des", "le", "la", "les", "pour", "et", "avec", "pilot", "pilote", "piloten", "poc",
        "rollout", "project", "projekt", "projet", "initiative", "licence", "licences", "license", "licenses",
        "lizenz", "lizenzen", "enterprise", "business", "team", "teams", "plus", "pro", "inc", "ltd", "gmbh", "test",
        "subscription", "abo", "account", "accounts",
    )
)  # fmt: skip
"""Words that say nothing about which product is meant."""
_EVERYDAY = frozenset(
    (
        "make", "mem", "writer", "jan", "pi", "poe", "scenario", "consensus", "factory", "modal", "banana", "you",
        "andi", "morph", "scite", "liner", "monica", "merlin", "julius", "otter", "descript", "gamma", "notion",
        "pieces", "continue", "amp", "goose", "crush", "warp", "box", "harvey", "glean", "tome", "loom", "elicit",
        "replica", "speechify", "ambient", "portkey", "insight", "insights", "assistant", "chat", "copilot", "agent",
        "bot", "cloud", "studio", "search", "code", "video", "voice", "studio", "platform", "gateway", "office", "meta",
        "amazon", "google", "microsoft", "apple",
    )
)  # fmt: skip
"""Names that are words or parents too: inside a longer text they are a proposal and no match."""


class Named(NamedTuple):
    """A service that a text may mean."""

    service_id: str
    score: float
    """0 to 1."""
    reason: str


def words(text: str) -> tuple[str, ...]:
    """A text as comparable words: no case, no accents, no punctuation, nothing that says nothing."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("ß", "ss"))
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    found = tuple(_WORD.findall(plain))
    return tuple(word for word in found if word not in _NOISE) or found


class NameBook:
    """Every name of every service, ready to be looked up."""

    def __init__(self, services: Iterable[Service]) -> None:
        self._names: dict[tuple[str, ...], dict[str, str]] = defaultdict(dict)
        self._vendors: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for service in services:
            if service.origin == "declared":
                continue
            for name in (service.name, *service.aliases, f"{service.vendor} {service.name}"):
                self._names[words(name)].setdefault(service.id, name)
            if service.vendor:
                self._vendors[words(service.vendor)].add(service.id)
        self._longest = max(map(len, self._names), default=0)

    def look_up(self, text: str) -> list[Named]:
        """The services that a text may mean, the likeliest first; at most ten."""
        wanted = words(text)
        if not wanted:
            return []
        found: dict[str, Named] = {}
        for service_id, score, reason in (*self._exact(wanted), *self._inside(wanted), *self._vendor(wanted)):
            if service_id not in found or found[service_id].score < score:
                found[service_id] = Named(service_id, score, reason)
        if not found:
            found = {named.service_id: named for named in self._alike(wanted)}
        return sorted(found.values(), key=lambda named: (-named.score, named.service_id))[:10]

    def _exact(self, wanted: tuple[str, ...]) -> Iterable[Named]:
        for service_id, name in self._names.get(wanted, {}).items():
            yield Named(service_id, 1.0, f"is named '{name}'")

    def _inside(self, wanted: tuple[str, ...]) -> Iterable[Named]:
        """Names that stand in the text as a run of whole words; longer ones leave the words they use to no other."""
        taken: set[int] = set()
        for length in range(min(self._longest, len(wanted)), 0, -1):
            for start in range(len(wanted) - length + 1):
                run = wanted[start : start + length]
                span = set(range(start, start + length))
                if run not in self._names or span & taken:
                    continue
                taken |= span
                weak = length == 1 and (run[0] in _EVERYDAY or len(run[0]) < 3)
                for service_id, name in self._names[run].items():
                    yield Named(service_id, 0.6 if weak else 0.9, f"'{name}' stands in its name")

    def _vendor(self, wanted: tuple[str, ...]) -> Iterable[Named]:
        for service_id in self._vendors.get(wanted, ()):
            yield Named(service_id, 0.7, "is a product of the vendor named")

    def _alike(self, wanted: tuple[str, ...]) -> Iterable[Named]:
        text = " ".join(wanted)
        if len(text) < 5:
            return
        for name, services in self._names.items():
            likeness = fuzz.ratio(text, " ".join(name), score_cutoff=84) / 100
            if likeness:
                for service_id, written in services.items():
                    yield Named(service_id, round(likeness * 0.9, 2), f"is written almost like '{written}'")
