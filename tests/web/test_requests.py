"""What the server answers: what is well-formed is stored once, and everything else is refused with one sentence."""

from __future__ import annotations

import gzip
import http.client
import socket
import zlib

import pytest
from commands import shadowledger
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serving import Server, answer_of, document, headers_of, rows, run_of

from shadowledger.scanner.web.bodies import PACKED_BYTES, PLAIN_BYTES
from shadowledger.scanner.web.documents import MOST_LINES, Document
from shadowledger.scanner.web.refusals import RefusedError

LAB = "lab-7"
WHOLE = document(LAB)


def with_line(**changed: object) -> bytes:
    """A document in whose second line something else stands; its digest fits."""
    lines = rows(3, LAB)
    return document(LAB, lines=[lines[0], {**lines[1], **changed}, lines[2]])


def test_a_document_is_stored_once_however_it_comes(server: Server, token: str) -> None:
    sent = document(LAB)
    answers = [
        server.deliver(token, sent),
        server.deliver(token, sent),
        server.ask("POST", "/v1/runs", sent, token),
    ]
    assert [(one.status, one.told["stored"], one.told["run"]) for one in answers] == [
        (200, stored, run_of(sent)) for stored in ("now", "before", "before")
    ]
    assert {one.told["profile"] for one in answers} == {"standard"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"\n", 400),
        (b"{}\n", 422),
        (b"nonsense\n", 400),
        (b"\xff\xfe\n", 400),
        (b"[" * 100_000 + b"\n", 400),
        (WHOLE[:-1], 422),
        (WHOLE[:-40], 422),
        (WHOLE + WHOLE, 400),
        (WHOLE + b"\n", 400),
        (WHOLE.replace(b"\n", b"\r\n"), 400),
        (WHOLE.replace(b"\n", b"\n\n", 1), 400),
        (b" " + WHOLE, 422),
        (WHOLE.partition(b"\n")[2], 422),
        (WHOLE.replace(b"program-1", b"program-2"), 422),
        (document(LAB, records=4), 422),
        (document(LAB, sha256="0" * 64), 422),
        (document(LAB, schema="shadowledger/endpoint/2"), 422),
        (document(LAB, device="lab-8"), 422),
        (document(LAB, device_id="0" * 64), 422),
        (document(LAB, run="0" * 31), 400),
        (document(LAB, run="G" * 32), 400),
        (document(LAB, run="A" * 32), 400),
        (document(LAB, complete="yes"), 400),
        (document("lab-8"), 422),
        (with_line(device="lab-8"), 422),
        (with_line(device=""), 422),
        (with_line(kind="nonsense"), 400),
        (with_line(kind=7), 400),
        (with_line(value=""), 400),
        (with_line(value="x" * 1025), 400),
        (with_line(path="x" * 20_000), 413),
        (with_line(schema="shadowledger/endpoint/1"), 400),
        (with_line(schema="shadowledger/received/1"), 400),
        (document(LAB, unseen="x" * 300_000), 413),
    ],
)  # fmt: skip
def test_what_is_no_document_is_refused_and_nothing_of_it_is_repeated(
    server: Server, token: str, body: bytes, status: int
) -> None:
    for answer in (server.deliver(token, body), server.ask("POST", "/v1/runs", body, token)):
        assert answer.status == status, answer
        assert set(answer.told) == {"error"}
        assert not any(word in answer.told["error"] for word in ("ollama", "program", "lab-", "nonsense", "ada"))
        assert "retry-after" not in answer.headers
    assert server.deliver(token, document(LAB)).told["stored"] == "now"


@pytest.mark.parametrize(
    ("packed", "encoding", "status"),
    [
        (gzip.compress(WHOLE)[:-5], "gzip", 400),
        (gzip.compress(WHOLE) + b"more", "gzip", 400),
        (gzip.compress(WHOLE) * 2, "gzip", 400),
        (WHOLE, "gzip", 400),
        (zlib.compress(WHOLE), "gzip", 400),
        (zlib.compress(WHOLE), "deflate", 400),
        (gzip.compress(WHOLE), "br", 400),
        (gzip.compress(WHOLE), "gzip, gzip", 400),
        (gzip.compress(bytes(PLAIN_BYTES * 64)), "gzip", 413),
        (gzip.compress(WHOLE[:-1] + b" " * 4_000_000 + b"\n"), "gzip", 413),
        (gzip.compress(b"{}\n" * (PLAIN_BYTES // 2)), "gzip", 400),
        (gzip.compress(document(LAB, MOST_LINES + 1)), "gzip", 413),
        (b"\x1f\x8b" + bytes(PACKED_BYTES), "gzip", 400),
    ],
)
def test_packed_bodies_are_bounded_in_every_way(
    server: Server, token: str, packed: bytes, encoding: str, status: int
) -> None:
    answer = server.ask("POST", "/v1/runs", packed, token, Content_Encoding=encoding)
    assert (answer.status, set(answer.told)) == (status, {"error"})


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_body_that_is_too_large_is_told_so_and_not_kept(server: Server, token: str, encoding: str) -> None:
    noise = b"".join(document(LAB, 40) for _ in range(2500))
    sent = gzip.compress(noise) + bytes(PACKED_BYTES) if encoding == "gzip" else bytes(PLAIN_BYTES + 1)
    answer = server.ask("POST", "/v1/runs", sent, token, Content_Encoding=encoding)
    assert answer.status in (400, 413), answer


def test_one_connection_carries_many_requests_and_goes_on_after_what_is_known(server: Server, token: str) -> None:
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    found = []
    for _ in range(3):
        line.request("POST", "/v1/runs", document(LAB), headers_of(token, {}))
        found.append(answer_of(line).told["stored"])
        line.request("GET", "/v1/profile", None, headers_of(token, {}))
        found.append(answer_of(line).told)
    line.close()
    profile = {"profile": "standard", "period_s": 3600, "walk_every_s": 86_400, "version": 1}
    assert found == ["now", profile] * 3


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [
        ("GET", "/v1/health", 200),
        ("GET", "/", 404),
        ("GET", "/v1/runs", 405),
        ("DELETE", "/v1/runs", 405),
        ("GET", "/v1/profile", 401),
        ("GET", "/v1/signatures", 401),
        ("POST", "/v1/runs", 401),
        ("GET", "/../../etc/passwd", 404),
    ],
)
def test_nothing_but_health_is_told_without_a_token(server: Server, verb: str, path: str, status: int) -> None:
    assert server.ask(verb, path).status == status


@pytest.mark.parametrize(
    "data",
    [b"\0" * 1000, b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"GET /v1/health HTTP/1.1\r\nHost\r\n\r\n"],
)
def test_what_is_no_http_ends_its_own_connection_alone(server: Server, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as line:
        line.sendall(data)
        told = b""
        while piece := line.recv(4096):
            told += piece
    assert not told or told.split(b" ", 2)[1][:1] in (b"4", b"5")
    assert server.ask("GET", "/v1/health").status == 200


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400), st.integers(1, 50), st.booleans())
def test_any_bytes_are_taken_or_refused_alike_in_whatever_pieces(data: bytes, size: int, is_behind: bool) -> None:
    whole = document(LAB, run="0" * 32)
    text = whole + data if is_behind else data + whole
    told = []
    for step in (size, len(text)):
        taking = Document(LAB, "0" * 64)
        try:
            for start in range(0, len(text), step):
                taking.take(text[start : start + step])
            told.append(taking.end().run)
        except RefusedError as error:
            told.append(str(error.status >= 400))
    assert told[0] == told[1]


def test_what_a_device_tells_of_itself_is_listed(server: Server) -> None:
    token = server.device("lab-1")

    def listed(date: str, **changed: object) -> tuple[object, ...]:
        assert server.deliver(token, document("lab-1", **changed), Date=date).status == 200
        rows = shadowledger("devices", "list", "--format", "jsonl", db=server.db).lines
        (row,) = (row for row in rows if row["name"] == "lab-1")
        return row["agent"], row["pack"], row["taken_as"], row["dropped_runs"], row["skew_s"]

    told = {"agent": "0.1.0", "pack": "2026.11.23", "profile": "minimal", "dropped_runs": 3}
    *words, skew_s = listed("Mon, 01 Jan 2001 00:00:00 GMT", **told)
    assert words == ["0.1.0", "2026.11.23", "minimal", 3]
    assert isinstance(skew_s, int)
    assert skew_s < -86_400 * 365 * 25
    assert listed("yesterday", agent="<b>", pack=7, profile="x" * 100, dropped_runs=-1) == (None, None, None, 0, None)
