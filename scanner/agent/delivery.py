"""Sending what waits, oldest first, and asking what the server has settled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shadowledger.scanner.agent.memory import Memory, is_due, wait_after, waits_s
from shadowledger.scanner.agent.sent import tell_sent
from shadowledger.scanner.agent.sentences import DONE, FAILED, say
from shadowledger.scanner.agent.settings import Enrolment, Place, Settings
from shadowledger.scanner.agent.spool import Spool

if TYPE_CHECKING:  # what talks to the network is imported where something is to be sent
    from shadowledger.scanner.agent.wire import Wire

ALL_S = 90
"""For all requests of a run together."""
ASKED_EVERY_S = 86_400


class Delivery:
    """One run's part with the server."""

    def __init__(self, place: Place, settings: Settings, enrolment: Enrolment, spool: Spool, memory: Memory) -> None:
        self._place = place
        self._settings = settings
        self._enrolment = enrolment
        self._spool = spool
        self._memory = memory

    def attempt(self, now: int, *, is_forced: bool) -> int:
        """Send what waits unless it is to be put off; returns the exit code. Raises AgentError for settings that cannot
        be used, and OSError."""
        facts = self._memory.facts
        if facts.is_refused:
            say("the server refuses this device, and nothing is sent until it is enrolled again")
            return FAILED
        if not (is_forced or waits_s(facts, now) == 0) or not (self._spool.waiting() or self._asks(now)):
            return DONE
        from shadowledger.scanner.agent.talk import RefusedError
        from shadowledger.scanner.agent.wire import NotTrustedError, PutOffError, Wire

        try:
            with Wire(self._settings, ALL_S) as wire:
                code = self._documents(wire, now)
                self._ask(wire, now)
        except RefusedError as error:
            say(str(error))
            self._memory.change(is_refused=True, attempt_at=now, problem=str(error))
            return FAILED
        except PutOffError as error:
            say(str(error))
            failures = self._memory.facts.failures + 1
            wait_s = wait_after(failures, error.retry_after_s)
            self._memory.change(
                failures=failures, attempt_at=now, next_attempt_at=now + wait_s, problem=str(error)[:500]
            )
            return FAILED if isinstance(error, NotTrustedError) else DONE
        self._memory.change(failures=0, attempt_at=now, next_attempt_at=0, problem="")
        return code

    def _documents(self, wire: Wire, now: int) -> int:
        from shadowledger.scanner.agent import talk

        code = DONE
        for name in self._spool.waiting():
            if not wire.has_time():
                return code
            document = self._spool.read(name)
            if document is None:
                say(f"{name} in the spool is damaged, and was put aside")
                self._spool.refuse(name, 0)
                code = FAILED
                continue
            try:
                told = talk.deliver(wire, self._enrolment, document.run, document.packed)
            except talk.NeverTakenError as error:
                say(str(error))
                self._spool.refuse(name, error.status)
                code = FAILED
                continue
            is_public = self._settings.sent_log_for == "everyone"
            tell_sent(self._place.state, document, self._settings.server, told.stored, is_public=is_public)
            self._spool.delivered(name)
            facts = self._memory.facts
            self._memory.change(
                delivery_at=now,
                delivered_run=document.run,
                profile=told.profile or facts.profile,
                skew_s=facts.skew_s if told.skew_s is None else told.skew_s,
            )
        return code

    def _asks(self, now: int) -> bool:
        facts = self._memory.facts
        wants_pack = bool(self._settings.trusted_pack_keys) and is_due(facts.pack_at, ASKED_EVERY_S, now)
        return wants_pack or is_due(facts.profile_at, ASKED_EVERY_S, now)

    def _ask(self, wire: Wire, now: int) -> None:
        """Once a day: what is settled centrally, and whether there is a newer pack."""
        if not wire.has_time() or not self._asks(now):
            return
        from shadowledger.scanner.agent import talk

        if is_due(self._memory.facts.profile_at, ASKED_EVERY_S, now):
            told = talk.central(wire, self._enrolment)
            self._memory.change(profile_at=now, **(told._asdict() if told else {}))
        if self._settings.trusted_pack_keys and is_due(self._memory.facts.pack_at, ASKED_EVERY_S, now):
            from shadowledger.scanner.agent.catalogue import refresh

            refresh(wire, self._place.state, self._settings, self._enrolment, self._memory, now)
