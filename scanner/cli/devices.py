"""`shadowledger devices`: who may deliver to the server here, and what they delivered last."""

from __future__ import annotations

import datetime as dt
import sqlite3
import time
from contextlib import closing

import click

from shadowledger.db import audit
from shadowledger.db.arrivals import DAY_US, open_arrivals, waiting
from shadowledger.db.enrolments import PROFILES, Device, central, devices, make_enrolment, set_central, set_profile
from shadowledger.db.enrolments import revoke as revoke_device
from shadowledger.db.transactions import writing
from shadowledger.scanner.bundles import arrivals_path
from shadowledger.scanner.cli.leave import need_reason
from shadowledger.scanner.cli.options import print_rows
from shadowledger.scanner.cli.serve import seconds_of
from shadowledger.scanner.output import clean
from shadowledger.scanner.site import Site

COLUMNS = (
    "name", "device", "system", "enrolled", "last_complete", "last_partial", "state", "agent", "pack", "profile",
    "taken_as", "skew_s", "dropped_runs", "quarantined_runs",
)  # fmt: skip
_SHOWN_ID = 16


@click.group("devices")
def command() -> None:
    """Who may deliver to the server here: token, list, revoke, profile, decisions."""


@command.command("token")
@click.option("--hours", default=24, show_default=True, type=click.IntRange(1, 8760), help="How long it is good.")
@click.option("--uses", default=1, show_default=True, type=click.IntRange(1, 1_000_000), help="For so many devices.")
@click.option("--note", default="", help="What it is for.")
@click.pass_obj
def token(site: Site, /, hours: int, uses: int, note: str) -> None:
    """Make a token that devices enrol with, and print it. It is shown once."""
    with _store(site, create=True) as connection, writing(connection):
        made = make_enrolment(connection, _now_us(), hours, uses, note)
    click.echo(made)


@command.command("list")
@click.option("--format", "form", type=click.Choice(("table", "json", "jsonl", "csv")), default="table",
              show_default=True, help="How to print it.")  # fmt: skip
@click.pass_obj
def list_(site: Site, /, form: str) -> None:
    """List the devices, each with its last complete run; one that is stale may be used for anything by now."""
    with _store(site) as connection:
        now_us, now = _now_us(), central(connection)
        rows = [_row(one, now_us, now.stale_days, now.profile) for one in devices(connection)]
        left = waiting(connection)
    print_rows("devices", rows, COLUMNS, form, waiting_runs=left)


def _row(one: Device, now_us: int, stale_days: int, profile: str) -> dict[str, object]:
    if one.revoked_us:
        state = "revoked"
    elif not one.complete_us:
        state = "never seen whole" if one.partial_us else "never seen"
    else:
        state = "stale" if one.complete_us < now_us - stale_days * DAY_US else "current"
    return {
        "name": one.name,
        "device": one.id[:_SHOWN_ID],
        "system": one.system,
        "enrolled": _at(one.enrolled_us),
        "last_complete": _at(one.complete_us),
        "last_partial": _at(one.partial_us),
        "state": state,
        "agent": one.agent or None,
        "pack": one.pack or None,
        "profile": one.profile or profile,
        "taken_as": one.taken_as or None,
        "skew_s": one.skew_s,
        "dropped_runs": one.dropped_runs,
        "quarantined_runs": one.quarantined_runs,
    }


@command.command("revoke")
@click.argument("name")
@click.option("--reason", default="", help="Why.")
@click.pass_obj
def revoke(site: Site, /, name: str, reason: str) -> None:
    """Take nothing more from the device NAME, or with that id, until it is enrolled again."""
    need_reason(reason)
    with _store(site) as connection:
        one = _one(connection, name)
        with writing(connection):
            revoke_device(connection, one, _now_us(), reason)
    click.echo(clean(f"{one.name} ({one.id[:_SHOWN_ID]}) is revoked."))


@command.command("profile")
@click.argument("profile", type=click.Choice((*PROFILES, "central")), required=False)
@click.option("--device", "name", default="", help="For this device alone; `central` takes that back.")
@click.option("--period", default="", help="How often devices are looked at, such as 1h.")
@click.option("--walk-every", default="", help="How often homes are walked through, such as 1d.")
@click.option("--stale-days", type=click.IntRange(1, 365), help="Without a complete run for so long a device is stale.")
@click.pass_obj
def profile_(
    site: Site, /, profile: str | None, name: str, period: str, walk_every: str, stale_days: int | None
) -> None:
    """Say how devices are to be looked at; without anything, show it.

    Devices may be set to less at their own end, and never to more."""
    changed: dict[str, str | int] = {
        "period_s": seconds_of(period) if period else "",
        "walk_every_s": seconds_of(walk_every) if walk_every else "",
        "stale_days": stale_days or "",
    }
    changed = {key: value for key, value in changed.items() if value}
    with _store(site, create=True) as connection:
        if name:
            if profile is None or changed:
                raise click.UsageError("For one device there is a profile to choose, and nothing else.")
            one = _one(connection, name)
            with writing(connection):
                set_profile(connection, one, "" if profile == "central" else profile)
        elif profile == "central":
            raise click.UsageError("`central` goes with --device.")
        elif profile or changed:
            with writing(connection):
                set_central(connection, {**({"profile": profile} if profile else {}), **changed})
        now = central(connection)
    click.echo(
        f"Profile {now.profile}, every {now.period_s} s, homes every {now.walk_every_s} s, stale after "
        f"{now.stale_days} days (change {now.version})."
    )


@command.command("decisions")
@click.pass_obj
def decisions(site: Site, /) -> None:
    """Print who made tokens, enrolled, revoked or changed what, as JSON Lines, and whether the chain holds."""
    with _store(site) as connection:
        rows = [row._asdict() for row in audit.all_rows(connection)]
        broken = audit.first_broken_row(connection)
    print_rows("decisions", rows, (), "jsonl")
    if broken is not None:
        click.echo(f"Error: row {broken} is not what was written, or follows another row.", err=True)
        raise click.exceptions.Exit(4)


def _store(site: Site, *, create: bool = False) -> closing[sqlite3.Connection]:
    path = arrivals_path(site)
    if not create and not path.exists():
        raise click.UsageError(f"No server was ever run beside {site.inventory_path}: `devices token`, then `serve`.")
    return closing(open_arrivals(path, create=create))


def _one(connection: sqlite3.Connection, name: str) -> Device:
    found = devices(connection, name)
    if len(found) != 1:
        several = ", ".join(one.id[:_SHOWN_ID] for one in found)
        raise click.UsageError(
            f"Several devices are called that; name one by its id: {several}." if found else "There is no such device."
        )
    return found[0]


def _now_us() -> int:
    return time.time_ns() // 1000


def _at(moment_us: int) -> str | None:
    if not moment_us:
        return None
    return dt.datetime.fromtimestamp(moment_us // 1_000_000, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
