"""From a record's columns to Traffic, Artifact or Ignored, as its mapping says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from shadowledger.collectors.clock import Clock
from shadowledger.collectors.endpoint.programs import base_name, is_interpreter
from shadowledger.collectors.engines.fields import (
    NOTHING,
    Fields,
    columns_of,
    expanded,
)
from shadowledger.collectors.engines.mapping import Mapping, Pick, RecordType, Spec
from shadowledger.collectors.engines.plan import LONGEST_TEXT, Asked, Plan
from shadowledger.collectors.engines.unwanted import Decisive, Target
from shadowledger.collectors.engines.writing import Writer
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import Ignored, Record
from shadowledger.collectors.urls import Urls
from shadowledger.signatures.wanted import Wanted

_TELLING = (False, False, False, False, False)
Made = Record | list[Record] | None
Maker = Callable[[int, Fields], Made]
_NO_QUESTION = frozenset(("dns_response", "dns_update", "dns_notify"))


class Contacts:
    """What one mapping makes of the records of one source."""

    def __init__(self, mapping: Mapping, reading: Reading, clock: Clock) -> None:
        nothing = NOTHING | {mark.lower() for mark in mapping.nothing}
        self._plans = [Plan(one, nothing, clock) for one in mapping.types()]
        writer = Writer(nothing)
        choice = writer.choice([plan.type.when for plan in self._plans])
        self._choose: Callable[[Fields], int] = writer.function("choose", "fields", choice)
        self._makers: list[Maker] = [self._maker_when_met(number) for number in range(len(self._plans) + 1)]
        """What makes records, by type."""
        self._urls = Urls()
        self._names_hosts_alone = not any(one.url or one.path for one in mapping.types())
        self._reading = reading
        self.is_dull = False
        """Whether the last record's target was no hit, and would be none with any other path but an API's."""
        self.dull = _TELLING
        """Whether its user agent, its program, its application's label, its category's and its answer's type say
        nothing by themselves."""
        self.type_number = 0
        """Which of its mapping's types the last record is; one more than there are for none."""
        self.ignored_because = ""
        """Why it is none for us, where it depends on its target's columns alone."""

    def records(self, position: int, fields: Fields) -> Made:
        """The record that one physical record is, or the records; none where nobody wants it."""
        self.is_dull, self.dull = False, _TELLING
        self.ignored_because = ""
        self.type_number = number = self._choose(fields)
        return self._makers[number](position, fields)

    def _maker_when_met(self, number: int) -> Maker:
        """Compiles a type when the first record of it is met."""

        def make(position: int, fields: Fields) -> Made:
            self._makers[number] = compiled = self._maker(number)
            return compiled(position, fields)

        return make

    def _maker(self, number: int) -> Maker:
        plan = self._plans[number] if number < len(self._plans) else None
        reason = "another kind of record" if plan is None else plan.type.ignore
        if plan is None or reason:
            return lambda position, _: self._ignored(position, reason)
        one = partial(self._artifacts, plan) if plan.type.kind else plan.traffic(self._asked(plan), self._urls)
        return partial(self._several, one, plan.starred) if plan.starred else one

    def _ignored(self, position: int, reason: str) -> Ignored:
        self.is_dull, self.ignored_because = True, reason
        return Ignored(position, reason)

    def _several(self, make: Maker, starred: list[str], position: int, fields: Fields) -> Made:
        each = [_listed(make(position, part)) for part in expanded(fields, starred)]
        if len(each) > 1:
            self.is_dull, self.dull = False, _TELLING
            self.ignored_because = ""
        records = [record for made in each for record in made]
        return [record for record in records if not isinstance(record, Ignored)] or records[:1]

    def _artifacts(self, plan: Plan, position: int, fields: Fields) -> Made:
        if self._reading.wanted is not None and self._is_nobodys(plan, fields, self._reading.wanted):
            return None
        found: list[Record] = list(plan.artifacts(position, fields, self._reading))
        return found or Ignored(position, f"names no {plan.type.kind.replace('_', ' ')}")

    def _asked(self, plan: Plan) -> Asked:
        wanted, is_question = self._reading.wanted, plan.type.via not in _NO_QUESTION

        def nameless(position: int, agent: str, fields: Fields) -> Ignored:
            if wanted is not None:
                self._tells(plan, agent, fields, wanted)
            return self._ignored(position, "names no host")

        def passes(host: str, agent: str, fields: Fields) -> bool:
            assert wanted is not None  # noqa: S101 - for the reader: otherwise it is not asked
            if self._tells(plan, agent, fields, wanted) and is_question:
                return True
            self.is_dull = not is_question or self._names_hosts_alone or wanted.nobody(host)
            if self._reading.is_census and is_question:
                self._reading.count(host, plan.stamp(fields)[0], plan.bystander(fields))
            return False

        return Asked(wanted, is_question, passes, nameless)

    def _is_nobodys(self, plan: Plan, fields: Fields, wanted: Wanted) -> bool:
        """Whether an artifact is one that no signature names: of a program, one that runs no other either."""
        value = plan.values["value"](fields)[:LONGEST_TEXT]
        if plan.type.kind == "process":
            value = base_name(value)
            self.is_dull = bool(value) and not wanted.program(value) and not is_interpreter(value)
        else:
            self.is_dull = bool(value) and not wanted.artifact(plan.type.kind, value)
        return self.is_dull

    def _tells(self, plan: Plan, agent: str, fields: Fields, wanted: Wanted) -> bool:
        """Whether a program or a label says something whatever the target is; of a user agent the index is asked."""
        program = base_name(plan.values["process"](fields))
        telling = (
            wanted.agent(agent),
            bool(program) and wanted.program(program),
            wanted.label(plan.values["app_label"](fields)[:LONGEST_TEXT]),
            wanted.label(plan.values["category_label"](fields)[:LONGEST_TEXT]),
            wanted.streams(plan.values["content_type"](fields)),
        )
        self.dull = (not telling[0], not telling[1], not telling[2], not telling[3], not telling[4])
        return True in telling[1:]


def _listed(made: Made) -> list[Record]:
    return made if isinstance(made, list) else [made] if made is not None else []


def decisive(mapping: Mapping) -> Decisive:
    """The columns on which it depends whether a record is wanted."""
    types = mapping.types()
    words = _words(types)
    kinds = [column for column, told in words.items() if told <= _SAID or all(map(str.isdecimal, told - _SAID))]
    texts = [column for column in words if column not in kinds]
    choosing = [*texts, *kinds]
    targets = dict.fromkeys(column for one in types for column in _targets(one) if column not in choosing)
    alone = [column for one in types for told in _alone(one) for column in told]
    columns = (*dict.fromkeys((*choosing, *targets, *alone)),)
    return Decisive(
        columns,
        len(texts),
        tuple((columns.index(column), frozenset(words[column] - _SAID)) for column in kinds),
        (*(_target(one, columns) for one in types), Target()),
        NOTHING | {mark.lower() for mark in mapping.nothing},
    )


_SAID = frozenset(("*", "!"))


def _words(types: Iterable[RecordType]) -> dict[str, frozenset[str]]:
    """The words by which columns choose a type; an expression counts as a word that is no number."""
    words: dict[str, frozenset[str]] = {}
    for one in types:
        for columns, told in one.when.items():
            lowered = frozenset(word.lower() for word in ((told,) if isinstance(told, str) else told))
            for column in columns.split("|"):
                words[column] = words.get(column, frozenset()) | lowered
    return words


def _targets(one: RecordType) -> Iterator[str]:
    if not one.ignore:
        for spec in (one.host, one.value, one.question_type, one.url, one.path):
            yield from columns_of(spec)


def _alone(one: RecordType) -> Iterator[tuple[str, ...]]:
    """The columns that say something by themselves, as this type reads them: another may pass them over."""
    if not one.ignore and not one.kind:
        for name in ("user_agent", "process", "app_label", "category_label", "content_type"):
            yield tuple(dict.fromkeys(columns_of(getattr(one, name))))


def _target(one: RecordType, columns: tuple[str, ...]) -> Target:
    """Where one type takes its target from. Only plain columns give way to one another; others are taken whole."""
    if one.ignore:
        return Target()
    hosts = columns_of(one.host)
    is_plain = isinstance(one.host, str) or (isinstance(one.host, tuple) and all(isinstance(c, str) for c in one.host))
    cut = [*_cut(one.url), *_cut(one.path)]
    paths = [column for column in (*columns_of(one.url), *columns_of(one.path)) if column not in cut]
    whole = [*columns_of(one.value), *columns_of(one.question_type), *cut, *(() if is_plain else hosts)]
    places = {column: columns.index(column) for column in (*hosts, *paths, *whole)}
    return Target(
        tuple(places[column] for column in hosts) if is_plain else (),
        tuple(places[column] for column in dict.fromkeys(whole)),
        tuple(places[column] for column in dict.fromkeys(paths)),
        tuple(tuple(map(columns.index, told)) for told in _alone(one)),
    )


def _cut(spec: Spec | None) -> Iterator[str]:
    """Columns that go on behind the URL or path that is taken from them: they do not end in what a path ends in."""
    if isinstance(spec, Pick) and spec.pattern and not spec.pattern.endswith("$"):
        yield from spec.columns
    elif isinstance(spec, tuple):
        for part in spec:
            yield from _cut(part)
