"""Bundles on their way into an inventory: verified, each once, and each run once.

A run that another bundle has brought already, of whatever site, is left out: then the other runs are written beside the
inventory as a file of their own, and that is scanned."""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shadowledger.db import audit
from shadowledger.db.arrivals import choice, open_arrivals
from shadowledger.db.days import day_number
from shadowledger.db.deliveries import begin_taking, claimed, end_taking, missing_numbers, taken
from shadowledger.db.names import device_name
from shadowledger.db.placing import placed_whole
from shadowledger.db.transactions import writing
from shadowledger.scanner.bundles import (
    BundleError,
    Look,
    Verified,
    arrivals_path,
    key_path,
    server_key,
    trusted_servers,
    verify,
)
from shadowledger.scanner.choices import Choices
from shadowledger.scanner.pipeline import Scan
from shadowledger.scanner.privacy.aggregate import Nobody
from shadowledger.scanner.site import Site


class TakenIn(NamedTuple):
    """What became of a bundle."""

    site: str
    number: int
    standing: str
    """`new`, or `known` where it was taken in before."""
    runs: int
    repeated: int
    """Runs that were left out, because they count from another bundle."""
    partial: int
    """Runs that did not see all they meant to: kept, and no proof of what is not there."""
    source_id: int | None
    missing: list[int]
    """Numbers of bundles of that site that never came."""
    problem: str
    """What of it could not be read."""


def trusted_here(site: Site) -> dict[str, Ed25519PublicKey]:
    """The keys by their sites' names: those that somebody trusted, and that of the server beside this inventory. Raises
    PackError."""
    found = trusted_servers(site)
    if key_path(site).exists() and arrivals_path(site).exists():
        with closing(open_arrivals(arrivals_path(site), create=False)) as arrivals:
            found.setdefault(choice(arrivals, "site", ""), server_key(site, create=False).public_key())
    return found


def take_in(scan: Scan, site: Site, path: Path, trusted: dict[str, Ed25519PublicKey]) -> TakenIn:
    """Take a bundle in, wherever an earlier attempt ended. Raises BundleError for one that is not to be taken."""
    header, looks = verified = verify(path, trusted)
    connection = scan.connection
    known = taken(connection, header.site, header.number)
    if known is not None and known.sha256 != header.sha256:
        raise BundleError(f"is not the bundle {header.number} of {header.site} that was taken in before")
    partial = sum(not look.is_complete for look in looks)
    if known is not None and known.is_stored:
        missing = missing_numbers(connection, header.site)
        return TakenIn(header.site, header.number, "known", len(looks), 0, partial, None, missing, "")
    if known is None:
        about = (header.site, header.number, header.sha256, header.made_at)
        with writing(connection):
            bundle = begin_taking(connection, about, [(bytes.fromhex(look.run), _day(look)) for look in looks])
    else:
        bundle = known.id
    mine = claimed(connection, bundle)
    counted = [look for look in looks if bytes.fromhex(look.run) in mine]
    source_id, problem = _scanned(scan, _without_repeated(site, path, verified, counted)) if counted else (None, "")
    days = _device_days(scan, counted)
    with writing(connection):
        end_taking(connection, bundle, source_id, days)
        missing = missing_numbers(connection, header.site)
        told = {"site": header.site, "number": header.number, "sha256": header.sha256, "source": source_id,
                "runs": len(looks), "repeated": len(looks) - len(counted), "missing": missing}  # fmt: skip
        audit.record(connection, "import bundle", told)
    repeated = len(looks) - len(counted)
    return TakenIn(
        header.site, header.number, "new", len(looks), repeated, partial, source_id, missing, problem
    )  # fmt: skip


def _scanned(scan: Scan, path: Path) -> tuple[int, str]:
    (outcome,) = scan.run([path], Choices()).outcomes
    if not outcome.source_id:
        raise BundleError(outcome.problem or "could not be scanned")
    return outcome.source_id, outcome.problem


def _device_days(scan: Scan, looks: list[Look]) -> list[tuple[str, int, bool]]:
    if isinstance(scan.identities, Nobody):
        return []
    ids = scan.identities.ids_of({device_name(look.name) for look in looks})
    found = ((ids[device_name(look.name)], _day(look), look.is_complete) for look in looks)
    return [one for one in found if one[0]]


def _day(look: Look) -> int:
    return day_number(dt.datetime.fromisoformat(look.received_at).date().isoformat())


def _without_repeated(site: Site, path: Path, bundle: Verified, counted: list[Look]) -> Path:
    """The bundle itself, or a file beside the inventory that has of its runs only those that count."""
    if len(counted) == len(bundle.looks):
        return path
    kept = folder_of(site) / f"{bundle.header.site}-{bundle.header.number:06d}-new-runs.ndjson.gz"
    if kept.exists():
        return kept
    with placed_whole(kept) as draft, draft.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as file:
        for line in _lines_of(path, counted):
            file.write(line)
    return kept


def _lines_of(path: Path, looks: list[Look]) -> Iterator[bytes]:
    wanted = iter(looks)
    look = next(wanted)
    with gzip.open(path) as file:
        for number, line in enumerate(file, start=1):
            if number in (1, 2) or look.from_line <= number <= look.to_line:
                yield line
            if number == look.to_line:
                look = next(wanted, look)


def folder_of(site: Site) -> Path:
    """Where bundles lie unless told otherwise."""
    return site.inventory_path.with_suffix(".bundles")
