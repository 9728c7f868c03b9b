"""Digests of the blocks of sources as they were when they were read: proof that a line stood where evidence says."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping


def add_blocks(connection: sqlite3.Connection, source_id: int, digests: Mapping[int, bytes]) -> None:
    """Keep the digests of a source's blocks; that of a block that has grown replaces the one of its beginning. To be
    called inside a transaction."""
    connection.executemany(
        "insert or replace into block (source_id, number, sha256) values (?, ?, ?)",
        ((source_id, number, digest) for number, digest in sorted(digests.items())),
    )


def block_digest(connection: sqlite3.Connection, source_id: int, number: int) -> bytes:
    """The digest of one block; empty where none is kept."""
    row = connection.execute(
        "select sha256 from block where source_id = ? and number = ?", (source_id, number)
    ).fetchone()
    return bytes(row[0]) if row else b""


def root(connection: sqlite3.Connection, source_id: int) -> str:
    """One digest for all of a source, SHA-256 over those of its blocks in order; empty where none is kept."""
    rows = connection.execute("select sha256 from block where source_id = ? order by number", (source_id,)).fetchall()
    return hashlib.sha256(b"".join(digest for (digest,) in rows)).hexdigest() if rows else ""
