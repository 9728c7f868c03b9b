"""From a finding to the raw line: which source, which record, and, where the file still is, what stands there.

Masked, a record is told field by field without accounts, addresses, machines and everything behind a host; revealed, it
is the line itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from shadowledger.collectors.collector import Collector
from shadowledger.collectors.engines.mapping import MappingError
from shadowledger.collectors.layers import texts_at
from shadowledger.collectors.proof import BLOCK_BYTES
from shadowledger.collectors.proof import Proof as ReadProof
from shadowledger.collectors.reading import CELL_BYTES, CommandWords, Reading
from shadowledger.collectors.records import Artifact, Traffic
from shadowledger.collectors.registry import layers_for
from shadowledger.collectors.sources import located, open_source
from shadowledger.db.blocks import block_digest
from shadowledger.db.contributions import Contribution, first_contributions, sources_of
from shadowledger.db.identities import Identities
from shadowledger.db.sealed_lines import Sealed, sealed_lines
from shadowledger.db.sources import Source, get_source
from shadowledger.scanner.choices import kept_choices
from shadowledger.scanner.identify import Standing, identify
from shadowledger.scanner.places import place_of
from shadowledger.scanner.sealing import clear, masked

CHANGED = "changed since"


@dataclass(frozen=True, slots=True)
class Proof:
    """One record that a number rests on."""

    source_id: int
    source: str
    collector: str
    position: int
    day_on: str
    indicator: str
    strength: str
    of_count: int
    """How many records the contribution counts that this one belongs to."""
    who: str
    """The id of the actor, machine or address, as the record names one."""
    line: str
    """Masked or revealed; empty where the source cannot be read any more, then `missing` says why."""
    missing: str
    block: str
    """"as it was read" or "changed since": the block of the file that the record stands in, by its digest; empty where
    there is none to compare. Of a sealed line, the block that it stood in."""
    kept_in: str
    """Where the line is from: "file", or "seal" where the file does not prove it any more."""


def proofs(
    connection: sqlite3.Connection,
    identities: Identities | None,
    service_id: str,
    instance: str,
    words: CommandWords,
    *,
    most: int,
    reveal: bool,
    is_wanted: Callable[[Contribution], bool] = lambda _: True,
) -> Iterator[Proof]:
    """The records behind what is wanted of one instance of a service: the first `most` positions of each source.
    Without the identities nobody can say where the sources lie."""
    for source_id in sources_of(connection, service_id, instance):
        source = get_source(connection, source_id)
        if source is None:
            continue
        rows: dict[int, Contribution] = {}
        for row in first_contributions(connection, service_id, instance, source_id, most, is_wanted):
            for position in map(int, row.positions.split()):
                rows.setdefault(position, row)
        wanted = sorted(rows)[:most]
        place = place_of(source, identities)
        lines, blocks, missing = _lines(connection, identities, source, wanted, words, reveal=reveal)
        seals = {}
        if identities is not None:
            sealed = sealed_lines(connection, identities.lines, source_id, service_id, instance)
            seals = {one.position: one for one in sealed}
        for position in wanted:
            row, seal = rows[position], seals.get(position)
            if seal is not None and (position not in lines or blocks.get(position) == CHANGED):
                line, block, kept_in = _unsealed(seal, reveal=reveal), _block_of(seal), "seal"
            else:
                line, block = lines.get(position, ""), blocks.get(position, "")
                kept_in = "file" if line else ""
            yield Proof(
                source_id,
                place if reveal and place else source.name,
                source.collector,
                position,
                row.day_on,
                row.indicator,
                row.strength,
                row.record_count,
                row.actor_id or row.device_id or row.client_id,
                line,
                "" if line else missing or "the file no longer holds this record",
                block,
                kept_in,
            )


def _unsealed(seal: Sealed, *, reveal: bool) -> str:
    return seal.kept.clear if reveal else seal.kept.masked


def _block_of(seal: Sealed) -> str:
    if not seal.block_sha256:
        return f"sealed on {seal.sealed_on}"
    return f"sealed on {seal.sealed_on}; block {seal.block} was {seal.block_sha256.hex()}"


def _lines(
    connection: sqlite3.Connection,
    identities: Identities | None,
    source: Source,
    wanted: list[int],
    words: CommandWords,
    *,
    reveal: bool,
) -> tuple[dict[int, str], dict[int, str], str]:
    """What stands at positions of a source that is still where it was, and is still the same; whether the blocks that
    it stands in are; and why nothing can be said."""
    if identities is None:
        return {}, {}, "where the file lies is sealed, and the key or the identities store is not here"
    path = located(Path(place_of(source, identities)))
    if not path.is_file():
        return {}, {}, "the file is no longer at its place"
    try:
        with open_source(path) as opened:
            standing, found = identify(connection, opened, source.collector, source.label)
            if standing is Standing.NEW or found is None or found.id != source.id:
                return {}, {}, "another file stands at its place now"
            choices = kept_choices(source)
            try:
                collector = choices.collector()
            except MappingError as error:
                return {}, {}, str(error)
            if collector is None:
                return {}, {}, "no collector reads it any more"
            layers = layers_for(collector, opened.head)
            reading = Reading(opened, choices.settings, None, words, layers)
            records, cells = _records_at(reading, collector, set(wanted))
        blocks = _blocks(connection, source, path, cells) if layers.are_lines and collector.framing == "line" else {}
        raw = texts_at(path, layers, set(wanted)) if reveal and collector.framing == "line" else {}
    except OSError as error:
        return {}, {}, f"the file cannot be read: {error.strerror or error}"
    if reveal:
        shown = {position: raw.get(position, "") or clear(record) for position, record in records.items()}
    else:
        shown = {position: masked(record, identities) for position, record in records.items()}
    return shown, blocks, ""


def _records_at(
    reading: Reading, collector: Collector, wanted: set[int]
) -> tuple[dict[int, Traffic | Artifact], dict[int, int]]:
    """Records by position, and the cells of the input that they end in."""
    last = max(wanted, default=0)
    found: dict[int, Traffic | Artifact] = {}
    cells: dict[int, int] = {}
    for record in reading.records(collector):
        if record.position > last:
            break
        if record.position in wanted and isinstance(record, Traffic | Artifact):
            found.setdefault(record.position, record)
            cells.setdefault(record.position, reading.cell)
    return found, cells


def _blocks(connection: sqlite3.Connection, source: Source, path: Path, cells: Mapping[int, int]) -> dict[int, str]:
    """Of records, whether the block in which each ends is as it was read; a line may begin in the one before."""
    asked = {position: cell * CELL_BYTES // BLOCK_BYTES for position, cell in cells.items()}
    wanted = {number for last in asked.values() for number in (last, max(0, last - 1))}
    if not wanted:
        return {}
    proof = ReadProof()
    with open_source(path) as opened:
        for piece in opened.chunks(0, min(source.mark.read_bytes, (max(wanted) + 1) * BLOCK_BYTES)):
            proof.add(piece)
    proof.end()
    known = {number: block_digest(connection, source.id, number) for number in wanted}
    if not all(known.values()):
        return {}
    same = {number for number in wanted if proof.digests.get(number) == known[number]}
    return {
        position: "as it was read" if {last, max(0, last - 1)} <= same else CHANGED for position, last in asked.items()
    }
