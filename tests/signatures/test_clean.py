"""What is no AI gives no hit: four hundred hosts and URLs of everyday traffic and of look-alikes."""

from __future__ import annotations

from checkout import CHECKOUT

from shadowledger.signatures.index import Index
from shadowledger.signatures.queries import answer, ask

CLEAN = [
    line
    for line in (CHECKOUT / "tests" / "clean" / "hosts.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def test_everyday_traffic_gives_no_hit(index: Index) -> None:
    hits = [answer(line, found) for line in CLEAN if (found := ask(index, line)) is not None and found.is_hit]
    assert hits == []


def test_the_clean_list_is_long_and_has_no_line_twice() -> None:
    assert len(CLEAN) >= 400
    assert len(set(CLEAN)) == len(CLEAN)


def test_the_clean_list_can_fail(index: Index) -> None:
    assert [line for line in (*CLEAN, "chatgpt.com") if (found := ask(index, line)) and found.is_hit] == ["chatgpt.com"]
