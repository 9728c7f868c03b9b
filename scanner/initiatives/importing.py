"""From a list file to what it changes: read it whole or not at all, give ids, compare with what is on record."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from shadowledger.db.declared import FIELDS, STATUSES, Declared
from shadowledger.scanner.initiatives.mapping import JOINED, ListMapping, unit_of_header
from shadowledger.scanner.initiatives.mistakes import ListError, counted, quoted
from shadowledger.scanner.initiatives.sheet import Table, as_words, find_table
from shadowledger.scanner.initiatives.values import DECIMALS, ORDERS, READERS, UnclearError
from shadowledger.scanner.initiatives.words import plain
from shadowledger.scanner.initiatives.workbook import Row, Sheet

EXAMPLE_MARK = "# example"
"""What the first filled cell of the template's example row begins with; such a row is no initiative."""
_TOLD_MOST = 20
_SLUG_CHARACTERS_MOST = 60
_CHOICES = {"--dates": ORDERS, "--decimal": DECIMALS}


@dataclass(frozen=True, slots=True)
class Draft:
    """A list file that was read without a mistake."""

    table: Table
    initiatives: tuple[Declared, ...]
    """In the file's order; the id is empty where the file gives none."""
    columns: frozenset[str]
    """The columns that the file has."""
    left_out: tuple[str, ...]
    """Headers whose meaning nobody has said."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import does to the list on record."""

    added: tuple[Declared, ...]
    changed: tuple[tuple[Declared, Declared], ...]
    """Before and after."""
    removed: tuple[Declared, ...]
    unchanged_count: int
    kept: tuple[str, ...]
    """Columns that the file does not have, whose values on record stay."""
    by_hand: tuple[Declared, ...] = ()
    """What the file does not have and stays, because no file ever had it."""


@dataclass(slots=True)
class _Mistakes:
    """The mistakes of one file, to be told together, so that one round mends them; as many as a person reads."""

    sentences: list[str] = field(default_factory=list)
    sentence_count: int = 0
    asked: dict[str, str] = field(default_factory=dict)
    asked_counts: Counter[str] = field(default_factory=Counter)
    words: dict[str, str] = field(default_factory=dict)

    def add(self, sentence: str, option: str = "") -> None:
        """Note a mistake; `option` is the choice that settles it, where one does."""
        if option:
            self.asked.setdefault(option, sentence)
            self.asked_counts[option] += 1
            return
        self.sentence_count += 1
        if len(self.sentences) < _TOLD_MOST:
            self.sentences.append(sentence)

    def told(self) -> list[str]:
        lines = list(self.sentences)
        if more := self.sentence_count - len(lines):
            lines.append(f"… and {more} more like these.")
        for option, sentence in self.asked.items():
            count = counted(self.asked_counts[option], "cell", "cells")
            lines.append(f"{sentence}; say {option} {' or '.join(_CHOICES[option])} ({count}).")
        if self.words:
            many = "a status that is" if len(self.words) == 1 else f"{len(self.words)} statuses that are"
            lines.append(f"The list has {many} not known yet. Say what each means: {', '.join(STATUSES)}.")
            lines.append("  " + " ".join(_pasted(word) for word in islice(self.words.values(), _TOLD_MOST)))
        return lines


def _pasted(word: str) -> str:
    """`--status 'word='`, quoted for a shell."""
    return "--status '" + f"{word}=".replace("'", "'\"'\"'") + "'"


def interpret(sheets: tuple[Sheet, ...], mapping: ListMapping) -> Draft:
    """Read the initiatives out of a file's sheets. Raises ListError with every mistake there is."""
    table = find_table(sheets, mapping.sheet, mapping.header_row, mapping.column)
    places, left_out = mapping.columns(table.header)
    if "name" not in places.values():
        seen = ", ".join(quoted(text) for text in table.header if text)
        raise ListError(
            f"None of the headers in {table.where(table.header_row)} means name: {seen}.",
            "Say --map 'Their header=name', or --header-row N where the header is another row.",
        )
    mistakes = _Mistakes()
    initiatives: list[Declared] = []
    rows_of_ids: dict[str, int] = {}
    for row in table.rows:
        values = _values(row, table, places, mapping, mistakes)
        if values is None:
            continue
        if not values.get("name"):
            mistakes.add(f"{table.where(row[0])}: there is no name.")
            continue
        initiative = Declared(**{"id": "", **values})
        if initiative.id and (first := rows_of_ids.setdefault(initiative.id, row[0])) != row[0]:
            mistakes.add(f"{table.where(row[0])}: the id {quoted(initiative.id)} is that of row {first}.")
        initiatives.append(initiative)
    if told := mistakes.told():
        raise ListError("The list was not imported:", *told)
    if not initiatives:
        raise ListError(f"There is no initiative below the header in {table.where(table.header_row)}.")
    return Draft(table, tuple(initiatives), frozenset(places.values()), tuple(left_out))


def _values(
    row: Row, table: Table, places: dict[int, str], mapping: ListMapping, mistakes: _Mistakes
) -> dict[str, Any] | None:
    """Column to value of one row; None where the row says nothing."""
    number, cells = row
    filled = [(place, cell) for place, cell in enumerate(cells) if place in places and as_words(cell)]
    if not filled or as_words(next(cell for cell in cells if as_words(cell))).casefold().startswith(EXAMPLE_MARK):
        return None
    values: dict[str, Any] = {}
    for place, cell in filled:
        column = places[place]
        try:
            value = READERS[column](cell, mapping.manner, unit_of_header(table.header[place]))
        except UnclearError as error:
            place_told = f"{table.where(number)}, {column}: {error}"
            mistakes.add(place_told if error.option else f"{place_told}.", error.option)
            continue
        if column == "status" and isinstance(value, str):
            status = mapping.status(value) if plain(value) else ""
            if status is None:
                mistakes.words.setdefault(plain(value), value)
                continue
            value = status
        elif column in JOINED and isinstance(value, tuple):
            value = tuple(dict.fromkeys((*values.get(column, ()), *value)))
        values[column] = value
    return values


def plan(before: Sequence[Declared], draft: Draft, *, partial: bool, by_hand: Collection[str] = ()) -> Plan:
    """Compare a file with the list on record. What the file does not have is removed, unless it is `partial` or the id
    is among those that were said `by_hand`; a column that it does not have stays as it is on record."""
    known = {one.id: one for one in before}
    absent = tuple(name for name in FIELDS if name not in draft.columns and name != "id")
    added: list[Declared] = []
    changed: list[tuple[Declared, Declared]] = []
    kept: set[str] = set()
    after = _with_ids(draft.initiatives, before)
    for initiative in after:
        old = known.get(initiative.id)
        if old is None:
            added.append(initiative)
            continue
        held = {name: value for name in absent if (value := getattr(old, name)) not in ("", (), None)}
        kept |= held.keys()
        new = replace(initiative, **held)
        if new != old:
            changed.append((old, new))
    present = {one.id for one in after}
    absent_ones = () if partial else tuple(one for one in before if one.id not in present)
    removed = tuple(one for one in absent_ones if one.id not in by_hand)
    unchanged_count = len(before) - len(changed) - len(removed)
    return Plan(
        tuple(added),
        tuple(changed),
        removed,
        unchanged_count,
        tuple(name for name in FIELDS if name in kept),
        tuple(one for one in absent_ones if one.id in by_hand),
    )


def _with_ids(initiatives: Iterable[Declared], before: Iterable[Declared]) -> list[Declared]:
    """Give an id to each that has none: that of the initiative on record with the same name, else `L-` and the name,
    numbered where several names come to the same."""
    given = list(initiatives)
    taken = {one.id for one in given if one.id}
    named: dict[str, deque[str]] = defaultdict(deque)
    for old in before:
        if old.id not in taken:
            named[old.name].append(old.id)
    for at, one in enumerate(given):
        if not one.id and named[one.name]:
            given[at] = replace(one, id=named[one.name].popleft())
            taken.add(given[at].id)
    numbers: dict[str, int] = defaultdict(int)
    for at, one in enumerate(given):
        if one.id:
            continue
        derived = base = f"L-{slug(one.name)}"
        while derived in taken:
            numbers[base] += 1
            derived = f"{base}-{numbers[base] + 1}"
        given[at] = replace(one, id=derived)
        taken.add(derived)
    return given


def slug(name: str) -> str:
    """A name as part of an id: small letters and digits of any script between hyphens; `unnamed` where it has none."""
    kept = (char if char.isalnum() else " " for char in plain(name))
    words = "-".join("".join(kept).split())[:_SLUG_CHARACTERS_MOST].strip("-")
    return unicodedata.normalize("NFC", words) or "unnamed"
