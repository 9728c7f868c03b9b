"""A server that speaks the protocol of decisions/0014 on loopback, and answers otherwise where a test tells it to."""

from __future__ import annotations

import gzip
import hashlib
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

ENROL_TOKEN = "enrol-" + "e" * 40
"""What lets devices in."""


class Asked(NamedTuple):
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Odd = Callable[["_Handler", Asked], None]
"""Answers a request in a way of its own."""


class AgentServer:
    """What a server knows, and how it was told to answer."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.documents: dict[str, list[dict[str, Any]]] = {}
        """By run, in the order in which they came, each with its lines."""
        self.stored: list[str] = []
        self.devices: dict[str, str] = {}
        """Tokens to devices."""
        self.odd: list[Odd] = []
        """How the next requests are answered; the last one goes on to be used where `is_lasting`."""
        self.is_lasting = False
        self.profile = "standard"
        self.period_s = 3600
        self.pack: bytes = b""
        self.clock_ahead_s = 0
        self.url = ""
        self.stop = threading.Event()

    def answer_with(self, *odd: Odd, lasting: bool = False) -> None:
        """Answer the next requests so; `lasting` all that follow like the last."""
        self.odd, self.is_lasting = list(odd), lasting

    def answer_well(self) -> None:
        self.odd = []

    def posts(self) -> list[Asked]:
        """The documents that came, taken or not."""
        return [one for one in self.asked if one.path.endswith("/v1/runs")]

    def take(self, asked: Asked) -> tuple[int, dict[str, Any]]:
        """Keep a document once. What is wrong with it is a failure of the test."""
        lines = gzip.decompress(asked.body).decode().splitlines(keepends=True)
        told = [json.loads(line) for line in lines]
        summary = told[-1]
        assert summary["sha256"] == hashlib.sha256("".join(lines[:-1]).encode()).hexdigest()
        assert summary["records"] == len(lines) - 1
        known = summary["run"] in self.documents
        if not known:
            self.documents[summary["run"]] = told
            self.stored.append(summary["run"])
        return 200, {"run": summary["run"], "stored": "before" if known else "now", "profile": self.profile}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Listening

    def log_message(self, *_told: object) -> None: ...

    def date_time_string(self, timestamp: float | None = None) -> str:
        return formatdate((timestamp or time.time()) + self.server.known.clock_ahead_s, usegmt=True)

    def _answer(self) -> None:
        known = self.server.known
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, headers, body)
        known.asked.append(asked)
        if known.odd:
            odd = known.odd[0] if known.is_lasting and len(known.odd) == 1 else known.odd.pop(0)
            odd(self, asked)
        else:
            self.usual(asked)

    do_GET = do_POST = _answer  # noqa: N815 - what the standard library calls

    def usual(self, asked: Asked) -> None:
        """As the protocol says."""
        known = self.server.known
        if asked.path.endswith("/v1/enroll"):
            told = json.loads(asked.body)
            if told["token"] != ENROL_TOKEN:
                self.say(401, {"error": "This enrolment token is not known."})
                return
            own = f"device-{len(known.devices)}-{'d' * 32}"
            known.devices[own] = told["device"]
            self.say(200, {"device_token": own, "profile": known.profile})
        elif asked.headers.get("authorization", "").removeprefix("Bearer ") not in known.devices:
            self.say(401, {"error": "This token is not known."})
        elif asked.path.endswith("/v1/runs"):
            self.say(*known.take(asked))
        elif asked.path.endswith("/v1/profile"):
            told = {"profile": known.profile, "period_s": known.period_s, "walk_every_s": 86_400, "version": 1}
            self.say(200, told)
        elif asked.path.endswith("/v1/signatures") and known.pack:
            tag = f'"{hashlib.sha256(known.pack).hexdigest()}"'
            if asked.headers.get("if-none-match") == tag:
                self.say_bytes(304, b"", {"ETag": tag})
            else:
                self.say_bytes(200, known.pack, {"ETag": tag})
        else:
            self.say(404, {"error": "There is nothing here."})

    def say(self, status: int, told: object, headers: dict[str, str] | None = None) -> None:
        self.say_bytes(status, json.dumps(told).encode(), headers or {})

    def say_bytes(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Listening(ThreadingHTTPServer):
    daemon_threads = True
    known: AgentServer
    context: ssl.SSLContext | None = None

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as it is declared
        if self.context is None:
            super().finish_request(request, client_address)
            return
        with self.context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, *_told: object) -> None:
        """Whoever hangs up is no failure of the server."""


def status(code: int, headers: dict[str, str] | None = None, told: object = None) -> Odd:
    """Answer with a status, and do nothing."""
    return lambda handler, _asked: handler.say(code, told if told is not None else {"error": "Told to."}, headers)


def then_cut(handler: _Handler, asked: Asked) -> None:
    """Do what is asked, and end the connection in the middle of the answer."""
    body = json.dumps(handler.server.known.take(asked)[1]).encode()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.close_connection = True


def hang_up(handler: _Handler, _asked: Asked) -> None:
    """End the connection without an answer."""
    handler.close_connection = True


def raw(content: bytes) -> Odd:
    """Answer with these bytes, and end the connection."""

    def answer(handler: _Handler, _asked: Asked) -> None:
        handler.wfile.write(content)
        handler.close_connection = True

    return answer


def drip(handler: _Handler, _asked: Asked) -> None:
    """Answer a byte at a time, without end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not handler.server.known.stop.wait(0.01):
        handler.wfile.write(b" ")


def gigabyte(handler: _Handler, _asked: Asked) -> None:
    """Answer with a gigabyte."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
    while not handler.server.known.stop.is_set():
        handler.wfile.write(bytes(1 << 20))


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[AgentServer]:
    """A server on loopback, with TLS where there is a context."""
    known = AgentServer()
    listening = _Listening(("127.0.0.1", 0), _Handler)
    listening.known = known
    listening.context = context
    known.url = f"{'https' if context else 'http'}://localhost:{listening.server_port}"
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield known
    finally:
        known.stop.set()
        listening.shutdown()
        thread.join()
        listening.server_close()
