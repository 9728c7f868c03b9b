"""Many devices at once, and servers that are killed, starved or kept waiting: nothing that was acknowledged is lost,
nothing is there twice."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import http.client
import json
import resource
import socket
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from commands import shadowledger
from serving import Server, document, run_of, serving

from shadowledger.scanner.web.limits import Buckets, Rate

SEED = 7
DEVICES = 5000
ROWS = 50
KILLS = 12


def stored(db: Path) -> list[tuple[str, str]]:
    """Each run in the store of arrivals with the name of its device; every document is the one that was sent."""
    with closing(sqlite3.connect(db.with_suffix(".arrivals.db"))) as store:
        assert store.execute("pragma integrity_check").fetchone() == ("ok",)
        found = store.execute(
            "select lower(hex(run.id)), name, document from run join device on device.number = run.device order by 1"
        ).fetchall()
    for run, name, packed in found:
        last = json.loads(gzip.decompress(packed).splitlines()[-1])
        assert (last["run"], last["device"]) == (run, name)
    return [(run, name) for run, name, _ in found]


def let_in(server: Server, names: list[str]) -> dict[str, str]:
    """Devices with tokens, written into the store of a server that does not run: to enrol is another test's."""
    tokens = {name: f"token-of-{name}" for name in names}
    with closing(sqlite3.connect(server.db.with_suffix(".arrivals.db"))) as store, store:
        store.execute("insert into enrolment values (1, x'00', 0, 0, 0, '')")
        store.executemany(
            "insert into device (id, name, system, token_sha256, enrolment_id, enrolled_us) values (?, ?, '', ?, 1, 0)",
            [(name, name, hashlib.sha256(token.encode()).digest()) for name, token in tokens.items()],
        )
    return tokens


async def post(port: int, token: str, packed: bytes, rng: Random) -> int:
    """Deliver until it is taken, as agents do, however often the server is too busy; returns how often it was sent."""
    head = (
        f"POST /v1/runs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Encoding: gzip\r\n"
        f"Content-Length: {len(packed)}\r\nConnection: close\r\n\r\n"
    )
    for attempt in range(1, 100):
        try:
            reading, writing = await asyncio.open_connection("127.0.0.1", port)
            writing.write(head.encode() + packed)
            told = await reading.read()
            writing.close()
        except OSError:
            told = b""
        status = told[9:12]
        if status == b"200" and b'"stored":"now"' in told and rng.random() >= 0.1:
            return attempt
        if status == b"200" and b'"stored":"before"' in told:
            return attempt
        assert status in (b"", b"200", b"503", b"429"), told
    raise AssertionError("never taken")


def test_a_burst_of_all_devices_at_once_loses_and_doubles_nothing(tmp_path: Path) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2 * DEVICES:
        pytest.skip("not so many connections may be open here at once")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    rng = Random(SEED)  # noqa: S311 - repeatable
    with serving(tmp_path / "inventory.db") as server:
        tokens = let_in(server, [f"lab-{number}" for number in range(DEVICES)])
        documents = {name: document(name, ROWS) for name in tokens}

        async def burst() -> list[int]:
            return await asyncio.gather(
                *(post(server.port, tokens[name], gzip.compress(documents[name]), rng) for name in tokens)
            )

        sent = asyncio.run(burst())
    assert stored(server.db) == sorted((run_of(one), name) for name, one in documents.items())
    assert sum(sent) > DEVICES, "nothing was ever sent twice"


class Fleet:
    """Devices that deliver until everything is acknowledged, whatever becomes of servers."""

    def __init__(self, tokens: dict[str, str]) -> None:
        self._tokens = tokens
        self.waiting: list[tuple[str, bytes]] = []
        self.acknowledged: set[str] = set()
        self.sent: set[tuple[str, str]] = set()

    def look(self) -> None:
        """Each device has more to tell."""
        more = [(name, document(name)) for name in self._tokens for _ in range(6)]
        self.waiting += more
        self.sent |= {(run_of(one), name) for name, one in more}

    def deliver(self, server: Server, kill_after: int) -> None:
        """Deliver what waits, four at a time; the server is killed after so many were acknowledged."""
        is_time = threading.Event()
        left: list[tuple[str, bytes]] = []
        count = 0

        def some(waiting: list[tuple[str, bytes]]) -> None:
            nonlocal count
            for name, one in waiting:
                try:
                    answer = server.deliver(self._tokens[name], one)
                except (OSError, http.client.HTTPException):
                    left.append((name, one))
                    continue
                assert answer.status == 200, answer
                self.acknowledged.add(run_of(one))
                count += 1
                if count == kill_after:
                    is_time.set()

        threads = [threading.Thread(target=some, args=(self.waiting[at::4],)) for at in range(4)]
        for thread in threads:
            thread.start()
        if kill_after <= len(self.waiting):
            is_time.wait()
            server.kill()
        for thread in threads:
            thread.join()
        self.waiting = left


def test_what_was_acknowledged_before_a_kill_is_there_and_nothing_twice(tmp_path: Path) -> None:
    rng = Random(SEED)  # noqa: S311 - repeatable
    db = tmp_path / "inventory.db"
    server = Server(db)
    fleet = Fleet(let_in(server, [f"lab-{number}" for number in range(8)]))
    for _ in range(KILLS):
        fleet.look()
        fleet.deliver(server, rng.randrange(1, len(fleet.waiting) - 8))
        server.end_of_process()
        found = stored(db)
        assert {run for run, _ in found} >= fleet.acknowledged
        assert len(found) == len({run for run, _ in found})
        assert set(found) <= fleet.sent
        server = Server(db)
    fleet.deliver(server, 1 << 30)
    server.end()
    assert not fleet.waiting
    assert set(stored(db)) == fleet.sent


def test_a_full_disk_is_told_and_what_was_stored_stays(tmp_path: Path) -> None:
    if not hasattr(resource, "prlimit"):
        pytest.skip("limits of another process cannot be set here")
    with serving(tmp_path / "inventory.db") as server:
        token = server.device("lab-7")
        there = [document("lab-7") for _ in range(3)]
        assert {server.deliver(token, one).status for one in there} == {200}
        log = tmp_path / "inventory.arrivals.db-wal"
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (log.stat().st_size, resource.RLIM_INFINITY))
        late = document("lab-7", 2000)
        refused = [server.deliver(token, late) for _ in range(3)]
        assert [(one.status, int(one.headers["retry-after"]) > 0) for one in refused] == [(503, True)] * 3
        assert server.ask("GET", "/v1/profile", token=token).status == 200
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, unlimited)
        assert server.deliver(token, late).told["stored"] == "now"
    assert stored(server.db) == sorted((run_of(one), "lab-7") for one in (*there, late))


SOON = """
from shadowledger.scanner.web import bodies, connections
connections.HEADERS_IN_S = bodies.IN_TIME_S = 0.3
"""


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"", b""),
        (b"POST /v1/runs HTTP/1.1\r\nHost: x\r\n", b""),
        (b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 200"),
        (b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\nGET /v1/hea", b"HTTP/1.1 200"),
        (b"POST /v1/runs HTTP/1.1\r\nAuthorization: Bearer TOKEN\r\nContent-Length: 900\r\n\r\n{", b"HTTP/1.1 503"),
        (b"POST /v1/enroll HTTP/1.1\r\nContent-Length: 900\r\n\r\n{", b"HTTP/1.1 503"),
    ],
)
def test_whoever_says_nothing_more_is_hung_up_on(tmp_path: Path, data: bytes, answer: bytes) -> None:
    with serving(tmp_path / "inventory.db", first=SOON) as server:
        token = server.device("lab-7")
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as line:
            line.sendall(data.replace(b"TOKEN", token.encode()))
            told = b""
            while piece := line.recv(4096):
                told += piece
        assert told.startswith(answer) if answer else told == b""
        assert server.deliver(token, document("lab-7")).status == 200


def test_headers_without_an_end_are_cut(tmp_path: Path) -> None:
    endless = b"".join(b"X-%d: %s\r\n" % (number, b"a" * 1000) for number in range(5000))
    with serving(tmp_path / "inventory.db") as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as line:
            line.sendall(b"GET /v1/health HTTP/1.1\r\n")
            with pytest.raises((BrokenPipeError, ConnectionResetError)):
                line.sendall(endless)
        assert server.ask("GET", "/v1/health").status == 200


def test_who_asks_too_often_is_told_when_to_come_again() -> None:
    now = 0.0
    buckets = Buckets(Rate(3, 0.5), lambda: now, remembered=100)
    assert [buckets.take("a") for _ in range(5)] == [0, 0, 0, 3, 3]
    assert buckets.take("b") == 0
    now = 1.9
    assert buckets.take("a") == 1
    now = 2.0
    assert [buckets.take("a") for _ in range(2)] == [0, 3]
    now = 1000.0
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 3]
    assert {buckets.take(number) for number in range(10_000)} == {0}
    assert len(buckets) == 100


def test_guesses_are_slowed_down_and_devices_are_not(tmp_path: Path) -> None:
    with serving(tmp_path / "inventory.db") as server:
        token = server.device("lab-7")
        found = {server.ask("GET", "/v1/profile", token=f"guess-{number}").status for number in range(700)}
        assert found == {401, 429}
        assert server.deliver(token, document("lab-7")).status == 200
        assert shadowledger("devices", "list", "--format", "json", db=server.db).json["waiting_runs"] == 1
