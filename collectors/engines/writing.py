"""One record type of a mapping as one function, written for it: a closure for each field takes three times as long.

In the source stand our own words, the mapping's columns as literals, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from types import CodeType
from typing import Any, NamedTuple

from shadowledger.collectors.engines.fields import Remembered, cleaner, condition, sayings_of, value_of
from shadowledger.collectors.engines.mapping import Spec

Convert = Callable[[str], object]
Lines = Iterator[str]
_ANYTHING = "~.+"


class Field(NamedTuple):
    """What is made of the text that a spec finds."""

    name: str
    spec: Spec | None
    convert: Convert
    most: int = 1 << 12
    """Texts that are remembered; 0 where nearly every record has another."""


class Writer:
    """Lines of a function of `fields`, and the names that they use."""

    def __init__(self, nothing: frozenset[str]) -> None:
        self.names: dict[str, Any] = {"clean": cleaner(nothing)}
        self._nothing = nothing
        self._longest = max(map(len, nothing))

    def remembered(self, field: Field) -> Lines:
        """Lines that set the field's name to what its text comes to."""
        name, sayings = field.name, sayings_of(field.spec, self._nothing)
        if sayings is None:
            self.names |= {f"{name}_value": value_of(field.spec, self._nothing)}
            self.names |= {f"{name}_of": Remembered(field.convert, field.most)}
            yield f"{name} = {name}_of[{name}_value(fields)]"
            return
        if len(sayings) == 1:
            [(column, text_of)] = sayings
            self.names[f"{name}_of"] = Remembered(lambda text: field.convert(text_of(text)), field.most)
            yield f"{name} = {name}_of[get({column!r})]"
            return
        self.names[f"{name}_nothing"] = field.convert("")
        yield f"{name} = None"
        for number, (column, text_of) in enumerate(sayings):
            self.names[f"{name}_of_{number}"] = Remembered(_said(field.convert, text_of), field.most)
            yield f"{'if ' + name + ' is None: ' if number else ''}{name} = {name}_of_{number}[get({column!r})]"
        yield f"if {name} is None: {name} = {name}_nothing"

    def text(self, name: str, spec: Spec | None) -> Lines:
        """Lines that set a name to the text that a spec finds, which is another one nearly every time."""
        sayings = sayings_of(spec, self._nothing)
        if sayings is None:
            self.names[f"{name}_value"] = value_of(spec, self._nothing)
            yield f"{name} = {name}_value(fields)"
            return
        yield f"{name} = ''"
        for number, (column, text_of) in enumerate(sayings):
            before = f"if not {name}: " if number else ""
            if isinstance(spec, str):
                yield f"{name} = get({column!r})"
                yield (
                    f"if {name} and (len({name}) <= {self._longest} or {name}[0] <= ' ' or {name}[-1] <= ' ' "
                    f"or not {name}.isascii()): {name} = clean({name})"
                )
            else:
                self.names[f"{name}_of_{number}"] = text_of
                yield f"{before}{name} = {name}_of_{number}(get({column!r}))"

    def choice(self, whens: Sequence[dict[str, str | tuple[str, ...]]]) -> Lines:
        """Lines that return the number of the first `when` that holds, or how many there are."""
        yield "get = fields.get"
        for number, when in enumerate(whens):
            conditions = [f"({one})" for one in self._conditions(number, when)]
            yield f"if {' and '.join(conditions) or True}: return {number}"
        yield f"return {len(whens)}"

    def _conditions(self, number: int, when: dict[str, str | tuple[str, ...]]) -> Iterator[str]:
        for at, (columns, words) in enumerate(when.items()):
            text = " or ".join(f"get({column!r})" for column in columns.split("|"))
            holds = f"holds_{number}_{at}"
            self.names[holds] = holding = condition((words,) if isinstance(words, str) else words)
            if words == _ANYTHING:
                yield f"(text := {text}) and (not text.isspace() if '\\n' not in text else {holds}(text))"
            else:
                self.names[holds] = Remembered(holding)
                yield f"{holds}[{text}]"

    def function(self, name: str, arguments: str, lines: Iterator[str]) -> Callable[..., Any]:
        """The function of these lines."""
        body = "\n".join(f"    {line}" for line in lines)
        exec(_compiled(f"def {name}({arguments}):\n{body}"), self.names)  # noqa: S102 - see above what stands in it
        written: Callable[..., Any] = self.names[name]
        return written


def _said(convert: Convert, text_of: Callable[[str | None], str]) -> Convert:
    return lambda text: convert(told) if (told := text_of(text)) else None


@lru_cache(maxsize=512)
def _compiled(source: str) -> CodeType:
    return compile(source, "<mapping>", "exec")
