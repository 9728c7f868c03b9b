"""One input on its way into the inventory: recognised, identified, read by one process or several."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from shadowledger.collectors.headers import HeaderLine, header_lines
from shadowledger.collectors.layers import Layers
from shadowledger.collectors.proof import BLOCK_BYTES, Proof
from shadowledger.collectors.reading import Census, Reading
from shadowledger.collectors.registry import Detected
from shadowledger.collectors.sources import STDIN, Opened, open_source
from shadowledger.db.census import is_counted_in_full
from shadowledger.db.identities import Identities
from shadowledger.db.runs import now_iso
from shadowledger.db.sources import Source
from shadowledger.scanner.choices import Choices, kept_days
from shadowledger.scanner.identify import Standing, identify
from shadowledger.scanner.knowledge import Signatures
from shadowledger.scanner.outcomes import Outcome
from shadowledger.scanner.parts import Part
from shadowledger.scanner.recognise import recognise
from shadowledger.scanner.share import Share, read_share
from shadowledger.scanner.spill import Spill
from shadowledger.scanner.workers import Tell
from shadowledger.signatures.screen import Screen

WORTH_A_SCREEN_BYTES = 4 << 20
ONCE = "a stream is read only once, so nothing was counted: save it as a file and scan that"
Gone = str
"""Why a part could not be read."""


@dataclass
class Input:
    """An input that is to be read, because something in it was not counted yet, or is to be counted anew."""

    opened: Opened
    found: Detected
    choices: Choices
    source: Source | None
    """As the inventory knows it; None where it is new."""
    is_again: bool
    """Whether the user asked for it, known as it is."""
    spill: Spill
    """Where much of what is kept of it may lie."""

    def close(self) -> None:
        """Done with it."""
        self.opened.close()
        self.spill.close()

    @property
    def replaces(self) -> bool:
        """Whether what was counted before is withdrawn, and all of it counted anew."""
        return self.is_again or self.source is None or not self.resumes or self.source.mark.open_line

    @cached_property
    def resumes(self) -> bool:
        """Whether reading may begin at any line."""
        if not (self.found.collector.resumes and self.found.layers.are_lines):
            return False
        return not self.found.collector.has_headers or self._headers is not None

    @cached_property
    def _headers(self) -> list[HeaderLine] | None:
        """Lines that say what others mean; None where nobody can say which these are."""
        path = self.opened.path
        if path is None or not (self.opened.is_plain and _are_plain(self.found.layers)):
            return None
        try:
            return header_lines(path)
        except OSError:  # which reading is about to meet, and to tell
            return None

    @property
    def is_file(self) -> bool:
        """Whether it can be read again; streams cannot."""
        return self.opened.path is not None and self.opened.path.is_file()

    @property
    def first(self) -> Part:
        """All that is to be read."""
        if self.source is None or self.replaces:
            return Part()
        return Part(self.source.mark.read_bytes, None, self.source.mark.next_position)

    def share(self, signatures: Signatures, part: Part, tell: Tell, opened: Opened | None = None) -> Share:
        """What is in a part of it; `opened` anew where another process reads it."""
        choices, found, opened = self.choices, self.found, opened or self.opened
        opened.proof = self._proof(part)
        reading = Reading(
            opened,
            choices.settings,
            signatures.index.wanted,
            signatures.command_words,
            found.layers,
            choices.census,
            self._screen(signatures),
        )
        reading.start_byte, reading.stop_byte, reading.start_line = part
        if part.start_byte and found.collector.has_headers:
            reading.headers = [line.text for line in self._headers or () if line.byte < part.start_byte]
        return read_share(signatures.index, found.collector, reading, choices.days, tell, self.spill)

    def _proof(self, part: Part) -> Proof:
        """What has grown is proven from the block on in whose middle it ended."""
        start = part.start_byte
        return Proof(start - start % BLOCK_BYTES if start == self.first.start_byte else start, part.stop_byte)

    def _screen(self, signatures: Signatures) -> Screen | None:
        screened = self.choices.prefilter and _are_plain(self.found.layers) and _is_worth_a_screen(self.opened)
        return signatures.screen(self.found.collector) if screened else None

    def work(self, signatures: Signatures, part: Part) -> Callable[[Tell], Share | Gone]:
        """The same for another process, which finds loaded what was loaded here."""
        self._screen(signatures)
        self.spill.open()

        def read(tell: Tell) -> Share | Gone:
            path = self.opened.path
            assert path is not None  # noqa: S101 - for the reader: only files are read elsewhere
            try:
                with open_source(path) as opened:
                    if not opened.head.startswith(self.opened.head):
                        return "was replaced by another file while it was read"
                    return self.share(signatures, part, tell, opened)
            except OSError as error:
                return f"cannot be opened: {error.strerror or error}"

        return read


def look_at(
    connection: sqlite3.Connection,
    identities: Identities,
    opened: Opened,
    choices: Choices,
    again: Source | None,
    outcome: Outcome,
) -> Input | None:
    """What is to be read of an input; None where nothing is, and the outcome says why."""
    found, outcome.problem = recognise(opened, choices, again.collector if again else "")
    if found is None:
        return None
    outcome.collector, outcome.reason = found.collector.id, found.reason
    if not found.collector.counts_bytes:  # which changes nothing then, and is not kept
        choices = replace(choices, settings=choices.settings._replace(with_bytes=False))
    standing, source = identify(connection, opened, found.collector.id, choices.label)
    if again is not None and (source is None or source.id != again.id):
        outcome.problem = "is not the source that was read before; what was counted of it stays as it was"
    elif standing is Standing.SPENT and source is not None:
        outcome.problem = f"goes on otherwise than source {source.id}, which begins like it; {ONCE}"
    elif again is None and standing is Standing.KNOWN and source is not None:
        outcome.standing, outcome.source_id = "known", source.id
        kept = kept_days(source)
        outcome.problem = _other_settings(source, replace(choices, days=kept).told(identities))
        if kept != choices.days:
            outcome.remark = f"was counted {kept}; `sources rescan {source.id}` with --since and --until changes that"
    else:
        choices, spill = _with_census(connection, choices, source), Spill(_folder_of(connection))
        return Input(opened, found, choices, source, again is not None, spill)
    return None


def _folder_of(connection: sqlite3.Connection) -> Path:
    """Where the inventory lies: what is kept of an input for a while is as large as what it will become there."""
    _, _, path = connection.execute("pragma database_list").fetchone()
    return Path(path).parent


def _with_census(connection: sqlite3.Connection, choices: Choices, source: Source | None) -> Choices:
    if choices.census is not Census.DAILY:
        return choices
    is_done = source is not None and is_counted_in_full(connection, source.id, now_iso()[:10])
    return replace(choices, census=Census.SAMPLE if is_done else Census.FULL)


def is_stream(path: Path) -> bool:
    """Whether what stands there is gone when it was read."""
    return path == STDIN or path.is_fifo()


def _is_worth_a_screen(opened: Opened) -> bool:
    """Whether an input is so large, as far as that is known, that a screen saves more than it takes to load one."""
    return opened.path is None or opened.path.is_fifo() or opened.path.stat().st_size >= WORTH_A_SCREEN_BYTES


def _are_plain(layers: Layers) -> bool:
    """Whether records are the input's own lines, as they stand in it."""
    return layers.begin_with_lines and not layers.wrappers


def _other_settings(source: Source, told: str) -> str:
    if source.settings == told:
        return ""
    return (
        f"was read before with other settings ({source.settings}); nothing was changed. "
        f"`shadowledger sources rescan {source.id}` with the new ones reads it again."
    )
