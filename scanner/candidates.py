"""The review queue of hosts that look like AI: what speaks for each, and what people said of it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import NamedTuple

import msgspec

from shadowledger.db.candidates import Candidate, candidates
from shadowledger.db.decisions import Decision, all_decisions
from shadowledger.signatures.index import Index
from shadowledger.signatures.load import load_files
from shadowledger.signatures.unknown import Clue, score, weights


class Review(NamedTuple):
    """One host before a person."""

    found: Candidate
    points: int
    """Of 100."""
    state: str
    """open, named (a signature knows it now), or ruled out."""
    reason: str
    """The person's, where it was ruled out."""

    @property
    def is_open(self) -> bool:
        return self.state == "open" and self.points >= weights().asked_about


def queue(connection: sqlite3.Connection, index: Index) -> list[Review]:
    """Every host for which something spoke, the likeliest first."""
    said = {one.subject: one for one in all_decisions(connection) if one.verb in ("rule_out", "name")}
    reviews = [_review(index, said.get(one.host), one) for one in candidates(connection)]
    return sorted(reviews, key=lambda one: (-one.points, -one.found.record_count, one.found.host))


def _review(index: Index, said: Decision | None, found: Candidate) -> Review:
    points = score((Clue(points, reason) for reason, points in found.clues.items()), found.host)
    if not index.is_open(found.host):
        return Review(found, points, "named", "")
    if said is not None and said.verb == "rule_out":
        return Review(found, points, "ruled out", said.reason)
    return Review(found, points, "open", "")


class NotWrittenError(Exception):
    """A signature that was not written; the text says why."""


def write_signature(folder: Path, host: str, service_id: str, name: str, vendor: str, category: str) -> Path:
    """Give a host a name in a site's overlay. Raises NotWrittenError."""
    path = folder / f"{service_id}.toml"
    told = {"id": service_id, "name": name, "vendor": vendor, "category": category, "ai_kind": "native"}
    lines = [f"{key} = {_quoted(value)}" for key, value in told.items() if value]
    indicator = {"kind": "host", "value": host, "role": "interactive", "strength": "likely"}
    lines += ["", "[[indicator]]", *(f"{key} = {_quoted(value)}" for key, value in indicator.items())]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    except FileExistsError:
        raise NotWrittenError(f"{path} exists already; choose another --id, or add the host there") from None
    _, flaws = load_files([path], origin="overlay")
    if flaws:
        path.unlink()
        raise NotWrittenError("; ".join(map(str, flaws)))
    return path


def _quoted(text: str) -> str:
    """A TOML string: JSON's escapes are TOML's, but for DEL (https://toml.io/en/v1.0.0#string)."""
    return msgspec.json.encode(text).decode().replace("\x7f", "\\u007f")
