"""Texts sealed under keys that follow from a site's key, each bound to what it belongs to."""

from __future__ import annotations

import hmac
import os

from shadowledger.db.errors import UnusableError

NONCE_BYTES = 12


class Seal:
    """AES-256-GCM. Each purpose has a key of its own, so that one can be handed out without the others."""

    def __init__(self, site_key: bytes, purpose: str) -> None:
        self._key = hmac.digest(site_key, f"shadowledger {purpose}".encode(), "sha256")

    def close(self, text: bytes, about: str) -> bytes:
        """Seal a text. It opens only together with what it is about."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self._key).encrypt(nonce, text, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """The text. Raises UnusableError where it was sealed under another key, or of something else."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            return AESGCM(self._key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about.encode())
        except InvalidTag as error:
            raise UnusableError("The key does not fit what was sealed here; put the right one back.") from error
