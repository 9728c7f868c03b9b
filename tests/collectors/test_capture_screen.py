"""Questions that hold no wanted name are not looked at, and no wanted name is lost by it."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from capture_files import TIME_US, enhanced, interface, pcap, query, section, udp
from commands import shadowledger

from shadowledger.collectors.capture import fast
from shadowledger.scanner.cli.options import open_signatures
from shadowledger.scanner.knowledge import Signatures
from shadowledger.signatures import screen
from shadowledger.signatures.index import Index
from shadowledger.signatures.schema import Strength

pytestmark = pytest.mark.skipif(screen.hyperscan is None, reason="needs hyperscan")
Ends = Callable[[bytes], list[int]]
UNWANTED = ("example.org", "openai.com.example.org", "notopenai.net", "api-openai.com.net")


@pytest.fixture(scope="module")
def known() -> Signatures:
    found: Signatures = open_signatures(None, None)
    return found


def wanted_hosts(known: Signatures) -> list[str]:
    """One for each host that a signature names."""
    indicators = [one for service in known.index.services.values() for one in service.indicators]
    hosts = [one.value for one in indicators if one.kind in ("host", "host_exact")]
    hosts += [one.value.replace("*", "x7") for one in indicators if one.kind == "host_pattern"]
    return [host for host in dict.fromkeys(hosts) if known.index.wanted(host)]


@pytest.fixture(scope="module")
def ends(known: Signatures) -> Ends:
    return ends_of(known.index)


def ends_of(index: Index) -> Ends:
    """Where the screen of an index sees names end."""
    screened = screen.wire_screen_for(index)
    assert screened is not None
    return lambda data: list(iter(screened.ends(data).__next__, sys.maxsize))


def in_odd_case(rng: random.Random, name: str) -> str:
    return "".join(rng.choice((letter, letter.upper())) for letter in name)


def test_every_wanted_name_is_seen_in_a_question(known: Signatures, ends: Ends) -> None:
    rng, hosts = random.Random(8), wanted_hosts(known)  # noqa: S311
    assert len(hosts) > 4000
    for host in hosts:
        below = f"a-1.{host}" if known.index.wanted(f"a-1.{host}") else host
        message = query(in_odd_case(rng, below), 28)
        assert len(message) - 4 in ends(message), host


def test_a_name_that_is_not_in_the_patterns_is_not_seen(known: Signatures, ends: Ends) -> None:
    for name in UNWANTED:
        assert ends(query(name)) == [], name
    services = [service for service in known.index.services.values() if "openai.com" not in str(service.indicators)]
    assert ends(query("api.openai.com"))
    assert not ends_of(Index(services))(query("api.openai.com"))


def pcapng(frames: list[bytes]) -> bytes:
    return section() + interface(1) + b"".join(enhanced(0, TIME_US, frame) for frame in frames)


@pytest.mark.parametrize(("write", "is_short"), [(pcap, True), (pcapng, True), (pcap, False)])
def test_a_screened_scan_finds_the_same(
    known: Signatures,
    tmp_path: Path,
    write: Callable[[list[bytes]], bytes],
    is_short: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = random.Random(9)  # noqa: S311
    names = rng.sample(wanted_hosts(known), 60) + [f"host{number}.example.org" for number in range(4000)]
    frames = [
        udp(query(rng.choice(names)) + (b"" if is_short else bytes(900))) for _ in range(70_000 if is_short else 9000)
    ]
    (tmp_path / "dns.pcap").write_bytes(write(frames))
    monkeypatch.setattr("shadowledger.scanner.inputs.WORTH_A_SCREEN_BYTES", 1)
    rows = []
    for name, options in (("a.db", ()), ("b.db", ("--no-prefilter",))):
        done = shadowledger("scan", tmp_path / "dns.pcap", "--format", "json", *options, db=tmp_path / name)
        (row,) = done.json["sources"]
        rows.append(row)
    screened, whole = rows
    assert [screened[key] for key in ("records", "hits", "ignored", "issues", "services")] == [
        whole[key] for key in ("records", "hits", "ignored", "issues", "services")
    ]
    assert screened["no_hit"] + screened["not_examined"] == whole["no_hit"]
    assert (screened["not_examined"] > 0) == is_short
    assert fast._SHORT_BYTES < 900


def test_strengths_below_a_hit_need_no_pattern(known: Signatures, ends: Ends) -> None:
    hints = [
        one.value
        for service in known.index.services.values()
        for one in service.indicators
        if one.kind == "host" and one.strength is Strength.HINT and not known.index.wanted(one.value)
    ]
    assert hints
    assert sum(bool(ends(query(hint))) for hint in hints) < len(hints)
