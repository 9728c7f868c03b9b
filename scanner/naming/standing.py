"""Names that stand in a text, and how surely they are meant there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from shadowledger.scanner.naming.names import Clarity, Name, Named
from shadowledger.scanner.naming.sentence import Sentence
from shadowledger.scanner.naming.spelling import LONGEST_RUN
from shadowledger.scanner.naming.vocabulary import EVERYDAY, GENERIC, MARKS, SILENT

Names = Mapping[str, Sequence[Name]]
"""Names by their letters, without blanks."""
SURE = 0.86
"""From here on a name stands there for sure, and nothing weaker is looked for."""
WITH_VENDOR, FOR_ITS_PURPOSE = 0.88, 0.88
SCORES = {
    #  what a name is: where it is the text, all that tells in it, or stands inside
    Clarity.CLEAR: (1.0, 0.95, 0.9),
    Clarity.KNOWN: (1.0, 0.95, 0.7),
    Clarity.PHRASE: (1.0, 0.9, 0.7),
    Clarity.EVERYDAY: (0.8, 0.75, 0.6),
    Clarity.HOST: (0.8, 0.7, 0.6),
    Clarity.GENERIC: (0.6, 0.6, 0.5),
}
SHORTEST_GLUED = 5
"""Letters that words must have together to be taken for one name, or a name for several."""


class Run(NamedTuple):
    """Words that stand in a text one after another, and who is called so."""

    start: int
    end: int
    names: Sequence[Name]
    is_split: bool
    """There are more words or fewer than in the name."""
    is_part: bool = False
    """The words are a part of another name, with words between them that say nothing: `Copilot pour Microsoft 365`."""

    def holds(self, start: int, end: int) -> bool:
        """Whether these words are only a part of the run."""
        return self.start <= start and end <= self.end and end - start < self.end - self.start

    def is_in(self, longer: Run) -> bool:
        return longer.holds(self.start, self.end)


def spans(sentence: Sentence, places: Sequence[int], longest: int = LONGEST_RUN) -> Iterator[tuple[int, int, str]]:
    """Runs of the words at these places, the longest first: where they begin and end in the text, and their letters."""
    for length in range(min(longest, len(places)), 0, -1):
        for at in range(len(places) - length + 1):
            run = places[at : at + length]
            yield run[0], run[-1] + 1, "".join(sentence.words[place] for place in run)


def standing(written: Names, shortened: Names, sentence: Sentence) -> list[Run]:
    """Names that stand in a text; longer ones leave the words they use to no shorter one.

    What is written out goes before what is left without the words that say nothing: who declares Gemini Enterprise has
    not declared Gemini."""
    found = _without_parts(_runs(written, sentence, range(len(sentence.words))))
    taken = {(run.start, run.end) for run in found}
    short = [
        run
        for names in (written, shortened)
        for run in _without_parts(_runs(names, sentence, sentence.telling_places))
        if (run.start, run.end) not in taken and not any(run.is_in(longer) for longer in found)
    ]
    return [run._replace(is_part=any(run.is_in(longer) for longer in short)) for run in found] + short


def _without_parts(runs: Iterable[Run]) -> list[Run]:
    """Longer runs leave the words they use to no shorter one."""
    found = list(runs)
    return [run for run in found if not any(run.is_in(longer) for longer in found)]


def _runs(names: Names, sentence: Sentence, places: Sequence[int]) -> Iterator[Run]:
    for start, end, key in spans(sentence, places):
        called = names.get(key)
        if not called:
            continue
        is_split = end - start > 1 and all(len(name.words) != end - start for name in called)
        if is_split and (len(key) < SHORTEST_GLUED or not SILENT.isdisjoint(sentence.edges(start, end))):
            continue
        yield Run(start, end, called, is_split)


def is_another_thing(name: Name, run: Run, sentence: Sentence) -> bool:
    """Whether a name that is an everyday word without its mark of AI stands among other words, and none is about AI:
    `Linear AI` is not meant by linear motors."""
    start, end = run.start, run.end
    lost = name.is_shortened and name.says_ai and EVERYDAY.issuperset(name.words)
    return lost and not sentence.says_ai_beside(start, end) and not sentence.tells_nothing_beside(start, end)


def scored(name: Name, run: Run, sentence: Sentence) -> Named:
    """How surely a name is meant where it stands."""
    start, end = run.start, run.end
    clarity = _clarity_here(name, run, sentence)
    whole, bare, inside = SCORES[clarity]
    if end - start == len(sentence.words) and not name.is_shortened:
        score, how = whole, f"is named '{name.written}'"
    elif sentence.tells_nothing_beside(start, end):
        score, how = bare, f"is called '{name.written}'"
        if clarity is Clarity.KNOWN and sentence.is_a_code_name(start):
            score = inside
    else:
        score, how = inside, f"'{name.written}' stands in its name"
    score = min(score, inside) if run.is_part else max(score, _with_what_is_beside(name, clarity, run, sentence))
    return Named(name.product.id, sentence.at_most(score, start, end), how)


def _clarity_here(name: Name, run: Run, sentence: Sentence) -> Clarity:
    """Words of everyday that are a product's name when they are written together are apart no more than that."""
    if run.is_split and name.clarity is Clarity.CLEAR:
        apart = sentence.words[run.start : run.end]
        if all(word in EVERYDAY or word in GENERIC for word in apart):
            return Clarity.KNOWN if name.product.is_known else Clarity.PHRASE
    return name.clarity


def _with_what_is_beside(name: Name, clarity: Clarity, run: Run, sentence: Sentence) -> float:
    """What the words around it make of a name that could be something else."""
    start, end = run.start, run.end
    speaks_of_ai = sentence.says_ai_beside(start, end)
    if clarity is Clarity.HOST:
        return WITH_VENDOR if speaks_of_ai else 0
    if clarity not in (Clarity.KNOWN, Clarity.EVERYDAY, Clarity.PHRASE):
        return 0
    beside = set(sentence.beside(start, end))
    marks = name.product.vendor_marks
    if marks and marks <= beside:
        return WITH_VENDOR
    if clarity is Clarity.KNOWN:
        if speaks_of_ai or sentence.is_used(start, end):
            return SCORES[Clarity.CLEAR][2]
        return FOR_ITS_PURPOSE if name.product.is_for(beside) else 0
    of_ai = name.says_ai and (speaks_of_ai or not MARKS.isdisjoint(name.words))
    return SURE if clarity is Clarity.EVERYDAY and of_ai and sentence.tells_nothing_beside(start, end) else 0
