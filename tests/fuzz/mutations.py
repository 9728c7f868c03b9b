"""Inputs that are nearly right: golden samples, spoilt as logs are, and as somebody might on purpose."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

Mutation = Callable[[bytes, Random], bytes]

DIGITS = b"9" * 5000
DEEP = 100_000
HOSTILE = (
    b"\0", b"\r", b"\xff\xfe", b"\xef\xbb\xbf", b"\x1b[31m", b'"', b'""', b"'", b"\\", b"\\\\\"", b",", b";", b"|",
    b"=",
    b"[", b"]", b"{", b"}", b"<", b">", b"%", b"%00", b"%zz", b"\t", b" " * 50, b"\xe2\x80\xae", b"\xed\xa0\x80", b"-",
    b"-1", b"0", b"1e400", b"NaN", b"null", b"1970-01-01", b"9999-99-99 99:99:99", b"2024-02-30T25:61:61Z", b"::1%0",
    b"[::", b"xn--", b"xn--zzzzzz", b"(63)", b"(999)a", b"CEF:0|", b"#Fields:", b"\\x", b"\\032", b"@", b"://",
    b"http://",    b"http://[", b"http://a:99999999/", b"=cmd|' /C calc'!A0", b"\xf0\x9f\x92\xa9" * 20, DIGITS,
)  # fmt: skip


def _places(data: bytes, random: Random) -> tuple[int, int]:
    start = random.randrange(len(data) + 1)
    return start, min(len(data), start + random.choice((1, 2, 8, 40, 400)))


def flip(data: bytes, random: Random) -> bytes:
    at = random.randrange(len(data))
    return data[:at] + bytes((data[at] ^ (1 << random.randrange(8)),)) + data[at + 1 :]


def drop(data: bytes, random: Random) -> bytes:
    start, end = _places(data, random)
    return data[:start] + data[end:]


def cut(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def insert(data: bytes, random: Random) -> bytes:
    at, _ = _places(data, random)
    return data[:at] + random.choice(HOSTILE) + data[at:]


def replace(data: bytes, random: Random) -> bytes:
    start, end = _places(data, random)
    return data[:start] + random.choice(HOSTILE) + data[end:]


def repeat(data: bytes, random: Random) -> bytes:
    start, end = _places(data, random)
    return data[:end] + data[start:end] * random.choice((1, 3, 200)) + data[end:]


def move(data: bytes, random: Random) -> bytes:
    start, end = _places(data, random)
    at = random.randrange(len(data) + 1)
    rest = data[:start] + data[end:]
    return rest[:at] + data[start:end] + rest[at:]


def swap_lines(data: bytes, random: Random) -> bytes:
    lines = data.split(b"\n")
    random.shuffle(lines)
    return b"\n".join(lines)


def double_line(data: bytes, random: Random) -> bytes:
    lines = data.split(b"\n")
    at = random.randrange(len(lines))
    return b"\n".join([*lines[:at], lines[at], lines[at], *lines[at:]])


def join_lines(data: bytes, random: Random) -> bytes:
    at = data.find(b"\n", random.randrange(len(data)))
    return data[:at] + data[at + 1 :] if at >= 0 else data


def number(data: bytes, random: Random) -> bytes:
    """A digit becomes a number that no field was made for."""
    at = next((at for at in range(random.randrange(len(data)), len(data)) if data[at : at + 1].isdigit()), -1)
    told = random.choice((b"-1", b"0", b"1e9", b"4294967296", b"9" * 25, b"0x1f", b"1.5", b"\xd9\xa3"))
    return data[:at] + told + data[at + 1 :] if at >= 0 else data


def nest(data: bytes, random: Random) -> bytes:
    """A value of JSON becomes a deep one."""
    at = data.find(b":", random.randrange(len(data)))
    depth = random.choice((2, 40, 600, DEEP if random.random() < 0.02 else 1200))
    return data[: at + 1] + b'{"a":' * depth + b"1" + b"}" * depth + b"," + data[at + 1 :] if at >= 0 else data


MUTATIONS: tuple[Mutation, ...] = (
    flip, drop, cut, insert, insert, replace, replace, repeat, move, swap_lines, double_line, join_lines, number, nest,
)  # fmt: skip


def mutated(data: bytes, random: Random) -> bytes:
    """The data after one to six mutations."""
    for _ in range(random.choice((1, 1, 2, 3, 6))):
        data = random.choice(MUTATIONS)(data or b"\n", random)
    return data
