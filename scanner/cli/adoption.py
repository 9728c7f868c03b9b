"""`shadowledger adoption`: who uses initiatives day by day or week by week, against licences and expected users."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median_high, median_low
from typing import NamedTuple

import click

from shadowledger.db.days import day_number, day_on
from shadowledger.db.declared import Declared
from shadowledger.db.settings import privacy_of
from shadowledger.db.whoms import days_with_a_date
from shadowledger.scanner.adoption import PERIODS, Period, active
from shadowledger.scanner.cli.options import format_option, print_rows
from shadowledger.scanner.cli.state import Present, present
from shadowledger.scanner.discovery.consolidate import Discovered
from shadowledger.scanner.discovery.headcount import People
from shadowledger.scanner.output import clean
from shadowledger.scanner.privacy.groups import in_words, is_hidden, shown
from shadowledger.scanner.reconciliation.reconcile import Finding
from shadowledger.scanner.site import Site
from shadowledger.scanner.site_calendars import Calendars, FlawedCalendarsError, load_calendars

PERIODS_SHOWN = {"day": 30, "week": 13}
GLANCE = ("id", "initiative", "declared", "usual", "latest", "licences", "of_licences", "expected_users", "of_expected")
COLUMNS = (
    "id", "initiative", "declared", "licences", "expected_users", "from", "until", "is_whole", "is_working", "low",
    "high", "hidden",
)  # fmt: skip
Row = dict[str, object]


class _Span(NamedTuple):
    """One day or week that is shown."""

    first: int
    is_whole: bool
    """Whether all of it lies between the first and the last day of which anything is known."""
    is_working: bool

    def told(self, period: Period) -> Row:
        until = day_on(self.first + period.days - 1)
        return {"from": day_on(self.first), "until": until, "is_whole": self.is_whole, "is_working": self.is_working}


@click.command("adoption")
@click.option(
    "--by", type=click.Choice(tuple(PERIODS)), default="week", show_default=True, help="Count by day or week."
)
@click.option(
    "--since", default="", metavar="DAY", help="The first day, such as 2026-11-23. Default: 13 weeks, 30 days."
)
@click.option("--until", default="", metavar="DAY", help="The last day. Default: the last that anything was seen on.")
@format_option
@click.pass_obj
def command(site: Site, /, by: str, since: str, until: str, form: str) -> None:
    """Count the people who use each initiative, by day or week, against its licences and expected users.

    Somebody seen in several channels counts once; a week is no sum of days. Days are those of each site's calendar,
    which signatures.d/calendars.toml tells: zone, working days, holidays, shifts."""
    try:
        calendars = load_calendars(site.overlay_path)
    except FlawedCalendarsError as error:
        raise click.UsageError(str(error)) from error
    asked = _day(since, "since"), _day(until, "until")
    with present(site) as state:
        rows, spans = _counted(state, by, asked, calendars)
    told = {"by": by, "assumptions": calendars.assumptions()}
    if form in ("csv", "jsonl"):
        flat = [{**row, **one, **_bounds(one)} for row in rows for one in _periods(row)]
        print_rows("adoption", [{key: row[key] for key in COLUMNS} for row in flat], COLUMNS, form)
    elif form == "json":
        print_rows("adoption", rows, (), form, **told)
    else:
        print_rows("adoption", [_at_a_glance(row) for row in rows], GLANCE, form)
        for line in calendars.assumptions() if spans else ():
            click.echo(clean(f"Assumed: {line}."))


def _day(text: str, name: str) -> int | None:
    if not text:
        return None
    try:
        return day_number(dt.date.fromisoformat(text).isoformat())
    except ValueError:
        raise click.UsageError(f"--{name} takes a day such as 2026-11-23, not '{text}'.") from None


def _spans(seen: tuple[int, int], by: str, asked: tuple[int | None, int | None], calendars: Calendars) -> list[_Span]:
    period = PERIODS[by]
    last = period.of(seen[1] if asked[1] is None else asked[1])
    first = last - (PERIODS_SHOWN[by] - 1) * period.days if asked[0] is None else period.of(asked[0])
    if asked[0] is None:
        first = max(first, period.of(seen[0]))
    if first > last:
        raise click.UsageError("--until is a day before --since; there is nothing to count.")
    return [
        _Span(
            start,
            seen[0] <= start and start + period.days - 1 <= seen[1],
            any(calendars.is_working(day) for day in range(start, start + period.days)),
        )
        for start in range(first, last + 1, period.days)
    ]


def _counted(
    state: Present, by: str, asked: tuple[int | None, int | None], calendars: Calendars
) -> tuple[list[Row], list[_Span]]:
    """A row for each initiative that nobody dismissed, and the periods."""
    seen, crowd = days_with_a_date(state.connection), state.reconciliation.consolidated.crowd
    if seen is None or crowd is None:
        return [], []
    period, spans = PERIODS[by], _spans(seen, by, asked, calendars)
    wanted = [(one, finding) for one, finding in state.reconciliation.discovered if one.state != "dismissed"]
    days = spans[0].first, spans[-1].first + period.days - 1
    found = active(state.connection, crowd, {one.id: one.gathering for one, _ in wanted}, period, days, calendars)
    smallest = privacy_of(state.connection).smallest_group
    lines = {line.id: line for line, _ in state.reconciliation.declared}
    shared = Counter(key for _, finding in wanted for key in _lines_of(finding))
    rows = []
    for one, finding in wanted:
        series = [found.get((one.id, span.first), People(0, 0)) for span in spans]
        rows.append(_row(one, series, spans, period, smallest) | _against(_lines_of(finding), lines, shared))
    return rows, spans


def _lines_of(finding: Finding) -> list[str]:
    return [] if finding.kind == "out_of_scope" else finding.declared_ids


def _row(one: Discovered, series: Sequence[People], spans: Sequence[_Span], period: Period, smallest: int) -> Row:
    whole = [people for people, span in zip(series, spans, strict=True) if span.is_whole and span.is_working]
    usual = People(median_low(one.low for one in whole), median_high(one.high for one in whole)) if whole else None
    return {
        "id": one.id,
        "initiative": one.title,
        "units": list(one.units),
        "usual": _told(shown(usual, smallest)) if usual else None,
        "latest": _told(shown(whole[-1], smallest)) if whole else None,
        "periods": [
            {**span.told(period), "people": _told(shown(people, smallest))}
            for people, span in zip(series, spans, strict=True)
        ],
    }


def _against(ids: Sequence[str], lines: Mapping[str, Declared], shared: Mapping[str, int]) -> Row:
    """What the list says of an initiative; None where it does not."""
    mine = [lines[key] for key in ids]
    licences = [line.licences for line in mine if line.licences is not None]
    expected = [line.expected_users for line in mine if line.expected_users is not None]
    return {
        "declared": list(ids),
        "licences": sum(licences) if licences else None,
        "expected_users": sum(expected) if expected else None,
        "initiatives_on_these_lines": max((shared[key] for key in ids), default=0),
    }


def _told(people: People) -> Row:
    return people._asdict() | ({"hidden": True} if is_hidden(people) else {})


def _people(told: object) -> People | None:
    return People(told["low"], told["high"]) if isinstance(told, dict) else None


def _periods(row: Row) -> list[Row]:
    periods = row["periods"]
    return periods if isinstance(periods, list) else []


def _bounds(one: Row) -> Row:
    people = _people(one["people"]) or People(0, 0)
    return {**people._asdict(), "hidden": is_hidden(people)}


def _at_a_glance(row: Row) -> Row:
    latest, usual = _people(row["latest"]), _people(row["usual"])
    return row | {
        "latest": in_words(latest) if latest else "",
        "usual": in_words(usual) if usual else "",
        "of_licences": _share(usual, row["licences"]),
        "of_expected": _share(usual, row["expected_users"]),
    }


def _share(people: People | None, whole: object) -> str:
    """`40 %`, or between which shares it lies; nothing of small groups."""
    if people is None or is_hidden(people) or not isinstance(whole, int) or not whole:
        return ""
    low, high = (round(100 * count / whole) for count in people)
    return f"{low} %" if low == high else f"{low}-{high} %"
