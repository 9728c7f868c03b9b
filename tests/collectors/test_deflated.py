"""gz is read alike by both libraries that may be there: whole, cut at any byte, damaged at any bit."""

from __future__ import annotations

import gzip
import zlib
from importlib import import_module
from pathlib import Path
from random import Random

import pytest

from shadowledger.collectors import unpacking
from shadowledger.collectors.sources import open_source

LIBRARIES = ["zlib", "isal.isal_zlib"]
RANDOM = Random(11)  # noqa: S311 - the same bytes each time
PLAIN = "".join(f"{RANDOM.random()} www.shop{number % 97}.com GET /a/b\n" for number in range(20_000)).encode()
PACKED = gzip.compress(PLAIN[:300_000], mtime=0) + gzip.compress(PLAIN[300_000:], mtime=0)


@pytest.fixture(params=LIBRARIES)
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    try:
        module = import_module(request.param)
    except ImportError:
        pytest.skip(f"{request.param} is not installed")
    monkeypatch.setattr(unpacking, "_inflate", module)
    return str(request.param)


def delivered(folder: Path, data: bytes) -> tuple[bytes, str]:
    path = folder / "x.log.gz"
    path.write_bytes(data)
    with open_source(path) as opened:
        return b"".join(opened.chunks()), opened.damage


@pytest.mark.usefixtures("library")
def test_the_whole_of_two_members_comes_out(tmp_path: Path) -> None:
    assert delivered(tmp_path, PACKED) == (PLAIN, "")


@pytest.mark.usefixtures("library")
def test_what_stands_before_a_cut_is_read_and_the_cut_is_told(tmp_path: Path) -> None:
    whole_members = {len(PACKED), len(gzip.compress(PLAIN[:300_000], mtime=0))}
    for end in sorted({*range(18, 60), *(RANDOM.randrange(60, len(PACKED)) for _ in range(460))} - whole_members):
        data, damage = delivered(tmp_path, PACKED[:end])
        assert PLAIN.startswith(data)
        assert "cut off" in damage, end


@pytest.mark.usefixtures("library")
def test_a_turned_bit_is_told_or_changes_nothing(tmp_path: Path) -> None:
    for _ in range(200):
        changed = bytearray(PACKED)
        changed[RANDOM.randrange(18, len(PACKED))] ^= 1 << RANDOM.randrange(8)
        data, damage = delivered(tmp_path, bytes(changed))
        assert damage or data == PLAIN


def test_both_say_the_same_of_a_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    isal = pytest.importorskip("isal.isal_zlib")
    for end in (RANDOM.randrange(60, len(PACKED)) for _ in range(50)):
        told = []
        for module in (zlib, isal):
            monkeypatch.setattr(unpacking, "_inflate", module)
            told.append(delivered(tmp_path, PACKED[:end])[1])
        assert told[0] == told[1]
