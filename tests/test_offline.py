"""The guard that keeps the tests off the network works: it refuses the outside and lets this machine through."""

from __future__ import annotations

import socket

import pytest


@pytest.mark.parametrize("family", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_an_outside_address_is_refused(family: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, family) as outside, pytest.raises(RuntimeError, match="talks to the network"):
        outside.connect(("192.0.2.1", 9))


def test_an_outside_name_is_refused() -> None:
    with pytest.raises(RuntimeError, match="talks to the network"):
        socket.getaddrinfo("example.com", 443)


def test_loopback_is_let_through() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()
