"""What an organization's own headers and words mean: built in, said once on the command line, saved with the list."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

import msgspec

from shadowledger.db.declared import FIELDS, STATUSES
from shadowledger.scanner.initiatives.mistakes import ListError, quoted
from shadowledger.scanner.initiatives.values import DECIMALS, ORDERS, Manner, Unit, unit_of
from shadowledger.scanner.initiatives.words import HEADER_WORDS, STATUS_WORDS, plain

JOINED = ("business_units", "products", "processes", "hosts")
"""Columns that several headers may fill, such as Vendor and Product."""
_HEADER_CHARACTERS_MOST = 200
_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_IN_UNIT = re.compile(r" in ([^ ]{1,12}(?: [^ ]{1,12})?)$", re.I)

_SAID, _TEMPLATE, _BUILT_IN = 3, 2, 1


@dataclass(frozen=True, slots=True)
class ListMapping:
    """How one organization's list is to be read; what is empty is found in the list itself."""

    headers: dict[str, str] = field(default_factory=dict)
    """Plain header to column; to an empty text where the header is left out on purpose."""
    statuses: dict[str, str] = field(default_factory=dict)
    """Plain word to one of STATUSES."""
    sheet: str = ""
    header_row: int = 0
    dates: str = ""
    """One of ORDERS."""
    decimal: str = ""
    """One of DECIMALS."""

    @property
    def manner(self) -> Manner:
        return Manner(self.dates, self.decimal)

    def column(self, header: str) -> str:
        """The column a header means; empty where it means none."""
        return self._ranked(header)[0]

    def status(self, word: str) -> str | None:
        """The status a word means; None where nobody has said it yet."""
        found = plain(word)
        return self.statuses.get(found) or (found if found in STATUSES else STATUS_WORDS.get(found))

    def columns(self, header: Iterable[str]) -> tuple[dict[int, str], list[str]]:
        """Place in the row to column, and the headers that are left out without anybody having said so. Of two
        headers for one column, one said goes before the template's own, and that before a built-in word. Raises
        ListError where two are equal."""
        ranked = [(place, text, *self._ranked(text)) for place, text in enumerate(header)]
        best: dict[str, int] = {}
        for _, _, column, rank in ranked:
            best[column] = max(rank, best.get(column, 0))
        taken: dict[int, str] = {}
        holders: dict[str, str] = {}
        for place, text, column, rank in ranked:
            if not column or (rank < best[column] and column not in JOINED):
                continue
            if column in holders and column not in JOINED:
                one, other = holders[column], text
                todo = "rename one in the file" if one == other else "leave one out with --map 'Header='"
                raise ListError(f"Headers {quoted(one)} and {quoted(other)} both mean {column}; {todo}.")
            taken[place], holders[column] = column, text
        return taken, [text for place, text, _, rank in ranked if text and place not in taken and rank != _SAID]

    def _ranked(self, header: str) -> tuple[str, int]:
        words = plain(header[:_HEADER_CHARACTERS_MOST])
        if not words or len(header) > _HEADER_CHARACTERS_MOST:
            return "", 0
        if words in self.headers:
            return self.headers[words], _SAID
        for bare in dict.fromkeys((words, plain(_without_unit(header)))):
            if bare.replace(" ", "_") in FIELDS:
                return bare.replace(" ", "_"), _TEMPLATE
            if bare in HEADER_WORDS:
                return HEADER_WORDS[bare], _BUILT_IN
        return "", 0


@lru_cache(maxsize=256)
def unit_of_header(header: str) -> Unit:
    """What amounts below a header are in: `Costs (k€)`, `Kosten [EUR]`, `Kosten in TEUR`."""
    found = (*_BRACKETS.findall(header), *_IN_UNIT.findall(header))
    return next((unit for words in found if (unit := unit_of(words.strip()))), Unit())


def _without_unit(header: str) -> str:
    bare = _BRACKETS.sub(" ", header).strip()
    match = _IN_UNIT.search(bare)
    return bare[: match.start()] if match and unit_of(match[1]) else bare


def said(
    saved: ListMapping,
    *,
    headers: Iterable[tuple[str, str]] = (),
    statuses: Iterable[tuple[str, str]] = (),
    sheet: str | None = None,
    header_row: int | None = None,
    dates: str | None = None,
    decimal: str | None = None,
) -> ListMapping:
    """A saved mapping with what was said this time; None leaves what was saved."""
    return ListMapping(
        headers=saved.headers | {plain(header): column for header, column in headers},
        statuses=saved.statuses | {plain(word): status for word, status in statuses},
        sheet=saved.sheet if sheet is None else sheet,
        header_row=saved.header_row if header_row is None else header_row,
        dates=saved.dates if dates is None else dates,
        decimal=saved.decimal if decimal is None else decimal,
    )


def written(mapping: ListMapping) -> str:
    """A mapping as the JSON text to save: the same mapping gives the same text."""
    return msgspec.json.encode(mapping, order="deterministic").decode()


def read(name: str, text: str) -> ListMapping:
    """A saved mapping. Raises ListError where it is not one of this program."""
    try:
        found = msgspec.json.decode(text, type=ListMapping)
    except msgspec.DecodeError as error:
        raise ListError(f"The saved mapping {quoted(name)} cannot be read: {error}.") from error
    known = set(found.headers.values()) <= {*FIELDS, ""} and set(found.statuses.values()) <= set(STATUSES)
    if not (known and found.dates in ("", *ORDERS) and found.decimal in ("", *DECIMALS)):
        raise ListError(f"The saved mapping {quoted(name)} names columns or words unknown to this version.")
    return found
