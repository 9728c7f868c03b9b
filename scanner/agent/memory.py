"""What the agent remembers from one run to the next. Nothing in it is secret: it lies open, so that whoever uses the
machine can be shown it.

A file that cannot be read is begun anew: the server knows runs by their own numbers, and counts none twice."""

from __future__ import annotations

import json
import os
from typing import Any, NamedTuple

from shadowledger.collectors.endpoint.local.profiles import PROFILES
from shadowledger.scanner.agent.files import PUBLIC, read_whole, write_whole

_LARGEST = 1 << 16
_LONGEST_TEXT = 1000
_LAST_TIME_S = 253_402_300_799
"""The end of the year 9999."""
FIRST_WAIT_S, LONGEST_WAIT_S = 5, 3600
LONGEST_TOLD_WAIT_S = 86_400
"""A server that asks for more is asked again after a day."""
_DAY_S = 86_400


class Facts(NamedTuple):
    """Times are whole seconds since 1970, and 0 where it never happened."""

    server: str = ""
    name: str = ""
    """What the server knows this device by."""
    at_most: str = "full"
    profile: str = "standard"
    """The server's; the device's settings may allow less."""
    period_s: int = 3600
    walk_every_s: int = _DAY_S
    profile_at: int = 0
    """When the server was asked for it."""
    look_at: int = 0
    walk_at: int = 0
    delivery_at: int = 0
    """When something was last delivered, and which run."""
    delivered_run: str = ""
    attempt_at: int = 0
    next_attempt_at: int = 0
    failures: int = 0
    """In a row."""
    problem: str = ""
    """What kept the last attempt from succeeding."""
    is_refused: bool = False
    """Whether the server does not know this device (any more): nothing is sent until it is enrolled."""
    skew_s: int = 0
    """What this clock is ahead of the server's."""
    dropped_runs: int = 0
    quarantined_runs: int = 0
    """Since the device was installed."""
    leaving: str = ""
    """The run that was counted by one of these two, and may still lie in the spool."""
    pack_version: str = ""
    pack_at: int = 0
    """When the server was asked for a newer one."""
    pack_problem: str = ""


class Memory:
    """The facts, and the file that they stand in."""

    def __init__(self, state: str) -> None:
        """Raises OSError."""
        self._path = os.path.join(state, "state.json")
        self.facts = _read(self._path)

    def change(self, **facts: Any) -> None:  # noqa: ANN401 - fields of Facts
        """Remember, durably. Raises OSError."""
        changed = self.facts._replace(**facts)
        if changed != self.facts or not os.path.exists(self._path):
            write_whole(self._path, json.dumps(changed._asdict(), indent=1).encode() + b"\n", PUBLIC)
            self.facts = changed


def _read(path: str) -> Facts:
    content = read_whole(path, _LARGEST)
    try:
        told = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        told = {}
    facts = Facts()
    if isinstance(told, dict):
        kept = {name: told[name] for name in Facts._fields if name in told and _fits(getattr(facts, name), told[name])}
        facts = facts._replace(**kept)
    is_known = facts.profile in PROFILES and facts.at_most in PROFILES
    return facts if is_known else facts._replace(profile=Facts().profile, at_most=Facts().at_most)


def _fits(usual: object, told: object) -> bool:
    if type(told) is not type(usual):
        return False
    if isinstance(told, str):
        return len(told) <= _LONGEST_TEXT and told.isprintable()
    return isinstance(told, int) and abs(told) <= _LAST_TIME_S


def waits_s(facts: Facts, now: int) -> int:
    """How long nothing is to be sent yet. A clock that was set back makes nobody wait."""
    if not facts.attempt_at <= now < facts.next_attempt_at <= facts.attempt_at + LONGEST_TOLD_WAIT_S:
        return 0
    return facts.next_attempt_at - now


def is_due(last_at: int, every_s: int, now: int) -> bool:
    """Whether something that is done every so often is to be done; a clock that was set back makes it so."""
    return not last_at <= now < last_at + every_s


def wait_after(failures: int, told_s: int) -> int:
    """Seconds until the next attempt after so many failures in a row, one at least: full jitter, or what the server
    asked for. https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/"""
    if told_s:
        return min(told_s, LONGEST_TOLD_WAIT_S)
    most = min(LONGEST_WAIT_S, FIRST_WAIT_S << min(failures - 1, 20))
    return chance(most)


def chance(most: int) -> int:
    """A whole number from 0 to `most`, each as likely, and on each machine another."""
    return int.from_bytes(os.urandom(8), "big") % (most + 1)
