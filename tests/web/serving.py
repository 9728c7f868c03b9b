"""The real server in a process of its own, and clients as agents are: documents, tokens, plain HTTP on this machine."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from commands import shadowledger

HEAD = {"time": "2026-11-23T09:00:00Z", "tz_source": "explicit"}
_PROGRAM = "from shadowledger.scanner.cli import main; main()"


class Answer(NamedTuple):
    """What the server said."""

    status: int
    told: Any
    headers: dict[str, str]


class Server:
    """A server that was started, beside the inventory `db`."""

    def __init__(
        self, db: Path, *words: str | Path, first: str = "", prepare: Callable[[], object] | None = None
    ) -> None:
        """`first` is what its program does before all else, `prepare` what its process does."""
        self.db = db
        usual = ("serve", "--port", "0", "--site", "lab", "--no-import", "--seal-every", "1d")
        command = [sys.executable, "-c", f"{first}\n{_PROGRAM}", "--db", db, *(words or usual)]
        self.process = subprocess.Popen(
            command,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=prepare,
            env={**os.environ, "PYTHONWARNINGS": "error"},
        )
        assert self.process.stderr is not None
        self.said = self.process.stderr.readline()
        found = re.search(r":(\d+)$", self.said)
        assert found is not None, self.said + self.process.stderr.read()
        self.port = int(found[1])

    def next_words(self) -> str:
        """What it says next; waits for that."""
        assert self.process.stderr is not None
        return self.process.stderr.readline()

    def kill(self) -> None:
        """As hard as a power failure is on a process."""
        self.process.kill()

    def end_of_process(self) -> None:
        """Wait until it is gone."""
        self.process.communicate(timeout=60)

    def end(self) -> str:
        """Ask it to end; returns what it said since it began."""
        self.process.send_signal(signal.SIGTERM)
        _, said = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, said
        return str(said)

    def ask(self, verb: str, path: str, body: bytes = b"", token: str = "", **headers: str) -> Answer:
        """One request on a connection of its own."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            line.request(verb, path, body or None, headers_of(token, headers))
            return answer_of(line)
        finally:
            line.close()

    def token(self, *words: str) -> str:
        """A token to enrol with."""
        return shadowledger("devices", "token", *words, db=self.db).stdout.strip()

    def enrol(self, name: str, token: str = "", /, **changed: object) -> Answer:
        """Enrol a device."""
        told = {
            "token": token or self.token(),
            "device": id_of(name),
            "name": name,
            "system": "linux",
            "version": "0.1.0",
        }
        return self.ask("POST", "/v1/enroll", json.dumps({**told, **changed}).encode())

    def device(self, name: str, token: str = "", /, **changed: object) -> str:
        """The token of a device that is enrolled."""
        answer = self.enrol(name, token, **changed)
        assert answer.status == 200, answer
        return str(answer.told["device_token"])

    def deliver(self, token: str, document: bytes, **headers: str) -> Answer:
        """Send a document, packed."""
        return self.ask("POST", "/v1/runs", gzip.compress(document), token, Content_Encoding="gzip", **headers)


@contextmanager
def serving(db: Path, *words: str | Path, **options: Any) -> Iterator[Server]:  # noqa: ANN401 - of Server
    """A server for as long as a test needs it."""
    server = Server(db, *words, **options)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.end()


def answer_of(line: http.client.HTTPConnection) -> Answer:
    """What comes back on a line."""
    answer = line.getresponse()
    text = answer.read()
    is_json = answer.headers.get("content-type") == "application/json"
    return Answer(answer.status, json.loads(text) if is_json else text, {k.lower(): v for k, v in answer.getheaders()})


def headers_of(token: str, headers: dict[str, str]) -> dict[str, str]:
    """Headers, with underscores for hyphens, and a token."""
    found = {name.replace("_", "-"): value for name, value in headers.items()}
    return {**found, "Authorization": f"Bearer {token}"} if token else found


def id_of(name: str) -> str:
    """A device's id, for tests."""
    return hashlib.sha256(name.encode()).hexdigest()


def rows(count: int, device: str) -> list[dict[str, object]]:
    """Artifacts; the first is a product's."""
    values = ("ollama", *(f"program-{number}" for number in range(1, count)))[:count]
    return [
        {"record": number, **HEAD, "kind": "process", "value": value, "device": device, "user": "ada"}
        for number, value in enumerate(values, start=1)
    ]


def document(name: str, count: int = 3, /, *, lines: list[dict[str, object]] | None = None, **changed: object) -> bytes:
    """A whole document; `changed` are words of its summary."""
    text = "".join(json.dumps(line) + "\n" for line in (rows(count, name) if lines is None else lines))
    summary = {
        "schema": "shadowledger/endpoint/1", "run": os.urandom(16).hex(), "device": name, **HEAD,
        "records": text.count("\n"), "sha256": hashlib.sha256(text.encode()).hexdigest(), "complete": True,
        "profile": "standard",
    }  # fmt: skip
    return (text + json.dumps({**summary, **changed}) + "\n").encode()


def run_of(document: bytes) -> str:
    """The id of a document's run."""
    return str(json.loads(document.splitlines()[-1])["run"])
