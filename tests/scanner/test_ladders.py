"""The two ladders: what one record shows, and no more."""

from __future__ import annotations

import pytest

from shadowledger.collectors.records import UNKNOWN_BYTES, Traffic
from shadowledger.db.manners import HANDSHAKE, PRECONNECT
from shadowledger.scanner.ladders import (
    CONTACTED,
    INSTALLED,
    INTERACTIVE,
    NOTHING,
    PRESENCE_WORDS,
    PROGRAMMATIC,
    RESOLVED,
    RUNNING,
    SIGNED_IN,
    UPLOAD,
    UPLOAD_BYTES,
    USE_WORDS,
    presence_rung,
    role_of,
    use_rung,
)
from shadowledger.signatures.schema import ARTIFACT_KINDS, ROLES, Indicator, Strength

PAGE = Traffic(1, "proxy", "chatgpt.com", path="/c/1", action="allowed")
TUNNEL = Traffic(1, "proxy", "chatgpt.com", action="allowed")
QUESTION = Traffic(1, "dns", "chatgpt.com")
UP = PAGE._replace(sent_bytes=UPLOAD_BYTES)
CASES = [
    (PAGE, "interactive", "browser", INTERACTIVE),
    (PAGE, "interactive", "unknown", INTERACTIVE),
    (TUNNEL, "interactive", "browser", CONTACTED),
    (PAGE, "api", "browser", PROGRAMMATIC),
    (PAGE, "api", "unknown", PROGRAMMATIC),
    (TUNNEL, "api", "unknown", CONTACTED),
    (TUNNEL, "api", "sdk", PROGRAMMATIC),
    (PAGE, "interactive", "sdk", PROGRAMMATIC),
    (UP, "interactive", "browser", UPLOAD),
    (UP._replace(sent_bytes=UPLOAD_BYTES - 1), "interactive", "browser", INTERACTIVE),
    (UP._replace(path=""), "api", "unknown", UPLOAD),
    (UP, "cdn", "browser", CONTACTED),
    (UP._replace(action="blocked"), "interactive", "browser", NOTHING),
    (PAGE._replace(action=""), "interactive", "browser", INTERACTIVE),
    (PAGE, "docs", "browser", CONTACTED),
    (PAGE, "auth", "browser", CONTACTED),
    (PAGE, "telemetry", "sdk", CONTACTED),
    (PAGE, "presence", "browser", CONTACTED),
    (QUESTION, "interactive", "unknown", RESOLVED),
    (QUESTION, "api", "unknown", RESOLVED),
    (QUESTION._replace(action="blocked"), "api", "unknown", NOTHING),
    (QUESTION._replace(via="mdns"), "api", "unknown", RESOLVED),
    (QUESTION._replace(via="tls"), "interactive", "unknown", CONTACTED),
    (QUESTION._replace(via="quic"), "interactive", "unknown", CONTACTED),
]


@pytest.mark.parametrize(("record", "role", "agent", "rung"), CASES)
def test_a_contact_stands_on_a_rung(record: Traffic, role: str, agent: str, rung: int) -> None:
    assert use_rung(record, role, agent) == rung


@pytest.mark.parametrize("role", ROLES)
def test_a_look_up_and_a_refusal_never_show_use(role: str) -> None:
    assert use_rung(QUESTION, role, "sdk") == RESOLVED
    assert use_rung(UP._replace(action="blocked"), role, "sdk") == NOTHING


OPENED = Traffic(1, "proxy", "chatgpt.com", method="CONNECT", received_bytes=99)
IDLE = [
    (OPENED, "interactive", PRECONNECT),
    (OPENED._replace(received_bytes=0), "interactive", PRECONNECT),
    (OPENED._replace(received_bytes=100), "interactive", HANDSHAKE),
    (OPENED._replace(received_bytes=4_999), "interactive", HANDSHAKE),
    (OPENED._replace(received_bytes=5_000), "interactive", "interactive"),
    (OPENED._replace(received_bytes=UNKNOWN_BYTES), "interactive", "interactive"),
    (OPENED, "api", "api"),
    (OPENED._replace(method="GET", path="/"), "interactive", "interactive"),
]


@pytest.mark.parametrize(("record", "role", "told"), IDLE)
def test_a_tunnel_that_carried_nothing_is_no_use(record: Traffic, role: str, told: str) -> None:
    assert role_of(record, Indicator("host", "chatgpt.com", role, Strength.CERTAIN, "")) == told


@pytest.mark.parametrize("kind", ARTIFACT_KINDS)
def test_an_artifact_stands_on_a_rung(kind: str) -> None:
    running = {"process", "cmdline", "port", "cloud_resource"}
    signed_in = ("account_domain", "oauth_app")
    assert presence_rung(kind) == (SIGNED_IN if kind in signed_in else RUNNING if kind in running else INSTALLED)


def test_rungs_have_their_order_and_a_word_each() -> None:
    assert NOTHING < RESOLVED < CONTACTED < INTERACTIVE < UPLOAD
    assert INTERACTIVE // 10 == PROGRAMMATIC // 10 < UPLOAD // 10
    assert INSTALLED < RUNNING < SIGNED_IN
    assert len(set(USE_WORDS.values())) == 6
    assert len(set(PRESENCE_WORDS.values())) == 4
