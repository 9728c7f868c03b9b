"""dnstap in Frame Streams, for tests and as golden samples, written by hand from the pages that define them.

python tests/collectors/dnstap_files.py writes tests/golden/dnstap anew."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path

from capture_files import query

GOLDEN = Path(__file__).parents[1] / "golden" / "dnstap"
START_S = 1_741_600_800  # 2025-03-10T10:00:00Z
CONTENT = b"protobuf:dnstap.Dnstap"
AUTH_QUERY, AUTH_RESPONSE, RESOLVER_QUERY, RESOLVER_RESPONSE, CLIENT_QUERY, CLIENT_RESPONSE = range(1, 7)
FORWARDER_QUERY, FORWARDER_RESPONSE, STUB_QUERY, STUB_RESPONSE, TOOL_QUERY, TOOL_RESPONSE = range(7, 13)
UPDATE_QUERY, UPDATE_RESPONSE = range(13, 15)
ANSWER = 0x8180
"""The flags of a response."""


def varint(value: int) -> bytes:
    """https://protobuf.dev/programming-guides/encoding/#varints"""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def fixed(number: int, value: int) -> bytes:
    return varint(number << 3 | 5) + struct.pack("<I", value)


def message(
    kind: int = CLIENT_QUERY,
    wire: bytes | None = None,
    client: str = "10.20.3.1",
    *,
    at_s: int = START_S,
    at_ns: int = 250_000_000,
    more: bytes = b"",
) -> bytes:
    """A data frame: a Dnstap with a Message. Responses, which have even numbers, hold their time twice."""
    wire = query("chatgpt.com") if wire is None else wire
    address = ip_address(client)
    body = field(1, kind) + field(2, 1 if address.version == 4 else 2) + field(3, 1) + field(4, address.packed)
    body += field(6, 50_000) + field(7, 53) + field(8, at_s) + fixed(9, at_ns)
    body += field(12, at_s + 1) + fixed(13, 0) + field(14, wire) if kind % 2 == 0 else field(10, wire)
    return field(1, b"ns1.example") + field(2, b"unbound 1.19") + field(14, body + more) + field(15, 1)


def frame(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def control(kind: int, *content: bytes) -> bytes:
    fields = b"".join(struct.pack(">II", 1, len(one)) + one for one in content)
    return bytes(4) + struct.pack(">II", 4 + len(fields), kind) + fields


START, STOP = control(2, CONTENT), control(3)


def stream(frames: Iterable[bytes]) -> bytes:
    return START + b"".join(map(frame, frames)) + STOP


def answer(name: str, number: int = 1) -> bytes:
    """A response with one address, its name compressed."""
    asked = query(name, number, flags=ANSWER)
    return asked[:6] + b"\0\1" + asked[8:] + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xcb\0\x71\x09"


ADA, BO, TV = "10.20.3.1", "10.20.3.2", "2001:db8:20:3::5"
RECURSIVE = [
    message(CLIENT_QUERY, query("chatgpt.com"), ADA),
    message(RESOLVER_QUERY, query("chatgpt.com", flags=0), "10.20.0.53"),
    message(RESOLVER_RESPONSE, answer("chatgpt.com"), "10.20.0.53"),
    message(CLIENT_RESPONSE, answer("chatgpt.com"), ADA),
    message(CLIENT_QUERY, query("Claude.AI", 65), BO, at_s=START_S + 2, at_ns=0),
    message(CLIENT_QUERY, query("api.openai.com", 28), TV, at_s=START_S + 3),
    message(FORWARDER_QUERY, query("api.openai.com", 28), "10.20.0.53", at_s=START_S + 3),
    message(FORWARDER_RESPONSE, answer("api.openai.com", 28), "10.20.0.53", at_s=START_S + 3),
    message(CLIENT_QUERY, query("www.example.org", 16), ADA, at_s=START_S + 4),
    message(CLIENT_QUERY, query("", 2), ADA, at_s=START_S + 5),
    message(CLIENT_QUERY, query("gemini.google.com"), BO, at_s=START_S + 6),
    message(CLIENT_QUERY, query("api.mistral.ai")[:20], BO, at_s=START_S + 7),
    message(STUB_QUERY, query("huggingface.co"), "127.0.0.1", at_s=START_S + 8),
    message(TOOL_QUERY, query("api.anthropic.com"), "10.20.3.9", at_s=START_S + 9),
    message(AUTH_QUERY, query("corp.example"), "192.0.2.7", at_s=START_S + 10),
    message(UPDATE_QUERY, query("corp.example", 6, flags=0x2800), "10.20.3.4", at_s=START_S + 11),
    message(CLIENT_QUERY, query("corp.example", 6, flags=0x2400), "10.20.3.4", at_s=START_S + 12),
    message(CLIENT_QUERY, query("perplexity.ai", 65400), TV, at_s=START_S + 13, at_ns=999_999_999),
    b"\x7a\x03odd",
]
RESPONSES = [
    message(CLIENT_RESPONSE, answer(name), client, at_s=START_S + number)
    for number, (name, client) in enumerate(
        [("chat.openai.com", ADA), ("api.deepseek.com", BO), ("www.example.net", ADA), ("cursor.sh", TV),
         ("midjourney.com", BO), ("poe.com", ADA), ("intranet.corp.example", TV), ("copilot.microsoft.com", BO)]
    )
]  # fmt: skip


if __name__ == "__main__":
    (GOLDEN / "recursive.fstrm").write_bytes(stream(RECURSIVE))
    (GOLDEN / "responses.fstrm").write_bytes(stream(RESPONSES))
