"""Signature packs that the server offers: taken where a trusted key signed them and they are newer than the last."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import TYPE_CHECKING

from shadowledger.scanner.agent import talk
from shadowledger.scanner.agent.memory import Memory
from shadowledger.scanner.agent.sentences import AgentError, printable, say
from shadowledger.scanner.agent.settings import Enrolment, Settings
from shadowledger.scanner.agent.wire import Wire
from shadowledger.scanner.agent.words import Words, keep_words, kept_words

if TYPE_CHECKING:  # imported where a pack is opened
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_LONGEST = 200


def refresh(wire: Wire, state: str, settings: Settings, enrolment: Enrolment, memory: Memory, now: int) -> None:
    """Ask for a newer pack, and keep its words; the last one stays where there is none, or it is not taken. Raises
    PutOffError, RefusedError, OSError."""
    kept = kept_words(state)
    answer = talk.pack(wire, enrolment, kept.etag if kept else "")
    if answer is None:
        memory.change(pack_at=now, pack_problem="")
        return
    try:
        words = opened(answer.body, answer.etag, settings.trusted_pack_keys, memory.facts.pack_version)
    except AgentError as error:
        say(f"the server's signature pack {error}")
        memory.change(pack_at=now, pack_problem=printable(str(error)))
        return
    keep_words(state, words)
    memory.change(pack_at=now, pack_version=words.version, pack_problem="")


def opened(data: bytes, etag: str, keys: Iterable[str], last_version: str) -> Words:
    """The words of a pack. Raises AgentError for one that is not trusted, damaged or older than the last one."""
    try:
        from shadowledger.signatures.pack import PackError, order, unseal
    except ImportError as error:
        raise AgentError("cannot be opened: this build has no cryptography") from error
    try:
        found = unseal(data, _trusted(keys))
        if last_version and order(found.header.version) < order(last_version):
            raise AgentError(f"is version {found.header.version}; {last_version} was taken, and no older one is")
    except PackError as error:
        raise AgentError(str(error)) from error
    indicators = [one for service in found.services for one in service.indicators if one.kind == "cmdline"]
    values = [one.value for one in indicators if one.strength.word != "hint" and len(one.value) <= _LONGEST]
    return Words(found.header.version, etag[:_LONGEST], values)


def _trusted(keys: Iterable[str]) -> dict[str, Ed25519PublicKey]:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from shadowledger.signatures.pack import fingerprint

    found = {}
    for text in keys:
        try:
            key = Ed25519PublicKey.from_public_bytes(base64.b64decode(text.split()[0], validate=True))
        except (ValueError, IndexError):
            raise AgentError(f"is not looked at: '{printable(text)}' in the settings is no public key") from None
        found[fingerprint(key)] = key
    return found
