"""The identities store: the only place where names are. Everywhere else people, devices and addresses are random ids.

Names lie sealed (AES-256-GCM) and are found again by a keyed digest (HMAC-SHA256); both keys are derived from one file
that another role can hold. What follows from leases and directories, that two ids are one person for a time, are dated
links between ids, which hold no name."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from shadowledger.db.errors import UnusableError
from shadowledger.db.names import Name, bare_form
from shadowledger.db.placing import placed_whole
from shadowledger.db.sealing import Seal
from shadowledger.db.transactions import writing

KEY_BYTES = 32
LOOKED_UP_AT_ONCE = 500
STORED_AT_ONCE = 4_000
ID_BYTES = 8
NONCE_BYTES = 12
ALWAYS_US = 1 << 62
"""The end of a link that has not ended."""
BARE_FORM = "bare form"
"""The origin of a link from a name to the shorter form under which other sources may write the same."""
PERSON = "p"
ACCOUNTS = ("u", "w", "e")
"""What the ids of people, and of accounts of the three kinds that one person may have, begin with."""
_PREFIX = {"person": "p", "upn": "u", "sam": "w", "email": "e", "system": "s", "device": "d", "address": "a"}


def read_key(path: Path, *, create: bool) -> bytes:
    """The site's key. Raises UnusableError where it is missing (unless `create`) or is no key."""
    if not path.exists():
        if not create:
            raise UnusableError(f"The identities' key {path} is missing; put it back from where it is kept.")
        try:
            with placed_whole(path) as draft:
                draft.write_text(secrets.token_hex(KEY_BYTES) + "\n", encoding="ascii")
        except OSError as error:
            raise UnusableError(f"A key cannot be made at {path}: {error.strerror or error}.") from error
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (ValueError, OSError) as error:
        raise UnusableError(f"{path} does not hold a key of 64 hexadecimal digits.") from error
    if len(key) != KEY_BYTES:
        raise UnusableError(f"{path} does not hold a key of 64 hexadecimal digits.")
    return key


class Identities:
    """Names to ids and, for those who may, back."""

    def __init__(self, connection: sqlite3.Connection, key: bytes) -> None:
        self.connection = connection
        self._digest_key = hmac.digest(key, b"shadowledger digest", "sha256")
        self._seal_key = hmac.digest(key, b"shadowledger seal", "sha256")
        self.places, self.lines = Seal(key, "places"), Seal(key, "lines")
        """For paths and raw lines, which name people too, and lie in the inventory."""
        self._ids: dict[Name, str] = {Name("", ""): ""}

    def ids_of(self, names: Iterable[Name]) -> dict[Name, str]:
        """The ids of names, made where they are new. Nobody's id is empty."""
        wanted = set(names)
        self.meet(wanted)
        return {name: self._ids[name] for name in wanted}

    def id_of(self, name: Name) -> str:
        """The id of a name that was met."""
        return self._ids[name]

    def meet(self, names: Iterable[Name]) -> None:
        """Learn the ids of names, and make them where they are new."""
        unknown = {name for name in names if name not in self._ids}
        shorter = {bare for name in unknown if (bare := bare_form(name)) is not name and bare not in self._ids}
        waiting = [*shorter, *(unknown - shorter)]  # shorter forms first: others tie to them
        del unknown, shorter
        for start in range(0, len(waiting), STORED_AT_ONCE):
            digests = {self._digest(name): name for name in waiting[start : start + STORED_AT_ONCE]}
            with writing(self.connection):
                known = self._stored(digests)
                self._ids |= known
                made = self._add({digest: name for digest, name in digests.items() if name not in known})
            self._ids |= made

    def _stored(self, digests: dict[bytes, Name]) -> dict[Name, str]:
        """The ids of those that the store has already, looked up by the hundred."""
        found: dict[Name, str] = {}
        asked = list(digests)
        for start in range(0, len(asked), LOOKED_UP_AT_ONCE):
            some = asked[start : start + LOOKED_UP_AT_ONCE]
            marks = ", ".join("?" * len(some))
            rows = self.connection.execute(f"select digest, id from name where digest in ({marks})", some)  # noqa: S608
            found |= {digests[digest]: known for digest, known in rows}
        return found

    def _add(self, new: dict[bytes, Name]) -> dict[Name, str]:
        """Store new names, sealed, each tied to its shorter form; returns their ids."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        seal = AESGCM(self._seal_key).encrypt
        chance = os.urandom(len(new) * (ID_BYTES + NONCE_BYTES))
        made: dict[Name, str] = {}
        rows = []
        for number, (digest, name) in enumerate(new.items()):
            start = number * (ID_BYTES + NONCE_BYTES)
            made[name] = new_id = f"{_PREFIX[name.kind]}-{chance[start : start + ID_BYTES].hex()}"
            nonce = chance[start + ID_BYTES : start + ID_BYTES + NONCE_BYTES]
            sealed = nonce + seal(nonce, name.text.encode(errors="replace"), new_id.encode())
            rows.append((new_id, name.kind, digest, sealed))
        rows.sort()  # neighbours in the table are written together
        self.connection.executemany("insert into name values (?, ?, ?, ?)", rows)
        ties = (
            (new_id, made.get(shorter) or self._ids[shorter], 0, ALWAYS_US, BARE_FORM)
            for name, new_id in made.items()
            if (shorter := bare_form(name)) is not name
        )
        self.connection.executemany("insert into link values (?, ?, ?, ?, ?)", ties)
        return made

    def known_id(self, name: Name) -> str:
        """The id of a name that was met before; empty where it never was."""
        row = self.connection.execute("select id from name where digest = ?", (self._digest(name),)).fetchone()
        return str(row[0]) if row else ""

    def reveal(self, wanted_id: str) -> Name | None:
        """The name behind an id, or None. The caller writes the audit row first."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        row = self.connection.execute("select kind, sealed from name where id = ?", (wanted_id,)).fetchone()
        if row is None:
            return None
        kind, sealed = row
        try:
            text = AESGCM(self._seal_key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], wanted_id.encode())
        except InvalidTag as error:
            raise UnusableError("The key does not fit this identities store; put the right one back.") from error
        return Name(kind, text.decode())

    def check_key(self) -> None:
        """Raise UnusableError where the store was written under another key."""
        row = self.connection.execute("select id from name limit 1").fetchone()
        if row is not None:
            self.reveal(row[0])

    def _digest(self, name: Name) -> bytes:
        text = f"{name.kind}\0{name.text}".encode(errors="surrogatepass")
        return hmac.digest(self._digest_key, text, hashlib.sha256)


def is_empty(connection: sqlite3.Connection) -> bool:
    """Whether a store holds no name yet, so that any key fits it."""
    return connection.execute("select 1 from name limit 1").fetchone() is None


Link = tuple[str, str, int, int, str]
"""from id, to id, from microseconds, to microseconds (exclusive), origin."""


def add_links(connection: sqlite3.Connection, links: Iterable[Link]) -> int:
    """Record that one id stands for another for a time; the same link again changes nothing. Returns how many are
    new. To be called inside a transaction."""
    before = connection.total_changes
    connection.executemany("insert or ignore into link values (?, ?, ?, ?, ?)", links)
    return connection.total_changes - before


def all_links(connection: sqlite3.Connection) -> dict[str, list[tuple[str, int, int]]]:
    """Every link that a directory or a lease made, by the id it starts from: to id, from, to."""
    found: dict[str, list[tuple[str, int, int]]] = {}
    for start, end, since, until in connection.execute(
        "select from_id, to_id, valid_from_us, valid_to_us from link where origin != ? "
        "order by from_id, to_id, valid_from_us",
        (BARE_FORM,),
    ):
        found.setdefault(start, []).append((end, since, until))
    return found


def bare_forms(connection: sqlite3.Connection) -> dict[str, str]:
    """Ids to those of the shorter form of the same name, where there is one."""
    return dict(connection.execute("select from_id, to_id from link where origin = ?", (BARE_FORM,)))


def all_memberships(connection: sqlite3.Connection) -> dict[str, list[tuple[str, int, int]]]:
    """The business units of people and machines: unit, from, to."""
    found: dict[str, list[tuple[str, int, int]]] = {}
    for member, unit, since, until in connection.execute(
        "select id, unit, valid_from_us, valid_to_us from membership where unit != '' order by id, valid_from_us"
    ):
        found.setdefault(member, []).append((unit, since, until))
    return found
