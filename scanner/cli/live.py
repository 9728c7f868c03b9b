"""`shadowledger collect dns`: the names that packets on an interface of this machine show, as they come."""

from __future__ import annotations

import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial
from typing import TypeVar

import click

from shadowledger.collectors.capture import live, quic
from shadowledger.collectors.capture.engine import Engine
from shadowledger.collectors.capture.fast import traffic_of
from shadowledger.collectors.capture.lines import line_maker, text_of
from shadowledger.collectors.capture.ring import Ring
from shadowledger.db.errors import ailment
from shadowledger.scanner.choices import Choices
from shadowledger.scanner.cli.options import open_scan, open_signatures
from shadowledger.scanner.giving_up_root import give_up_root, owner_of
from shadowledger.scanner.listening import Listening
from shadowledger.scanner.outcomes import Outcome
from shadowledger.scanner.output import as_json, clean
from shadowledger.scanner.pseudonyms import pseudonymous
from shadowledger.scanner.site import Site

_PAUSE_S = 0.5
"""Between two looks at a ring."""


@click.command("dns")
@click.option("--interface", default="", metavar="NAME", help="Where to listen: eth0, a mirror port, a bridge.")
@click.option("--ring", default="", metavar="GLOB", help="Read the files that `dumpcap -b` writes; with --store.")
@click.option("--seconds", type=float, default=None, metavar="N", help="End after so long. Default: at Ctrl-C.")
@click.option(
    "--wide", is_flag=True, help="Look at every packet. Default: at the ports of DNS, TLS and QUIC, untunnelled."
)
@click.option("--ai-only", is_flag=True, help="Print names of AI services alone.")
@click.option("--pseudonyms", is_flag=True, help="Print ids for addresses.")
@click.option("--store", is_flag=True, help="Print nothing, and add what is heard to the inventory.")
@click.option(
    "--every", type=click.FloatRange(1), default=60.0, show_default=True, metavar="N", help="Seconds between stores."
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(("jsonl",)), default="jsonl", show_default=True, help="One object a name."
)
@click.pass_obj
def dns(
    site: Site,
    /,
    interface: str,
    ring: str,
    seconds: float | None,
    wide: bool,
    ai_only: bool,
    pseudonyms: bool,
    store: bool,
    every: float,
    form: str,
) -> int:
    """Print one JSON object for each name asked for on an interface (DNS, TLS, QUIC), and a summary at the end.

    Nothing is stored without --store. Needs root or CAP_NET_RAW to begin with, and gives up root once it listens: for
    whoever called sudo or nobody, or with --store for the owner of the inventory. The summary says how many packets the
    kernel dropped because this was too slow, and what the packets hide. Bytes and sessions of connections are told of
    captures in files alone (`scan --bytes`)."""
    del form  # one there is
    if bool(interface) == bool(ring) or (ring and not store):
        raise click.UsageError("Say where to listen: --interface NAME, or --ring GLOB with --store.")
    turns = _Turns(seconds)
    if ring:
        return _store_ring(site, Ring(ring), turns)
    try:
        with live.open_interface(interface, is_narrow=not wide) as opened:
            quic.load()  # who is nobody may not read where packages are, nor signatures
            wanted = open_signatures(None, None).index.wanted if ai_only or store else None
            give_up_root(owner_of(site.inventory_path) if store or pseudonyms else None)
            if store:
                return _store(site, opened, interface, turns, every)
            return _print(site if pseudonyms else None, opened, turns, Engine(wanted))
    except live.CannotListenError as error:
        click.echo(f"Cannot listen: {error}.", err=True)
        return 1


class _Turns:
    """Says whether to go on: until the time is over, or somebody ends it. Afterwards signals are as before."""

    def __init__(self, seconds: float | None) -> None:
        self._until = time.monotonic() + seconds if seconds is not None else None
        self._is_ended = False
        for number in (signal.SIGINT, signal.SIGTERM):
            before = signal.signal(number, self._end)
            click.get_current_context().call_on_close(partial(signal.signal, number, before))

    def __call__(self) -> bool:
        return not self._is_ended and (self._until is None or time.monotonic() < self._until)

    def _end(self, *_: object) -> None:
        self._is_ended = True


_Listener = live.Interface | live.Sniffer
_Batch = TypeVar("_Batch")


def _print(site: Site | None, opened: _Listener, turns: _Turns, engine: Engine) -> int:
    gone: list[str] = []
    with ExitStack() as kept:
        if site is not None:
            inventory = kept.enter_context(closing(site.inventory(create=True)))
            names = site.names(inventory, create=True)
            kept.enter_context(closing(names.connection))
            heard = _until_gone(live.listen(opened, engine, turns, traffic_of), gone)
            texts = (text_of(list(pseudonymous(found, names)), as_json) for found in heard)
        else:
            told = _until_gone(live.listen(opened, engine, turns, line_maker(as_json)), gone)
            texts = (text_of(found, as_json) for found in told)
        for text in filter(None, texts):
            sys.stdout.write(text)
            sys.stdout.flush()
    engine.end()
    return _end(gone, _summary(engine, opened.drops()))


def _store(site: Site, opened: _Listener, name: str, turns: _Turns, every: float) -> int:
    with ExitStack() as kept:
        connection = kept.enter_context(closing(site.inventory(create=True)))
        names = site.names(connection, create=True)
        kept.enter_context(closing(names.connection))
        signatures = open_signatures(site, connection)
        engine = Engine(signatures.index.wanted)
        gone: list[str] = []
        heard = _until_gone(live.listen(opened, engine, turns, traffic_of), gone)
        listening = Listening(connection, names, signatures, name)
        hits = 0

        def dropped() -> int:
            return opened.drops().dropped_count

        try:
            goes_on = True
            while goes_on:
                goes_on = turns() and not gone
                hits += listening.store(heard, engine, every, dropped)
            listening.end(engine, dropped, is_whole=not gone and not dropped())
        except BaseException as error:
            listening.fail()
            if not isinstance(error, sqlite3.OperationalError) or not (ill := ailment(error)):
                raise
            click.echo(f"What was heard last is lost: the inventory, or its identities store, {ill}.", err=True)
            return 1
    return _end(gone, _summary(engine, opened.drops(), source=listening.source_id or None, hits=hits))


def _until_gone(heard: Iterator[_Batch], gone: list[str]) -> Iterator[_Batch]:
    """What is heard until nothing more can be; then why is told in `gone`, so that what came before is kept."""
    try:
        yield from heard
    except live.CannotListenError as error:
        gone.append(str(error))


def _end(gone: list[str], code: int) -> int:
    if gone:
        raise live.CannotListenError(gone[0])
    return code


def _summary(engine: Engine, drops: live.Drops, **more: int | None) -> int:
    told = {"packets": engine.packet_count, "dropped": drops.dropped_count, "blind_spots": dict(engine.blind), **more}
    click.echo(as_json({"summary": told}))
    if drops.dropped_count:
        click.echo(f"{drops.dropped_count} packets came faster than they were read; names are missing.", err=True)
        return 3
    return 0


def _store_ring(site: Site, ring: Ring, turns: _Turns) -> int:
    """Scan each file of a ring once it is whole."""
    give_up_root(owner_of(site.inventory_path))
    scan = open_scan(site, 1, create=True)
    outcomes: list[Outcome] = []
    try:
        while True:
            is_last = not turns()
            if whole := ring.whole():
                outcomes += scan.run(whole, Choices()).outcomes
            elif is_last:
                break
            else:
                time.sleep(_PAUSE_S)
    finally:
        scan.close()
    problems = [f"{one.name} {one.problem}." for one in outcomes if one.problem]
    for problem in problems:
        click.echo(clean(problem), err=True)
    hits = sum(one.counts.hit_count for one in outcomes if one.counts)
    click.echo(as_json({"summary": {"files": len(outcomes), "hits": hits, "problems": len(problems)}}))
    return 3 if problems else 0
