"""`shadowledger collect dns`: the names that packets on an interface of this machine show, as they come."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import click

from shadowledger.collectors.capture import live, quic
from shadowledger.collectors.capture.engine import Engine
from shadowledger.collectors.records import Issue, Traffic
from shadowledger.collectors.telling import tell
from shadowledger.scanner.output import as_json


@click.command("dns")
@click.option("--interface", required=True, metavar="NAME", help="Where to listen: eth0, a mirror port, a bridge.")
@click.option("--seconds", type=float, default=None, metavar="N", help="End after so long. Default: at Ctrl-C.")
@click.option(
    "--wide", is_flag=True, help="Look at every packet. Default: at the ports of DNS, TLS and QUIC, untunnelled."
)
@click.option("--ai-only", is_flag=True, help="Print names of AI services alone.")
@click.option(
    "--format", "form", type=click.Choice(("jsonl",)), default="jsonl", show_default=True, help="One object a name."
)
def dns(interface: str, seconds: float | None, wide: bool, ai_only: bool, form: str) -> int:
    """Print one JSON object for each name asked for on an interface (DNS, TLS, QUIC), and a summary at the end.

    Nothing is stored. Needs root or CAP_NET_RAW to begin with, and gives up root once it listens. The summary says how
    many packets the kernel dropped because this was too slow, and what the packets hide."""
    del form  # one there is
    wanted = None
    if ai_only:
        from shadowledger.scanner.cli.options import open_signatures

        wanted = open_signatures(None, None).index.wanted
    engine = Engine(wanted)
    with ExitStack() as kept:
        try:
            opened = kept.enter_context(live.Interface(interface, is_narrow=not wide)) if live.HAS_PACKETS else None
            turns = _Turns(seconds)
            heard = live.listen(opened, engine, turns) if opened else live.sniff(interface, engine, turns)
            _give_up_root()
            _print(heard)
        except live.CannotListenError as error:
            click.echo(f"Cannot listen: {error}.", err=True)
            return 1
        engine.end()
        drops = opened.drops() if opened else live.Drops(engine.packet_count, 0)
    summary = {"packets": engine.packet_count, "dropped": drops.dropped_count, "blind_spots": dict(engine.blind)}
    click.echo(as_json({"summary": summary}))
    if drops.dropped_count:
        click.echo(f"{drops.dropped_count} packets came faster than they were read; names are missing.", err=True)
        return 3
    return 0


class _Turns:
    """Says whether to go on: until the time is over, or somebody ends it."""

    def __init__(self, seconds: float | None) -> None:
        self._until = time.monotonic() + seconds if seconds is not None else None
        self._is_ended = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._end)

    def __call__(self) -> bool:
        return not self._is_ended and (self._until is None or time.monotonic() < self._until)

    def _end(self, *_: object) -> None:
        self._is_ended = True


def _print(heard: Iterator[Sequence[Traffic | Issue]]) -> None:
    for found in heard:
        if found:
            sys.stdout.write("".join(f"{as_json(tell(one))}\n" for one in found))
            sys.stdout.flush()


def _give_up_root() -> None:
    """Be the user who called sudo, or nobody: what comes over the wire is read by one who may do nothing."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return
    import pwd  # which not every system has

    quic.load()  # who is nobody may not read where packages are
    caller = os.environ.get("SUDO_UID", "")
    try:
        user = pwd.getpwuid(int(caller)) if caller.isdigit() and caller != "0" else pwd.getpwnam("nobody")
    except KeyError:
        return
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
