"""TLS as administrators set it up: nothing is spoken in clear, and with --client-ca nobody is heard without a
certificate."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from certificates import Authority
from serving import Answer, Server, answer_of, document, headers_of, id_of, serving

USUAL = ("serve", "--port", "0", "--site", "lab", "--no-import")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def authority(folder: Path) -> Authority:
    return Authority(folder, "authority")


@pytest.fixture(scope="module")
def server(folder: Path, authority: Authority) -> Iterator[Server]:
    certificate, key = authority.signed("server")
    words = ("--tls-cert", certificate, "--tls-key", key, "--client-ca", authority.path)
    with serving(folder / "inventory.db", *USUAL, *words) as server:
        assert "https://" in server.said
        yield server


def ask(
    server: Server,
    authority: Authority,
    verb: str,
    path: str,
    token: str = "",
    body: bytes = b"",
    identity: tuple[Path, Path] | None = None,
    version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
) -> Answer:
    """One request over TLS, with a certificate or without."""
    context = ssl.create_default_context(cafile=str(authority.path))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = version
    if identity is not None:
        context.load_cert_chain(*identity)
    line = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=60, context=context)
    try:
        line.request(verb, path, body or None, headers_of(token, {}))
        return answer_of(line)
    finally:
        line.close()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_device_with_a_certificate_delivers(server: Server, authority: Authority, version: ssl.TLSVersion) -> None:
    identity = authority.signed(f"device-{version.value}")
    token = server_token(server, authority, identity, f"lab-{version.value}")
    sent = document(f"lab-{version.value}")
    answer = ask(server, authority, "POST", "/v1/runs", token, sent, identity, version)
    assert (answer.status, answer.told["stored"]) == (200, "now")


def server_token(server: Server, authority: Authority, identity: tuple[Path, Path], name: str) -> str:
    """The token of a device that is enrolled."""
    told = {"token": server.token(), "device": id_of(name), "name": name, "system": "linux"}
    answer = ask(server, authority, "POST", "/v1/enroll", "", json.dumps(told).encode(), identity)
    assert answer.status == 200, answer
    return str(answer.told["device_token"])


def test_nobody_else_is_heard(server: Server, authority: Authority, folder: Path) -> None:
    strangers = Authority(folder, "strangers")
    for identity in (None, strangers.signed("stranger"), authority.signed("expired", days=-1)):
        with pytest.raises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
            ask(server, authority, "GET", "/v1/health", identity=identity)
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        server.ask("GET", "/v1/health")
    assert ask(server, authority, "GET", "/v1/health", identity=authority.signed("known")).status == 200
