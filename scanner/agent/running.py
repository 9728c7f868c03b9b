"""One run: look, keep, deliver."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import NamedTuple

from shadowledger.collectors.endpoint.local.identity import device_id
from shadowledger.scanner.agent.delivery import Delivery
from shadowledger.scanner.agent.files import OneAtATime, make_folder
from shadowledger.scanner.agent.memory import Memory, chance, is_due
from shadowledger.scanner.agent.sentences import DONE, AgentError
from shadowledger.scanner.agent.settings import Enrolment, Place, Settings, read_enrolment, read_settings
from shadowledger.scanner.agent.spool import Spool

LONGEST_S = 300
"""After which the system ends a run, whatever it waits for."""
_EARLY = 10
"""A timer may come a tenth of a period early."""


class Wishes(NamedTuple):
    """How a run is to be done."""

    is_scheduled: bool = False
    """Look only where the server's period is over."""
    is_forced: bool = False
    """Send now, though a failed attempt is not long ago."""
    splay_s: int = 0
    """Wait up to so long first, so that not all machines come at once."""


def run(place: Place, wishes: Wishes) -> int:
    """Returns the exit code. Raises AgentError, OSError."""
    if wishes.splay_s:
        time.sleep(chance(wishes.splay_s))
    if sys.platform == "win32":  # the scheduler ends it there
        return _run(place, wishes)
    signal.alarm(LONGEST_S)
    try:
        return _run(place, wishes)
    finally:
        signal.alarm(0)


def _run(place: Place, wishes: Wishes) -> int:
    settings, enrolment = read_settings(place.settings), read_enrolment(place.state)
    if enrolment is None and wishes.is_scheduled:  # installed first, enrolled later
        return DONE
    enrolment = _checked(enrolment, place, settings)
    make_folder(place.state, 0o755)
    with OneAtATime(os.path.join(place.state, "lock")):
        memory = Memory(place.state)
        spool = Spool(place.state, memory)
        now = int(time.time())
        _look(place, settings, enrolment, spool, memory, now, wishes)
        delivery = Delivery(place, settings, enrolment, spool, memory)
        return delivery.attempt(now, is_forced=wishes.is_forced)


def _checked(enrolment: Enrolment | None, place: Place, settings: Settings) -> Enrolment:
    if enrolment is None:
        raise AgentError("this device is not enrolled; `shadowledger agent enroll` does that")
    if enrolment.server != settings.server:
        raise AgentError(f"this device is enrolled at {enrolment.server}, and the settings say {settings.server}")
    if device_id(place.root) not in ("", enrolment.device):  # a number that nobody may read any more proves nothing
        raise AgentError("this machine is a copy of the one that was enrolled; enroll it as itself")
    return enrolment


def _look(
    place: Place, settings: Settings, enrolment: Enrolment, spool: Spool, memory: Memory, now: int, wishes: Wishes
) -> None:
    facts = memory.facts
    if wishes.is_scheduled and not is_due(facts.look_at, facts.period_s - facts.period_s // _EARLY, now):
        return
    from shadowledger.scanner.agent.looking import document, walks

    is_walk = walks(facts, now)
    try:
        spool.put(document(place, settings, enrolment, facts, now), now)
        memory.change(
            look_at=now, walk_at=now if is_walk else facts.walk_at,
            server=settings.server, name=enrolment.name, at_most=settings.at_most,
        )  # fmt: skip
    except OSError as error:
        raise AgentError(f"the look cannot be kept: {error.strerror or error}") from error
