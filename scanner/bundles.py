"""Bundles: what a server received, sealed and signed, to be carried to where the inventory is. Format: decisions/0014.

Sealing takes three steps, and after each the next can be begun anew: runs get a number, the file is written whole, the
documents go."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import hashlib
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shadowledger.collectors.endpoint.local.snapshot import SCHEMA
from shadowledger.collectors.endpoint.runs import BUNDLE_SCHEMA, RECEIVED_SCHEMA
from shadowledger.db.arrivals import Bundle, begin_bundle, bundles, drop_documents, is_written, runs_of
from shadowledger.db.placing import placed_whole
from shadowledger.db.runs import now_iso
from shadowledger.db.transactions import writing
from shadowledger.scanner.packs import private_key, public_key, public_line
from shadowledger.scanner.site import Site
from shadowledger.signatures.pack import fingerprint

MOST_RUNS = 10_000
MOST_BYTES = 256 << 20
"""Of a bundle's lines; one that would be longer is two."""
LARGEST_BYTES = 2 * MOST_BYTES
LONGEST_LINE_BYTES = 1 << 20
DROPPED_AT_ONCE = 200
_LEVEL = 6


class BundleError(Exception):
    """A bundle that is not taken, or cannot be written; the text says why, and goes behind the file's name."""


class Header(msgspec.Struct, frozen=True):
    """A bundle's first line."""

    schema: str
    site: str
    number: int
    made_at: str
    runs: int
    records: int
    sha256: str
    """Over all lines behind the second."""
    key: str
    """The fingerprint of the key that signed."""


class Received(msgspec.Struct, frozen=True):
    """What the server added behind a run."""

    schema: str
    run: str
    device: str
    received_at: str
    skew_s: int | None


class Look(NamedTuple):
    """A run in a bundle."""

    run: str
    name: str
    """Of the device, as its lines have it."""
    received_at: str
    is_complete: bool
    from_line: int
    to_line: int
    """Numbers of its first line and of the server's line behind it, from 1, in the file."""


def server_key(site: Site, *, create: bool) -> Ed25519PrivateKey:
    """The key of the server beside an inventory, made at first. Raises PackError where it is none."""
    path = key_path(site)
    if create and not path.exists():
        told = base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()
        with placed_whole(path) as draft:
            draft.write_text(f"shadowledger-signing-key {told}\n", encoding="ascii")
    return private_key(path)


def key_path(site: Site) -> Path:
    return site.inventory_path.with_suffix(".server.key")


def arrivals_path(site: Site) -> Path:
    return site.inventory_path.with_suffix(".arrivals.db")


def begin(connection: sqlite3.Connection) -> int:
    """Give the runs that wait a number, up to what one bundle may hold; 0 where none waits. To be called inside a
    transaction."""
    return begin_bundle(connection, now_iso(), MOST_RUNS, MOST_BYTES)


def write(connection: sqlite3.Connection, bundle: Bundle, site_name: str, key: Ed25519PrivateKey, folder: Path) -> Path:
    """Write the file of a bundle; its bytes depend on what is in the store alone. Raises BundleError where another
    file has its place."""
    digest = hashlib.sha256()
    for piece in _lines(connection, bundle.number):
        digest.update(piece)
    header = Header(
        BUNDLE_SCHEMA, site_name, bundle.number, bundle.made_at, bundle.run_count, bundle.record_count,
        digest.hexdigest(), fingerprint(key.public_key()),
    )  # fmt: skip
    first = msgspec.json.encode(header) + b"\n"
    second = msgspec.json.encode({"signature": base64.b64encode(key.sign(first)).decode()}) + b"\n"
    path = folder / f"{site_name}-{bundle.number:06d}.ndjson.gz"
    try:
        with (
            placed_whole(path, or_another=False) as draft,
            draft.open("wb") as raw,
            gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as file,
        ):
            file.write(first + second)
            for piece in _lines(connection, bundle.number):
                file.write(piece)
    except FileExistsError:
        if _first_line(path) != first:
            raise BundleError("is another bundle of the same name; move it away") from None
    return path


def _first_line(path: Path) -> bytes:
    try:
        with gzip.open(path) as file:
            return file.readline(LONGEST_LINE_BYTES)
    except (OSError, EOFError, zlib.error):
        return b""


def _lines(connection: sqlite3.Connection, number: int) -> Iterator[bytes]:
    """The documents, each with the server's line behind it."""
    for one in runs_of(connection, number):
        received = Received(RECEIVED_SCHEMA, one.run, one.device, _iso(one.received_us), one.skew_s)
        yield gzip.decompress(one.document) + msgspec.json.encode(received) + b"\n"


def _iso(moment_us: int) -> str:
    return dt.datetime.fromtimestamp(moment_us // 1_000_000, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seal(connection: sqlite3.Connection, site_name: str, key: Ed25519PrivateKey, folder: Path) -> list[Path]:
    """All three steps for everything that waits, and for what an earlier end left undone. Returns the new files."""
    while True:
        with writing(connection):
            if not begin(connection):
                break
    made = []
    for bundle in bundles(connection, "sealed"):
        made.append(write(connection, bundle, site_name, key, folder))
        with writing(connection):
            is_written(connection, bundle.number)
    while True:
        with writing(connection):
            if not drop_documents(connection, DROPPED_AT_ONCE):
                return made


def trust_path(site: Site) -> Path:
    return site.overlay_path / "trusted-servers.txt"


def trusted_servers(site: Site) -> dict[str, Ed25519PublicKey]:
    """The servers' keys by their sites' names. Raises PackError for a line that holds none."""
    found = {}
    if trust_path(site).exists():
        lines = (line.split() for line in trust_path(site).read_text(encoding="utf-8").splitlines())
        found = {line[1]: public_key(line[0]) for line in lines if len(line) == 2 and not line[0].startswith("#")}
    return found


def trust(site: Site, text: str, name: str) -> str:
    """Take bundles of a site that are signed with this key from now on; returns its fingerprint. Raises PackError for
    what is no key, and BundleError where the site has another."""
    key = public_key(text)
    known = trusted_servers(site).get(name)
    if known is None:
        trust_path(site).parent.mkdir(parents=True, exist_ok=True)
        with trust_path(site).open("a", encoding="utf-8") as file:
            file.write(f"{public_line(key)} {name}\n")
    elif fingerprint(known) != fingerprint(key):
        raise BundleError(f"{trust_path(site)} has another key for {name}; take that line out first")
    return fingerprint(key)


class Verified(NamedTuple):
    """A bundle whose signature and digest are good."""

    header: Header
    looks: list[Look]


def verify(path: Path, trusted: dict[str, Ed25519PublicKey]) -> Verified:
    """Read a bundle to its end. Raises BundleError, and OSError where the system refuses."""
    try:
        with gzip.open(path) as file:
            header = _header(file.readline(LONGEST_LINE_BYTES), file.readline(LONGEST_LINE_BYTES), trusted)
            return Verified(header, _looks(header, file))
    except (EOFError, zlib.error, gzip.BadGzipFile, msgspec.DecodeError, UnicodeDecodeError):
        raise BundleError("is damaged, or no bundle; copy it again") from None


def _header(first: bytes, second: bytes, trusted: dict[str, Ed25519PublicKey]) -> Header:
    try:
        header = msgspec.json.decode(first, type=Header)
        signature = base64.b64decode(msgspec.json.decode(second, type=dict[str, str])["signature"], validate=True)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, KeyError):
        raise BundleError("is no bundle of a server") from None
    if header.schema != BUNDLE_SCHEMA:
        raise BundleError("is no bundle that this program knows; update it")
    key = trusted.get(header.site)
    if key is None:
        raise BundleError(f"is of a server whose key {header.key} is not trusted here: `shadowledger bundles trust`")
    try:
        key.verify(signature, first)
    except InvalidSignature:
        raise BundleError("was changed, or is somebody else's: the signature is not that of its site's key") from None
    return header


def _looks(header: Header, file: gzip.GzipFile) -> list[Look]:
    digest, size, number, start, name, is_complete = hashlib.sha256(), 0, 2, 3, "", False
    looks = []
    while line := file.readline(LONGEST_LINE_BYTES):
        digest.update(line)
        size, number = size + len(line), number + 1
        if size > LARGEST_BYTES:
            raise BundleError(f"is larger than {LARGEST_BYTES >> 20} MiB")
        if b'"schema"' not in line:
            continue
        told = msgspec.json.decode(line, type=dict[str, object])
        if told.get("schema") == SCHEMA:
            name, is_complete = str(told.get("device", "")), told.get("complete") is True
        elif told.get("schema") == RECEIVED_SCHEMA:
            received = msgspec.convert(told, Received)
            looks.append(Look(received.run, name, received.received_at, is_complete, start, number))
            start = number + 1
    if digest.hexdigest() != header.sha256 or len(looks) != header.runs:
        raise BundleError("is damaged: its lines are not those that were signed; copy it again")
    return looks
