"""The server that a ClientHello names, and what is no such name."""

from __future__ import annotations

import struct

import pytest
from capture_files import client_hello, pcap, read, tcp
from hypothesis import given
from hypothesis import strategies as st

from shadowledger.collectors.capture import tls
from shadowledger.collectors.records import Traffic


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("api.anthropic.com", "api.anthropic.com"),
        ("API.Anthropic.COM", "api.anthropic.com"),
        ("a" * 63 + ".example", "a" * 63 + ".example"),
    ],
)
def test_a_hello_of_openssl_names_its_server(name: str, expected: str) -> None:
    got = read(pcap([tcp(client_hello(name), 8443)]))
    assert [(r.via, r.host, r.port, r.client) for r in got.records if isinstance(r, Traffic)] == [
        ("tls", expected, 8443, "10.1.2.3")
    ]


def in_records(hello: bytes, size: int) -> bytes:
    """The same handshake message, spread over records of `size` bytes."""
    body = hello[5:]
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(hello[:3] + struct.pack(">H", len(piece)) + piece for piece in pieces)


@pytest.mark.parametrize("size", [1, 7, 100, 16_384])
def test_a_hello_in_several_records_is_one(size: int) -> None:
    assert read(pcap([tcp(in_records(client_hello("claude.ai"), size))])).names == [("tls", "claude.ai")]


def test_a_hello_cut_anywhere_names_its_server_wholly_or_not_at_all() -> None:
    hello = client_hello("api.anthropic.com")
    needed = hello.index(b"api.anthropic.com") + len("api.anthropic.com")
    for size in range(len(hello)):
        got = read(pcap([tcp(hello[:size])]))
        assert got.names == ([("tls", "api.anthropic.com")] if size >= needed else [])
        assert got.record_count == len(got.names) + got.ignored_count


@pytest.mark.parametrize(
    "payload",
    [
        client_hello(None),
        client_hello("claude.ai").replace(b"claude.ai", b"cla de.ai"),
        client_hello("claude.ai").replace(b"claude.ai", b"claude\x1bai"),
        client_hello("claude.ai").replace(b"claude.ai", b"claude\xffai"),
        client_hello("claude.ai").replace(b"\0\x09claude.ai", b"\0\x0aclaude.ai"),
        client_hello("claude.ai").replace(b"\0\0\x09claude.ai", b"\x01\0\x09claude.ai"),
        b"\x17" + client_hello("claude.ai")[1:],
        b"\x16\x03\x01\0\x04\x02\0\0\0",
        b"GET / HTTP/1.1\r\nHost: claude.ai\r\n\r\n",
    ],
)
def test_what_is_no_hello_with_a_name_is_only_counted(payload: bytes) -> None:
    got = read(pcap([tcp(payload)]))
    assert (got.records, got.record_count, got.ignored_count) == ([], 1, 1)


@given(st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), max_size=8))
def test_a_changed_hello_is_counted(changes: list[tuple[int, int]]) -> None:
    hello = bytearray(client_hello("claude.ai"))
    for at, value in changes:
        hello[at % len(hello)] = value
    assert len(tls.read_records(bytes(hello), 0, len(hello)).name) <= 1024
    got = read(pcap([tcp(bytes(hello))]))
    assert len(got.records) + got.ignored_count == 1
