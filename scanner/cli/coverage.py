"""`shadowledger coverage`: what each channel saw, and what it did not."""

from __future__ import annotations

import datetime as dt
from contextlib import closing

import click

from shadowledger.db.bystanders import days_named
from shadowledger.db.days import day_number, day_on
from shadowledger.db.enrolments import STALE_DAYS
from shadowledger.db.expected import expect, expected
from shadowledger.db.runs import now_iso
from shadowledger.db.settings import privacy_of
from shadowledger.db.transactions import writing
from shadowledger.db.volumes import HITS, RECORDS, names_of_sources, volumes
from shadowledger.scanner.cli.leave import names_at_hand
from shadowledger.scanner.cli.options import terminal_width
from shadowledger.scanner.days import DAY_US
from shadowledger.scanner.discovery.headcount import People
from shadowledger.scanner.freshness import CURRENT, NEVER, PARTIAL, STALE, Fleet, fleet_of
from shadowledger.scanner.output import SCHEMA_VERSION, as_json, as_table, clean
from shadowledger.scanner.people import Directory
from shadowledger.scanner.privacy.groups import in_words, is_hidden, shown, shown_parts
from shadowledger.scanner.sight import Known, Sight, blind_spots, known_to, sights
from shadowledger.scanner.site import Site
from shadowledger.scanner.volumes import History, histories

DAYS_SHOWN = 28
SEEN = "seen is whom records name, with AI or without; of those without, a part of them where a sample was counted"
Row = dict[str, object]


@click.group("coverage", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """What each channel saw of units, sites, subnets, devices and days, and where nobody looked."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(show)


@command.command("show")
@click.option("--days", default=DAYS_SHOWN, show_default=True, type=click.IntRange(1), help="How many, up to the last.")
@click.option("--format", "form", type=click.Choice(("table", "json")), default="table", show_default=True,
              help="How to print it.")  # fmt: skip
@click.pass_obj
def show(site: Site, /, days: int = DAYS_SHOWN, form: str = "table") -> None:
    """Show what each channel saw against the directory, the days that sources lack, and days that were quiet.

    A day is quiet against the same weekdays of its own source."""
    with closing(site.inventory()) as connection, names_at_hand(site, connection) as names:
        store = site.identities() if site.identities_path.exists() else None
        today = day_number(now_iso()[:10])
        seen = days_named(connection) or (today, today)
        span = max(seen[0], seen[1] - days + 1), seen[1]
        known = known_to(store, seen[1] * DAY_US) if store is not None else Known()
        found = sights(connection, Directory(store), known, names, span)
        smallest = privacy_of(connection).smallest_group
        told = {
            "schema_version": SCHEMA_VERSION,
            "from": day_on(span[0]),
            "until": day_on(span[1]),
            "directory": _denominators(known),
            "channels": [_channel(one, known, span, smallest) for one in found],
            "devices": _devices(fleet_of(connection, known.devices, days), smallest),
            "sources": _sources(histories(volumes(connection)), expected(connection)),
            "blind_spots": blind_spots(found, known),
            "notes": _notes(known, has_key=names is not None),
        }
        if store is not None:
            store.close()
    click.echo(as_json(told) if form == "json" else _as_text(told), nl=form == "json")


@command.command("expect")
@click.option("--source", "name", required=True, help="As `sources list` shows its label, or else its name.")
@click.option("--day", required=True, help="A UTC day, such as 2026-11-23.")
@click.option("--count", required=True, type=click.IntRange(0), help="What the vendor's console counts.")
@click.pass_obj
def expect_(site: Site, /, name: str, day: str, count: int) -> None:
    """State how many records a source should have on a day; `coverage show` tells the difference."""
    try:
        number = day_number(dt.date.fromisoformat(day).isoformat())
    except ValueError:
        raise click.UsageError(f"--day takes a day such as 2026-11-23, not '{day}'.") from None
    with closing(site.inventory()) as connection:
        known = names_of_sources(connection)
        if name not in known:
            raise click.UsageError(f"There is no source '{name}'. There are: {', '.join(sorted(known)) or 'none'}.")
        with writing(connection):
            expect(connection, name, number, count)
        found = _difference(histories(volumes(connection)), name, number, count)
    click.echo(clean(f"{name} on {day}: expected {count}, {found['words']}."))


def _denominators(known: Known) -> Row:
    return {
        "people": len(known.people), "devices": len(known.devices), "units": sorted(known.units),
        "sites": sorted(known.sites), "subnets": sorted(known.subnets),
    }  # fmt: skip


def _channel(one: Sight, known: Known, span: tuple[int, int], smallest: int) -> Row:
    there = [day for day in range(span[0], span[1] + 1) if day in one.days]
    return {
        "channel": one.channel,
        "days": len(there),
        "of_days": span[1] - span[0] + 1,
        "units": sorted(one.units & known.units),
        "sites": sorted(one.sites & known.sites),
        "subnets": None if one.subnets is None else sorted(one.subnets),
        "devices": _counted(len(one.devices), smallest),
        "people": _counted(len(one.people & known.people), smallest),
    }


def _devices(fleet: Fleet | None, smallest: int) -> Row | None:
    if fleet is None:
        return None
    counts = shown_parts({state: People(count, count) for state, count in fleet.counts.items()}, smallest)
    return {
        "from": day_on(fleet.first),
        "as_of": day_on(fleet.as_of),
        "stale_after_days": STALE_DAYS,
        **{state: _as_row(people) for state, people in counts.items()},
        "days_seen": fleet.seen_days,
        "of_days": fleet.of_days,
    }


def _counted(count: int, smallest: int) -> Row:
    return _as_row(shown(People(count, count), smallest))


def _as_row(people: People) -> Row:
    return people._asdict() | ({"hidden": True} if is_hidden(people) else {})


def _sources(found: list[History], expectations: dict[tuple[str, int], int]) -> list[Row]:
    return [
        {
            "source": one.source_name,
            "collector": one.collector,
            "counted": one.measure,
            "first_on": day_on(min(one.by_day)),
            "last_on": day_on(max(one.by_day)),
            "days": len(one.by_day),
            "gaps": [
                {"from": day_on(gap.first), "until": day_on(gap.last), "as_on_all_such_weekdays": gap.is_usual}
                for gap in one.gaps()
            ],
            "quiet": [{"day": day_on(day), "count": amount, "usual": usual} for day, amount, usual in one.quiet()],
            "expected": [
                {"day": day_on(day), "expected": count, **_difference(found, name, day, count)}
                for (name, day), count in sorted(expectations.items())
                if name == one.source_name
            ],
        }
        for one in found
    ]


def _difference(found: list[History], name: str, day: int, count: int) -> Row:
    """What was counted of a day against what was expected, in figures and words."""
    mine = [one for one in found if one.source_name == name]
    if not any(day in one.by_day for one in mine):
        return {"counted": 0, "difference": -count, "words": "nothing of that day was read"}
    counted = sum(one.by_day.get(day, 0) for one in mine)
    if all(one.measure == RECORDS for one in mine):
        told = f"{counted} were read: {counted - count:+d}"
        return {"counted": counted, "difference": counted - count, "words": told}
    words = "its files have several days, so that records are not known by day"
    measure = "hits" if any(one.measure == HITS for one in mine) else "contacts"
    return {"counted": None, "difference": None, "words": f"{words}; {counted} {measure} are of that one"}


def _notes(known: Known, *, has_key: bool) -> list[str]:
    notes = [SEEN]
    if not known.people and not known.devices and not known.units:
        notes.append("no directory was imported, so nobody knows of whom to expect anything")
    if known.subnets and not has_key:
        notes.append("which subnets were seen, only the key to the identities tells")
    return [*notes, "a day's hits, contacts or records are compared with those of the same weekdays of its source"]


def _as_text(told: dict[str, object]) -> str:
    channels, sources, blind, notes = (_listed(told[key]) for key in ("channels", "sources", "blind_spots", "notes"))
    directory = told["directory"]
    assert isinstance(directory, dict)  # noqa: S101 - made above
    rows = [_channel_at_a_glance(row, directory) for row in channels]
    lines = [f"From {told['from']} to {told['until']}:", ""]
    lines.append(as_table(rows, tuple(rows[0]) if rows else ("channel",), width=terminal_width()))
    lines += (
        ["BLIND SPOTS", *(f"  {one}" for one in blind)] if blind else ["No blind spots that the directory tells of."]
    )
    if isinstance(devices := told["devices"], dict):
        lines += ["", *_devices_in_words(devices)]
    lines += ["", "SOURCES"]
    for row in sources:
        lines.append(
            f"  {row['source']} ({row['collector']}): {row['first_on']} to {row['last_on']}, {row['days']} days"
        )
        for gap in _listed(row["gaps"]):
            if not gap["as_on_all_such_weekdays"]:
                lines.append(f"    nothing from {gap['from']} to {gap['until']}")
        lines += [f"    quiet on {one['day']}: {one['count']}, usually {one['usual']}" for one in _listed(row["quiet"])]
        lines += [f"    {one['day']}: expected {one['expected']}, {one['words']}" for one in _listed(row["expected"])]
    return "\n".join([*map(_clean_lines, lines), "", *(f"({one})" for one in notes)]) + "\n"


def _devices_in_words(row: dict[str, object]) -> list[str]:
    def count(state: str) -> str:
        people = row[state]
        return in_words(People(people["low"], people["high"])) if isinstance(people, dict) else ""

    stale = f"{count(STALE)} without a complete run for {row['stale_after_days']} days"
    return [
        f"DEVICES, as servers had received of them by {row['as_of']}",
        f"  {count(CURRENT)} current, {stale}, {count(PARTIAL)} never seen whole, {count(NEVER)} of the list never",
        f"  {row['days_seen']} of {row['of_days']} days of devices have one; stale is not clean",
    ]


def _clean_lines(text: str) -> str:
    return "\n".join(map(clean, text.split("\n")))


def _listed(value: object) -> list[dict[str, object]]:
    return value if isinstance(value, list) else []


def _channel_at_a_glance(row: dict[str, object], directory: dict[str, object]) -> Row:
    def of(name: str) -> str:
        seen, all_of = row[name], directory[name]
        if isinstance(seen, dict):
            return f"{in_words(People(seen['low'], seen['high']))} of {all_of}"
        count = len(all_of) if isinstance(all_of, list) else 0
        return f"{len(seen)} of {count}" if isinstance(seen, list) else ""

    counted = {name: of(name) for name in ("units", "sites", "subnets", "devices", "people")}
    return {"channel": row["channel"], "days": f"{row['days']} of {row['of_days']}", **counted}
