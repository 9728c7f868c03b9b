"""One run: inputs found, recognised, read, matched, folded and stored, each source in one transaction."""

from __future__ import annotations

import gc
import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from shadowledger.collectors.collector import Collector
from shadowledger.collectors.layers import Layers
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import Ignored, Issue, Traffic
from shadowledger.collectors.registry import Detected
from shadowledger.collectors.sources import STDIN, Opened, open_source
from shadowledger.db import audit
from shadowledger.db.candidates import add_clues
from shadowledger.db.census import add_census
from shadowledger.db.contributions import add_contributions
from shadowledger.db.identities import Identities
from shadowledger.db.runs import end_run, start_run
from shadowledger.db.services import save_services
from shadowledger.db.sources import (
    Counts,
    Source,
    add_reading,
    forget_source,
    get_source,
    save_source,
    withdraw,
)
from shadowledger.db.transactions import writing
from shadowledger.scanner.accounting import Accounting, Reasons
from shadowledger.scanner.census import domain_days
from shadowledger.scanner.choices import Choices
from shadowledger.scanner.fold import Fold
from shadowledger.scanner.identify import Standing, identify, mark_of
from shadowledger.scanner.knowledge import Signatures
from shadowledger.scanner.match import NOT_A_QUESTION, match_record
from shadowledger.scanner.misunderstood import Misunderstood, misunderstood
from shadowledger.scanner.progress import Progress, Silent
from shadowledger.scanner.recognise import recognise
from shadowledger.scanner.unknowns import Unknowns

OVERTAKEN = "overtaken"
ATTEMPTS = 3
WORTH_A_SCREEN_BYTES = 4 << 20
ONCE = "a stream is read only once, so nothing was counted: save it as a file and scan that"


@dataclass(slots=True)
class Outcome:
    """What became of one input."""

    name: str
    collector: str = ""
    reason: str = ""
    """Why this collector."""
    standing: str = ""
    """new, grown, known (nothing was counted again), rescanned, overtaken (another scan was faster), or unreadable."""
    problem: str = ""
    """What the user should know; the input is complete only where this is empty."""
    source_id: int = 0
    misunderstood: list[Misunderstood] = field(default_factory=list)
    """The first records that could not be read, where they are so many that it is incomplete."""
    counts: Counts | None = None
    services: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class RunReport:
    """A run and its outcomes."""

    run_id: int
    status: str
    outcomes: list[Outcome]


class _Found(NamedTuple):
    """What one reading found."""

    fold: Fold
    unknowns: Unknowns
    reading: Reading
    reasons: Reasons
    counts: Counts


class Scan:
    """A run over inputs, into one inventory."""

    def __init__(self, connection: sqlite3.Connection, identities: Identities, signatures: Signatures) -> None:
        self.connection = connection
        self.identities = identities
        self.signatures = signatures
        self.index = signatures.index
        self.progress: Progress = Silent()

    def close(self) -> None:
        """Close the inventory and the identities store."""
        self.connection.close()
        self.identities.connection.close()

    def run(self, paths: Iterable[Path], choices: Choices) -> RunReport:
        """Scan inputs; what cannot be read is told in its outcome and makes the run partial."""
        return self._run("scan", [(path, choices, None) for path in paths])

    def rescan(self, wanted: Iterable[tuple[int, Choices]]) -> RunReport:
        """Read known sources again from the start, under the present signatures; their earlier share is withdrawn in
        the same transaction that stores the new one."""
        found = ((get_source(self.connection, source_id), choices) for source_id, choices in wanted)
        return self._run("rescan", [(Path(source.name), choices, source) for source, choices in found if source])

    def _run(self, command: str, jobs: list[tuple[Path, Choices, Source | None]]) -> RunReport:
        with writing(self.connection):
            run_id = start_run(self.connection, command, self.signatures.knowledge)
        status = "failed"
        outcomes = []
        gc.freeze()
        gc.disable()  # what a scan keeps it keeps to its end, and none of it is a cycle
        try:
            for path, choices, source in jobs:
                outcomes.append(self._one(run_id, path, choices, source))
            status = "partial" if any(outcome.problem for outcome in outcomes) else "complete"
        finally:
            gc.enable()
            with writing(self.connection):
                end_run(self.connection, run_id, status)
        return RunReport(run_id, status, outcomes)

    def _one(self, run_id: int, path: Path, choices: Choices, again: Source | None) -> Outcome:
        """One input. Where another process was faster with it, it is met as what that one left: known, or grown."""
        for _ in range(ATTEMPTS):
            outcome = self._attempt(run_id, path, choices, again)
            if outcome.standing != OVERTAKEN:
                break
        else:
            outcome.problem = "was stored by another scan while this one read it; scan it again for what came since"
        return outcome

    def _attempt(self, run_id: int, path: Path, choices: Choices, again: Source | None) -> Outcome:
        outcome = Outcome(str(path), standing="unreadable")
        if again is not None and (path == STDIN or path.is_fifo()):
            outcome.problem = f"was no file; {ONCE}"
            return outcome
        try:
            with open_source(path) as opened:
                self._opened(run_id, opened, choices, again, outcome)
        except OSError as error:
            outcome.problem = f"cannot be opened: {error.strerror or error}"
        return outcome

    def _opened(self, run_id: int, opened: Opened, choices: Choices, again: Source | None, outcome: Outcome) -> None:
        found, outcome.problem = recognise(opened, choices, again.collector if again else "")
        if found is None:
            return
        outcome.collector, outcome.reason = found.collector.id, found.reason
        collector = found.collector
        standing, source = identify(self.connection, opened, collector.id, choices.label)
        if again is not None and (source is None or source.id != again.id):
            outcome.problem = "is not the source that was read before; what was counted of it stays as it was"
            return
        if standing is Standing.SPENT and source is not None:
            outcome.problem = f"goes on otherwise than source {source.id}, which begins like it; {ONCE}"
            return
        if again is None and standing is Standing.KNOWN and source is not None:
            outcome.standing, outcome.source_id = "known", source.id
            outcome.problem = _other_settings(source, choices.told(self.identities))
            return
        wanted, command = self.index.wanted, self.signatures.command_words
        screened = choices.prefilter and _are_plain(found.layers) and _is_worth_a_screen(opened)
        screen = self.signatures.screen(collector) if screened else None
        reading = Reading(opened, choices.settings, wanted, command, found.layers, choices.census, screen)
        whole = again is not None or source is None or not _resumes(found) or source.mark.open_line
        if source is not None and not whole:
            reading.start_byte, reading.start_line = source.mark.read_bytes, source.mark.next_position
        self.progress.begin(outcome.name, opened.size_bytes - reading.start_byte)
        fold, unknowns, accounting = self._read(collector, reading)
        self.progress.end()
        counts = accounting.counts(reading, fold.days, fold.zones)
        new = Source(
            source.id if source else 0,
            _lasting_name(opened),
            choices.label,
            collector.id,
            choices.told(self.identities),
            mark_of(opened, reading, collector.id),
        )
        found_here = _Found(fold, unknowns, reading, accounting.reasons, counts)
        stored = self._store(run_id, opened, source, new, found_here, replaces=whole)
        if not stored:
            outcome.standing = OVERTAKEN if _is_file(opened) else "known"
            return
        outcome.source_id, outcome.counts = stored, counts
        if problem := _not_understood(counts):
            path = opened.path if _is_file(opened) else None
            outcome.misunderstood = misunderstood(path, collector, found.layers, accounting.first_issues())
        outcome.problem = opened.damage or problem
        outcome.standing = "rescanned" if again else "grown" if source else "new"
        for service_id in fold.service_ids:
            outcome.services[service_id] += 1

    def _read(self, collector: Collector, reading: Reading) -> tuple[Fold, Unknowns, Accounting]:
        """Match and fold everything a collector finds, and account for all of it."""
        fold, unknowns, accounting = Fold(self.index), Unknowns(self.index), Accounting()
        reading.on_block = lambda size, lines: self.progress.reached(size, lines, accounting.hits)
        for record in reading.records(collector):
            if isinstance(record, Issue | Ignored):
                accounting.left_out(record)
                continue
            hit = match_record(self.index, record)
            if hit is not None:
                fold.add(hit)
                accounting.hit(record.position)
            if isinstance(record, Traffic):
                unknowns.add(record, hit)
                if reading.is_census and record.via not in NOT_A_QUESTION:
                    reading.count(record.host, record.time_us)
        return fold, unknowns, accounting

    def _store(
        self, run_id: int, opened: Opened, before: Source | None, source: Source, found: _Found, *, replaces: bool
    ) -> int:
        """Write a source's share, its accounting and its mark together. 0 where another process was faster."""
        fold, reading = found.fold, found.reading
        self.identities.meet((*fold.names(), *found.unknowns.names()))
        with writing(self.connection):
            if self._overtaken(before, source, opened):
                return 0
            source_id = save_source(self.connection, source)
            if before is not None and replaces:
                gone = withdraw(self.connection, source_id)
                audit.record(self.connection, "withdraw", {"source": source_id, **gone})
            save_services(self.connection, (self.index.services[key] for key in fold.service_ids))
            add_contributions(self.connection, run_id, source_id, fold.contributions(self.identities.id_of))
            add_clues(self.connection, run_id, source_id, found.unknowns.rows(self.identities.id_of))
            add_census(self.connection, run_id, source_id, domain_days(reading.contacts), is_sampled=reading.is_sampled)
            add_reading(self.connection, run_id, source_id, found.counts, found.reasons)
            return source_id

    def _overtaken(self, before: Source | None, source: Source, opened: Opened) -> bool:
        """Whether another process stored this input, or a shorter or longer state of it, since it was looked up."""
        if before is not None:
            now = get_source(self.connection, before.id)
            return now is None or now.mark != before.mark
        row = self.connection.execute(
            "select 1 from source where state = 'known' and collector = ? and label = ? and head_sha256 = ? "
            "and read_bytes = ? and tail_sha256 = ?",
            (source.collector, source.label, source.mark.head_sha256, source.mark.read_bytes, source.mark.tail_sha256),
        ).fetchone()
        if row is not None or opened.path is None or not _is_file(opened):
            return row is not None
        with open_source(opened.path) as anew:
            return identify(self.connection, anew, source.collector, source.label).standing is not Standing.NEW


def forget(connection: sqlite3.Connection, source_id: int) -> bool:
    """Withdraw a source and everything it added; False where it is not known."""
    with writing(connection):
        if get_source(connection, source_id) is None:
            return False
        gone = forget_source(connection, source_id)
        audit.record(connection, "forget", {"source": source_id, **gone})
    return True


def _resumes(found: Detected) -> bool:
    return found.collector.resumes and found.layers.are_lines


def _is_worth_a_screen(opened: Opened) -> bool:
    """Whether an input is so large, as far as that is known, that a screen saves more than it takes to load one."""
    return opened.path is None or opened.path.is_fifo() or opened.path.stat().st_size >= WORTH_A_SCREEN_BYTES


def _are_plain(layers: Layers) -> bool:
    """Whether records are the input's own lines, as they stand in it."""
    return layers.begin_with_lines and not layers.wrappers


def _is_file(opened: Opened) -> bool:
    """Whether the input can be read again; streams cannot."""
    return opened.path is not None and opened.path.is_file()


def _lasting_name(opened: Opened) -> str:
    """Where the input can be found again from any folder."""
    return str(opened.path.absolute()) if opened.path else opened.name


def _not_understood(counts: Counts) -> str:
    """A source is incomplete where more than one record in five could not be read."""
    examined = counts.record_count - counts.not_examined_count
    if counts.issue_count * 5 <= examined:
        return ""
    return f"{counts.issue_count} of {examined} records were not understood; is it another format?"


def _other_settings(source: Source, told: str) -> str:
    if source.settings == told:
        return ""
    return (
        f"was read before with other settings ({source.settings}); nothing was changed. "
        f"`shadowledger sources rescan {source.id}` with the new ones reads it again."
    )
