"""What the agent is up to, for its administrator and for whoever uses the machine."""

from __future__ import annotations

import os
import time
from typing import Any

from shadowledger.scanner.agent import VERSION
from shadowledger.scanner.agent.memory import Facts, Memory, waits_s
from shadowledger.scanner.agent.sent import NAME
from shadowledger.scanner.agent.settings import Enrolment, Place, Settings, lesser, read_enrolment, read_settings
from shadowledger.scanner.agent.spool import counted

LATE_AFTER = 3
"""Periods without a delivery, after which `--check` fails."""
Told = dict[str, Any]


def known(place: Place) -> tuple[Settings, Enrolment | None, Facts]:
    """Settings, enrolment and memory as far as this account may see them: what lies open tells the rest. Raises
    AgentError, OSError."""
    facts = Memory(place.state).facts
    try:
        settings = read_settings(place.settings)
        enrolment = read_enrolment(place.state)
    except PermissionError:
        return Settings(server=facts.server, at_most=facts.at_most), None, facts
    return settings, enrolment, facts


def status(place: Place, now: int) -> Told:
    """Everything worth knowing; None for what this account may not see. Raises AgentError, OSError."""
    settings, enrolment, facts = known(place)
    waiting, quarantined = _counted(place)
    return {
        "version": VERSION,
        "enrolled": enrolment is not None or bool(facts.name),
        "refused": facts.is_refused,
        "server": settings.server,
        "device": facts.name,
        "profile": lesser(facts.profile, settings.at_most),
        "profile_central": facts.profile,
        "profile_at_most": settings.at_most,
        "period_s": facts.period_s,
        "walk_every_s": facts.walk_every_s,
        "last_look_at": _moment(facts.look_at),
        "last_walk_at": _moment(facts.walk_at),
        "last_delivery_at": _moment(facts.delivery_at),
        "last_delivered_run": facts.delivered_run,
        "waiting_runs": waiting,
        "quarantined_now": quarantined,
        "quarantined_runs": facts.quarantined_runs,
        "dropped_runs": facts.dropped_runs,
        "next_attempt_at": _moment(facts.next_attempt_at) if waits_s(facts, now) else "",
        "failures": facts.failures,
        "problem": facts.problem,
        "clock_ahead_s": facts.skew_s,
        "pack_version": facts.pack_version,
        "pack_problem": facts.pack_problem,
        "what_was_sent": os.path.join(place.state, NAME),
    }


def is_well(place: Place, now: int) -> bool:
    """Whether runs arrive: enrolled, not refused, and something delivered within three periods. Raises AgentError,
    OSError."""
    _, enrolment, facts = known(place)
    is_enrolled = enrolment is not None or bool(facts.name)
    return is_enrolled and not facts.is_refused and now - facts.delivery_at <= LATE_AFTER * facts.period_s


def _counted(place: Place) -> tuple[int | None, int | None]:
    try:
        waiting, quarantined = counted(place.state)
    except PermissionError:
        return None, None
    return len(waiting), len(quarantined)


def _moment(time_s: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time_s)) if time_s > 0 else ""
