"""Names that are written almost, and not quite, like a product's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from shadowledger.scanner.naming.names import Clarity, Name
from shadowledger.scanner.naming.standing import SURE
from shadowledger.scanner.naming.vocabulary import MARKS

SHORTEST, LONG = 5, 7
"""Letters of a name in which one error is looked for, and of a text in which two are."""
LONG_AMONG_OTHERS, LONG_ENOUGH_FOR_ONE, LONG_ENOUGH_FOR_TWO = 6, 7, 10
"""Letters of a name with one or two errors in it that can be no other word."""
KNOWN, LESS_KNOWN, SECOND_ERROR, OTHER_WORDS, OTHER_WORD = 0.72, 0.58, 0.04, 0.04, 0.12


class Slip(NamedTuple):
    """A spelling that is meant, and how many letters are wrong: too many, missing, another, or two exchanged."""

    meant: str
    errors: int


class Spellings:
    """Spellings by length, so that few need to be compared."""

    def __init__(self, spellings: Iterable[str]) -> None:
        self._by_length: dict[int, list[str]] = defaultdict(list)
        for spelling in spellings:
            if len(spelling) >= SHORTEST:
                self._by_length[len(spelling)].append(spelling)
        self.near = lru_cache(maxsize=4096)(self._near)
        """What a word may stand for, the nearest first."""

    def _near(self, written: str) -> tuple[Slip, ...]:
        return tuple(sorted(self._slips(written), key=lambda slip: slip.errors))

    def _slips(self, written: str) -> Iterator[Slip]:
        allowed = 2 if len(written) >= LONG else 1
        for length in range(len(written) - allowed, len(written) + allowed + 1):
            known = self._by_length.get(length, ())
            near = process.extract(written, known, scorer=OSA.distance, score_cutoff=allowed, limit=20)
            yield from (Slip(meant, int(errors)) for meant, errors, _ in near)


def slip_score(name: Name, slip: Slip, written: tuple[str, ...], *, is_all: bool) -> float:
    """How surely a name is meant that is not quite written, `is_all` where nothing else tells anything; 0 where it is
    another word."""
    wrong, meant = _differing(name, slip, written)
    is_known = name.product.is_known
    is_common = name.clarity in (Clarity.EVERYDAY, Clarity.HOST, Clarity.GENERIC)
    if slip.errors > 1 and len(meant) < (LONG if is_known else LONG_ENOUGH_FOR_TWO):
        return 0
    says_more = is_known or not MARKS.isdisjoint(name.words)
    if not is_all and (len(slip.meant) < LONG_AMONG_OTHERS or (is_common and not says_more)):
        return 0
    if not is_all and not is_known and not _is_no_other_word(wrong, meant, slip.errors):
        return 0
    if name.clarity is Clarity.GENERIC and len(slip.meant) < LONG_ENOUGH_FOR_ONE:
        return 0
    if name.clarity is Clarity.CLEAR and is_known and _is_no_other_word(wrong, meant, slip.errors):
        return SURE
    score = (KNOWN if is_known else LESS_KNOWN) - SECOND_ERROR * (slip.errors - 1)
    if is_common:
        score -= OTHER_WORDS if len(name.words) > 1 else OTHER_WORD
    return round(score, 2)


def _differing(name: Name, slip: Slip, written: tuple[str, ...]) -> tuple[str, str]:
    """The word with the error and the word that is meant; all of them where not one alone differs."""
    if len(written) == len(name.words):
        pairs = [pair for pair in zip(written, name.words, strict=True) if pair[0] != pair[1]]
        if len(pairs) == 1:
            return pairs[0]
    return "".join(written), slip.meant


def _is_no_other_word(wrong: str, meant: str, errors: int) -> bool:
    """Whether the word with the error has letters enough, and its own beginning and end: `Google Meet` is no `Google
    Duet`, and `perplexing` no `perplexity`."""
    allowed = (len(meant) >= LONG_ENOUGH_FOR_ONE) + (len(meant) >= LONG_ENOUGH_FOR_TWO)
    has_its_end = wrong[-1] == meant[-1] or wrong[-2:] == meant[:-3:-1]
    return errors <= allowed and wrong[0] == meant[0] and has_its_end
