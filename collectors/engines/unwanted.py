"""What is remembered of records that nobody wanted, so that most need not be split.

The type of a record follows from a few columns, and whether anybody wants it from the few that its type takes its
target from (`Decisive`). Targets are remembered by type, URLs without their path; user agents, programs and the labels
of gateways each by themselves, because they say what they say at any host."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple

from shadowledger.collectors.engines.fields import NOTHING, STAR, Fields
from shadowledger.collectors.lines import REMEMBERED

_LONGEST_KEY = 1000
"""Characters of all texts that are remembered of a record."""
Seen = tuple[str, ...]


class Target(NamedTuple):
    """The columns, by their number, from which one type of record takes its target."""

    first: tuple[int, ...] = ()
    """Of these the first that says something counts alone."""
    whole: tuple[int, ...] = ()
    paths: tuple[int, ...] = ()
    """URLs and paths."""
    alone: tuple[tuple[int, ...], ...] = ()
    """The columns that say something whatever the target is, by what they say: user agent, program, how a gateway calls
    the application and its category, and what the answer is. Of each the first that says something counts."""


class Decisive(NamedTuple):
    """The columns on which it depends whether a record is wanted: those by which its type is chosen come first."""

    columns: tuple[str, ...]
    texts: int
    """How many columns choose the type by their text."""
    kinds: tuple[tuple[int, frozenset[str]], ...]
    """Those that choose it by being one of a few words, by saying something else, or nothing."""
    targets: tuple[Target, ...]
    """By type, in order; the last is that of records of no type."""
    nothing: frozenset[str]
    """Marks for no value, in lower case."""


class Unwanted:
    """One reading's memory. Bounded: at REMEMBERED it forgets."""

    def __init__(self, decisive: Decisive, api_words: frozenset[str]) -> None:
        self._decisive = decisive
        self._columns = [column.replace(STAR, ".0.") for column in decisive.columns]
        self._reduced = [_reducer(target, decisive.nothing, api_words) for target in decisive.targets]
        self._types: dict[Seen, int] = {}
        self._targets: list[dict[Seen | None, str]] = [{} for _ in decisive.targets]
        self._alone: list[list[set[Seen]]] = [[set() for _ in target.alone] for target in decisive.targets]
        names: dict[str, Any] = {
            **{f"alone_{at}_{number}": k for at, known in enumerate(self._alone) for number, k in enumerate(known)},
            "type_of": self._types.get,
            "authority": partial(authority_of, api_words=api_words),
            "otherwise": self._otherwise,
            "nil": frozenset(word for mark in decisive.nothing for word in (mark, mark.upper(), mark.capitalize())),
            "NOTHING": NOTHING,
            **{f"known_{number}": known.get for number, known in enumerate(self._targets)},
            **{f"words_{at}": words for at, words in decisive.kinds},
        }
        exec(_source(decisive), names)  # noqa: S102 - numbers and our own words alone; closures take twice as long
        self._choice: Callable[[Seen], Seen] = names["choice"]
        self.knows: Callable[[Seen], str | None] = names["knows"]
        """What is known of a record with these texts: nothing (None), that nobody wants it (an empty text), or why it
        is ignored."""

    def _otherwise(self, number: int, seen: Seen) -> str | None:
        """The answer where the first of several columns may hold a mark for no value."""
        return self._targets[number].get(self._reduced[number](seen))

    def remember(
        self, seen: Seen, fields: Fields, type_number: int, *, is_dull: bool, dull: Sequence[bool], ignored: str = ""
    ) -> None:
        """Keep what was told of a record: its type; that its target is wanted by nobody, whatever its path, or ignored
        for a reason; and which of the columns that count alone say nothing."""
        if seen != tuple([fields.get(column, "") for column in self._columns]):
            return  # the glance did not see what splitting found
        _keep(self._types, self._choice(seen), type_number)
        alone = self._decisive.targets[type_number].alone
        for places, says_nothing, known in zip(alone, dull, self._alone[type_number], strict=bool(alone)):
            texts = tuple([seen[at] for at in places])
            if says_nothing and _size(texts) < _LONGEST_KEY:
                if len(known) >= REMEMBERED:
                    known.clear()
                known.add(texts)
        if is_dull and (key := self._reduced[type_number](seen)) is not None and _size(key) < _LONGEST_KEY:
            _keep(self._targets[type_number], key, ignored)


def _size(texts: Seen | list[str]) -> int:
    return sum(map(len, texts))


def _keep(known: dict[Any, Any], key: object, value: object) -> None:
    if len(known) >= REMEMBERED:
        known.clear()
    known[key] = value


def _source(decisive: Decisive) -> str:
    """Two functions of the texts of all columns: `choice`, what the type is chosen by, and `knows`."""
    columns = [f"c{at}" for at in range(len(decisive.columns))]
    unpacked = f"    [{', '.join(columns)}] = seen"
    kinds = [_KIND.format(columns[at], at) for at, _ in decisive.kinds]
    choice = f"({''.join(f'{one}, ' for one in (*columns[: decisive.texts], *kinds))})"
    told = ["def choice(seen):", unpacked, f"    return {choice}", "def knows(seen):", unpacked]
    told.append(f"    number = {'type_of(' + choice + ')' if decisive.texts or decisive.kinds else 0}")
    for number, target in enumerate(decisive.targets):
        told.append(f"    if number == {number}:")
        told += _alone(number, target)
        told += _answer(number, target)
    return "\n".join(told)


_KIND = "{0} and (('-' if w in NOTHING else '*') if (w := {0}.strip().lower()) and w not in words_{1} else w)"


def _alone(number: int, target: Target) -> Iterator[str]:
    """Lines that leave the answer open where a column that counts alone says what was not met before."""
    for at, places in enumerate(target.alone):
        if texts := [f"c{place}" for place in places]:
            yield f"        if ({' or '.join(texts)}) and ({', '.join(texts)},) not in alone_{number}_{at}:"
            yield "            return None"


def _answer(number: int, target: Target) -> Iterator[str]:
    """Lines that return what is known of a target. What begins with `nil` here surely says nothing; another mark for
    no value is found in no key, because keys are made without them."""
    whole = "".join(f"c{at}, " for at in target.whole)
    paths = "".join(f"c{at} and authority(c{at}), " for at in target.paths)
    if not target.first:
        yield f"        return known_{number}(({whole}{paths}))"
        return
    first = "".join(f"c{at} if c{at} not in nil else " for at in target.first)
    yield f"        first = {first}''"
    yield f"        told = known_{number}(({whole}first, {paths}) if first else ({whole}{paths}))"
    yield f"        return told if told is not None else otherwise({number}, seen)"


def _reducer(target: Target, nothing: frozenset[str], api_words: frozenset[str]) -> Callable[[Seen], Seen | None]:
    """From the texts of all columns to those of the target, URLs without their path. None where a path could be an
    API's: that has to be asked each time."""
    first, whole, paths, _ = target
    taken = _taker(whole)

    def reduce(seen: Seen) -> Seen | None:
        told = taken(seen)
        for at in first:
            text = seen[at]
            if text and text.strip().lower() not in nothing:
                told += (text,)
                break
        for at in paths:
            authority: str | None = seen[at]
            if authority and (authority := authority_of(authority, api_words)) is None:
                return None
            told += (authority or "",)
        return told

    return reduce


def _taker(places: tuple[int, ...]) -> Callable[[Seen], Seen]:
    if not places:
        return lambda _: ()
    if len(places) == 1:
        (at,) = places
        return lambda seen: (seen[at],)
    return itemgetter(*places)


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
