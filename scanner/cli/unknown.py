"""`shadowledger signatures candidates|name|rule-out|retro`: AI that no signature named when it was seen."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING

import click

from shadowledger.scanner.cli.options import format_option, open_signatures, print_rows
from shadowledger.scanner.output import clean
from shadowledger.signatures.load import vocabulary

if TYPE_CHECKING:
    import sqlite3

    from shadowledger.db.census import DomainSeen
    from shadowledger.scanner.candidates import Review
    from shadowledger.scanner.site import Site

COLUMNS = ("points", "host", "because", "records", "first_seen_on", "last_seen_on", "sources", "state")
PAST = ("service", "domain", "seen", "records", "clients_a_day", "sampled", "first_seen_on", "last_seen_on", "source")


def _queue(site: Site, connection: sqlite3.Connection) -> list[Review]:
    from shadowledger.scanner.candidates import queue

    return queue(connection, open_signatures(site, connection).index)


@click.command("candidates")
@click.option("--all", "everything", is_flag=True, help="Also what is settled, and what is too weak to ask about.")
@format_option
@click.pass_obj
def candidates(site: Site, /, everything: bool, form: str) -> None:
    """Hosts that look like AI and that no signature names, the likeliest first, with what speaks for each.

    Nothing here counts as use. `signatures name` makes a signature of one, `signatures rule-out` settles it."""
    with closing(site.inventory()) as connection:
        found = [one for one in _queue(site, connection) if everything or one.is_open]
    rows = [_row(one) for one in found]
    print_rows("candidates", rows, COLUMNS, form)
    if form == "table" and not rows:
        click.echo("No host is waiting to be looked at.")


def _row(one: Review) -> dict[str, object]:
    clues = sorted(one.found.clues.items(), key=lambda told: (-told[1], told[0]))
    return {
        "points": one.points,
        "host": one.found.host,
        "because": [f"{reason} ({points})" for reason, points in clues],
        "records": one.found.record_count,
        "first_seen_on": one.found.first_on or None,
        "last_seen_on": one.found.last_on or None,
        "sources": list(one.found.source_ids),
        "state": f"{one.state}: {one.reason}" if one.reason else one.state,
    }


def _need(site: Site, connection: sqlite3.Connection, host: str) -> Review:
    one = next((one for one in _queue(site, connection) if one.found.host == host), None)
    if one is None:
        raise click.UsageError(f"'{host}' is no candidate; `shadowledger signatures candidates --all` names all.")
    return one


@click.command("name")
@click.argument("host")
@click.option("--as", "name", required=True, help="What the product is called.")
@click.option("--vendor", default="unknown", show_default=True, help="Who makes it.")
@click.option(
    "--category", type=click.Choice(tuple(vocabulary())), default="chatbot", show_default=True, help="What it is for."
)
@click.option("--id", "service_id", default="", help="Its id. Default: made of the name.")
@click.pass_obj
def name_(site: Site, /, host: str, name: str, vendor: str, category: str, service_id: str) -> None:
    """Make a signature of a candidate HOST, in this organization's own folder signatures.d."""
    from shadowledger.db.decisions import decide
    from shadowledger.db.transactions import writing
    from shadowledger.scanner.candidates import NotWrittenError, write_signature

    service_id = service_id or re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    with closing(site.inventory()) as connection:
        one = _need(site, connection, host)
        if service_id in open_signatures(site, connection).index.services:
            raise click.UsageError(f"There is a service '{service_id}' already; choose another --id.")
        try:
            path = write_signature(site.overlay_path, host, service_id, name, vendor, category)
        except NotWrittenError as error:
            raise click.UsageError(f"No signature was written: {error}.") from error
        with writing(connection):
            decide(connection, "name", host, about=service_id)
    click.echo(clean(f"{path} names {host}. What was read before counts it after a rescan:"))
    click.echo(f"  shadowledger sources rescan {' '.join(map(str, one.found.source_ids))}")


@click.command("rule-out")
@click.argument("host")
@click.option("--reason", required=True, help="Why it is none of ours; it is kept.")
@click.pass_obj
def rule_out(site: Site, /, host: str, reason: str) -> None:
    """State that a candidate HOST is no AI, or none to ask about."""
    from shadowledger.db.decisions import decide
    from shadowledger.db.transactions import writing

    if not reason.strip():
        raise click.UsageError("--reason must say why.")
    with closing(site.inventory()) as connection:
        _need(site, connection, host)
        with writing(connection):
            decide(connection, "rule_out", host, reason=reason)
    click.echo(clean(f"{host} is ruled out."))


@click.command("retro")
@click.argument("services", nargs=-1)
@click.option("--possible", is_flag=True, help="Also domains of which a service has only a part.")
@format_option
@click.pass_obj
def retro(site: Site, /, services: tuple[str, ...], possible: bool, form: str) -> None:
    """Ask the past: which domains that were seen are known today, and were not counted when they were read.

    SERVICES are ids; without one, all are asked. What is told here is counted after `sources rescan`. Clients are
    accounts, or else machines or addresses, on the day with the most of them."""
    from shadowledger.db.census import domains_seen
    from shadowledger.db.observations import services_by_source
    from shadowledger.db.settings import privacy_of
    from shadowledger.scanner.census import remembered

    with closing(site.inventory()) as connection:
        index = open_signatures(site, connection).index
        if unknown := [one for one in services if one not in index.services]:
            raise click.UsageError(
                f"There is no service '{unknown[0]}'; `shadowledger signatures list` names them all."
            )
        counted = services_by_source(connection)
        seen = domains_seen(connection)
        smallest = privacy_of(connection).smallest_group
    rows = [
        {
            "service": one.service.id,
            "domain": one.domain,
            "seen": "its own domain" if one.is_own else "a domain of which it has a part",
            "records": one.seen.record_count,
            "clients_a_day": _clients(one.seen, smallest, form),
            "sampled": one.seen.is_sampled,
            "first_seen_on": one.seen.first_on or None,
            "last_seen_on": one.seen.last_on or None,
            "source": one.seen.source_id,
        }
        for one in remembered(index, seen, frozenset(services))
        if (one.is_own or possible) and (one.service.id, one.seen.source_id) not in counted
    ]
    print_rows("past", rows, PAST, form)
    if form == "table" and rows:
        sources = sorted({str(row["source"]) for row in rows}, key=int)
        click.echo(f"\nTo count them: shadowledger sources rescan {' '.join(sources)}")
    elif form == "table":
        click.echo("Nothing that is known today was passed over in what was counted.")


def _clients(seen: DomainSeen, smallest: int, form: str) -> object:
    """Bounds, in words for a person; None where they were not counted."""
    from shadowledger.scanner.discovery.headcount import People
    from shadowledger.scanner.privacy.groups import in_words, shown

    if seen.fewest_clients is None:
        return None
    is_open = seen.most_clients is None
    told = shown(People(seen.fewest_clients, seen.most_clients or seen.fewest_clients), smallest)
    if form in ("json", "jsonl"):
        return {"low": told.low, "high": None if is_open else told.high}
    return f"at least {max(told.low, 1)}" if is_open else in_words(told)


COMMANDS = (candidates, name_, rule_out, retro)
