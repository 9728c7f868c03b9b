"""What is heard at an interface, stored again and again while it is listened at: one source for each time, named by its
interface, to which every minute adds its contributions in one transaction."""

from __future__ import annotations

import io
import secrets
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from shadowledger.collectors.capture import blind
from shadowledger.collectors.capture.captures import CAPTURE
from shadowledger.collectors.capture.engine import Engine
from shadowledger.collectors.collector import Collector
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import Issue, Record, Traffic
from shadowledger.collectors.registry import Detected
from shadowledger.collectors.sources import STDIN, Opened
from shadowledger.db.identities import Identities
from shadowledger.db.places import place_addresses
from shadowledger.db.runs import end_run, now_iso, start_run
from shadowledger.db.sources import Source, get_source
from shadowledger.db.transactions import writing
from shadowledger.scanner.choices import Choices
from shadowledger.scanner.inputs import Input
from shadowledger.scanner.knowledge import Signatures
from shadowledger.scanner.share import Share, read_share
from shadowledger.scanner.spill import Spill
from shadowledger.scanner.storing import Stored, store
from shadowledger.scanner.stretches import SESSION_GAP_US, Figures
from shadowledger.scanner.sums import Sums, Way, Who

_MOST_KNOWN = 1 << 18
"""Who did what in the last half hour; beyond that many, sessions are taken to begin anew."""
_LAST_WAIT_MS = 1000
"""For an inventory that somebody else held for too long already."""
Heard = Iterator[Sequence[Traffic | Issue]]


class Listening:
    """One run, from the first minute to the last."""

    def __init__(
        self, connection: sqlite3.Connection, identities: Identities, signatures: Signatures, name: str
    ) -> None:
        self._connection = connection
        self._identities = identities
        self._signatures = signatures
        self._choices = Choices(label=name)
        self._name = name
        self._begin()
        self._told_packets = 0
        self._told_unnamed = 0
        self._told_blind: Counter[str] = Counter()
        self._last_seen: dict[tuple[Way, Who], float] = {}
        with writing(connection):
            self._run_id = start_run(connection, "collect dns", signatures.knowledge)
        connection.execute("pragma wal_checkpoint")  # now that there is room: `fail` needs none then

    def _begin(self) -> None:
        """Another source, which is like no other."""
        self._head = f"heard at {self._name} from {now_iso()} on, {secrets.token_hex(16)}\n".encode()
        self._source: Source | None = None

    @property
    def source_id(self) -> int:
        """0 where nothing was stored."""
        return self._source.id if self._source is not None else 0

    def store(self, heard: Heard, engine: Engine, seconds: float, dropped: Callable[[], int]) -> int:
        """Listen for so long, or to the end, and store what was heard; `dropped` counts packets since the beginning.
        Returns the hits."""
        until = time.monotonic() + seconds

        def read(reading: Reading) -> Iterator[Record]:
            for found in heard:
                yield from found
                if time.monotonic() >= until:
                    break
            self._account(reading, engine, dropped())

        return self._store(read)

    def end(self, engine: Engine, dropped: Callable[[], int], *, is_whole: bool) -> None:
        """Nothing follows: tell what was left unfinished, and how the run ended."""

        def read(reading: Reading) -> Iterator[Record]:
            engine.end()
            self._account(reading, engine, dropped())
            yield from ()

        self._store(read)
        with writing(self._connection):
            end_run(self._connection, self._run_id, "complete" if is_whole else "partial")
        place_addresses(self._identities)

    def fail(self) -> None:
        """What was heard last could not be stored, and nothing of it was: end the run as failed, if even that can be
        written. What is in the log of changes is moved from there first, so that a full disk has room for a line."""
        with suppress(sqlite3.Error):
            self._connection.execute(f"pragma busy_timeout = {_LAST_WAIT_MS}")
            self._connection.execute("pragma wal_checkpoint")
            with writing(self._connection):
                end_run(self._connection, self._run_id, "failed")

    def _account(self, reading: Reading, engine: Engine, dropped_count: int) -> None:
        """What came since the last time."""
        reading.record_count = engine.packet_count - self._told_packets
        reading.ignored_count = engine.nameless_count - self._told_unnamed
        told = engine.blind + Counter({blind.DROPPED: dropped_count})
        reading.blind_spots = told - self._told_blind
        reading.opened.delivered_bytes = max(reading.record_count, 1)  # by which one reading follows another
        reading.next_line = engine.packet_count + 1
        self._told_packets, self._told_unnamed = engine.packet_count, engine.nameless_count
        self._told_blind = told

    def _store(self, read: Callable[[Reading], Iterator[Record]]) -> int:
        collector = replace(CAPTURE, read=read, resumes=True)
        reading = Reading(self._opened(), wanted=self._signatures.index.wanted)
        reading.start_byte = self._source.mark.read_bytes if self._source is not None else 0
        share = read_share(self._signatures.index, collector, reading)
        if not reading.record_count and not reading.blind_spots:
            return 0
        share.sums = self._continued(share)
        stored = self._write(collector, share)
        if not stored.source_id:  # somebody forgot it meanwhile
            self._begin()
            stored = self._write(collector, share)
        self._source = get_source(self._connection, stored.source_id)
        return stored.counts.hit_count

    def _opened(self) -> Opened:
        return Opened(str(STDIN), io.BytesIO(self._head))

    def _write(self, collector: Collector, share: Share) -> Stored:
        found = Detected(collector, "it was listened to")
        one = Input(self._opened(), found, self._choices, self._source, is_again=False, spill=Spill(Path()))
        return store(self._connection, self._identities, self._signatures.index, self._run_id, one, share)

    def _continued(self, share: Share) -> Sums:
        """The sums of a minute, in which nothing that goes on is a session of its own."""
        now = time.monotonic()
        oldest = now - SESSION_GAP_US / 1_000_000
        recent = {key: seen for key, seen in self._last_seen.items() if seen > oldest}
        sums = _Continued()
        sums.__setstate__(share.sums.__getstate__())
        sums.recent = recent
        self._last_seen = {} if len(recent) > _MOST_KNOWN else recent | dict.fromkeys(_keys(share.sums), now)
        return sums


class _Continued(Sums):
    """Sums of which some sessions began before."""

    recent: Mapping[tuple[Way, Who], float]

    def figures(self) -> Iterator[tuple[int, Way, Figures]]:
        for day, way, figures in super().figures():
            sessions = [
                count - ((way, self.whos.values_by_number[who]) in self.recent)
                for who, count in zip(figures.whos, figures.sessions, strict=True)
            ]
            yield day, way, figures._replace(sessions=sessions)


def _keys(sums: Sums) -> Iterator[tuple[Way, Who]]:
    for _, way, figures in sums.figures():
        for who in figures.whos:
            yield way, sums.whos.values_by_number[who]
