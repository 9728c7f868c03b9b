"""One run: inputs found, recognised, read, matched, folded and stored, each source in one transaction.

Inputs are looked at and stored here, one after the other; what is large is read by other processes meanwhile."""

from __future__ import annotations

import gc
import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from shadowledger.collectors.sources import open_source
from shadowledger.db import audit
from shadowledger.db.identities import Identities
from shadowledger.db.places import place_addresses
from shadowledger.db.runs import end_run, start_run
from shadowledger.db.sketches import Repeated
from shadowledger.db.sources import Counts, Source, forget_source, get_source
from shadowledger.db.transactions import writing
from shadowledger.scanner.choices import Choices
from shadowledger.scanner.inputs import ONCE, Gone, Input, is_stream, look_at
from shadowledger.scanner.knowledge import Signatures
from shadowledger.scanner.misunderstood import misunderstood
from shadowledger.scanner.outcomes import Outcome, RunReport
from shadowledger.scanner.parts import Part, parts_of
from shadowledger.scanner.places import place_of
from shadowledger.scanner.progress import Progress, Silent
from shadowledger.scanner.sampling import unreadable
from shadowledger.scanner.share import Share
from shadowledger.scanner.storing import store
from shadowledger.scanner.workers import Pending, StoppedError, Workers

OVERTAKEN = "overtaken"
ATTEMPTS = 3
WORTH_A_PROCESS_BYTES = 4 << 20
_AHEAD = 2
"""For each process, inputs that may be begun before the first of them is stored."""


@dataclass(slots=True)
class _Asked:
    """An input as the user named it, and what other processes have begun to read of it."""

    path: Path
    choices: Choices
    again: Source | None = None
    outcome: Outcome = field(init=False)
    input: Input | None = None
    parts: list[Part] = field(default_factory=list)
    shares: list[Pending[Share | Gone]] = field(default_factory=list)
    """Of each part."""

    def __post_init__(self) -> None:
        self.outcome = Outcome(str(self.path), standing="unreadable")


class Scan:
    """A run over inputs, into one inventory."""

    def __init__(
        self, connection: sqlite3.Connection, identities: Identities, signatures: Signatures, jobs: int = 1
    ) -> None:
        self.connection = connection
        self.identities = identities
        self.signatures = signatures
        self.progress: Progress = Silent()
        self._jobs = jobs
        self._workers: Workers[Share | Gone] = Workers(jobs)
        self._run_id = 0

    def close(self) -> None:
        """Close the inventory and the identities store."""
        self.connection.close()
        self.identities.connection.close()

    def run(self, paths: Iterable[Path], choices: Choices) -> RunReport:
        """Scan inputs; what cannot be read is told in its outcome and makes the run partial."""
        return self._run("scan", [_Asked(path, choices) for path in paths])

    def rescan(self, wanted: Iterable[tuple[int, Choices]]) -> RunReport:
        """Read known sources again from the start, under the present signatures; their earlier share is withdrawn in
        the same transaction that stores the new one."""
        found = ((get_source(self.connection, source_id), choices) for source_id, choices in wanted)
        placed = ((Path(place_of(source, self.identities)), choices, source) for source, choices in found if source)
        return self._run("rescan", [_Asked(*one) for one in placed])

    def _run(self, command: str, asked: list[_Asked]) -> RunReport:
        with writing(self.connection):
            self._run_id = start_run(self.connection, command, self.signatures.knowledge)
        status = "failed"
        gc.freeze()
        gc.disable()  # what a scan keeps it keeps to its end, and none of it is a cycle
        try:
            outcomes = list(self._outcomes(asked))
            status = "partial" if any(outcome.problem for outcome in outcomes) else "complete"
        finally:
            self._workers.close()
            gc.unfreeze()
            gc.enable()
            with writing(self.connection):
                end_run(self.connection, self._run_id, status)
        place_addresses(self.identities)
        return RunReport(self._run_id, status, outcomes)

    def _outcomes(self, asked: list[_Asked]) -> Iterator[Outcome]:
        """In the order of the inputs. Those that follow are begun while the first is read by other processes."""
        begun: deque[_Asked] = deque()
        try:
            for one in asked:
                self._begin(one)
                begun.append(one)
                while begun and (not begun[0].shares or len(begun) > _AHEAD * self._jobs):
                    yield self._end(begun.popleft())
            while begun:
                yield self._end(begun.popleft())
        finally:
            for one in begun:
                if one.input is not None:
                    one.input.close()

    def _begin(self, one: _Asked) -> None:
        """Have other processes read an input, where it is large enough and something in it is to be read."""
        if self._workers.jobs < 2 or not _is_worth_a_process(one.path):
            return
        try:
            opened = open_source(one.path)
        except OSError:  # which is told when its turn comes
            return
        one.input = look_at(self.connection, self.identities, opened, one.choices, one.again, one.outcome)
        if one.input is None:
            opened.close()
            return
        one.parts = [one.input.first]
        if one.input.resumes and opened.is_plain:
            one.parts = parts_of(opened, one.input.first, self._workers.jobs)
        one.shares = [self._workers.begin(one.input.work(self.signatures, part)) for part in one.parts]

    def _end(self, one: _Asked) -> Outcome:
        """Read and store an input. Where another process was faster with it, it is met as what that one left: known, or
        grown."""
        if one.input is not None:
            with closing(one.input):
                self._gather(one.input, one)
            if one.outcome.standing != OVERTAKEN:
                return one.outcome
        for _ in range(ATTEMPTS):
            one.outcome = Outcome(str(one.path), standing="unreadable")
            self._here(one)
            if one.outcome.standing != OVERTAKEN:
                return one.outcome
        one.outcome.problem = "was stored by another scan while this one read it; scan it again for what came since"
        return one.outcome

    def _here(self, one: _Asked) -> None:
        """Read an input in this process, and store it."""
        outcome = one.outcome
        if one.again is not None and is_stream(one.path):
            outcome.problem = f"was no file; {ONCE}"
            return
        try:
            with open_source(one.path) as opened:
                read = look_at(self.connection, self.identities, opened, one.choices, one.again, outcome)
                if read is not None:
                    with closing(read):
                        self.progress.begin(outcome.name, opened.size_bytes - read.first.start_byte)
                        share = read.share(self.signatures, read.first, self.progress.reached)
                        self.progress.end()
                        self._store(read, share, outcome)
        except OSError as error:
            outcome.problem = f"cannot be opened: {error.strerror or error}"

    def _gather(self, read: Input, one: _Asked) -> None:
        """Put together what other processes read, and store it."""
        self.progress.begin(one.outcome.name, read.opened.size_bytes - read.first.start_byte)
        whole: Share | None = None
        try:
            for part, pending in zip(one.parts, one.shares, strict=True):
                share = self._workers.wait(pending, lambda: self._tell(one.shares))
                if isinstance(share, Gone):
                    one.outcome.standing = OVERTAKEN
                    return
                self.identities.meet(share.sums.names())  # while the others are still reading
                if whole is None:
                    whole = share
                else:
                    whole.go_on(share)
                is_cut = share.passage.damage or (part.stop_byte or 0) > share.passage.read_bytes
                del share  # before the next one comes
                if is_cut:
                    break  # the file is shorter by now
        except StoppedError as error:
            one.outcome.problem = f"was not read to its end: {error}. Nothing of it was counted"
            return
        finally:
            self.progress.end()
        if whole is not None:
            self._store(read, whole, one.outcome)

    def _tell(self, shares: list[Pending[Share | Gone]]) -> None:
        self.progress.reached(*(sum(pending.reached[at] for pending in shares) for at in range(3)))

    def _store(self, read: Input, share: Share, outcome: Outcome) -> None:
        index = self.signatures.index
        stored, counts, outcome.repeated = store(self.connection, self.identities, index, self._run_id, read, share)
        if not stored:
            outcome.standing = OVERTAKEN if read.is_file else "known"
            return
        outcome.source_id, outcome.counts = stored, counts
        outcome.remark = "; ".join(filter(None, (_overlaps(stored, outcome.repeated), share.passage.remark)))
        if problem := _not_understood(counts):
            path = read.opened.path if read.is_file else None
            issues = share.accounting.first_issues()
            outcome.misunderstood = misunderstood(path, read.found.collector, read.found.layers, issues)
        if counts.not_examined_count:
            cells = share.passage.cell_lines, share.accounting.cell_issues
            outcome.unreadable = unreadable(counts.record_count, counts.issue_count, *cells)
        outcome.problem = share.passage.damage or problem
        outcome.standing = "rescanned" if read.is_again else "grown" if read.source else "new"
        outcome.services = share.sums.service_ids


def forget(connection: sqlite3.Connection, source_id: int) -> bool:
    """Withdraw a source and everything it added; False where it is not known."""
    with writing(connection):
        if get_source(connection, source_id) is None:
            return False
        gone = forget_source(connection, source_id)
        audit.record(connection, "forget", {"source": source_id, **gone})
    return True


def _is_worth_a_process(path: Path) -> bool:
    try:
        return path.is_file() and path.stat().st_size >= WORTH_A_PROCESS_BYTES
    except OSError:
        return False


def _overlaps(source_id: int, repeated: list[Repeated]) -> str:
    if not repeated:
        return ""
    most, *others = repeated
    more = f", and some from {len(others)} more" if others else ""
    return (
        f"of {most.compared} hits that were compared, {most.repeated} were counted from source {most.source_id} too"
        f"{more}: a copy, or an export that overlaps? `sources forget {source_id}` takes this one back"
    )


def _not_understood(counts: Counts) -> str:
    """A source is incomplete where more than one record in five could not be read."""
    examined = counts.record_count - counts.not_examined_count
    if counts.issue_count * 5 <= examined:
        return ""
    return f"{counts.issue_count} of {examined} records were not understood; is it another format?"
