"""What the sources could have seen: nobody using a thing is told apart from nobody looking."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from scanner_inputs import squid_line, write_snapshot, write_squid

from shadowledger.scanner.choices import Choices
from shadowledger.scanner.coverage import Coverage, coverage_of
from shadowledger.scanner.pipeline import Scan, forget
from shadowledger.signatures.schema import ARTIFACT_KINDS, TRAFFIC_KINDS, Indicator, Service, Strength


def service(*indicators: tuple[str, Strength], name: str = "Chat") -> Service:
    found = tuple(Indicator(kind, "x", "api", strength, "") for kind, strength in indicators)
    return Service("chat", name, "", "chat", "", "native", (), found, (), (), (), None, "catalogue")


CERTAIN, LIKELY, HINT = Strength.CERTAIN, Strength.LIKELY, Strength.HINT
JUDGED: list[tuple[set[str], list[tuple[str, Strength]], str, str]] = [
    ({"host"}, [("host", CERTAIN)], "unseen", "could have been seen by host"),
    ({"host"}, [("host_pattern", LIKELY)], "unseen", "by host"),
    ({"host"}, [("host", HINT)], "not_observable", "no signature of Chat is strong enough"),
    ({"host"}, [("url_path", CERTAIN)], "not_observable", "a proxy or HTTP source that shows paths"),
    ({"host", "path"}, [("url_path", CERTAIN)], "unseen", "by path"),
    ({"host"}, [("user_agent", CERTAIN)], "not_observable", "that shows user agents"),
    ({"process"}, [("host", CERTAIN)], "not_observable", "a proxy, DNS or TLS source"),
    ({"process"}, [("process", CERTAIN)], "unseen", "by process"),
    ({"host"}, [("process", CERTAIN), ("app", CERTAIN)], "not_observable", "an endpoint source with app or an"),
    ({"host"}, [("host", CERTAIN), ("process", CERTAIN)], "unseen", "process"),
    ({"host", "process"}, [("host", CERTAIN), ("process", CERTAIN)], "unseen", "by host, process in"),
    (set(), [("host", CERTAIN)], "not_observable", "and none was scanned"),
]


@pytest.mark.parametrize(("fills", "indicators", "kind", "words"), JUDGED)
def test_a_service_is_unseen_only_where_it_could_have_been_seen(
    fills: set[str], indicators: list[tuple[str, Strength]], kind: str, words: str
) -> None:
    told, reasons = Coverage(frozenset(fills), 1, "2026-11-05", "2026-11-06").judge([service(*indicators)])
    assert told == kind
    assert words in "; ".join(reasons)
    assert ("between 2026-11-05 and 2026-11-06" in reasons[0]) == (kind == "unseen")


@pytest.mark.parametrize("kind", [*TRAFFIC_KINDS, *ARTIFACT_KINDS])
def test_every_kind_of_indicator_has_words_for_what_is_missing(kind: str) -> None:
    told, reasons = Coverage(frozenset(), 1, "", "").judge([service((kind, CERTAIN))])
    assert told == "not_observable"
    assert reasons[0].startswith("Chat shows only in a")


def test_one_of_several_services_is_enough() -> None:
    several = [service(("process", CERTAIN)), service(("host", CERTAIN), name="Claude")]
    told, reasons = Coverage(frozenset({"host"}), 2, "", "").judge(several)
    assert told == "unseen"
    assert reasons[0] == "Chat, Claude could have been seen by host in 2 sources, and was not"


@pytest.mark.parametrize(
    ("stale_fills", "indicator", "kind", "words"),
    [
        ({"process"}, "host", "unseen", "by host in 1 source, and was not"),
        ({"host"}, "host", "not_observable", "could be seen by host, but only in sources read before"),
        ({"host"}, "user_agent", "not_observable", "and none was scanned"),
    ],
)
def test_what_the_list_alone_names_is_looked_for_only_since(
    stale_fills: set[str], indicator: str, kind: str, words: str
) -> None:
    coverage = Coverage(frozenset({"host", "process"}), 3, "", "", 2, frozenset(stale_fills))
    chat = service((indicator, CERTAIN))
    told, reasons = coverage.judge([chat._replace(origin="declared")])
    assert (told, words in reasons[0]) == (kind, True), reasons
    if indicator == "host":
        assert coverage.judge([chat]) == ("unseen", ["Chat could have been seen by host in 3 sources, and was not"])


def test_sources_read_before_the_list_changed_are_stale(scan: Scan, tmp_path: Path) -> None:
    scan.run([write_squid(tmp_path / "access.log", [squid_line("chatgpt.com")])], Choices())
    changed = replace(scan.signatures.knowledge, overlay_digest="another")
    coverage = coverage_of(scan.connection, changed)
    assert (coverage.stale_count, coverage.stale_fills) == (1, coverage.fills)
    scan.run([write_squid(tmp_path / "again.log", [squid_line("claude.ai")])], Choices())
    coverage = coverage_of(scan.connection, scan.signatures.knowledge)
    assert (coverage.stale_count, coverage.stale_fills) == (0, frozenset())


def test_nothing_scanned_shows_nothing(scan: Scan) -> None:
    coverage = coverage_of(scan.connection, scan.signatures.knowledge)
    assert coverage == Coverage(frozenset(), 0, "", "")
    assert coverage.judge([service(("host", CERTAIN))]) == ("not_observable", ["nothing was scanned yet"])


def test_what_was_scanned_decides_and_what_was_forgotten_does_not(scan: Scan, tmp_path: Path) -> None:
    scan.run([write_squid(tmp_path / "access.log", [squid_line("chatgpt.com")])], Choices())
    by_proxy = coverage_of(scan.connection, scan.signatures.knowledge)
    assert (by_proxy.source_count, by_proxy.first_on, by_proxy.last_on) == (1, "2026-11-05", "2026-11-05")
    assert {"host", "path"} <= by_proxy.fills
    assert "process" not in by_proxy.fills
    scan.run([write_snapshot(tmp_path / "processes.json", "pc", ["ollama"])], Choices())
    both = coverage_of(scan.connection, scan.signatures.knowledge)
    assert {"host", "process"} <= both.fills
    forget(scan.connection, 1)
    assert "host" not in coverage_of(scan.connection, scan.signatures.knowledge).fills
