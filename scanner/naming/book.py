"""Every name of every service, ready to be looked up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property

from shadowledger.scanner.naming.names import Clarity, Name, Named, Product
from shadowledger.scanner.naming.sentence import GUESSED, Sentence, sentences
from shadowledger.scanner.naming.spelling import telling, words
from shadowledger.scanner.naming.standing import SHORTEST_GLUED, SURE, Run, is_another_thing, scored, spans, standing
from shadowledger.scanner.naming.typing_errors import SHORTEST, Spellings, slip_score
from shadowledger.scanner.naming.vocabulary import GENERIC, MARKS, NOBODY, NOISE, WORDS_LIKE_NAMES
from shadowledger.signatures.schema import Service

OF_VENDOR, VENDOR_INSIDE, VENDORS_SHOWN = 0.7, 0.6, 5
MORE_WORDS, ALL_WORDS, SOME_WORDS, FOR_THAT, HALF_NAMED, FEWEST_WORDS, GLUED = 0.92, 0.88, 0.6, 0.6, 0.5, 0.3, 0.88
ALIKE_SHOWN = 5
LONGEST_SLIP = 4
"""Words in which a typing error is looked for."""


class _Best:
    """Of each service the best that was found of it."""

    def __init__(self, above: float = 0) -> None:
        self.found: dict[str, Named] = {}
        self._above = above

    def put(self, one: Named) -> None:
        before = self.found.get(one.service_id)
        if one.score > (before.score if before else self._above):
            self.found[one.service_id] = one


class NameBook:
    """Every name of every service, ready to be looked up."""

    def __init__(self, services: Iterable[Service]) -> None:
        self._written: dict[str, list[Name]] = defaultdict(list)
        self._shortened: dict[str, list[Name]] = defaultdict(list)
        self._vendors: dict[str, list[Product]] = defaultdict(list)
        self._products: dict[str, Product] = {}
        for service in services:
            if service.origin != "declared":
                self._add(service)

    def _add(self, service: Service) -> None:
        product = self._products[service.id] = Product(service)
        names = [(service.name, product.own), *((alias, words(alias)) for alias in service.aliases)]
        if product.vendor and product.own[: len(product.vendor)] != product.vendor:
            names.append((f"{service.vendor} {service.name}", product.vendor + product.own))
        for written, found in names:
            if found:
                self._written["".join(found)].append(Name(product, written, found))
            short = telling(found)
            if short and short != found:
                self._shortened["".join(short)].append(Name(product, written, short, is_shortened=True))
        if product.vendor and product.vendor[0] not in NOBODY:
            for key in {"".join(product.vendor), "".join(telling(product.vendor) or product.vendor)}:
                self._vendors[key].append(product)

    def look_up(self, text: str) -> list[Named]:
        """The services that a text may mean, the likeliest first, each with a score from 0 to 1 and the reason."""
        best = _Best()
        for sentence in sentences(text):
            for one in self._named(sentence):
                best.put(one)
        return self._likeliest(best.found.values())

    def _likeliest(self, named: Iterable[Named]) -> list[Named]:
        return sorted(named, key=lambda one: (-one.score, self._products[one.service_id].rank))

    def _named(self, sentence: Sentence) -> Iterator[Named]:
        sure: list[Run] = []
        runs = standing(self._written, self._shortened, sentence)
        for run in runs:
            named = [scored(name, run, sentence) for name in run.names if not is_another_thing(name, run, sentence)]
            if any(one.score >= SURE for one in named):
                sure.append(run)
            yield from named
        yield from self._of_vendors(sentence, runs)
        yield from self._for_that(sentence, runs)
        yield from self._almost(sentence, sure)
        if not sure:
            yield from self._glued(sentence)
        yield from self._in_any_order(sentence, sure)

    def _of_vendors(self, sentence: Sentence, runs: list[Run]) -> Iterator[Named]:
        for start, end, key in spans(sentence, range(len(sentence.words))):
            products = self._vendors.get(key)
            if not products or any(run.holds(start, end) for run in runs):
                continue
            score = OF_VENDOR
            if not sentence.tells_nothing_beside(start, end):
                if any(product.is_part for product in products) and not sentence.says_ai_beside(start, end):
                    continue  # it makes much else
                score = VENDOR_INSIDE
                products = sorted(products, key=lambda product: product.rank)[:VENDORS_SHOWN]
            yield from (Named(product.id, score, "is a product of the vendor named") for product in products)

    def _almost(self, sentence: Sentence, sure: list[Run]) -> list[Named]:
        """Names with a typing error; where another stands for sure, only those that it may be a part of."""
        best = _Best()
        taken: list[tuple[int, int]] = []
        for start, end, key in spans(sentence, range(len(sentence.words)), LONGEST_SLIP):
            if not self._may_be_mistyped(key, sentence.edges(start, end)) or any(
                first <= start and end <= last for first, last in taken
            ):
                continue
            if sure and not any(start <= run.start and run.end <= end for run in sure):
                continue
            is_all = sentence.tells_nothing_beside(start, end)
            for slip in self._spellings.near(key):
                for name in (*self._written.get(slip.meant, ()), *self._shortened.get(slip.meant, ())):
                    score = sentence.at_most(
                        slip_score(name, slip, sentence.words[start:end], is_all=is_all), start, end
                    )
                    best.put(Named(name.product.id, score, f"is written almost like '{name.written}'"))
                    if score >= SURE:
                        taken.append((start, end))
        return self._likeliest(best.found.values())[:ALIKE_SHOWN]

    def _may_be_mistyped(self, key: str, edges: tuple[str, str]) -> bool:
        if len(key) < SHORTEST - 1 or self._is_spelled_so(key) or key in WORDS_LIKE_NAMES:
            return False
        return not any(word in NOISE or word.isdecimal() for word in edges)

    def _is_half_named(self, name: Name, said: set[str]) -> bool:
        """Whether a well-known name is there but for what it is: `Topaz` of `Topaz Labs`."""
        return (
            name.product.is_known
            and name.meaning <= said
            and not any(self._is_spelled_so(word) for word in name.meaning)
        )

    def _is_spelled_so(self, key: str) -> bool:
        return key in self._written or key in self._shortened or key in self._vendors or key in GENERIC

    def _glued(self, sentence: Sentence) -> Iterator[Named]:
        """`ChatGPTLizenzen`: a well-known name, and a word that says nothing."""
        for word in sentence.words:
            for end in range(len(word) - 2, SHORTEST_GLUED, -1):
                if word[end:] in NOISE or word[end:] in GENERIC:
                    for name in self._written.get(word[:end], ()):
                        if name.product.is_known and name.clarity in (Clarity.CLEAR, Clarity.KNOWN):
                            yield Named(name.product.id, GLUED, f"'{name.written}' stands in its name")

    def _for_that(self, sentence: Sentence, runs: list[Run]) -> Iterator[Named]:
        """Well-known products of a family whose name stands alone, and that are used for what stands beside it: GitHub
        Copilot, where a Copilot is for developers."""
        for run in runs:
            if run.end - run.start == 1:
                beside = sentence.beside(run.start, run.end)
                for name in self._with_word.get(sentence.words[run.start], ()):
                    product = name.product
                    if product.is_known and name.words == product.own and product.is_for(beside):
                        yield Named(product.id, FOR_THAT, f"'{name.written}' is for that")

    def _in_any_order(self, sentence: Sentence, sure: list[Run]) -> list[Named]:
        """Names of which words stand in the text: two, or all that are more than what things are. Where names stand for
        sure, only those that hold them: `OpenAI auf Azure`."""
        said = set(sentence.words)
        shared: Counter[Name] = Counter()
        for word in said:
            shared.update(self._with_word.get(word, ()))
        best = _Best(FEWEST_WORDS)
        for name, count in shared.items():
            if name.clarity in (Clarity.GENERIC, Clarity.HOST) or (count == 1 and not self._is_half_named(name, said)):
                continue
            of_it = set(name.words) - NOISE - MARKS
            is_all = 1 < count == len(of_it) and name.clarity is Clarity.CLEAR and not name.leaves_ai_out(said)
            if sure and not (is_all and _holds_some(of_it, sentence, sure)):
                continue
            score = HALF_NAMED if count == 1 else round(SOME_WORDS * count / len(of_it), 2)
            if is_all:
                score = GUESSED if of_it <= sentence.guessed else MORE_WORDS if sure else ALL_WORDS
            best.put(Named(name.product.id, score, f"has words of '{name.written}'"))
        return self._likeliest(best.found.values())[:ALIKE_SHOWN]

    @cached_property
    def _spellings(self) -> Spellings:
        return Spellings({**self._written, **self._shortened})

    @cached_property
    def _with_word(self) -> dict[str, list[Name]]:
        found: dict[str, list[Name]] = defaultdict(list)
        for names in self._written.values():
            for name in names:
                for word in set(name.words) - NOISE - MARKS:
                    found[word].append(name)
        return found


def _holds_some(of_it: set[str], sentence: Sentence, runs: list[Run]) -> bool:
    """Whether a name has all words of one of these and more, and a part of none."""
    others = [set(sentence.words[run.start : run.end]) - NOISE - MARKS for run in runs]
    return any(other < of_it for other in others) and all(other <= of_it or other.isdisjoint(of_it) for other in others)
