"""What the machine's people and its administrators can read: what was sent, and how the agent is."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from agent_machine import AgentMachine
from agent_server import AgentServer, Asked, status

from shadowledger.scanner.agent.files import PUBLIC, add_to, write_whole
from shadowledger.scanner.agent.sent import KEPT, LARGEST, NAME, tell_sent
from shadowledger.scanner.agent.spool import Document


def test_the_log_of_what_was_sent_has_a_bound(tmp_path: Path) -> None:
    lines = (b"x" * 79 + b"\n") * (LARGEST // 160)
    for number in range(2 * KEPT + 5):
        tell_sent(str(tmp_path), Document(f"{number:032x}", b"", lines), "https://a", "now", is_public=True)
    found = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(found) == {NAME, *(f"{NAME}.{number}" for number in range(1, KEPT + 1))}
    told = [
        json.loads(line)["run"]
        for name in [*(f"{NAME}.{number}" for number in range(KEPT, 0, -1)), NAME]
        for line in found[name].splitlines()
        if line.startswith(b"{")
    ]
    assert told == [f"{number:032x}" for number in range(2 * KEPT + 5)][-len(told) :]
    assert sum(map(len, found.values())) <= (KEPT + 1) * (LARGEST + len(lines) + 200)


@pytest.mark.parametrize(
    ("there", "then"),
    [(b"", b"new\n"), (b"old\n", b"old\nnew\n"), (b"torn", b"torn\nnew\n"), (None, b"new\n")],
)
def test_a_line_that_a_kill_tore_stays_alone(tmp_path: Path, there: bytes | None, then: bytes) -> None:
    path = tmp_path / "log"
    if there is not None:
        path.write_bytes(there)
    add_to(str(path), b"new\n", PUBLIC)
    assert path.read_bytes() == then


def test_a_file_is_replaced_whole_and_links_in_its_way_are_not_followed(tmp_path: Path) -> None:
    path, other = tmp_path / "state.json", tmp_path / "other"
    other.write_text("untouched")
    (tmp_path / "state.json.new").symlink_to(other)
    path.symlink_to(other)
    write_whole(str(path), b"new", PUBLIC)
    assert (path.read_bytes(), path.is_symlink(), other.read_text()) == (b"new", False, "untouched")
    log = tmp_path / "log"
    log.symlink_to(other)
    with pytest.raises(OSError, match=r"symbolic links|link"):
        add_to(str(log), b"x\n", PUBLIC)
    assert other.read_text() == "untouched"


def test_status_says_how_it_is(machine: AgentMachine, server: AgentServer) -> None:
    def told() -> dict[str, object]:
        found: dict[str, object] = json.loads(machine.do("status", "--format", "json").out)
        return found

    before = told()
    assert (before["enrolled"], before["last_look_at"], before["waiting_runs"]) == (True, "", 0)
    assert machine.do("status", "--check").code == 1
    server.answer_with(status(503, {"Retry-After": "600"}))
    machine.run()
    waits = told()
    assert (waits["waiting_runs"], waits["failures"], waits["last_delivery_at"]) == (1, 1, "")
    assert waits["next_attempt_at"] != ""
    assert "503" in str(waits["problem"])
    machine.run("--now")
    after = told()
    assert (after["waiting_runs"], after["failures"], after["problem"], after["next_attempt_at"]) == (0, 0, "", "")
    assert after["last_delivered_run"] == server.stored[-1]
    assert machine.do("status", "--check").code == 0
    text = machine.do("status").out
    assert all(line.split("  ")[0].replace(" ", "_") in after for line in text.splitlines())


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({}, 0),
        ({"is_refused": True}, 1),
        ({"delivery_at": int(time.time()) - 4 * 3600}, 1),
        ({"delivery_at": int(time.time()) - 4 * 3600, "period_s": 7200}, 0),
        ({"delivery_at": 0}, 1),
    ],
)
def test_a_check_fails_where_nothing_arrives(
    machine: AgentMachine, server: AgentServer, facts: dict[str, object], code: int
) -> None:
    machine.run()
    machine.remember(**facts)
    assert machine.do("status", "--check").code == code


def test_nobody_is_enrolled_here(stranger: AgentMachine) -> None:
    told = json.loads(stranger.do("status", "--format", "json").out)
    assert (told["enrolled"], told["server"], stranger.state.exists()) == (False, "", False)
    assert stranger.do("status", "--check").code == 1
    shown = stranger.do("show-me")
    assert (shown.code, stranger.state.exists()) == (0, False)
    assert "not enrolled" in shown.err
    assert stranger.run("--scheduled") == (0, "", "")
    ran = stranger.run()
    assert (ran.code, stranger.state.exists()) == (1, False)
    assert "enroll" in ran.err


ENROLLING = {
    "401": (status(401, told={"error": "This enrolment token has expired."}), "has expired"),
    "401 without a word": (status(401, told=[]), "used up"),
    "409": (status(409, told={"error": "\x1b]0;x\x07This device is enrolled."}), "This device is enrolled"),
    "500": (status(500), "500"),
    "302": (status(302, {"Location": "https://elsewhere.example/"}), "not followed"),
    "no token": (status(200, told={"profile": "standard"}), "no token"),
    "a token that is none": (status(200, told={"device_token": "x\r\nX: y" + "z" * 40}), "no token"),
    "a list": (status(200, told=[]), "as no server of shadowledger"),
}


@pytest.mark.parametrize(("odd", "said"), ENROLLING.values(), ids=ENROLLING.keys())
def test_an_enrolment_that_fails_says_why_and_changes_nothing(
    machine: AgentMachine, server: AgentServer, odd: object, said: str
) -> None:
    before = (machine.state / "device.json").read_bytes(), machine.settings.read_bytes()
    server.answer_with(odd)  # type: ignore[arg-type]
    done = machine.enroll(server, "--at-most", "minimal")
    assert done.code == 1
    assert said in done.err
    assert "\x1b" not in done.err
    assert ((machine.state / "device.json").read_bytes(), machine.settings.read_bytes()) == before


@pytest.mark.parametrize("content", [b"", b"short", b"a b" * 20, b"\xff" * 40, b"x" * 5000, None])
def test_what_is_no_token_is_not_sent(stranger: AgentMachine, server: AgentServer, content: bytes | None) -> None:
    token = stranger.root / "token"
    if content is not None:
        token.write_bytes(content)
    done = stranger.do("enroll", "--server", server.url, "--token-file", str(token))
    assert (done.code, server.asked, stranger.state.exists()) == (2, [], False)


def test_a_terminal_that_lacks_a_character_ends_nothing(
    stranger: AgentMachine, server: AgentServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stranger.enroll(server, "--name", "Büro 7 ☂").code == 0
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = stranger.apart("status")
    assert (done.code, done.err) == (0, "")
    assert "B\\xfcro 7 \\u2602" in done.out
    assert stranger.apart("run").code == 0
    (lines,) = server.documents.values()
    assert lines[-1]["device"] == "Büro 7 ☂"


def test_two_do_not_enroll_at_once(stranger: AgentMachine, server: AgentServer) -> None:
    inside: list[int] = []

    def enroll_too(handler: object, asked: Asked) -> None:
        inside.append(stranger.apart("enroll", "--server", server.url, "--token-file", str(token)).code)
        handler.usual(asked)  # type: ignore[attr-defined]

    token = stranger.root / "token"
    token.write_text("enrol-" + "e" * 40)
    server.answer_with(enroll_too)
    assert stranger.enroll(server).code == 0
    assert (inside, len(server.devices)) == ([1], 1)


def test_a_token_may_come_by_the_environment(
    stranger: AgentMachine, server: AgentServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHADOWLEDGER_ENROLL_TOKEN", "enrol-" + "e" * 40)
    assert stranger.do("enroll", "--server", server.url).code == 0
