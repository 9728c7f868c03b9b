"""Every block of an input has its digest, however it is read, and no other input has the same."""

from __future__ import annotations

import gzip
import io
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowledger.collectors import proof as proofs
from shadowledger.collectors.proof import Proof
from shadowledger.collectors.sources import Opened, open_source

DATA = bytes(range(256)) * 1200 + b"the end"  # three hundred thousand bytes
BLOCK = 1 << 16


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs, "BLOCK_BYTES", BLOCK)


def truth(data: bytes = DATA) -> dict[int, bytes]:
    return {at // BLOCK: sha256(data[at : at + BLOCK]).digest() for at in range(0, len(data), BLOCK)}


def read(opened: Opened, start: int = 0, stop: int | None = None, proven: int | None = None) -> dict[int, bytes]:
    opened.proof = Proof(start if proven is None else proven, stop)
    assert b"".join(opened.chunks(start, stop)) == DATA[start:stop]
    return opened.proof.digests


@given(st.lists(st.integers(1, 3 * BLOCK), min_size=1, max_size=20))
def test_any_pieces_give_the_digests_of_the_blocks(sizes: list[int]) -> None:
    proofs.BLOCK_BYTES = BLOCK
    proof, at = Proof(), 0
    for size in sizes:
        proof.add(DATA[at : at + size])
        at = min(at + size, len(DATA))
    proof.end()
    assert proof.digests == truth(DATA[:at])


@pytest.mark.parametrize("cuts", [[], [100], [BLOCK], [BLOCK - 1, BLOCK + 1], [7, 9, 200_000], [300_000]])
def test_parts_prove_each_block_once(tmp_path: Path, cuts: list[int]) -> None:
    path = tmp_path / "log"
    path.write_bytes(DATA)
    found: dict[int, bytes] = {}
    for start, stop in zip([0, *cuts], [*cuts, None], strict=True):
        with open_source(path) as opened:
            digests = read(opened, start, stop)
            assert not found.keys() & digests.keys()
            found |= digests
    assert found == truth()


@pytest.mark.parametrize("start", [0, 5, BLOCK, BLOCK + 5, 2 * BLOCK - 1, len(DATA) - 1])
@pytest.mark.parametrize("packed", [False, True])
def test_what_has_grown_is_proven_from_the_block_that_it_goes_on_in(tmp_path: Path, start: int, packed: bool) -> None:
    path = tmp_path / "log"
    path.write_bytes(gzip.compress(DATA) if packed else DATA)
    with open_source(path) as opened:
        first = start // BLOCK
        want = {number: digest for number, digest in truth().items() if number >= first}
        assert read(opened, start, None, first * BLOCK) == want


def test_what_is_decoded_is_proven_as_it_is_read() -> None:
    text = "chatgpt.com \U0001f600\n" * 9000
    with Opened("x", io.BytesIO(text.encode("utf-16"))) as opened:
        opened.proof = Proof()
        assert b"".join(opened.chunks()).decode() == text
        assert opened.proof.digests == truth(text.encode())


def test_a_single_bit_changes_its_block_alone() -> None:
    changed = bytearray(DATA)
    changed[BLOCK + 3] ^= 1
    one, other = truth(), truth(bytes(changed))
    assert [number for number in one if one[number] != other[number]] == [1]
