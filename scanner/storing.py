"""A source's share, its accounting and how far it was read, stored together or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from shadowledger.collectors.sources import Opened, open_source
from shadowledger.db import audit
from shadowledger.db.blocks import add_blocks
from shadowledger.db.candidates import ClueCount, add_clues
from shadowledger.db.census import add_census
from shadowledger.db.identities import Identities
from shadowledger.db.postings import Columns, Postings
from shadowledger.db.sealed_lines import seal_lines
from shadowledger.db.services import save_services
from shadowledger.db.sketches import Repeated, add_marks, repeated_marks
from shadowledger.db.sources import Counts, Source, add_reading, get_source, save_source, withdraw
from shadowledger.db.together import add_together
from shadowledger.db.transactions import writing
from shadowledger.scanner import bystanders
from shadowledger.scanner.api_hosts import drop_machines
from shadowledger.scanner.census import domain_days
from shadowledger.scanner.identify import Standing, identify, mark_of
from shadowledger.scanner.inputs import Input
from shadowledger.scanner.machines import known_machine
from shadowledger.scanner.passage import Passage
from shadowledger.scanner.places import sealed_place, shown_name
from shadowledger.scanner.privacy.aggregate import Nobody, store_crowd
from shadowledger.scanner.sealing import described, raw_lines, to_seal
from shadowledger.scanner.share import Share
from shadowledger.scanner.sums import NO_DAY, Sums
from shadowledger.signatures.index import Index


class Stored(NamedTuple):
    """What was written."""

    source_id: int
    """0 where another process was faster, and nothing was."""
    counts: Counts
    repeated: list[Repeated]
    """Other sources that hold some of the same records."""


def store(
    connection: sqlite3.Connection, identities: Identities, index: Index, run_id: int, read: Input, share: Share
) -> Stored:
    """Write all that was made of an input."""
    sums, passage, before = share.sums, share.passage, read.source
    counts = share.accounting.counts(passage, sums.days, sums.zones)
    place, mark = _lasting_name(read.opened), mark_of(read.opened, passage, read.found.collector.id)
    source = Source(
        before.id if before else 0,
        shown_name(place),
        read.choices.label,
        read.found.collector.id,
        read.choices.told(identities),
        mark,
        sealed_place(identities, place, mark.head_sha256) if read.opened.path else b"",
    )
    identities.meet(chain(sums.names(), share.unknowns.names()))
    there = bystanders.meet(identities, share.bystanders)
    drop_machines(share, identities)
    chosen = to_seal(connection, read, share)
    lines = raw_lines(read, {record.position: share.kept.places[record.position] for _, record in chosen})
    with writing(connection):
        if _overtaken(connection, read, source):
            return Stored(0, counts, [])
        source_id = save_source(connection, source)
        if before is not None and read.replaces:
            gone = withdraw(connection, source_id)
            audit.record(connection, "withdraw", {"source": source_id, **gone})
        save_services(connection, (index.services[key] for key in sorted(sums.service_ids)))
        if isinstance(identities, Nobody):
            store_crowd(connection, run_id, source_id, sums)
        else:
            bystanders.store(connection, (run_id, source_id), there, _span(passage))
            _add_postings(Postings(connection, run_id, source_id), sums, identities)
            add_together(connection, run_id, source_id, share.minutes.together(identities.id_of))
        add_clues(connection, run_id, source_id, _clues(share, identities))
        is_part = passage.is_sampled or passage.contacts.is_trimmed
        add_census(connection, run_id, source_id, domain_days(passage.contacts), is_sampled=is_part)
        add_reading(connection, run_id, source_id, counts, share.accounting.reasons)
        add_blocks(connection, source_id, passage.blocks)
        rows = described(chosen, lines, identities)
        seal_lines(connection, identities.lines, source_id, rows, passage.blocks)
        marks = share.sketch.marks()
        repeated = repeated_marks(connection, source_id, source.label, marks)
        add_marks(connection, source_id, marks, share.sketch.below)
    return Stored(source_id, counts, repeated)


def _add_postings(postings: Postings, sums: Sums, identities: Identities) -> None:
    id_of = identities.id_of
    named = postings.named((id_of(who.actor), id_of(who.device), id_of(who.client)) for who in sums.whos)
    for day, way, figures in sums.figures():
        postings.add(day, way, named, figures.whos, Columns._make(figures[1:]))
    postings.close()


def _span(passage: Passage) -> tuple[int, int]:
    """The days between which contacts were counted."""
    days = passage.contacts.days - {0} or {NO_DAY}
    return min(days), max(days)


def _clues(share: Share, identities: Identities) -> Iterator[ClueCount]:
    """What speaks for hosts, with ids in place of those that are known as machines."""
    for row in share.unknowns.rows(identities.id_of):
        if row.host:
            yield row._replace(host=known_machine(row.host, identities) or row.host)


def _overtaken(connection: sqlite3.Connection, read: Input, source: Source) -> bool:
    """Whether another process stored this input, or a shorter or longer state of it, since it was looked up."""
    if read.source is not None:
        now = get_source(connection, read.source.id)
        return now is None or now.mark != read.source.mark
    row = connection.execute(
        "select 1 from source where state = 'known' and collector = ? and label = ? and head_sha256 = ? "
        "and read_bytes = ? and tail_sha256 = ?",
        (source.collector, source.label, source.mark.head_sha256, source.mark.read_bytes, source.mark.tail_sha256),
    ).fetchone()
    if row is not None or read.opened.path is None or not read.is_file:
        return row is not None
    with open_source(read.opened.path) as anew:
        return identify(connection, anew, source.collector, source.label).standing is not Standing.NEW


def _lasting_name(opened: Opened) -> str:
    """Where the input can be found again from any folder."""
    return str(opened.path.absolute()) if opened.path else opened.name
