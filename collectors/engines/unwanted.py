"""What is remembered of records that nobody wanted, so that most need not be split.

Whether a record is wanted depends on a few columns (`contacts.Decisive`). Those of its target are remembered together,
URLs without their path; user agents and programs each by itself, because they say what they say at any host."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from shadowledger.collectors.engines.fields import STAR, Fields
from shadowledger.collectors.lines import REMEMBERED

_LONGEST_KEY = 1000
"""Characters of all texts that are remembered of a record."""
Seen = tuple[str, ...]


class Decisive(NamedTuple):
    """The columns on which it depends whether a record is wanted: of its target, of its URL and path, and of its user
    agent and program, in this order."""

    columns: tuple[str, ...]
    path_at: int
    """Where the columns of URLs and paths begin."""
    alone_at: int
    """Where those of user agents and programs begin."""


class Unwanted:
    """One reading's memory. Bounded: at REMEMBERED it forgets."""

    def __init__(self, decisive: Decisive, api_words: frozenset[str]) -> None:
        self._decisive = decisive
        self._columns = [column.replace(STAR, ".0.") for column in decisive.columns]
        self._targets: dict[Seen | None, str] = {}
        self._alone = {""}
        self._together: set[Seen] = set()
        self._reduce = _reducer(decisive, api_words)

    def knows(self) -> Callable[[Seen], str | None]:
        """Compile the question what is known of a record with these texts: nothing (None), that nobody wants it (an
        empty text), or why it is ignored."""
        reduce, get, alone, alone_at = self._reduce, self._targets.get, self._alone, self._decisive.alone_at
        together = self._together
        if alone_at == len(self._decisive.columns):
            return lambda seen: get(reduce(seen))

        def knows(seen: Seen) -> str | None:
            texts = seen[alone_at:]
            return get(reduce(seen)) if alone.issuperset(texts) or texts in together else None

        def knows_one(seen: Seen) -> str | None:
            return get(reduce(seen)) if seen[alone_at] in alone else None

        return knows_one if alone_at + 1 == len(self._decisive.columns) else knows

    def remember(
        self, seen: Seen, fields: Fields, *, is_dull: bool, agent_is_dull: bool, ignored_because: str = ""
    ) -> None:
        """Keep what was told of a record: that its target is wanted by nobody, whatever its path, or is ignored, and
        that nothing is told by its user agent and program."""
        if seen != tuple([fields.get(column, "") for column in self._columns]):
            return  # the glance did not see what splitting found
        texts = [text for text in seen[self._decisive.alone_at :] if text]
        if agent_is_dull and texts and sum(map(len, texts)) < _LONGEST_KEY:
            if len(texts) == 1:
                _add(self._alone, texts[0], "")
            else:  # which of them was asked about is not known here
                _add(self._together, seen[self._decisive.alone_at :])
        if is_dull and (key := self._reduce(seen)) is not None and sum(map(len, key)) < _LONGEST_KEY:
            if len(self._targets) >= REMEMBERED:
                self._targets.clear()
            self._targets[key] = ignored_because


def _add(known: set[Seen] | set[str], key: Seen | str, *lasting: str) -> None:
    if len(known) >= REMEMBERED:
        known.clear()
        known.update(lasting)  # type: ignore[arg-type] # of the set of texts alone
    known.add(key)  # type: ignore[arg-type] # both are sets of their keys


def _reducer(decisive: Decisive, api_words: frozenset[str]) -> Callable[[Seen], Seen | None]:
    """From the texts of all columns to those of the target, URLs without their path. None where a path could be an
    API's: that has to be asked each time."""
    path_at, alone_at = decisive.path_at, decisive.alone_at
    if path_at == alone_at:
        return lambda seen: seen[:alone_at]

    def one(seen: Seen) -> Seen | None:
        authority = authority_of(seen[path_at], api_words)
        return None if authority is None else (*seen[:path_at], authority)

    def several(seen: Seen) -> Seen | None:
        told = list(seen[:alone_at])
        for at in range(path_at, alone_at):
            if told[at]:
                authority = authority_of(told[at], api_words)
                if authority is None:
                    return None
                told[at] = authority
        return tuple(told)

    return one if path_at + 1 == alone_at else several


def authority_of(url: str, api_words: frozenset[str]) -> str | None:
    """What stands before the path of a URL, or nothing for a path alone; None where the path ends in a word that an
    API's could end in (`Index.traffic` asks the same of it)."""
    query = url.find("?")
    if query >= 0:
        url = url[:query]
    if "#" in url or "\\" in url:
        return None
    mark = url.find("://")
    slash = url.find("/", mark + 3 if mark > 0 else 0)
    if slash < 0:
        return url
    tail = url[url.rfind("/") + 1 :]
    if tail:
        if tail.lower() in api_words or ":" in tail or "%" in tail:
            return None
    elif slash + 1 != len(url):
        return None
    return url[:slash]
