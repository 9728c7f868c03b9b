"""Signature packs come from the server, and are taken where a trusted key signed them and none newer was."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from agent_machine import AgentMachine
from agent_packs import OTHER, pack
from agent_server import AgentServer, raw, status

from shadowledger.scanner.agent.words import Words, kept_words
from shadowledger.scanner.knowledge import Signatures


def asks_again(machine: AgentMachine) -> None:
    """Let a day pass."""
    machine.remember(pack_at=0)


def version(machine: AgentMachine) -> str:
    found = kept_words(str(machine.state))
    return found.version if found else ""


def test_a_pack_is_taken_and_told(trusting: AgentMachine, server: AgentServer) -> None:
    assert trusting.run().code == 0
    assert version(trusting) == trusting.facts()["pack_version"] == "2026.11.1"
    trusting.run()
    assert [server.documents[run][-1]["pack"] for run in server.stored] == ["", "2026.11.1"]
    asked = [one for one in server.asked if one.path == "/v1/signatures"]
    assert len(asked) == 1
    asks_again(trusting)
    trusting.run()
    assert [one.headers.get("if-none-match", "") for one in server.asked if one.path == "/v1/signatures"][1]
    assert version(trusting) == "2026.11.1"


@pytest.mark.parametrize("services", [400, 4000])
def test_its_words_are_found_as_the_catalogue_finds_them(
    trusting: AgentMachine, server: AgentServer, signatures: Signatures, services: int
) -> None:
    server.pack = pack("2026.11.1", services=10**6)
    trusting.run()
    words = kept_words(str(trusting.state))
    assert words is not None
    assert len(words.values) > 100
    commands = [f"node /usr/lib/{value.removeprefix('autonomy_flag:')} --x" for value in words.values[:services]]
    commands += [f"python3 -m {value} serve" for value in words.values] + [
        "",
        "bash -c x",
        "node server.js",
        "x " * 999,
    ]
    assert [words(one) for one in commands] == [signatures.command_words(one) for one in commands]


def flipped(data: bytes) -> bytes:
    return data[:-20] + bytes([data[-20] ^ 1]) + data[-19:]


REFUSED: dict[str, Callable[[], bytes]] = {
    "somebody else's": lambda: pack("2027.1", OTHER),
    "older": lambda: pack("2026.10.31"),
    "changed": lambda: flipped(pack("2027.1")),
    "cut": lambda: pack("2027.1")[:-1],
    "with another version": lambda: pack("2027.1").replace(b"2027.1", b"2028.1"),
    "no pack": lambda: b"<html></html>",
    "a header without end": lambda: b"shadowledger-pack 1\n" + b"{" * 100_000,
}


@pytest.mark.parametrize("offered", REFUSED.values(), ids=REFUSED.keys())
def test_a_pack_that_is_not_taken_leaves_the_last_one(
    trusting: AgentMachine, server: AgentServer, offered: Callable[[], bytes]
) -> None:
    trusting.run()
    before = (trusting.state / "words.json").read_bytes()
    server.pack = offered()
    asks_again(trusting)
    done = trusting.run()
    facts = trusting.facts()
    assert done.code == 0
    assert "signature pack" in done.err
    assert (trusting.state / "words.json").read_bytes() == before
    assert (facts["pack_version"], facts["failures"]) == ("2026.11.1", 0)
    assert facts["pack_problem"] in trusting.do("status").out
    assert facts["pack_problem"]
    server.pack = pack("2026.12.1")
    asks_again(trusting)
    assert trusting.run().err == ""
    assert (version(trusting), trusting.facts()["pack_problem"]) == ("2026.12.1", "")


def test_losing_the_words_is_no_way_back(trusting: AgentMachine, server: AgentServer) -> None:
    trusting.run()
    (trusting.state / "words.json").unlink()
    server.pack = pack("2026.10.1")
    asks_again(trusting)
    trusting.run()
    assert version(trusting) == ""
    server.pack = pack("2026.11.1")
    asks_again(trusting)
    trusting.run()
    assert version(trusting) == "2026.11.1"


def test_whoever_trusts_nobody_asks_for_none(machine: AgentMachine, server: AgentServer) -> None:
    server.pack = pack("2026.11.1")
    machine.run()
    assert "/v1/signatures" not in [one.path for one in server.asked]


def test_a_key_that_is_none_is_told(machine: AgentMachine, server: AgentServer) -> None:
    server.pack = pack("2026.11.1")
    told = json.loads(machine.settings.read_text())
    machine.settings.write_text(json.dumps(told | {"trusted_pack_keys": ["nobody's"]}))
    done = machine.run()
    assert (done.code, version(machine)) == (0, "")
    assert "no public key" in done.err


@pytest.mark.parametrize("odd", [status(503), raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\nx")])
def test_a_pack_that_does_not_come_is_asked_for_again(trusting: AgentMachine, server: AgentServer, odd: object) -> None:
    trusting.remember(profile_at=2**33)
    answer = lambda handler, asked: (  # noqa: E731 - documents as ever
        odd(handler, asked) if asked.path == "/v1/signatures" else handler.usual(asked)  # type: ignore[operator]
    )
    server.answer_with(answer, lasting=True)
    assert trusting.run().code == 0
    assert (len(server.stored), trusting.waiting(), trusting.facts()["failures"]) == (1, [], 1)
    server.answer_well()
    trusting.run("--now")
    assert version(trusting) == "2026.11.1"


def test_nothing_of_a_command_line_is_told_but_the_words_of_a_signature() -> None:
    words = Words("1", "", ["vllm serve", "@anthropic-ai/claude-code", "vllm"])
    said = {"vllm serve secret": "vllm serve", "node x/@anthropic-ai/claude-code/y": "@anthropic-ai/claude-code"}
    said |= {"vllm": "vllm", "serve vllm secret": "vllm", "x secret": "", "": ""}
    assert {command: words(command) for command in said} == said
