"""The protocol of decisions/0014 as the agent speaks it: what each answer means."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from shadowledger.collectors.endpoint.local.profiles import PROFILES
from shadowledger.scanner.agent import VERSION
from shadowledger.scanner.agent.sentences import AgentError, printable
from shadowledger.scanner.agent.settings import Enrolment, is_token
from shadowledger.scanner.agent.wire import Answer, NotReachedError, NotTrustedError, Wire

PACK_BYTES = 33 << 20
"""A little over `signatures.pack.LARGEST`, which refuses what is larger."""
PACK_S = 60
PERIODS_S = (300, 7 * 86_400)
WALKS_S = (3600, 90 * 86_400)
"""What a server may set; whatever is outside is brought inside."""
_NEVER_TAKEN = (400, 413, 422)
_LATER = (408, 425, 429)


class RefusedError(AgentError):
    """The server does not know this device, or does not any more."""


class NeverTakenError(AgentError):
    """The server will never take this document."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


class Central(NamedTuple):
    """What is settled at the server for this device."""

    profile: str
    period_s: int
    walk_every_s: int
    """0 where homes are never walked through."""


class Stored(NamedTuple):
    """What the server says of a document that it has."""

    stored: str
    """now, or before."""
    profile: str
    """Empty where it says none that is known here."""
    skew_s: int | None


def enroll(wire: Wire, token: str, device: str, name: str, system: str) -> tuple[str, str]:
    """Exchange an enrolment token for a device's; returns it and the profile. Raises AgentError."""
    asked = {"token": token, "device": device, "name": name, "system": system, "version": VERSION}
    headers = {"Content-Type": "application/json"}
    answer = wire.ask("POST", "/v1/enroll", headers, json.dumps(asked).encode())
    if answer.status in (400, 401, 403, 409, 422):
        raise AgentError(f"the server does not enroll this device ({answer.status}): {_said(answer) or _why(answer)}")
    told = _object(_good(answer))
    own = told.get("device_token")
    if not isinstance(own, str) or not is_token(own):
        raise NotTrustedError("the server enrolls this device and gives it no token")
    return own, _profile(told)


def deliver(wire: Wire, enrolment: Enrolment, run: str, packed: bytes) -> Stored:
    """Send a document. Raises NeverTakenError, RefusedError, PutOffError."""
    headers = _of(enrolment) | {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
    answer = wire.ask("POST", "/v1/runs", headers, packed)
    if answer.status in _NEVER_TAKEN and (reason := _said(answer)):
        raise NeverTakenError(f"the server does not take run {run} ({answer.status}): {reason}", answer.status)
    told = _object(_good(answer))
    if told.get("run") != run or told.get("stored") not in ("now", "before"):
        raise NotTrustedError("the server does not say that it has what was sent")
    return Stored(told["stored"], _profile(told), answer.skew_s)


def central(wire: Wire, enrolment: Enrolment) -> Central | None:
    """None where the server says nothing. Raises RefusedError, PutOffError."""
    answer = wire.ask("GET", "/v1/profile", _of(enrolment))
    if answer.status == 404:
        return None
    told = _object(_good(answer))
    period_s, walk_s = told.get("period_s"), told.get("walk_every_s")
    if not _profile(told) or type(period_s) is not int or type(walk_s) is not int:
        raise NotTrustedError("the server tells a profile that is not understood here")
    return Central(_profile(told), _within(period_s, PERIODS_S), _within(walk_s, WALKS_S) if walk_s else 0)


def pack(wire: Wire, enrolment: Enrolment, etag: str) -> Answer | None:
    """The signed pack; None where there is no other than the one called `etag`. Raises RefusedError, PutOffError."""
    headers = _of(enrolment) | ({"If-None-Match": etag} if etag else {})
    answer = wire.ask("GET", "/v1/signatures", headers, most_bytes=PACK_BYTES, seconds=PACK_S)
    return None if answer.status in (304, 404) else _good(answer)


def _of(enrolment: Enrolment) -> dict[str, str]:
    return {"Authorization": f"Bearer {enrolment.token}"}


def _good(answer: Answer) -> Answer:
    status = answer.status
    if status == 200:
        return answer
    if status in (401, 403) and _said(answer):
        reason = "was revoked" if status == 403 else "is not known"
        raise RefusedError(f"the server says that this device {reason} ({status}); enroll it again")
    if status in _LATER or status >= 500:
        raise NotReachedError(f"the server asks to try again later ({status})", answer.retry_after_s)
    raise NotTrustedError(f"the server answers {status}, as no server of shadowledger does")


def _object(answer: Answer) -> dict[str, Any]:
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise NotTrustedError("the server answers as no server of shadowledger does")
    return told


def _profile(told: dict[str, Any]) -> str:
    profile = told.get("profile")
    return profile if isinstance(profile, str) and profile in PROFILES else ""


def _said(answer: Answer) -> str:
    """The server's own reason; empty where it is somebody else who answers, such as a proxy on the way, because of
    whom no run is given up and no device falls silent."""
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""
    reason = told.get("error") if isinstance(told, dict) else None
    return printable(reason).rstrip(".") if isinstance(reason, str) else ""


def _why(answer: Answer) -> str:
    if answer.status == 409:
        return "it is enrolled already, and was heard of lately; revoke it there first"
    return "the enrolment token is not known, has expired or is used up"


def _within(value: int, bounds: tuple[int, int]) -> int:
    return min(max(value, bounds[0]), bounds[1])
