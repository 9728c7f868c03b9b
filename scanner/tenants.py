"""Whose the accounts are that were seen signed in to a service: people's own, the organization's, or nobody knows.

Names are opened to see their domains, and none is kept or shown. An account at a proxy says nothing of the account at
the service, so only what audit logs and machines tell of sign-ins counts.

A site's domains lie in signatures.d/domains.toml: `own` and `personal`, two lists."""

from __future__ import annotations

import sqlite3
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from shadowledger.db.identities import Identities
from shadowledger.scanner.discovery.gathering import Gathering
from shadowledger.scanner.discovery.pieces import Pieces
from shadowledger.scanner.ladders import SIGNED_IN

FILE_NAME = "domains.toml"
PERSONAL, CORPORATE, UNKNOWN = "personal", "corporate", "unknown"
TENANTS = (PERSONAL, CORPORATE, UNKNOWN)
_OWN_SHARE = 0.02
"""Of the accounts that the directory gives to people: from this share on their domain is the organization's own; those
of guests are rarer."""
_NAMED = ("u", "e")
"""What the ids of accounts begin with that have a domain."""
_ACCOUNTS = (*_NAMED, "w")


class FlawedDomainsError(Exception):
    """A domains file that cannot be used; the text says where and why."""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    own: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()


class Domains(NamedTuple):
    """What is known of domains."""

    own: frozenset[str]
    personal: frozenset[str]

    def tenant_of(self, domain: str) -> str:
        """One of TENANTS; what lies below one of the organization's own domains is its own."""
        above = domain
        while above:
            if above in self.own:
                return CORPORATE
            above = above.partition(".")[2]
        return PERSONAL if domain in self.personal else UNKNOWN


@cache
def free_mail() -> frozenset[str]:
    """The domains of free mail that came with the program."""
    text = Path(__file__).with_name("freemail.toml").read_text(encoding="utf-8")
    return frozenset(tomllib.loads(text)["domains"])


def load_domains(overlay: Path, names: Identities) -> Domains:
    """The site's domains: those in its folder of signatures, and those of its directory. Raises FlawedDomainsError."""
    file = overlay / FILE_NAME
    try:
        told = msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), _File) if file.exists() else _File()
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError, OSError) as error:
        raise FlawedDomainsError(f"{file}: {error}.") from error
    own = frozenset(domain.lower() for domain in told.own)
    personal = (free_mail() | {domain.lower() for domain in told.personal}) - own
    return Domains(own | (_of_directory(names) - personal), personal)


def _of_directory(names: Identities) -> frozenset[str]:
    """The domains that are usual among the accounts which the directory gives to people."""
    rows = names.connection.execute("select distinct from_id from link where origin = 'directory' and to_id like 'p-%'")
    found = Counter(domain for (own,) in rows if own[0] in _NAMED and (domain := _domain(names, own)))
    return frozenset(domain for domain, count in found.items() if count >= _OWN_SHARE * found.total())


def _domain(names: Identities, own: str) -> str:
    name = names.reveal(own)
    return _domain_of(name.text) if name else ""


def _domain_of(account: str) -> str:
    """Of `ada@acme.example`, or of `acme.example\\ada`, as a machine tells whose domain its user is signed in with."""
    before, slash, _ = account.rpartition("\\")
    return before if slash else account.rpartition("@")[2] if "@" in account else ""


def tenants(
    connection: sqlite3.Connection, crowd: Pieces, one: Gathering, names: Identities, domains: Domains
) -> dict[str, int] | None:
    """How many accounts of each of TENANTS were seen signed in to an initiative's services; None where none was."""
    signed_in = [piece for piece in one.pieces if piece.strand.presence_rung == SIGNED_IN]
    if not signed_in:
        return None
    found: dict[str, str] = {}
    for own in crowd.ids(connection, signed_in):
        name = names.reveal(own) if own[0] in _ACCOUNTS else None
        if name is not None:
            found[name.text] = domains.tenant_of(_domain_of(name.text))
        elif own[0] in _ACCOUNTS:
            found[own] = UNKNOWN
    counts = Counter(found.values())
    return {tenant: counts[tenant] for tenant in TENANTS}
