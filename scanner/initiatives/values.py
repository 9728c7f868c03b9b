"""Cells as values: numbers, money, dates, yes and no, lists, as people of several countries write them.

Nothing is guessed: what can mean two things raises UnclearError and names the option that settles it."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from shadowledger.db.declared import Amount
from shadowledger.scanner.initiatives.mistakes import quoted
from shadowledger.scanner.initiatives.sheet import as_words
from shadowledger.scanner.initiatives.words import CURRENCIES, EMPTY, FACTORS, MONTHS, NO, YES, plain
from shadowledger.scanner.initiatives.workbook import Cell
from shadowledger.signatures.hosts import split_url

ORDERS = ("dmy", "mdy", "ymd")
DECIMALS = ("comma", "point")
CELL_CHARACTERS_MOST = 32_767
"""A spreadsheet's own limit: https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3"""
_DIGITS_MOST = 15
_PLACES = 6
_FIRST_YEAR = 1950

_ERROR_CELL = re.compile(r"#[A-ZÄÖÜÉÈ/0]{2,20}[!?]|#N/[AV]|#NV|#GETTING_DATA")
"""English, and as German and French spreadsheets write them: https://support.microsoft.com/office/10958677-7c8d-44f7-ae77-b9a9ee6eefaa"""
_NUMBER = re.compile(r"([^0-9+-]*)([+-]?)([0-9][0-9.,]{0,40})([^0-9]*)")
_BLANK_GROUP = re.compile(r"(?<=[0-9])[ '\u2019](?=[0-9]{3}(?![0-9]))")
_NO_CENTS = re.compile(r"(?<=[0-9])[.,][-\u2013\u2014]{1,2}")
_PER_YEAR = re.compile(r"(?:p\. ?a\.?|pa|per year|a year|pro jahr|jährlich|par an|/ ?(?:year|yr|jahr|an|a))$", re.I)
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?:[T ][0-9:.Z+ -]*)?")
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})(?: [0-9:.]+(?: ?[AP]M)?)?", re.I)
_DAY_MONTH = re.compile(r"([0-9]{1,2})(?:\.|st|nd|rd|th|er)?[ -]?(?:of |de )?([^\W\d_]{3,9})\.?,?[ -]([0-9]{4})", re.I)
_MONTH_DAY = re.compile(r"([^\W\d_]{3,9})\.? ([0-9]{1,2})(?:st|nd|rd|th)?,? ([0-9]{4})", re.I)
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*|[0-9a-f:]{2,45}")
"""A clean host name (RFC 1035, section 2.3.4) or address."""


class UnclearError(ValueError):
    """A cell without one clear value. `option` is what settles it: `--dates` or `--decimal`; empty where the cell
    itself has to be mended."""

    def __init__(self, sentence: str, option: str = "") -> None:
        super().__init__(sentence)
        self.option = option


class Manner(NamedTuple):
    """How a list writes dates and numbers; empty where it has not been said."""

    dates: str = ""
    decimal: str = ""


class Unit(NamedTuple):
    """What an amount is stated in."""

    factor: int = 1
    currency: str = ""


def text_of(cell: Cell) -> str:
    """The cell's text on one line, in composed Unicode."""
    text = as_words(cell)
    if len(text) > CELL_CHARACTERS_MOST:
        raise UnclearError(f"the cell is longer than {CELL_CHARACTERS_MOST:,} characters")
    if _ERROR_CELL.fullmatch(text):
        raise UnclearError(f"the cell holds the error {text}")
    return unicodedata.normalize("NFC", text)


def _said(cell: Cell) -> str:
    """Text of a cell that is to be a value, in compatible characters; empty where it says nothing (`n/a`, `-`)."""
    text = unicodedata.normalize("NFKC", text_of(cell)).strip()
    return "" if plain(text) in EMPTY else text


def list_of(cell: Cell) -> tuple[str, ...]:
    """Items between semicolons or lines, each once."""
    text = ";".join(cell.splitlines()) if isinstance(cell, str) else as_words(cell)
    items = (text_of(item) for item in text.split(";"))
    return tuple(dict.fromkeys(item for item in items if plain(item) not in EMPTY))


def hosts_of(cell: Cell) -> tuple[str, ...]:
    """Host names or URLs between semicolons, commas or blanks, as clean host names; `*.x` and `.x` are `*.x`,
    all that lies below x and x itself."""
    hosts: dict[str, None] = {}
    for item in re.split(r"[;,\s]+", text_of(cell)):
        if plain(item) in EMPTY:
            continue
        whole = split_url(item).host
        host = whole.removeprefix("*").removeprefix(".")
        if not _HOST.fullmatch(host):
            raise UnclearError(f"{quoted(item)} is not a host name")
        hosts[host if host == whole else f"*.{host}"] = None
    return tuple(hosts)


def flag_of(cell: Cell) -> bool | None:
    """Yes or no; None where the cell says neither on purpose."""
    if not (text := _said(cell)):
        return None
    if (word := plain(text)) in YES:
        return True
    if word in NO:
        return False
    raise UnclearError(f"{quoted(text)} is neither yes nor no")


def fallback_of(cell: Cell) -> str:
    """A description, or `yes`, or `no`."""
    text = text_of(cell)
    word = plain(text)
    return "" if word in EMPTY else "yes" if word in YES else "no" if word in NO else text


def count_of(cell: Cell, decimal: str = "") -> int | None:
    """A whole number from 0 up."""
    if isinstance(cell, bool | dt.date | dt.time | dt.timedelta):
        raise UnclearError(f"{quoted(as_words(cell))} is not a number")
    if isinstance(cell, int | float):
        value = _of_float(cell)
    elif text := _said(cell):
        match = _NUMBER.fullmatch(_BLANK_GROUP.sub("", text))
        if not match or match[1] or match[4]:
            raise UnclearError(f"{quoted(text)} is not a number")
        value = _of_digits(match[3], decimal, text, whole=True)
        value = -value if match[2] == "-" else value
    else:
        return None
    if value < 0 or value != int(value):
        raise UnclearError(f"{quoted(as_words(cell))} is not a whole number from 0 up")
    return int(value)


def amount_of(cell: Cell, decimal: str = "", unit: Unit | None = None, *, per_year: bool = False) -> Amount | None:
    """Money. `unit` is what the header says and holds where the cell names none."""
    unit = unit or Unit()
    if isinstance(cell, bool | dt.date | dt.time | dt.timedelta):
        raise UnclearError(f"{quoted(as_words(cell))} is not an amount")
    if isinstance(cell, int | float):
        return Amount(_of_float(cell) * unit.factor, unit.currency)
    if not (text := _said(cell)):
        return None
    bare = _PER_YEAR.sub("", text).strip() if per_year else text
    match = _NUMBER.fullmatch(_NO_CENTS.sub("", _BLANK_GROUP.sub("", bare)))
    if not match:
        raise UnclearError(f"{quoted(text)} is not an amount")
    if words := f"{match[1]} {match[4]}".strip():
        named = unit_of(words)
        if named is None:
            raise UnclearError(f"{quoted(text)} is not an amount in a unit known here")
        unit = named if named.currency else Unit(named.factor, unit.currency)
    value = _of_digits(match[3], decimal, text, whole=False) * unit.factor
    return Amount(-value if match[2] == "-" else value, unit.currency)


def unit_of(words: str) -> Unit | None:
    """`EUR`, `k€`, `Mio. CHF` as a unit; None for other words."""
    text = words.casefold().strip(" .")
    if text in FACTORS:
        return Unit(FACTORS[text])
    for word, code in CURRENCIES.items():
        if text.startswith(word) or text.endswith(word):
            rest = (text[len(word) :] if text.startswith(word) else text[: -len(word)]).strip(" .")
            if rest in FACTORS:
                return Unit(FACTORS[rest], code)
            if not rest:
                return Unit(1, code)
    return None


def _of_float(number: float) -> Decimal:
    """A spreadsheet's number in the 15 digits that it shows, no finer than a millionth."""
    if not abs(number) < 10**_DIGITS_MOST:
        raise UnclearError(f"{number} is too large")
    value = Decimal(f"{round(number, _PLACES):.15g}")
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else Decimal(f"{value:f}")


def _of_digits(digits: str, decimal: str, text: str, *, whole: bool) -> Decimal:
    """`1.200,50` and `1,200.50` by their last mark; a lone mark before three digits is asked for, not in a count."""
    marks = [mark for mark in digits if mark in ".,"]
    if decimal:
        point = "," if decimal == "comma" else "."
    elif not marks:
        point = ""
    elif len(set(marks)) > 1:
        point = marks[-1]
    elif len(marks) > 1:
        point = ""
    else:
        head, _, tail = digits.partition(marks[0])
        grouped = len(tail) == 3 and len(head) <= 3 and not head.startswith("0")
        if grouped and not whole:
            raise UnclearError(f"{quoted(text)} may be a thousand or a fraction", "--decimal")
        point = "" if grouped else marks[0]
    group = {",": ".", ".": ","}.get(point, marks[0] if marks else "")
    head, _, tail = digits.rpartition(point) if point and point in digits else (digits, "", "0")
    groups = head.split(group) if group else [head]
    grouped = len(groups) == 1 or (len(groups[0]) <= 3 and groups[0][:1] != "0")
    if not (grouped and all(len(part) == 3 for part in groups[1:]) and "".join((*groups, tail)).isdigit() and tail):
        raise UnclearError(f"{quoted(text)} is not a number" + (f" with a decimal {decimal}" if decimal else ""))
    if len("".join(groups)) > _DIGITS_MOST:
        raise UnclearError(f"{quoted(text)} is too large")
    return Decimal("".join(groups) + (f".{tail}" if point and point in digits else ""))


def day_of(cell: Cell, order: str = "") -> dt.date | None:
    """A date. ISO dates, names of months and a spreadsheet's own dates need no order; dotted dates are day first
    unless it says otherwise."""
    if isinstance(cell, dt.date):
        return _day(cell.isoformat(), str(cell.year), str(cell.month), str(cell.day))
    if not isinstance(cell, str):
        raise UnclearError(f"{quoted(as_words(cell))} is not a date; give the cell a date format")
    if not (text := _said(cell)):
        return None
    if match := _YEAR_FIRST.fullmatch(text):
        return _day(text, match[1], match[3], match[4])
    if match := _DAY_MONTH.fullmatch(text):
        return _day(text, match[3], str(MONTHS.get(plain(match[2]), 0)), match[1])
    if match := _MONTH_DAY.fullmatch(text):
        return _day(text, match[3], str(MONTHS.get(plain(match[1]), 0)), match[2])
    if not (match := _YEAR_LAST.fullmatch(text)):
        raise UnclearError(f"{quoted(text)} is not a date with day, month and year")
    first, mark, second, year = match.groups()
    order = order or _order(text, int(first), mark, int(second), year)
    if order == "ymd" and len(year) == 4:
        raise UnclearError(f"{quoted(text)} is not a date in the order ymd")
    parts = {"dmy": (year, second, first), "mdy": (year, first, second), "ymd": (first, second, year)}[order]
    return _day(text, *parts)


def _order(text: str, first: int, mark: str, second: int, year: str) -> str:
    """The only order a date can have. Raises UnclearError where it can have several."""
    if mark == ".":
        return "dmy"
    if len(year) == 4 and (second > 12 or first == second):
        return "mdy"
    if len(year) == 4 and first > 12:
        return "dmy"
    raise UnclearError(f"{quoted(text)} may be several days", "--dates")


def _day(text: str, year: str, month: str, day: str) -> dt.date:
    try:
        found = dt.date(int(year) + 2000 if len(year) <= 2 else int(year), int(month), int(day))
    except ValueError:
        raise UnclearError(f"{quoted(text)} is not a date") from None
    if found.year < _FIRST_YEAR:
        raise UnclearError(f"{quoted(text)} is before {_FIRST_YEAR}")
    return found


Reader = Callable[[Cell, Manner, Unit], object]
READERS: dict[str, Reader] = {
    **dict.fromkeys(
        ("id", "name", "purpose", "owner", "kpi", "data_readiness", "status"), lambda cell, manner, unit: text_of(cell)
    ),
    **dict.fromkeys(("business_units", "products", "processes"), lambda cell, manner, unit: list_of(cell)),
    "hosts": lambda cell, manner, unit: hosts_of(cell),
    **dict.fromkeys(("on_platform", "monitored", "users_in_design"), lambda cell, manner, unit: flag_of(cell)),
    **dict.fromkeys(
        ("approved_until", "idea_on", "poc_on", "production_on"), lambda cell, manner, unit: day_of(cell, manner.dates)
    ),
    **dict.fromkeys(("expected_users", "licences"), lambda cell, manner, unit: count_of(cell, manner.decimal)),
    **dict.fromkeys(("cost_poc", "cost_build"), lambda cell, manner, unit: amount_of(cell, manner.decimal, unit)),
    **dict.fromkeys(
        ("cost_run_per_year", "value_per_year"),
        lambda cell, manner, unit: amount_of(cell, manner.decimal, unit, per_year=True),
    ),
    "fallback": lambda cell, manner, unit: fallback_of(cell),
}
"""How each column of the template is read."""
