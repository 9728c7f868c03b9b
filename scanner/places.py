"""Where sources lie. Paths name people and their machines, so the inventory has them sealed, and shows of a file's name
the words that say what it is."""

from __future__ import annotations

import os
import re
import sqlite3
from functools import cache
from pathlib import Path

from shadowledger.collectors.registry import COLLECTORS
from shadowledger.collectors.sources import STDIN
from shadowledger.db.identities import Identities
from shadowledger.db.sources import Source
from shadowledger.db.transactions import writing

MASK = "\N{HORIZONTAL ELLIPSIS}"
_DAY = r"(?:19|20)\d\d[-_.]?(?:0[1-9]|1[0-2])(?:[-_.]?(?:0[1-9]|[12]\d|3[01]))?(?!\d)"
_ROTATED = r"(?<=[a-z])[.]\d{1,3}(?=[.]|\Z)"
_WORD = re.compile(rf"(?P<kept>(?<!\d){_DAY}|{_ROTATED})|[^\W_]+")
"""Days in names of files, numbers of rotated logs (`access.log.1`), and words."""
_KEPT = """
access activity alert alerts all apps audit browser bz2 capture client clients cloud conn connections cost csv daily
data day demo devices dns egress endpoint error errors events export extensions feed firewall flow flows gateway gz
hourly http https inventory ips json jsonl ldif leases list local log logs member messages month ndjson network new
old outbound packages part pcap pcapng people processes prod proxy ps queries query record records report requests
resolver sample server servers service services snapshot software splunk sqlite ssl syslog tar tasks test tls
traffic tsv txt units upload usage users vpn web week xml xz zip zst
"""


def shown_name(path: str) -> str:
    """Of a file's name the words that say what it is; every other is masked: `processes-….json`."""
    name = Path(path).name if path != str(STDIN) else path
    return _WORD.sub(_shown, name)


def _shown(found: re.Match[str]) -> str:
    return found[0] if found["kept"] or found[0].lower() in _words() else MASK


@cache
def _words() -> frozenset[str]:
    """Words of formats: the names and titles of all collectors, and what logs are called."""
    told = " ".join(f"{one.id} {one.title}" for one in COLLECTORS)
    words = re.findall(r"[^\W_]+", told.lower())
    return frozenset(word for word in (*words, *_KEPT.split()) if not word.isdigit())


def sealed_place(identities: Identities, path: str, head_sha256: str) -> bytes:
    """A path, to be kept with the source that begins with what has this hash."""
    return identities.places.close(os.fsencode(path), head_sha256)


def seal_places(connection: sqlite3.Connection, identities: Identities) -> None:
    """Seal the paths that an older version kept in clear."""
    rows = connection.execute(
        "select id, name, head_sha256 from source where place is null and name != ?", (str(STDIN),)
    ).fetchall()
    if rows:
        with writing(connection):
            connection.executemany(
                "update source set name = ?, place = ? where id = ?",
                [(shown_name(path), sealed_place(identities, path, head), number) for number, path, head in rows],
            )


def place_of(source: Source, identities: Identities | None) -> str:
    """The path of a source; empty where it is sealed and the key is not at hand. Raises UnusableError where another key
    is."""
    if not source.place:
        return source.name  # of standard input, or as older versions kept it
    return os.fsdecode(identities.places.open(source.place, source.mark.head_sha256)) if identities else ""
