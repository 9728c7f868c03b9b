"""Where the agent connects to, and what a server can do to it: nothing but make it try again."""

from __future__ import annotations

import resource

import pytest
from agent_machine import AgentMachine
from agent_server import AgentServer, Asked, Odd, drip, gigabyte, hang_up, status

from shadowledger.scanner.agent.address import address_of, proxy_of
from shadowledger.scanner.agent.sentences import AgentError
from shadowledger.scanner.agent.settings import Settings
from shadowledger.scanner.agent.wire import NotReachedError, NotTrustedError, Wire

ADDRESSES: dict[str, tuple[str, int, str, bool] | None] = {
    "https://ledger.acme.example": ("ledger.acme.example", 443, "", True),
    "https://ledger.acme.example:8443/": ("ledger.acme.example", 8443, "", True),
    "https://Ledger.acme.example/a/b/": ("ledger.acme.example", 443, "/a/b", True),
    "https://[2001:db8::1]:8443": ("2001:db8::1", 8443, "", True),
    "http://localhost:8080": ("localhost", 8080, "", False),
    "http://127.0.0.9": ("127.0.0.9", 80, "", False),
    "http://[::1]:8080": ("::1", 8080, "", False),
    "http://ledger.acme.example": None,
    "http://localhost.acme.example": None,
    "http://10.0.0.1": None,
    "http://0.0.0.0": None,
    "ftp://ledger.acme.example": None,
    "file:///etc/passwd": None,
    "ledger.acme.example": None,
    "": None,
    "https://": None,
    "https://:443": None,
    "https://a:0": None,
    "https://a:99999": None,
    "https://a:b": None,
    "https://user:password@ledger.acme.example": None,
    "https://ledger.acme.example/?token=1": None,
    "https://ledger.acme.example/#x": None,
    "https://ledger.acme.example/\r\nX: y": None,
    "https://ledger.acme.example/a b": None,
    "https://[::1": None,
}


@pytest.mark.parametrize(("text", "meant"), ADDRESSES.items())
def test_addresses(text: str, meant: tuple[str, int, str, bool] | None) -> None:
    if meant is None:
        with pytest.raises(AgentError):
            address_of(text)
    else:
        assert tuple(address_of(text)) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("http://proxy:8080", ("proxy", 8080, "")),
        ("http://ada:a%3Ab@proxy", ("proxy", 3128, "ada:a:b")),
        ("https://proxy:8080", None),
        ("proxy:8080", None),
        ("http://proxy/path", None),
    ],
)
def test_proxies(text: str, meant: tuple[str, int, str] | None) -> None:
    if meant is None:
        with pytest.raises(AgentError):
            proxy_of(text)
    else:
        assert tuple(proxy_of(text)) == meant


@pytest.mark.parametrize("server", [one for one, meant in ADDRESSES.items() if meant is None])
def test_enrolling_anywhere_else_is_a_wrong_invocation(stranger: AgentMachine, server: str) -> None:
    token = stranger.root / "token"
    token.write_text("e" * 43)
    done = stranger.do("enroll", "--server", server, "--token-file", str(token))
    assert (done.code, stranger.state.exists()) == (2, False), done


def open_bytes() -> int:
    """The most memory that this process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def test_a_gigabyte_is_not_taken(server: AgentServer) -> None:
    server.answer_with(gigabyte)
    before = open_bytes()
    with Wire(Settings(server=server.url), 30) as wire, pytest.raises(NotTrustedError, match="more than 65536 bytes"):
        wire.ask("GET", "/v1/profile", {})
    assert open_bytes() - before < 64 << 20


_LATE = "took too long|timed out"
SLOW = {
    "an answer by the byte": drip,
    "a header by the byte": lambda handler, _asked: dripping_header(handler),
    "no answer": lambda handler, _asked: handler.server.known.stop.wait() and None,
    "headers before the answer, without end": lambda handler, _asked: continuing(handler),
}


def dripping_header(handler: object) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")  # type: ignore[attr-defined]
    while not handler.server.known.stop.wait(0.01):  # type: ignore[attr-defined]
        handler.wfile.write(b"y")  # type: ignore[attr-defined]


def continuing(handler: object) -> None:
    while not handler.server.known.stop.is_set():  # type: ignore[attr-defined]
        handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)  # type: ignore[attr-defined]


@pytest.mark.parametrize("odd", SLOW.values(), ids=SLOW.keys())
def test_a_server_that_is_slow_holds_nobody(server: AgentServer, odd: Odd) -> None:
    server.answer_with(odd)
    with Wire(Settings(server=server.url), 30) as wire, pytest.raises(NotReachedError, match=_LATE):
        wire.ask("POST", "/v1/runs", {}, b"x", seconds=0.3)


def test_all_requests_together_have_an_end(server: AgentServer) -> None:
    server.answer_with(drip, lasting=True)
    with Wire(Settings(server=server.url), 0.3) as wire:
        with pytest.raises(NotReachedError):
            wire.ask("GET", "/v1/profile", {})
        assert not wire.has_time()
        with pytest.raises(NotReachedError):
            wire.ask("GET", "/v1/profile", {})


def test_one_connection_serves_several_requests_and_another_one_where_it_was_ended(server: AgentServer) -> None:
    close = status(200, {"Connection": "close"})
    server.answer_with(status(200), close, status(200), hang_up, status(200))
    with Wire(Settings(server=server.url), 30) as wire:
        assert [wire.ask("GET", f"/{number}", {}).status for number in range(4)] == [200] * 4
    assert [one.path for one in server.asked] == ["/0", "/1", "/2", "/3", "/3"]


@pytest.mark.parametrize("told", [b"Connection: close\r\n", b"Content-Length: 4\r\nConnection: close\r\n"])
def test_an_answer_may_come_in_pieces(server: AgentServer, told: bytes) -> None:
    def answer(handler: object, _asked: Asked) -> None:
        for piece in (b"HTTP/1.1 200 OK\r\n" + told, b"\r\n", b"ab", b"cd"):
            handler.wfile.write(piece)  # type: ignore[attr-defined]
        handler.close_connection = True  # type: ignore[attr-defined]

    server.answer_with(answer, lasting=True)
    with Wire(Settings(server=server.url), 30) as wire:
        assert {wire.ask("GET", "/", {}).body for _ in range(20)} == {b"abcd"}


def test_who_is_hung_up_on_at_once_asks_once(server: AgentServer) -> None:
    server.answer_with(hang_up, lasting=True)
    with Wire(Settings(server=server.url), 30) as wire, pytest.raises(NotReachedError):
        wire.ask("GET", "/", {})
    assert len(server.asked) == 1


def test_nobody_listens(machine: AgentMachine, server: AgentServer) -> None:
    with pytest.raises(NotReachedError, match="is not reached"), Wire(Settings(server="http://127.0.0.1:9"), 5) as wire:
        wire.ask("GET", "/", {})
