"""Which lines of an input are sealed, and what of them."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Mapping
from pathlib import PureWindowsPath

from shadowledger.collectors.records import Artifact, Traffic
from shadowledger.collectors.telling import tell
from shadowledger.db.identities import Identities
from shadowledger.db.names import address_name, device_name, user_name
from shadowledger.db.runs import now_iso
from shadowledger.db.sealed_lines import NO_BLOCK, Kept, ToSeal, drop_older, sealed_counts
from shadowledger.db.settings import Profile, privacy_of
from shadowledger.db.transactions import writing
from shadowledger.scanner.inputs import Input
from shadowledger.scanner.keepsakes import Line, Place, lines_at, lines_near
from shadowledger.scanner.machines import known_machine, machine_name
from shadowledger.scanner.places import MASK
from shadowledger.scanner.share import Share

_PERSONAL = frozenset(("user", "client", "device"))


def to_seal(
    connection: sqlite3.Connection, read: Input, share: Share
) -> list[tuple[tuple[str, str], Traffic | Artifact]]:
    """The first hits of each service's instance, as many as the site wants sealed and are not yet."""
    privacy = privacy_of(connection)
    if privacy.profile is Profile.AGGREGATE:
        return []
    counted = {(way.service_id, way.instance) for way in share.sums.ways.values_by_number}
    sealed = sealed_counts(connection, read.source.id) if read.source and not read.replaces else {}
    return [
        (key, record)
        for key, records in sorted(share.kept.records.items())
        if key in counted  # others were told apart no longer
        for record in records[: max(privacy.seal_lines - sealed.get(key, 0), 0)]
    ]


def raw_lines(read: Input, places: Mapping[int, Place]) -> dict[int, Line]:
    """What stands at positions, each with a place before it, where records are lines of a file that can be read
    again."""
    path, layers = read.opened.path, read.found.layers
    if not places or path is None or not read.is_file or not layers.are_lines:
        return {}
    if read.found.collector.framing != "line":
        return {}
    try:
        return lines_near(path, places) if read.opened.is_plain else lines_at(path, set(places))
    except OSError:
        return {}


def described(
    chosen: list[tuple[tuple[str, str], Traffic | Artifact]], lines: dict[int, Line], identities: Identities
) -> list[ToSeal]:
    """What is sealed of hits."""
    found = []
    for key, record in chosen:
        line = lines.get(record.position)
        client = "" if isinstance(record, Artifact) else record.client
        names = user_name(record.user), device_name(record.device), address_name(client)
        kept = Kept(
            masked(record, identities), line.text if line else clear(record), list(map(identities.id_of, names))
        )
        found.append(ToSeal(*key, record.position, line.block if line else NO_BLOCK, kept))
    return found


def masked(record: Traffic | Artifact, identities: Identities) -> str:
    """What a record says, field by field, without people, machines, addresses, folders and everything behind a host: of
    a raw line nobody can say which of its words name somebody."""
    if isinstance(record, Traffic):
        if machine_name(record.host) is not None or known_machine(record.host, identities):
            record = record._replace(host=MASK)
        if record.path:
            record = record._replace(path=f"/{MASK}")
    told = tell(record)
    told |= dict.fromkeys(told.keys() & _PERSONAL, MASK)
    if "process" in told:
        told["process"] = PureWindowsPath(str(told["process"])).name  # the folders may be somebody's
    return _fields(told)


def clear(record: Traffic | Artifact) -> str:
    """All that a record says, field by field."""
    return _fields(tell(record))


def _fields(told: dict[str, str | int]) -> str:
    return " ".join(f"{key}={value}" for key, value in told.items() if key != "record")


def drop_expired(connection: sqlite3.Connection) -> None:
    """Drop the lines whose time is over."""
    if days := privacy_of(connection).seal_days:
        today = dt.date.fromisoformat(now_iso()[:10])
        with writing(connection):
            drop_older(connection, (today - dt.timedelta(days=days)).isoformat())
