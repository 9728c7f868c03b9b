"""What directory files tell, whatever their format: people, machines, networks and leases."""

from __future__ import annotations

from typing import NamedTuple

from shadowledger.db.identities import ALWAYS_US
from shadowledger.db.leases import ASSUMED as ASSUMED
from shadowledger.db.leases import FREED as FREED
from shadowledger.db.leases import TOLD as TOLD


class FlawedDirectoryError(Exception):
    """A directory file that cannot be used; the text says where and what to do."""


class Span(NamedTuple):
    """Microseconds since 1970 from (inclusive) and until (exclusive)."""

    since_us: int = 0
    until_us: int = ALWAYS_US
    is_dated: bool = False
    """Whether the file says so; otherwise it holds from the file's day on, or always."""


class Person(NamedTuple):
    """Somebody, and the accounts that are theirs. Texts are as the file has them."""

    key: str
    """What the file knows the person by for sure, such as a number; empty where it only has accounts."""
    accounts: tuple[str, ...]
    """Names of accounts, the one that is nobody else's first."""
    unit: str = ""
    site: str = ""
    role: str = ""
    span: Span = Span()
    name: str = ""
    """Stands in where there is neither a key nor an account."""


class Machine(NamedTuple):
    """A device, and whose it is."""

    name: str
    macs: tuple[str, ...] = ()
    owners: tuple[str, ...] | None = None
    """Keys or accounts of people; None where the file does not say."""
    unit: str = ""
    site: str = ""
    shared: str | None = None
    """One of SHARED where several people use it, empty where they do not; None where the file does not say."""
    span: Span = Span()


class Network(NamedTuple):
    """A subnet, and whose it is."""

    cidr: str
    unit: str = ""
    site: str = ""
    shared: str = ""
    span: Span = Span()


class Lease(NamedTuple):
    """What a server says of an address at a moment."""

    address: str
    since_us: int
    until_us: int
    event: int
    """FREED, or of what kind the end is: TOLD or ASSUMED."""
    mac: str = ""
    name: str = ""
    account: str = ""
    """Of a VPN session; a lease is a machine's."""


Fact = Person | Machine | Network | Lease

SHARED = ("nat", "kiosk", "vpn")
"""Why an address or machine stands for several people."""
_SHARED_WORDS = dict.fromkeys(("", "no", "false", "0"), "") | dict.fromkeys(("yes", "true", "1", "shared"), "kiosk")


def shared_word(text: str, where: str) -> str:
    """One of SHARED, or empty; yes is a kiosk. Raises FlawedDirectoryError."""
    word = text.lower()
    if word in SHARED:
        return word
    if word not in _SHARED_WORDS:
        raise FlawedDirectoryError(f"{where}: shared '{text}' is none of {', '.join(SHARED)}, yes, no.")
    return _SHARED_WORDS[word]
