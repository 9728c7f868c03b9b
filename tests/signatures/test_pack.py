"""A pack is taken whole, from a trusted key, and in no other state."""

from __future__ import annotations

import datetime as dt
import hashlib
import zlib

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from shadowledger.signatures.load import load_catalogue, version_of
from shadowledger.signatures.pack import LARGEST, MAGIC, PackError, fingerprint, order, seal, unseal
from shadowledger.signatures.schema import Indicator, Strength

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
DAY = dt.date(2026, 11, 23)
TRUSTED = {fingerprint(KEY.public_key()): KEY.public_key()}
CATALOGUE = load_catalogue()[0]
SOME = CATALOGUE[:3]
SEALED = seal(SOME, "2026.11.23", DAY, KEY)


def test_the_whole_catalogue_comes_back_as_it_was() -> None:
    data = seal(CATALOGUE, version_of(CATALOGUE), DAY, KEY)
    pack = unseal(data, TRUSTED)
    assert pack.services == tuple(CATALOGUE)
    assert pack.header.indicators == sum(len(service.indicators) for service in CATALOGUE)
    assert data == seal(reversed(CATALOGUE), version_of(CATALOGUE), DAY, KEY), "the same in, the same bytes"


def test_another_key_is_not_trusted() -> None:
    with pytest.raises(PackError, match="is not trusted here"):
        unseal(seal(SOME, "1", DAY, OTHER), TRUSTED)


def test_another_key_under_the_name_of_a_trusted_one() -> None:
    forged = {fingerprint(KEY.public_key()): OTHER.public_key()}
    with pytest.raises(PackError, match="was changed, or is somebody else's"):
        unseal(SEALED, forged)


@given(at=st.integers(0, len(SEALED) - 1), flip=st.integers(1, 255))
def test_no_byte_can_be_another(at: int, flip: int) -> None:
    changed = bytearray(SEALED)
    changed[at] ^= flip
    with pytest.raises(PackError):
        unseal(bytes(changed), TRUSTED)


@given(end=st.integers(0, len(SEALED) - 1))
def test_no_byte_can_be_missing_or_added(end: int) -> None:
    for data in (SEALED[:end], SEALED + SEALED[end:]):
        with pytest.raises(PackError):
            unseal(data, TRUSTED)


@given(data=st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    for candidate in (data, MAGIC + data, MAGIC + b"{}\n" + data):
        with pytest.raises(PackError):
            unseal(candidate, TRUSTED)


def sealed(plain: bytes, size: int) -> bytes:
    """A pack that its owner signed, whatever it holds."""
    whole = seal((), "1", DAY, KEY)
    header = msgspec.json.decode(whole[len(MAGIC) : whole.index(b"\n", len(MAGIC))])
    body = zlib.compress(plain)
    header |= {"body_bytes": size, "body_sha256": hashlib.sha256(body).hexdigest()}
    signed = MAGIC + msgspec.json.encode(header) + b"\n"
    return signed + KEY.sign(signed) + body


INSIDE = [
    # what it holds, what its header says of the size, why it is refused
    (b"\x90" * 2, 2, "another version of the program"),
    (msgspec.msgpack.encode(["no service"]), 12, "another version of the program"),
    (bytes(LARGEST + 1), LARGEST + 1, "is larger than 32 MiB"),
    (bytes(1000), 10, "does not hold what its header says"),
    (bytes(10), 1000, "does not hold what its header says"),
    (b"", -1, "is larger than 32 MiB"),
]


@pytest.mark.parametrize(("plain", "size", "why"), INSIDE)
def test_what_a_trusted_key_signed_is_still_checked(plain: bytes, size: int, why: str) -> None:
    with pytest.raises(PackError, match=why):
        unseal(sealed(plain, size), TRUSTED)


def test_versions_are_compared_number_by_number() -> None:
    assert order("2026.9.1") < order("2026.11.2") < order("2026.11.2.1") < order("2027.1")
    for text in ("", "1.", "v1", "1.2.3.4.5", "1 ", "-1", "1" * 10, "٣"):
        with pytest.raises(PackError, match="is no version"):
            order(text)


def test_nothing_of_an_indicator_is_lost_on_the_way() -> None:
    one = Indicator("host", "x.example", "api", Strength.LIKELY, "https://x.example/", True, DAY, dt.date(2027, 1, 1))
    service = SOME[0]._replace(indicators=(one,), successor="another")
    assert unseal(seal([service], "1", DAY, KEY), TRUSTED).services == (service,)
