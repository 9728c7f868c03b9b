"""Whatever lies on the disk, the agent says what is wrong with it in a sentence, or goes on without it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from pathlib import Path

import pytest
from agent_machine import AgentMachine
from agent_server import ENROL_TOKEN, AgentServer
from rights import without_rights

from shadowledger.collectors.endpoint.local.identity import device_id
from shadowledger.scanner.agent.memory import Facts, Memory

HOSTILE = {
    "nothing": b"",
    "no JSON": b"{",
    "no object": b"[]",
    "deep": b"[" * 60_000,
    "no text": b"\xff\xfe\x00",
    "too large": b'{"server": "' + b"x" * 100_000 + b'"}',
}
SETTINGS: dict[str, object] = {
    "a name that is not known": {"servr": "https://a"},
    "a number": {"server": 7},
    "a text for a list": {"pins": "0" * 64},
    "a list of numbers": {"pins": [1]},
    "no profile": {"at_most": "all"},
    "no reader": {"sent_log_for": "nobody"},
    "nothing there": {"ca_file": None},
}


@pytest.mark.parametrize(
    "content", [*HOSTILE.values(), *(json.dumps(one).encode() for one in SETTINGS.values())], ids=[*HOSTILE, *SETTINGS]
)
@pytest.mark.parametrize("command", ["run", "status", "show-me"])
def test_settings_that_cannot_be_used(machine: AgentMachine, server: AgentServer, content: bytes, command: str) -> None:
    machine.settings.write_bytes(content)
    done = machine.do(command)
    assert (done.code, done.out, server.asked) == (1, "", [])
    assert str(machine.settings) in done.err


@pytest.mark.parametrize(
    "content",
    [
        *HOSTILE.values(),
        b"{}",
        b'{"server": "https://a", "token": "short", "device": "", "name": ""}',
        json.dumps({"token": "t" * 40 + "\r\nX: y", "device": "0" * 64, "name": "a"}).encode(),
    ],
)
def test_a_device_token_that_cannot_be_used(machine: AgentMachine, server: AgentServer, content: bytes) -> None:
    (machine.state / "device.json").write_bytes(content)
    done = machine.run()
    assert (done.code, server.asked) == (1, [])
    assert "device.json" in done.err


STATES: dict[str, bytes] = HOSTILE | {
    "other kinds": json.dumps({name: [1] for name in Facts._fields}).encode(),
    "nulls": json.dumps(dict.fromkeys(Facts._fields)).encode(),
    "numbers without end": b'{"look_at": 1e999, "walk_at": NaN, "failures": ' + b"9" * 4000 + b"}",
    "far away": json.dumps({"look_at": 10**15, "next_attempt_at": -(10**15), "failures": 10**9}).encode(),
    "control characters": json.dumps({"problem": "\x1b[2J", "name": "a\nb", "server": "\0"}).encode(),
    "profiles": json.dumps({"profile": "all", "at_most": "none"}).encode(),
    "negative": json.dumps(dict.fromkeys(("look_at", "walk_at", "period_s", "failures"), -5)).encode(),
}


@pytest.mark.parametrize("content", STATES.values(), ids=STATES.keys())
def test_a_memory_that_is_damaged_is_begun_anew(machine: AgentMachine, server: AgentServer, content: bytes) -> None:
    (machine.state / "state.json").write_bytes(content)
    assert machine.do("status").code == 0
    done = machine.run()
    assert (done.code, len(server.stored)) == (0, 1), done
    told = machine.do("status", "--format", "json")
    assert json.loads(told.out)["last_delivery_at"] != ""
    assert "\x1b" not in machine.do("status").out


@pytest.mark.parametrize("content", [*HOSTILE.values(), b'{"version": 1}', b'{"version":"","etag":"","words":[7]}'])
def test_words_that_are_damaged_are_gone_without(machine: AgentMachine, server: AgentServer, content: bytes) -> None:
    (machine.state / "words.json").write_bytes(content)
    assert machine.run().code == 0
    assert len(server.stored) == 1


RIGHTS = {
    "settings that others read": ("settings", 0o644),
    "settings that others write": ("settings", 0o620),
    "a token that others read": ("device", 0o640),
    "a folder that others write": ("state", 0o777),
}


@pytest.mark.parametrize(("which", "mode"), RIGHTS.values(), ids=RIGHTS.keys())
def test_what_others_may_change_or_must_not_read_is_refused(
    machine: AgentMachine, server: AgentServer, which: str, mode: int
) -> None:
    place = {"settings": machine.settings, "device": machine.state / "device.json", "state": machine.state}[which]
    place.chmod(mode)
    done = machine.run()
    assert (done.code, server.asked) == (1, [])
    assert "chmod" in done.err
    place.chmod(mode & 0o700)
    assert machine.run().code == 0


@pytest.mark.parametrize("which", ["settings", "device", "state"])
def test_links_are_not_followed(machine: AgentMachine, server: AgentServer, which: str) -> None:
    place = {"settings": machine.settings, "device": machine.state / "device.json", "state": machine.state}[which]
    place.rename(place.with_name("elsewhere"))
    place.symlink_to(place.with_name("elsewhere"))
    assert machine.run().code == 1
    assert server.asked == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_belongs_to_somebody_else_is_refused(machine: AgentMachine, server: AgentServer) -> None:
    for place in (machine.settings, machine.state / "device.json", machine.state):
        os.chown(place, 12345, 12345)
        done = machine.run()
        assert (done.code, server.asked) == (1, [])
        assert "belongs to account 12345" in done.err
        os.chown(place, 0, 0)


def test_what_is_written_is_for_whom_it_is_meant(machine: AgentMachine, server: AgentServer) -> None:
    machine.run()
    server.odd = []
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in machine.state.iterdir()}
    assert modes == {
        "device.json": 0o600, "state.json": 0o644, "sent.log": 0o644, "lock": 0o600,
        "spool": 0o700, "quarantine": 0o700,
    }  # fmt: skip
    assert stat.S_IMODE(machine.settings.stat().st_mode) == 0o600
    assert stat.S_IMODE(machine.state.stat().st_mode) == 0o755
    told = json.loads(machine.settings.read_text())
    machine.settings.write_text(json.dumps(told | {"sent_log_for": "administrators"}))
    machine.run()
    assert stat.S_IMODE((machine.state / "sent.log").stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="whoever has no rights is the owner here")
def test_whoever_uses_the_machine_is_shown_what_the_agent_does(
    machine: AgentMachine, public_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.run()
    for path in (public_folder, public_folder / "etc"):
        path.mkdir(exist_ok=True)
        path.chmod(0o755)
    shutil.move(machine.settings, public_folder / "etc/settings.json")
    shutil.move(machine.state, public_folder / "state")
    shutil.move(machine.root, public_folder / "machine")
    (public_folder / "machine").chmod(0o755)
    machine.root, machine.state = public_folder / "machine", public_folder / "state"
    machine.settings = public_folder / "etc/settings.json"
    token = json.loads((machine.state / "device.json").read_text())["token"]
    with without_rights():
        status = machine.do("status", "--format", "json")
        shown = machine.do("show-me")
        ran = machine.run()
    told = json.loads(status.out)
    assert (status.code, shown.code, ran.code) == (0, 0, 1)
    assert (told["enrolled"], told["device"], told["waiting_runs"]) == (True, "ada-laptop", None)
    assert told["server"].startswith("http://localhost:")
    assert told["server"] in shown.err
    assert "your own rights" in shown.err
    assert token not in status.out + status.err + shown.out + shown.err + ran.err
    assert (machine.state / "sent.log").read_text().count("sent_at") == 1


def test_the_token_is_in_no_output_and_no_file_that_others_read(machine: AgentMachine, server: AgentServer) -> None:
    outputs = [machine.run(), machine.do("status"), machine.do("show-me"), machine.do("status", "--format", "json")]
    (token,) = server.devices
    said = "".join(one.out + one.err for one in outputs)
    for path in machine.state.rglob("*"):
        if path.is_file() and path.name != "device.json":
            said += path.read_bytes().decode("utf-8", "replace")
    assert token not in said
    assert ENROL_TOKEN not in said


def test_a_copy_of_an_enrolled_machine_is_another_one(machine: AgentMachine, server: AgentServer) -> None:
    (machine.root / "etc/machine-id").write_text("f" * 32 + "\n")
    done = machine.run()
    assert (done.code, server.asked, (machine.state / "spool").exists()) == (1, [], False)
    assert "copy" in done.err
    assert machine.enroll(server).code == 0
    assert machine.run().code == 0


def test_settings_of_another_server_get_no_token(machine: AgentMachine, server: AgentServer) -> None:
    told = json.loads(machine.settings.read_text())
    machine.settings.write_text(json.dumps(told | {"server": "http://localhost:1"}))
    done = machine.run()
    assert (done.code, server.asked) == (1, [])
    assert server.url in done.err


@pytest.mark.parametrize("number", ["", "uninitialized\n", "0123\n", "G" * 32, "0" * 33, "\xff" * 32])
def test_a_machine_without_a_number_cannot_be_enrolled(
    stranger: AgentMachine, server: AgentServer, number: str
) -> None:
    (stranger.root / "etc/machine-id").write_text(number)
    done = stranger.enroll(server)
    assert (done.code, server.asked) == (1, [])
    assert device_id(str(stranger.root)) == ""


def test_a_device_is_known_by_a_hash_that_is_written_down(stranger: AgentMachine) -> None:
    told = b"shadowledger device 1\n" + b"0123456789abcdef0123456789abcdef"
    assert device_id(str(stranger.root)) == hashlib.sha256(told).hexdigest()


def test_memory_is_written_only_where_something_changed(tmp_path: Path) -> None:
    memory = Memory(str(tmp_path))
    memory.change(failures=1)
    before = (tmp_path / "state.json").stat().st_ino
    memory.change(failures=1)
    assert (tmp_path / "state.json").stat().st_ino == before
