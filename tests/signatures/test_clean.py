"""What is no AI gives no hit: thousands of hosts and URLs of everyday traffic and of look-alikes, in groups."""

from __future__ import annotations

import json
import re

import pytest
from checkout import CHECKOUT

from shadowledger.signatures.hosts import split_authority, split_url
from shadowledger.signatures.index import Index
from shadowledger.signatures.queries import answer, ask

GROUPS = {
    path.stem: [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    for path in sorted((CHECKOUT / "tests" / "clean").glob("*.txt"))
}
CLEAN = [line for lines in GROUPS.values() for line in lines]
HOSTS = [line for line in CLEAN if "/" not in line]
URLS = [line for line in CLEAN if "/" in line]

RESEMBLES = re.compile(
    r"gpt|llm|claud|copilot|gemini|grok|llama|mistral|perplex|cursor|bard|bing|opena|anthrop|hugg|deeps|chat|\.ai$|ai\."
)


def as_get(url: str) -> str:
    return json.dumps({"url": url, "method": "GET"})


def hits(index: Index, lines: list[str]) -> list[dict[str, str | None]]:
    return [answer(line, found) for line in lines if (found := ask(index, line)) is not None and found.is_hit]


@pytest.mark.parametrize("group", GROUPS)
def test_everyday_traffic_gives_no_hit(index: Index, group: str) -> None:
    assert hits(index, GROUPS[group]) == []


def test_nor_does_a_look_at_the_first_page(index: Index) -> None:
    assert hits(index, [f"https://{host}/" for host in HOSTS]) == []


def test_nor_does_an_interface_for_short_messages(index: Index) -> None:
    urls = [f"https://{host}/v1/messages" for host in HOSTS]
    assert hits(index, urls) == []
    assert hits(index, [as_get(url) for url in urls]) == []


def test_nor_do_the_urls_where_the_method_is_told(index: Index) -> None:
    assert hits(index, [as_get(url) for url in URLS]) == []


def test_the_clean_corpus_is_large_and_has_no_line_twice() -> None:
    assert len(set(HOSTS)) >= 5000
    assert len({split_url(url).host for url in URLS}) >= 100
    assert len(set(CLEAN)) == len(CLEAN)


def test_hundreds_of_names_resemble_those_of_ai() -> None:
    assert len([host for host in HOSTS if RESEMBLES.search(host)]) >= 500


def test_every_line_is_understood_as_the_host_that_it_names() -> None:
    assert [line for line in CLEAN if line != line.strip()] == []
    assert [host for host in HOSTS if split_authority(host)[0] != host.strip("[]")] == []
    assert [url for url in URLS if not split_url(url).host] == []


def test_the_clean_corpus_can_fail(index: Index) -> None:
    found = hits(index, [*CLEAN, "chatgpt.com", as_get("https://api.anthropic.com/v1/messages")])
    assert [one["id"] for one in found] == ["chatgpt", "anthropic-api"]
