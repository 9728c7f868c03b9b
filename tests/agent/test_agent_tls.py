"""The agent talks to its own server alone: certificates always hold, pins hold where there are any."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from agent_certificates import Certificate, certificate
from agent_machine import AgentMachine
from agent_server import serving

from shadowledger.scanner.agent.pins import public_key


class Trust(NamedTuple):
    """Who vouches for whom."""

    root: Certificate
    middle: Certificate
    server: Certificate
    expired: Certificate
    not_yet: Certificate
    other_name: Certificate
    stranger: Certificate
    device: Certificate
    """A client's."""


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    folder = tmp_path_factory.mktemp("trust")
    root = certificate(folder, "root", is_authority=True)
    middle = certificate(folder, "middle", root, is_authority=True)
    stranger = certificate(folder, "strange-root", is_authority=True)
    return Trust(
        root,
        middle,
        certificate(folder, "server", middle),
        certificate(folder, "expired", middle, days=(-30, -1)),
        certificate(folder, "not-yet", middle, days=(1, 30)),
        certificate(folder, "other-name", middle, hosts=("ledger.acme.example",)),
        certificate(folder, "stranger", stranger),
        certificate(folder, "device", root),
    )


def context_of(shown: Certificate, clients: Path | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown.path, shown.key_path)
    if clients:
        context.load_verify_locations(clients)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def hexadecimal(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def with_colons(content: bytes) -> str:
    return hashlib.sha256(content).digest().hex(":").upper()


def in_base64(content: bytes) -> str:
    return "sha256//" + base64.b64encode(hashlib.sha256(content).digest()).decode()


@pytest.mark.parametrize("shown", ["server", "expired", "not_yet", "other_name", "stranger"])
def test_a_certificate_must_hold(stranger: AgentMachine, trust: Trust, shown: str) -> None:
    with serving(context_of(getattr(trust, shown))) as server:
        done = stranger.enroll(server, "--ca-file", str(trust.root.path))
        assert (done.code == 0) == (shown == "server"), done
        assert bool(server.asked) == (shown == "server")
        assert (stranger.state / "device.json").exists() == (shown == "server")
        if shown != "server":
            assert "does not hold" in done.err


def test_an_authority_that_nobody_here_knows_vouches_for_nothing(stranger: AgentMachine, trust: Trust) -> None:
    with serving(context_of(trust.server)) as server:
        assert stranger.enroll(server).code == 1
        assert server.asked == []


PINS = {
    "of the authority": (lambda trust: [hexadecimal(trust.root.der)], True),
    "of its key": (lambda trust: [in_base64(trust.root.spki)], True),
    "of the one in the middle": (lambda trust: [with_colons(trust.middle.spki)], True),
    "of the server's own": (lambda trust: [hexadecimal(trust.server.der)], True),
    "one of two": (lambda trust: ["0" * 64, hexadecimal(trust.server.spki)], True),
    "of another": (lambda trust: [hexadecimal(trust.stranger.der)], False),
}


@pytest.mark.parametrize(("pins", "holds"), PINS.values(), ids=PINS.keys())
def test_one_of_the_chain_must_be_pinned(stranger: AgentMachine, trust: Trust, pins: object, holds: bool) -> None:
    words = [word for pin in pins(trust) for word in ("--pin", pin)]  # type: ignore[operator]
    with serving(context_of(trust.server)) as server:
        done = stranger.enroll(server, "--ca-file", str(trust.root.path), *words)
        assert (done.code == 0, bool(server.asked)) == (holds, holds), done
        assert ("pinned" in done.err) != holds


@pytest.mark.parametrize("pin", ["", "abc", "g" * 64, "0" * 63, "sha256//AAAA", "0" * 65])
def test_what_is_no_pin_is_a_wrong_invocation(stranger: AgentMachine, trust: Trust, pin: str) -> None:
    with serving(context_of(trust.server)) as server:
        assert stranger.enroll(server, "--ca-file", str(trust.root.path), "--pin", pin).code == 2
        assert server.asked == []


def test_a_server_that_shows_another_certificate_one_day_gets_nothing(stranger: AgentMachine, trust: Trust) -> None:
    with ExitStack() as open_now:
        server = open_now.enter_context(serving(context_of(trust.server)))
        assert stranger.enroll(server, "--ca-file", str(trust.root.path)).code == 0
        other = open_now.enter_context(serving(context_of(trust.stranger)))
        for name in ("device.json", "../etc/settings.json"):
            path = stranger.state / name
            path.write_text(path.read_text().replace(server.url, other.url))
        done = stranger.run()
        assert (done.code, other.asked, len(stranger.waiting())) == (1, [], 1)
        assert stranger.facts()["failures"] == 1


@pytest.mark.parametrize(("shows", "arrives"), [("device", True), ("stranger", False), ("", False)])
def test_a_server_may_want_certificates_of_devices(
    stranger: AgentMachine, trust: Trust, shows: str, arrives: bool
) -> None:
    shown = getattr(trust, shows) if shows else None
    words = ["--client-cert", str(shown.path), "--client-key", str(shown.key_path)] if shown else []
    with serving(context_of(trust.server, trust.root.path)) as server:
        done = stranger.enroll(server, "--ca-file", str(trust.root.path), *words)
        assert (done.code == 0, bool(server.asked)) == (arrives, arrives), done


@pytest.mark.parametrize("name", ["ca_file", "client_cert", "client_key"])
def test_files_of_certificates_that_are_not_there_or_hold_none_are_told(
    machine: AgentMachine, trust: Trust, name: str
) -> None:
    settings = json.loads(machine.settings.read_text())
    for path in (machine.root / "nothing.pem", machine.root / "etc/hostname"):
        files = {"client_cert": str(trust.device.path), name: str(path)}
        told = settings | files | {"server": "https://localhost:1"}
        machine.settings.write_text(json.dumps(told))
        device = json.loads((machine.state / "device.json").read_text())
        (machine.state / "device.json").write_text(json.dumps(device | {"server": told["server"]}))
        done = machine.run("--now")
        assert done.code == 1
        assert "no certificate can be read" in done.err
    assert len(machine.waiting()) == 2


def test_what_is_older_than_tls_1_2_is_not_spoken(stranger: AgentMachine, trust: Trust) -> None:
    context = context_of(trust.server)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with serving(context) as server:
        assert stranger.enroll(server, "--ca-file", str(trust.root.path)).code == 1
        assert server.asked == []


@contextmanager
def proxy(heads: list[bytes], answer: bytes = b"HTTP/1.1 200 OK\r\n\r\n") -> Iterator[str]:
    """A proxy that connects to wherever it is asked to, and remembers what it was asked."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    near, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=connect, args=(near,), daemon=True).start()

        def connect(near: socket.socket) -> None:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += near.recv(4096)
            heads.append(head)
            near.sendall(answer)
            port = int(head.split()[1].rpartition(b":")[2])
            with near, socket.create_connection(("127.0.0.1", port)) as far:
                threading.Thread(target=pour, args=(far, near), daemon=True).start()
                pour(near, far)

        def pour(source: socket.socket, target: socket.socket) -> None:
            try:
                while some := source.recv(65536):
                    target.sendall(some)
                target.shutdown(socket.SHUT_WR)
            except OSError:
                return

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)


def test_a_proxy_is_asked_to_connect_and_sees_nothing(
    stranger: AgentMachine, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads: list[bytes] = []
    # the one name that this machine answers to is loopback, with which no proxy is asked
    monkeypatch.setattr("shadowledger.scanner.agent.wire.is_loopback", lambda _host: False)
    with serving(context_of(trust.server)) as server, proxy(heads) as place:
        words = ("--ca-file", str(trust.root.path), "--proxy", f"http://ada:s%40cret@{place}")
        assert stranger.enroll(server, *words).code == 0
        assert stranger.run().code == 0
    authority = server.url.removeprefix("https://")
    credentials = base64.b64encode(b"ada:s@cret").decode()
    asked = f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\nProxy-Authorization: Basic {credentials}\r\n\r\n"
    assert set(heads) == {asked.encode()}
    assert len(server.stored) == 1


def test_a_proxy_that_refuses_is_tried_again_later(
    stranger: AgentMachine, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shadowledger.scanner.agent.wire.is_loopback", lambda _host: False)
    with serving(context_of(trust.server)) as server, proxy([], b"HTTP/1.1 407 No\r\n\r\n") as place:
        done = stranger.enroll(server, "--ca-file", str(trust.root.path), "--proxy", f"http://{place}")
    assert (done.code, server.asked) == (1, [])
    assert "407" in done.err


@pytest.mark.parametrize(
    "certificate",
    [b"", b"\x30", b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"\x30\x03\x02\x01\x01", b"\x30\x02\x30\x00", bytes(64)],
)
def test_what_is_no_certificate_has_no_key(certificate: bytes) -> None:
    assert public_key(certificate) == b""


def test_the_key_in_a_certificate_is_found(trust: Trust) -> None:
    for one in trust:
        assert public_key(one.der) == one.spki
