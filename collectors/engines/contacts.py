"""From a record's columns to Traffic, Artifact or Ignored, as its mapping says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shadowledger.collectors.clock import Clock
from shadowledger.collectors.endpoint.programs import base_name, is_interpreter
from shadowledger.collectors.engines.fields import (
    NOTHING,
    Fields,
    columns_of,
    expanded,
)
from shadowledger.collectors.engines.mapping import Mapping, Pick, RecordType, Spec
from shadowledger.collectors.engines.plan import LONGEST_TEXT, Asked, Plan, is_address_shaped
from shadowledger.collectors.engines.unwanted import Decisive, Target
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import Ignored, Record
from shadowledger.signatures.wanted import Wanted

_TELLING = (False, False, False, False, False)
_NO_QUESTION = frozenset(("dns_response", "dns_update", "dns_notify"))


class Contacts:
    """What one mapping makes of the records of one source."""

    def __init__(self, mapping: Mapping, reading: Reading, clock: Clock) -> None:
        nothing = NOTHING | {mark.lower() for mark in mapping.nothing}
        self._plans = [Plan(one, nothing) for one in mapping.types()]
        self._names_hosts_alone = not any(one.url or one.path for one in mapping.types())
        self._reading = reading
        self._clock = clock
        self.is_dull = False
        """Whether the last record's target was no hit, and would be none with any other path but an API's."""
        self.dull = _TELLING
        """Whether its user agent, its program, its application's label, its category's and its answer's type say
        nothing by themselves."""
        self.type_number = 0
        """Which of its mapping's types the last record is; one more than there are for none."""
        self.ignored_because = ""
        """Why it is none for us, where it depends on its target's columns alone."""

    def records(self, position: int, fields: Fields) -> Iterator[Record]:
        """The records of one physical record; none where nobody wants it."""
        self.is_dull, self.dull = False, _TELLING
        self.ignored_because = ""
        plan = self._plan(fields)
        if plan is None:
            yield self._ignored(position, "another kind of record")
        elif plan.type.ignore:
            yield self._ignored(position, plan.type.ignore)
        elif plan.starred:
            yield from self._several(position, plan, fields)
        else:
            yield from self._one(position, plan, fields)

    def _plan(self, fields: Fields) -> Plan | None:
        for number, plan in enumerate(self._plans):
            if plan.holds(fields):
                self.type_number = number
                return plan
        self.type_number = len(self._plans)
        return None

    def _ignored(self, position: int, reason: str) -> Ignored:
        self.is_dull, self.ignored_because = True, reason
        return Ignored(position, reason)

    def _several(self, position: int, plan: Plan, fields: Fields) -> Iterator[Record]:
        each = [list(self._one(position, plan, part)) for part in expanded(fields, plan.starred)]
        told = [record for records in each for record in records if not isinstance(record, Ignored)]
        yield from told or [record for records in each for record in records][:1]
        if len(each) > 1:
            self.is_dull, self.dull = False, _TELLING
            self.ignored_because = ""

    def _one(self, position: int, plan: Plan, fields: Fields) -> Iterator[Record]:
        if plan.type.kind:
            if self._reading.wanted is not None and self._is_nobodys(plan, fields, self._reading.wanted):
                return
            found: list[Record] = list(plan.artifacts(position, fields, self._clock, self._reading))
            yield from found or [Ignored(position, f"names no {plan.type.kind.replace('_', ' ')}")]
            return
        target, wanted = plan.target(fields), self._reading.wanted
        if not target.host or (":" in target.host and not is_address_shaped(target.host)):
            if wanted is not None:
                self._tells(plan, target, fields, wanted)
            yield self._ignored(position, "names no host")
            return
        if wanted is not None and not self._is_wanted(plan, target, fields, wanted):
            if self._reading.is_census and plan.type.via not in _NO_QUESTION:
                self._reading.count(target.host, plan.stamp(fields, self._clock)[0])
            return
        yield plan.traffic(position, target, fields, self._clock)

    def _is_nobodys(self, plan: Plan, fields: Fields, wanted: Wanted) -> bool:
        """Whether an artifact is one that no signature names: of a program, one that runs no other either."""
        value = plan.values["value"](fields)[:LONGEST_TEXT]
        if plan.type.kind == "process":
            value = base_name(value)
            self.is_dull = bool(value) and not wanted.program(value) and not is_interpreter(value)
        else:
            self.is_dull = bool(value) and not wanted.artifact(plan.type.kind, value)
        return self.is_dull

    def _tells(self, plan: Plan, target: Asked, fields: Fields, wanted: Wanted) -> bool:
        """Whether a program or a label says something whatever the target is; of a user agent the index is asked."""
        program = base_name(plan.values["process"](fields))
        telling = (
            wanted.agent(target.user_agent),
            bool(program) and wanted.program(program),
            wanted.label(plan.values["app_label"](fields)[:LONGEST_TEXT]),
            wanted.label(plan.values["category_label"](fields)[:LONGEST_TEXT]),
            wanted.streams(plan.values["content_type"](fields)),
        )
        self.dull = (not telling[0], not telling[1], not telling[2], not telling[3], not telling[4])
        return True in telling[1:]

    def _is_wanted(self, plan: Plan, target: Asked, fields: Fields, wanted: Wanted) -> bool:
        """Most hits are by their target; what else they say is asked of those that are not."""
        is_question = plan.type.via not in _NO_QUESTION
        if is_question and wanted(*target[:6]):
            return True
        if self._tells(plan, target, fields, wanted) and is_question:
            return True
        self.is_dull = not is_question or self._names_hosts_alone or wanted.nobody(target.host)
        return False


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
