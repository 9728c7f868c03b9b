"""The document of a run as it comes in: every line is looked at before any is kept, by the reader's own eyes."""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

import msgspec

from shadowledger.collectors.endpoint.local.snapshot import SCHEMA
from shadowledger.collectors.endpoint.runs import KINDS, LONGEST_VALUE, Line, Summary
from shadowledger.scanner.web.refusals import RefusedError

MOST_LINES = 50_000
LONGEST_LINE_BYTES = 16 << 10
LONGEST_SUMMARY_BYTES = 256 << 10
"""It has a row for each home and for each kind of thing that could not be seen."""
_RUN = re.compile(r"[0-9a-f]{32}\Z", re.ASCII)
_WORD = re.compile(r"[\w.+-]{0,64}\Z", re.ASCII)
_lines = msgspec.json.Decoder(Line).decode_lines
_summary = msgspec.json.Decoder(Summary).decode


class Told(NamedTuple):
    """What a document says of itself, all of it borne out."""

    run: str
    is_complete: bool
    record_count: int
    agent: str
    pack: str
    profile: str
    dropped_runs: int
    quarantined_runs: int


class Document:
    """Takes a document in, piece by piece, of the device with this name and id, and of no other."""

    def __init__(self, name: str, device_id: str) -> None:
        self._name = name
        self._device_id = device_id
        self._digest = hashlib.sha256()
        self._count = 0
        self._open: list[bytes] = []
        """The last line so far, which may be the summary, and what there is of one that has no end yet."""
        self._open_bytes = 0

    def take(self, piece: bytes) -> None:
        """Raises RefusedError for what is no document of a run."""
        if (end := piece.rfind(b"\n")) < 0:
            self._open.append(piece)
            self._open_bytes += len(piece)
        else:
            text = b"".join((*self._open, piece[: end + 1]))
            last = text.rfind(b"\n", 0, len(text) - 1) + 1
            self._artifacts(text[:last])
            self._open = [text[last:], piece[end + 1 :]]
            self._open_bytes = len(text) - last + len(piece) - end - 1
        if self._open_bytes > LONGEST_SUMMARY_BYTES + LONGEST_LINE_BYTES:
            raise RefusedError(413, "A line is too long.")

    def _artifacts(self, text: bytes) -> None:
        if not text:
            return
        try:
            lines = _lines(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise RefusedError(400, "A line is not JSON of a run.") from None
        count = text.count(b"\n")
        if len(lines) != count or b"\r" in text:
            raise RefusedError(400, "A line is empty, or does not end as lines do.")
        if len(text) > LONGEST_LINE_BYTES and max(map(len, text.split(b"\n"))) > LONGEST_LINE_BYTES:
            raise RefusedError(413, "A line is too long.")
        self._count += count
        if self._count > MOST_LINES:
            raise RefusedError(413, f"The document has more than {MOST_LINES} lines.")
        for line in lines:
            if line.schema:
                raise RefusedError(400, "A summary stands before the last line.")
            if line.kind not in KINDS or not 0 < len(line.value) <= LONGEST_VALUE:
                raise RefusedError(400, "A line has no kind and value that are known.")
            if line.device != self._name:
                raise RefusedError(422, "A line is about another device than the token.")
        self._digest.update(text)

    def end(self) -> Told:
        """Raises RefusedError where the summary does not fit what came before it."""
        text = b"".join(self._open)
        if not text.endswith(b"\n") or b"\n" in text[:-1] or len(text) > LONGEST_SUMMARY_BYTES:
            raise RefusedError(422, "The document was cut: it has no summary.")
        try:
            told = _summary(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise RefusedError(400, "The last line is no summary of a run.") from None
        if told.schema != SCHEMA:
            raise RefusedError(422, "The document was cut: it has no summary.")
        if not _RUN.match(told.run):
            raise RefusedError(400, "A run's id has 32 hexadecimal digits.")
        if told.sha256 != self._digest.hexdigest() or told.records != self._count:
            raise RefusedError(422, "Lines are missing, or were changed.")
        if told.device != self._name or told.device_id not in ("", self._device_id):
            raise RefusedError(422, "The summary is about another device than the token.")
        return Told(
            told.run,
            told.complete,
            self._count,
            word(told.agent),
            word(told.pack),
            word(told.profile),
            _number(told.dropped_runs),
            _number(told.quarantined_runs),
        )


def _number(told: object) -> int:
    return told if isinstance(told, int) and 0 < told < 1 << 31 else 0


def word(told: object) -> str:
    """A word that a stranger tells of itself; empty where it is none."""
    return told if isinstance(told, str) and _WORD.match(told) else ""
