"""Each rule of the catalogue fires where it is broken, and only there."""

from __future__ import annotations

import datetime as dt

import pytest

from shadowledger.signatures.lint import lint, shared_parents, stale
from shadowledger.signatures.schema import Indicator, Service, Strength

PAGE = "https://example.org/"


def _indicator(
    kind: str, value: str, role: str = "api", strength: str = "CERTAIN", tenant: bool = False, page: str = PAGE
) -> Indicator:
    return Indicator(kind, value, role, Strength[strength], page, tenant)


def _service(
    service_id: str,
    *indicators: Indicator,
    match: tuple[str, ...] = (),
    no_match: tuple[str, ...] = (),
    aliases: tuple[str, ...] = (),
    reviewed_on: dt.date | None = dt.date(2026, 11, 23),
) -> Service:
    return Service(
        service_id, service_id, "Vendor", service_id, "chatbot", "native", aliases, indicators, (PAGE,), match,
        no_match, reviewed_on, "catalogue",
    )  # fmt: skip


HOST = _indicator("host", "one.example.org")

PLANTED = [
    ([_service("one", _indicator("host", "cloudinary.com"))], "a shared parent"),
    ([_service("one", _indicator("host", "cloudinary.com", strength="LIKELY"))], "a shared parent"),
    ([_service("one", _indicator("host", "vercel.app", tenant=True))], "a shared parent"),
    ([_service("one", _indicator("host", "co.uk"))], "a public suffix"),
    ([_service("one", _indicator("host", "com.ai"))], "a public suffix"),
    ([_service("one", _indicator("host", "hf.space"))], "tenant = true"),
    ([_service("one", HOST, _indicator("host", "a.one.example.org"))], "says so already"),
    ([_service("one", HOST, _indicator("host_exact", "a.b.one.example.org"))], "says so already"),
    ([_service("one", HOST, _indicator("host_exact", "one.example.org"))], "says so already"),
    ([_service("one", HOST), _service("two", HOST)], "'one' claims it too"),
    (
        [_service("one", _indicator("process", "Acme.exe")), _service("two", _indicator("process", "acme"))],
        "'one' claims it too",
    ),
    (
        [_service("one", _indicator("user_agent", "Acme")), _service("two", _indicator("user_agent", "acme"))],
        "'one' claims it too",
    ),
    ([_service("one", HOST), _service("two", aliases=("ONE",))], "'one' is called so too"),
    ([_service("one", _indicator("host", "docs.one.example.org", "docs"))], "documentation is a hint"),
    ([_service("one", _indicator("port", "11434", "presence", "LIKELY"))], "a port is a hint"),
    ([_service("one", HOST, match=("two.example.org",))], "gives nothing"),
    ([_service("one", HOST), _service("two", match=("one.example.org",))], "gives 'one'"),
    ([_service("one", HOST, no_match=("a.one.example.org",))], "is a hit by host 'one.example.org'"),
    ([_service("one", _indicator("host", "one.example.org", page="http://example.org/"))], "no https page"),
    ([_service("one", _indicator("host", "one.example.org", page="https://localhost"))], "no https page"),
    ([_service("one", _indicator("host", "one.example.org", page="vendor's documentation"))], "no https page"),
]

HARMLESS = [
    [_service("one", HOST, match=("x.one.example.org",), no_match=("notone.example.org",))],
    [_service("one", _indicator("host", "cloudinary.com", "interactive", "HINT"))],
    [_service("one", _indicator("host_exact", "one.cloudinary.com"))],
    [_service("one", _indicator("host", "one.cloudinary.com"))],
    [_service("one", _indicator("host", "hf.space", tenant=True))],
    [_service("one", _indicator("host", "hf.space", "cdn"))],
    [_service("one", HOST, _indicator("host", "cdn.one.example.org", "cdn"))],
    [_service("one", HOST, _indicator("host", "docs.one.example.org", "docs", "HINT"))],
    [
        _service("one", HOST, _indicator("host", "a.two.one.example.org")),
        _service("two", _indicator("host", "two.one.example.org")),
    ],
    [
        _service("one", _indicator("port", "8080", "presence", "HINT")),
        _service("two", _indicator("port", "8080", "presence", "HINT")),
    ],
    [_service("one", HOST, aliases=("One", "ONE"))],
    [_service("one", _indicator("host", "one.example.org", "api", "HINT"), no_match=("one.example.org",))],
]


@pytest.mark.parametrize(("services", "problem"), PLANTED, ids=[str(case[1]) for case in PLANTED])
def test_a_planted_flaw_is_found(services: list[Service], problem: str) -> None:
    found = [str(flaw) for flaw in lint(services)]
    assert len(found) == 1, found
    assert problem in found[0]


@pytest.mark.parametrize("services", HARMLESS)
def test_what_is_allowed_is_no_flaw(services: list[Service]) -> None:
    assert lint(services) == []


def test_a_review_grows_old_after_twelve_months() -> None:
    on = dt.date(2026, 11, 23)
    services = [
        _service("new", reviewed_on=dt.date(2025, 11, 23)),
        _service("old", reviewed_on=dt.date(2025, 11, 22)),
        _service("never", reviewed_on=None),
    ]
    assert [flaw.file for flaw in stale(services, on)] == ["old.toml", "never.toml"]
    assert lint(services) == []


def test_every_shared_parent_has_its_reason() -> None:
    assert all(name == name.lower() and reason for name, reason in shared_parents().items())
    assert len(shared_parents()) > 150
