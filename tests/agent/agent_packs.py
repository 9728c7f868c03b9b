"""Signature packs, signed for a test."""

from __future__ import annotations

import datetime as dt

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shadowledger.signatures.load import load_catalogue
from shadowledger.signatures.pack import seal

KEY, OTHER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
_DAY = dt.date(2026, 11, 23)


def pack(version: str, key: Ed25519PrivateKey = KEY, services: int = 400) -> bytes:
    """Some of the catalogue."""
    return seal(load_catalogue()[0][:services], version, _DAY, key)
